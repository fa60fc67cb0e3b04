"""A mapping: what the columns of a table mean that some other instrument wrote, as a small checked document.

```yaml
instrument: trps            # a word of yours; it becomes the recording's instrument
rows: bins                  # or particles: one row per particle
size: {column: "Diameter (nm)", unit: nm}
value: {column: "Concentration", unit: particle/mL, per: bin}
sample: {column: "Sample"}  # or {text: "plasma pool"}; without it, the file's name
replicate: {column: "Run"}
dilution: {column: "Dilution"}        # or {number: 500}
concentrations: diluted sample        # or: undiluted sample
```

Further keys: `header_line` and `data_line` (line numbers, where the names and the first numbers stand), `delimiter`,
`decimal`, `files` (a pattern such as "*_trps.csv"), `included` and `concentration` for rows that are particles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED, UNKNOWN
from exocosm.documents.safe_yaml import read_yaml
from exocosm.errors import CheckError, InputError, Problem, nearest

SIZE_UNITS = {"nm": 1.0, "um": 1000.0, "µm": 1000.0, "μm": 1000.0, "m": 1e9}
VALUE_UNITS = {"particle": None, "particle/mL": 1.0, "particle/cm3": 1.0, "particle/L": 1e-3, "particle/uL": 1e3,
               "particle/µL": 1e3, "particle/m3": 1e-6}  # fmt: skip
EVERY = "*"  # as the column of values: every column but that of sizes is a sample
_LONGEST = 200  # characters of a name
_MAXIMUM_LINE = 100_000
_SHAPES: dict[str, tuple[str, ...]] = {
    "size": ("column", "low", "high", "unit", "is"),
    "value": ("column", "unit", "per"),
    "sample": ("column", "text"),
    "replicate": ("column",),
    "dilution": ("column", "number"),
    "included": ("column", "yes"),
    "concentration": ("column", "number", "unit"),
}
_WORDS = {"instrument": None, "files": None, "header_line": None, "data_line": None, "rows": ("bins", "particles"),
          "delimiter": ("comma", "semicolon", "tab", "space"), "decimal": (".", ","),
          "concentrations": (AS_MEASURED, AS_CORRECTED, UNKNOWN)}  # fmt: skip


_LINES = ("header_line", "data_line")


@dataclass(frozen=True)
class TableMapping:
    """A checked mapping.  Columns are names as they stand in the header of the table; '' is not given.

    size_factor: nm per unit of size (twice that for radii).  value_factor: particle/mL per unit, None for counts.
    per_nm: whether values are per nm of bin width.  concentration_factor: particle/mL per unit of `concentration`.
    """

    instrument: str
    rows: str
    size: str = ""
    low: str = ""
    high: str = ""
    size_factor: float = 1.0
    value: str = ""
    value_factor: float | None = None
    per_nm: bool = False
    sample: str = ""
    sample_text: str = ""
    replicate: str = ""
    dilution: str = ""
    dilution_number: float | None = None
    included: str = ""
    included_word: str = "true"
    concentration: str = ""
    concentration_number: float | None = None
    concentration_factor: float = 1.0
    concentrations: str = UNKNOWN
    files: str = ""
    header_line: int | None = None
    data_line: int | None = None
    delimiter: str = ""
    decimal: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns that the table must have."""
        names = (self.size, self.low, self.high, self.value, self.sample, self.replicate, self.dilution, self.included,
                 self.concentration)  # fmt: skip
        return tuple(dict.fromkeys(name for name in names if name))


