"""The ground that a result stands on: its values by trust, who measured what in what, which assumption weighs most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exocosm.evidence.bibliography import Source, link, parse_bibliography, short
from exocosm.report import sentences
from exocosm.report.numbers import interval, percent, quantity, readable
from exocosm.report.sensitivity import influence_rows
from exocosm.report.tables import Row, records
from exocosm.vesicles.card import RATIOS

if TYPE_CHECKING:
    from exocosm.trajectory.result import Result

MOST_NAMED = 3
NO_PROOF = ("assumed", "borrowed")  # what a measurement would replace
NAME_LENGTH = 44  # of the title of a source that names no author
METHOD_WORDS = {
    "measured_in_vivo": "measured in vivo",
    "measured_in_vitro": "measured in vitro",
    "measured_ex_vivo": "measured ex vivo",
    "model_constant": "constant",
}


@dataclass(frozen=True)
class Citation:
    """A source as it is printed: its short name, a link (or none), and where in it."""

    key: str
    name: str
    link: str = ""
    locator: str = ""


@dataclass(frozen=True)
class ValueRow:
    """One row of the table of values, ready to print."""

    name: str
    symbol: str
    number: str
    interval: str
    cv: str
    method: str
    where: str
    arms: str
    citations: tuple[Citation, ...]
    path: str
    note: str
    row: str


@dataclass(frozen=True)
class ValueGroup:
    """The values of one trust."""

    trust: str
    title: str
    meaning: str
    rows: tuple[ValueRow, ...]


@dataclass(frozen=True)
class MeasuredBy:
    """One source of measured numbers: who, in what, which quantities."""

    citation: Citation
    where: str
    quantities: str
    number: int


def sources_of(result: Result) -> dict[str, Source]:
    """The bibliography of a result by key; entries that cannot be read are left out (the keys are then printed)."""
    sources, _ = parse_bibliography(result.bibliography)
    return sources


def citations(text: str, locator: str, sources: Mapping[str, Source]) -> tuple[Citation, ...]:
    """The sources of a row (keys separated by semicolons); unknown keys are printed as they are, without link."""
    keys = [part.strip() for part in str(text).split(";") if part.strip()]
    found = []
    for key in keys:
        where = locator if key == keys[-1] else ""
        address = link(key, sources) if key in sources else ""
        if where.startswith(("http://", "https://")):  # that is no place in the source but its address
            where = ""
        found.append(Citation(key, source_name(key, sources), address, where))
    return tuple(found)


def source_name(key: str, sources: Mapping[str, Source]) -> str:
    """A source in a few words: its authors and year, or its title in quotes; unknown keys as they are."""
    source = sources.get(key)
    if source is None:
        return key
    if any(source.fields.get(field) for field in ("author", "organization")):
        return short(key, sources)
    title = source.fields.get("title", "").replace("{", "").replace("}", "").strip("[] ") or key
    if len(title) > NAME_LENGTH:
        title = title[:NAME_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
    return f"“{title}” {source.fields.get('year', '')}".strip()


def distinct_values(result: Result) -> list[Row]:
    """Every value once: a name on one row of evidence, with all arms that use it.

    Where arms reached the row by different paths, the least trust counts and all paths are kept.  Correlations, which
    are no values of the model, have the trust `correlation`.
    """
    found: dict[tuple[str, str], Row] = {}
    for row in records(result.values):
        known = found.setdefault((str(row["name"]), str(row["row"])), {**row, "arms": [], "paths": {}})
        known["arms"].append(str(row["arms"]))
        known["paths"].setdefault(str(row["path"]), None)
        if _doubt(str(row["trust"])) > _doubt(str(known["trust"])):
            known["trust"] = row["trust"]
        if row["quantity"] == "correlation":
            known["trust"] = "correlation"
    return [{**row, "arms": ", ".join(row["arms"]), "path": " ".join(row["paths"])} for row in found.values()]


def _doubt(trust: str) -> int:
    """How little a word of trust promises; the more, the larger."""
    order = ("constant", "model", "user", "measured", "fitted", "derived", "borrowed", "assumed", "correlation")
    return order.index(trust) if trust in order else len(order)


def counts(values: Sequence[Row]) -> Counter[str]:
    """Trust -> number of values."""
    return Counter(str(row["trust"]) for row in values)


def measured_by(result: Result) -> tuple[MeasuredBy, ...]:
    """Who measured what in what, the sources that give most first."""
    sources = sources_of(result)
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in distinct_values(result):
        if str(row["method"]).startswith("measured"):
            groups.setdefault((str(row["source"]), method_words(row)), []).append(row)
    found = []
    for (source, method), rows in groups.items():
        places = sorted({_where(row) for row in rows} - {""})
        quantities = sorted({readable(row["quantity"] or row["name"]) for row in rows})
        cited = citations(source, "", sources)
        found.append(
            MeasuredBy(
                citation=Citation(source, ", ".join(each.name for each in cited), cited[0].link if cited else ""),
                where=f"{method}: {_some(places, 6, '; ')}" if places else method,
                quantities=_some(quantities, 8, ", "),
                number=len(rows),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.number, each.citation.name)))


def _some(parts: Sequence[str], most: int, between: str) -> str:
    return between.join(parts[:most]) + (f"{between}and {len(parts) - most} more" if len(parts) > most else "")


def _where(row: Mapping[str, Any]) -> str:
    return ", ".join(str(row[field]) for field in ("organism", "organ", "carrier", "cargo") if row.get(field))


def method_words(row: Mapping[str, Any]) -> str:
    """How a value was come by, in words."""
    return METHOD_WORDS.get(str(row["method"]), str(row["method"]).replace("_", " "))


def next_measurement(result: Result, contrast: str) -> str:
    """The measurement that would narrow the answer most; empty if no assumed or borrowed value moves it."""
    ranked = influence_rows(result, contrast)
    row = next((row for row in ranked if row["trust"] in NO_PROOF), None)
    if row is None:
        return ""
    text = sentences.next_measurement(
        row["label"],
        _asked_for(result, row["value_name"]),
        row["trust"],
        row.get("value_low", float("nan")),
        row.get("value_high", float("nan")),
        row.get("unit", ""),
    )
    first = ranked[0]
    if first is not row:
        trust = sentences.TRUST_WORDS.get(first["trust"], (first["trust"], ""))[0]
        text += f" (More still hangs on {first['label']}, which is {trust}: knowing it more exactly would help too.)"
    return text


def _asked_for(result: Result, name: str) -> str:
    """In what a value would have to be measured: the context in which the model asks for it, or the preparation."""
    ratio, _, preparation = name.partition(".")
    if ratio in RATIOS:
        which = f" ({readable(preparation)})" if preparation else ""
        return f"on the preparation itself{which}: {RATIOS[ratio].measured_by}"
    study = result.study
    context: dict[str, str] = {}
    for arm in study.arms:
        for parameter in arm.model.parameters:
            if parameter.name == name:
                context = {**context, **{key: str(text) for key, text in parameter.context.items()}}
    organ, carrier, cargo = (readable(context.get(field, "")) for field in ("organ", "carrier", "cargo"))
    organism = context.get("organism", study.organism)
    population = context.get("population", study.population)
    living = f"{organism} ({population})" if organism and population else organism or population
    place = f"the {organ} of the {living}" if organ and living else organ or (f"the {living}" if living else "")
    parts = [f"in {place}" if place else ""]
    if carrier:
        parts.append(f"for {carrier}" + (f" with {cargo}" if cargo else ""))
    return " ".join(part for part in parts if part)


def value_groups(result: Result) -> tuple[ValueGroup, ...]:
    """Every pinned value, grouped by trust, within a group in order of names."""
    sources = sources_of(result)
    groups: dict[str, list[ValueRow]] = {}
    ordered = sorted(distinct_values(result), key=lambda row: (str(row["name"]), str(row["row"])))
    for row in ordered:
        groups.setdefault(str(row["trust"]), []).append(_value_row(row, sources))
    known = [*sentences.TRUST_WORDS, *sorted(set(groups) - set(sentences.TRUST_WORDS))]
    return tuple(
        ValueGroup(trust, *sentences.TRUST_WORDS.get(trust, (trust, "")), tuple(groups[trust]))
        for trust in known
        if trust in groups
    )


def _value_row(row: Mapping[str, Any], sources: Mapping[str, Source]) -> ValueRow:
    exact = row["low"] == row["high"]
    return ValueRow(
        name=readable(row["name"]),
        symbol=str(row["name"]),
        number=quantity(row["value"], row["unit"], 4),
        interval=""
        if row["trust"] == "correlation"
        else "taken as exact"
        if exact
        else interval(row["low"], row["high"], "", 3),
        cv=percent(row["between_subject_cv"]) if row["between_subject_cv"] else "",
        method=method_words(row),
        where=_where(row),
        arms=str(row["arms"]),
        citations=citations(row["source"], row["locator"], sources),
        path=str(row["path"]),
        note=" ".join(part for part in (str(row.get("basis", "") or ""), str(row.get("note", "") or "")) if part),
        row=str(row["row"]),
    )


@dataclass(frozen=True)
class RankedAssumption:
    """A row of the table of assumed and borrowed values by what they do to a contrast."""

    place: int
    name: str
    trust: str
    range: str
    moves: str


def ranked_assumptions(result: Result, contrast: str) -> tuple[RankedAssumption, ...]:
    """Assumed and borrowed values in the order of their influence on a contrast; place counts all uncertain values."""
    return tuple(
        RankedAssumption(
            place=place,
            name=row["label"],
            trust=str(row["trust"]),
            range=interval(
                row.get("value_low", float("nan")), row.get("value_high", float("nan")), row.get("unit", ""), 3
            ),
            moves=sentences.moved(row["low"], row["high"], row["centre"], row["neutral"]),
        )
        for place, row in enumerate(influence_rows(result, contrast), 1)
        if row["trust"] in NO_PROOF
    )