def load_mapping(path: str | Path) -> TableMapping:
    """The mapping in a YAML or JSON file.  Errors: CheckError, InputError."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"the mapping '{path}' cannot be read: {error}") from error
    return checked_mapping(read_yaml(text, str(path)).data, str(path))


def checked_mapping(data: Any, subject: str = "mapping") -> TableMapping:
    """A mapping from plain data.  Errors: CheckError with everything that is wrong."""
    if not isinstance(data, Mapping):
        raise CheckError(subject, [Problem("type", "mapping", "expected keys and values, such as 'rows: bins'")])
    problems: list[Problem] = []
    parts = {key: _part(data, key, problems) for key in _SHAPES}
    for key in data:
        if key not in _SHAPES and key not in _WORDS:
            problems.append(
                Problem("key", str(key)[:80], f"is not known; {nearest(str(key)[:80], (*_SHAPES, *_WORDS))}")
            )
    words = {key: _word(data, key, allowed, problems) for key, allowed in _WORDS.items() if key not in _LINES}
    for key in ("instrument", "rows"):
        if not words[key] and key not in {p.where for p in problems}:
            problems.append(Problem("missing", key, "must be given"))
    for key in _LINES:
        line = data.get(key)
        if line is not None and not (_is_whole(line) and 1 <= line <= _MAXIMUM_LINE):
            problems.append(Problem("value", key, f"expected a line number from 1 to {_MAXIMUM_LINE}"))
    fields = {**_size(parts["size"], problems), **_value(parts, words["rows"], problems), **_rest(parts, problems)}
    if problems:
        raise CheckError(subject, problems)
    delimiter = {"": "", "comma": ",", "semicolon": ";", "tab": "\t", "space": " "}[words["delimiter"]]
    return TableMapping(
        instrument=words["instrument"],
        rows=words["rows"],
        files=words["files"],
        header_line=data.get("header_line"),
        data_line=data.get("data_line"),
        delimiter=delimiter,
        decimal=words["decimal"],
        concentrations=words["concentrations"] or UNKNOWN,
        **fields,
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST


def _word(data: Mapping[str, Any], key: str, allowed: tuple[str, ...] | None, problems: list[Problem]) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not _is_name(value):
        problems.append(Problem("value", key, f"expected text of 1 to {_LONGEST} characters"))
        return ""
    if allowed is not None and value not in allowed:
        problems.append(Problem("value", key, f"'{value[:80]}' is not one of {', '.join(map(repr, allowed))}"))
        return ""
    return value


def _part(data: Mapping[str, Any], key: str, problems: list[Problem]) -> dict[str, Any]:
    part = data.get(key)
    if part is None:
        return {}
    if isinstance(part, str) and "column" in _SHAPES[key]:
        part = {"column": part}
    if not isinstance(part, Mapping):
        problems.append(Problem("type", key, f"expected {{{', '.join(f'{word}: ...' for word in _SHAPES[key])}}}"))
        return {}
    for word, value in part.items():
        where = f"{key}.{str(word)[:80]}"
        if word not in _SHAPES[key]:
            problems.append(Problem("key", where, f"is not known; {nearest(str(word)[:80], _SHAPES[key])}"))
        elif word == "number":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e30:
                problems.append(Problem("value", where, "expected a positive number"))
        elif not _is_name(value):
            problems.append(Problem("value", where, f"expected text of 1 to {_LONGEST} characters"))
    return {word: value for word, value in part.items() if word in _SHAPES[key]}


def _choice(part: Mapping[str, Any], key: str, word: str, allowed: Mapping[str, Any], problems: list[Problem]) -> Any:
    value = part.get(word)
    if value is None:
        problems.append(Problem("missing", f"{key}.{word}", f"must be given: one of {', '.join(allowed)}"))
    elif isinstance(value, str) and value not in allowed:
        problems.append(Problem("value", f"{key}.{word}", f"'{value[:80]}' is not one of {', '.join(allowed)}"))
    else:
        return allowed.get(value) if isinstance(value, str) else None
    return None


def _size(part: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    edges = [part.get("low"), part.get("high")]
    if not part.get("column") and None in edges:
        problems.append(Problem("missing", "size", "name the 'column' of diameters, or 'low' and 'high' of the bins"))
    elif (edges[0] is None) != (edges[1] is None):
        problems.append(Problem("missing", "size", "'low' and 'high' go together"))
    factor = _choice(part, "size", "unit", SIZE_UNITS, problems) or 1.0
    kind = _choice({"is": part.get("is", "diameter")}, "size", "is", {"diameter": 1.0, "radius": 2.0}, problems)
    return {
        "size": part.get("column", ""),
        "low": part.get("low", ""),
        "high": part.get("high", ""),
        "size_factor": factor * (kind or 1.0),
    }


def _value(parts: dict[str, dict[str, Any]], rows: str, problems: list[Problem]) -> dict[str, Any]:
    part = parts["value"]
    if rows == "particles":
        if part:
            problems.append(Problem("value", "value", "rows that are particles have no value; leave it out"))
        if not parts["size"].get("column"):
            problems.append(Problem("missing", "size.column", "rows that are particles need the column of their sizes"))
        return {}
    if parts["included"]:
        problems.append(Problem("value", "included", "only rows that are particles can be left out"))
    if not part.get("column"):
        problems.append(Problem("missing", "value.column", "name the column that counts the particles"))
    if part.get("column") == EVERY:
        if not parts["size"].get("column"):
            problems.append(
                Problem("missing", "size.column", "a table with a column per sample needs a column of sizes")
            )
        for key in ("sample", "replicate", "concentration"):
            if parts[key]:
                problems.append(Problem("value", key, "a table with a column per sample ('*') has none; leave it out"))
        if parts["dilution"].get("column") or part.get("per") == "nm" or parts["size"].get("low"):
            found = "with '*' the dilution is one number, values are per bin and sizes are one column"
            problems.append(Problem("value", "value.column", found))
    factor = _choice(part, "value", "unit", VALUE_UNITS, problems)
    per = _choice({"per": part.get("per", "bin")}, "value", "per", {"bin": False, "nm": True}, problems)
    return {"value": part.get("column", ""), "value_factor": factor, "per_nm": bool(per)}


def _rest(parts: dict[str, dict[str, Any]], problems: list[Problem]) -> dict[str, Any]:
    for key, word in (("sample", "text"), ("dilution", "number"), ("concentration", "number")):
        if parts[key] and ("column" in parts[key]) == (word in parts[key]):
            problems.append(Problem("value", key, f"give either 'column' or '{word}'"))
    concentration = parts["concentration"]
    factor = 1.0
    if concentration:
        units = {unit: value for unit, value in VALUE_UNITS.items() if value is not None}
        factor = _choice(concentration, "concentration", "unit", units, problems) or 1.0
    if parts["included"] and not parts["included"].get("column"):
        problems.append(Problem("missing", "included.column", "name the column that says which particles count"))
    return {
        "sample": parts["sample"].get("column", ""),
        "sample_text": parts["sample"].get("text", ""),
        "replicate": parts["replicate"].get("column", ""),
        "dilution": parts["dilution"].get("column", ""),
        "dilution_number": parts["dilution"].get("number"),
        "included": parts["included"].get("column", ""),
        "included_word": parts["included"].get("yes", "true"),
        "concentration": concentration.get("column", ""),
        "concentration_number": concentration.get("number"),
        "concentration_factor": factor,
    }
