"""What is known, as rows: the tables behind `exocosm list` and `exocosm show`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exocosm.errors import EvidenceError, InputError, nearest
from exocosm.evidence.catalogue import Catalogue, load_catalogue
from exocosm.evidence.rules import source_keys
from exocosm.evidence.value import Value

Row = dict[str, Any]

KINDS: Mapping[str, str] = {
    "studies": "study files in a folder and below it",
    "mechanisms": "what can happen in a body",
    "presets": "named lists of mechanisms",
    "values": "rows of evidence",
    "quantities": "what there are values of",
    "sources": "the literature behind the values",
    "organisms": "bodies that can be assembled",
    "outputs": "what can be observed in a study",
    "fluids": "biological fluids, and media that hold no particles",
    "particles": "kinds of particle that fluids hold",
    "methods": "isolation methods that protocols are made of",
    "protocols": "protocols that are shipped",
    "designs": "spaces of protocols that a design searches",
    "rotors": "centrifuge rotors",
    "instruments": "instruments whose readings are predicted",
    "prices": "what consumables cost, by the item's word, and of how much that is the price",
    "markers": "published markers of cancers in body fluids, with study, direction and effect",
    "panels": "published panels, with what was reported of their markers together",
    "overlaps": "published markers that several cancers share",
    "assays": "what reads an isolate in a screening",
}
FILTERED = ("values", "quantities", "sources")
OF_CANCERS = ("markers", "panels", "overlaps")
SHOWN_OF_VALUE = (
    "id", "quantity", "value", "unit", "method", "organism", "organ", "carrier", "cargo", "fluid", "device", "source",
)  # fmt: skip
LARGEST_STUDY = 10_000_000  # bytes
MOST_FILES = 10_000


def rows_of(kind: str, filters: Mapping[str, str], place: Path | None) -> list[Row]:
    """The rows of one kind.  filters: field of a value -> word; place: a folder (studies) or a study file (outputs)."""
    if kind not in KINDS:
        raise InputError(f"there is no list of '{kind}'; {nearest(kind, KINDS)}")
    if kind in OF_CANCERS:
        return _of_cancers(kind, filters)
    if "cancer" in filters:
        raise InputError(f"a list of {kind} takes no --cancer; that is for {', '.join(OF_CANCERS)}")
    if filters and kind not in FILTERED:
        raise InputError(f"a list of {kind} takes no --{next(iter(filters))}; that is for {', '.join(FILTERED)}")
    if place is not None and kind not in ("studies", "outputs"):
        raise InputError(f"a list of {kind} takes no --in; that is for studies (a folder) and outputs (a study file)")
    if kind in FILTERED:
        known = load_catalogue()
        return _of_catalogue(kind, known, [value for value in known.values if _fits(value, filters)])
    return _PLAIN[kind](place)


def _of_cancers(kind: str, filters: Mapping[str, str]) -> list[Row]:
    from exocosm.cli.markers import marker_rows, overlap_rows, panel_rows

    wrong = set(filters) - {"cancer", "fluid"}
    if wrong:
        raise InputError(f"a list of {kind} takes no --{sorted(wrong)[0]}; it takes --cancer and --fluid")
    rows = {"markers": marker_rows, "panels": panel_rows, "overlaps": overlap_rows}[kind]
    return rows(filters.get("cancer", ""), filters.get("fluid", ""))


def _fits(value: Value, filters: Mapping[str, str]) -> bool:
    """Whether a row names what was asked; `source` is any of its keys."""
    for field, word in filters.items():
        found = source_keys(value) if field == "source" else (getattr(value, field),)
        if word.casefold() not in (one.casefold() for one in found):
            return False
    return True


def _of_catalogue(kind: str, known: Catalogue, values: list[Value]) -> list[Row]:
    if kind == "values":
        return [{field: getattr(value, field) for field in SHOWN_OF_VALUE} for value in values]
    if kind == "quantities":
        counts: dict[str, list[Value]] = {}
        for value in values:
            counts.setdefault(value.quantity, []).append(value)
        return [
            {"quantity": quantity, "unit": ", ".join(dict.fromkeys(one.unit for one in rows)), "values": len(rows)}
            for quantity, rows in sorted(counts.items())
        ]
    used: dict[str, int] = {}
    for value in values:
        for key in source_keys(value):
            used[key] = used.get(key, 0) + 1
    return [_source(key, known, used[key]) for key in sorted(used)]


def _source(key: str, known: Catalogue, values: int) -> Row:
    from exocosm.evidence.bibliography import link, short

    fields = known.sources[key].fields
    return {
        "key": key,
        "short": short(key, known.sources),
        "title": fields.get("title", ""),
        "link": link(key, known.sources),
        "values": values,
    }


def _studies(folder: Path | None) -> list[Row]:
    """Study files below a folder, with their titles; files that are no study files are passed over."""
    from exocosm.documents.safe_yaml import read_yaml
    from exocosm.errors import ExocosmError
    from exocosm.files import read_text

    root = folder or Path()
    if not root.is_dir():
        raise InputError(f"'{root}' is no folder; name one with --in")
    rows = []
    for path in sorted(_yaml_files(root)):
        try:
            data = read_yaml(read_text(path, LARGEST_STUDY), path.name).data
        except ExocosmError:
            continue
        if isinstance(data, dict) and "exocosm" in data:
            rows.append({"file": str(path), "name": str(data.get("name", "")), "title": str(data.get("title", ""))})
    return rows


def _yaml_files(root: Path) -> list[Path]:
    """YAML files below a folder; hidden folders (environments, version control) are passed over."""
    found: list[Path] = []
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(".")]
        found += [Path(folder) / name for name in names if name.endswith((".yaml", ".yml"))]
        if len(found) > MOST_FILES:
            raise InputError(f"there are more than {MOST_FILES} YAML files below '{root}'; name a smaller folder")
    return found


def _mechanisms(place: Path | None) -> list[Row]:
    from exocosm.bodies import list_mechanisms

    return [{"mechanism": name, "does": about} for name, about in list_mechanisms().items()]


def _presets(place: Path | None) -> list[Row]:
    from exocosm.bodies import list_presets

    return [{"preset": name, "about": about} for name, about in list_presets().items()]


def _organisms(place: Path | None) -> list[Row]:
    from exocosm.bodies import organ_table, organisms

    return [
        {"organism": name, "organs": [organ.name for organ in organ_table(name, tumour=False)]} for name in organisms()
    ]


def _outputs(path: Path | None) -> list[Row]:
    """The outputs of a study, then every name of its models that an output may use."""
    from exocosm.api import resolved_of

    if path is None:
        raise InputError("outputs belong to a study; name its file with --in study.yaml")
    study = resolved_of(path)
    rows: dict[str, Row] = {}
    for output in study.outputs:
        rows[f"output {output.name}"] = {"name": output.name, "kind": "output", "unit": output.unit, "arms": []}
    for arm in study.arms:
        for kind in ("species", "variables", "assignments"):
            for part in getattr(arm.model, kind):
                word = {"variables": "variable", "assignments": "assignment"}.get(kind, kind)
                key = f"{word} {part.name}"
                rows.setdefault(key, {"name": part.name, "kind": word, "unit": part.unit, "arms": []})
                rows[key]["arms"].append(arm.name)
    every = [arm.name for arm in study.arms]
    return [{**row, "arms": row["arms"] or every} for row in rows.values()]


def _fluids(place: Path | None) -> list[Row]:
    from exocosm.bench.fluids import fluid_names, kinds_of
    from exocosm.bench.numbers import bench_numbers

    numbers = bench_numbers()
    return [{"fluid": fluid, "holds": ", ".join(kinds_of(fluid, numbers))} for fluid in fluid_names(numbers)]


def _particles(place: Path | None) -> list[Row]:
    from exocosm.bench.fluids import fluid_names, kinds_of
    from exocosm.bench.numbers import bench_numbers

    numbers = bench_numbers()
    found: dict[str, list[str]] = {}
    for fluid in fluid_names(numbers):
        for kind in kinds_of(fluid, numbers):
            found.setdefault(kind, []).append(fluid)
    return [{"particle": kind, "in": ", ".join(fluids)} for kind, fluids in found.items()]


def _methods(place: Path | None) -> list[Row]:
    from exocosm.bench.isolation.registry import isolation_methods

    return [
        {"method": name, "does": method.about, "settings": ", ".join(method.settings.model_fields)}
        for name, method in isolation_methods().items()
    ]


def _protocols(place: Path | None) -> list[Row]:
    from exocosm.bench.protocol import protocol_names, read_protocol

    rows = []
    for name in protocol_names():
        found = read_protocol(name)
        steps = ", ".join(step.method for step in found.steps)
        rows.append({"protocol": name, "title": found.title, "steps": steps, "source": found.source})
    return rows


def _designs(place: Path | None) -> list[Row]:
    from exocosm.bench.design.candidates import space_names, space_summary

    return [{"design": name, **space_summary(name)} for name in space_names()]


def _rotors(place: Path | None) -> list[Row]:
    from exocosm.bench.rotors import list_rotors

    return [
        {
            "rotor": rotor.title, "class": rotor.rotor_class, "kind": rotor.kind.replace("_", " "),
            "maker": rotor.maker, "tubes": f"{rotor.tubes} x {rotor.tube_volume_ml:g} mL",
            "maximum_rpm": int(rotor.maximum_rpm), "g_average": round(rotor.force_g(rotor.maximum_rpm)),
            "g_maximum": round(rotor.force_g(rotor.maximum_rpm, "maximum")), "source": rotor.source,
        }
        for rotor in list_rotors().values()
    ]  # fmt: skip


def _instruments(place: Path | None) -> list[Row]:
    from exocosm.bench.measurement.registry import instruments

    return [{"instrument": name, "reports": one.about} for name, one in instruments().items()]


def _prices(place: Path | None) -> list[Row]:
    """Items with their price; of what it is the price stands at the beginning of a row's note."""
    return [
        {
            "item": value.device, "euro": value.value, "low": value.low, "high": value.high,
            "for": value.note.split(";")[0], "method": value.method, "row": value.id,
        }
        for value in load_catalogue().values
        if value.quantity == "price"
    ]  # fmt: skip


def _assays(place: Path | None) -> list[Row]:
    from exocosm.screening.assays.registry import assays

    return [
        {
            "assay": name, "title": module.TITLE, "reads": ", ".join(module.ANALYTES),
            "settings": ", ".join(module.Settings.model_fields),
        }
        for name, module in assays().items()
    ]  # fmt: skip


_PLAIN: Mapping[str, Callable[[Path | None], list[Row]]] = {
    "studies": _studies,
    "mechanisms": _mechanisms,
    "presets": _presets,
    "organisms": _organisms,
    "outputs": _outputs,
    "fluids": _fluids,
    "particles": _particles,
    "methods": _methods,
    "protocols": _protocols,
    "designs": _designs,
    "rotors": _rotors,
    "instruments": _instruments,
    "prices": _prices,
    "assays": _assays,
}


def details_of(name: str) -> list[Row]:
    """All that is called so: a value row, a quantity, a source, a part of a body, a thing of the bench."""
    from exocosm.bodies import list_mechanisms, list_presets, organisms
    from exocosm.cli.bench_listing import bench_details, bench_names
    from exocosm.cli.markers import clinic_details, marker_details

    known = load_catalogue()
    mechanisms, presets = list_mechanisms(), list_presets()
    found: list[Row] = []
    if name in known.by_id:
        found.append(_value(name, known))
    if name in known.index:
        found.append({"kind": "quantity", "name": name, "values": rows_of("values", {"quantity": name}, None)})
    if name in known.sources:
        found.append(_source_details(name, known))
    if name in mechanisms:
        found.append(_mechanism(name))
    if name in presets:
        found.append(_preset(name, presets[name]))
    if name in organisms():
        found.append(_organism(name))
    found += [*bench_details(name), *marker_details(name), *clinic_details(name)]
    if not found:
        every = {*known.by_id, *known.index, *known.sources, *mechanisms, *presets, *organisms(), *bench_names()}
        raise EvidenceError(f"nothing here is called '{name}'; {nearest(name, every)}")
    return found


def _value(name: str, known: Catalogue) -> Row:
    from exocosm.evidence.bibliography import link, short

    value = known.by_id[name]
    sources = {key: f"{short(key, known.sources)} {link(key, known.sources)}".strip() for key in source_keys(value)}
    return {"kind": "value", "name": name, **asdict(value), "sources": sources, "stands_in": known.places[name]}


def _source_details(name: str, known: Catalogue) -> Row:
    from exocosm.evidence.bibliography import cite

    used = [value.id for value in known.values if name in source_keys(value)]
    row = {key: text for key, text in _source(name, known, len(used)).items() if key not in ("key", "values")}
    return {"kind": "source", "name": name, **row, "values": used, "bibtex": cite([name], known.sources)}


def _mechanism(name: str) -> Row:
    import inspect

    from exocosm.bodies import list_presets, preset
    from exocosm.mechanisms.registry import find_mechanism

    function = find_mechanism(name)
    options = {
        option: "" if one.default is inspect.Parameter.empty else one.default
        for option, one in list(inspect.signature(function).parameters.items())[1:]
        if one.kind is not inspect.Parameter.VAR_KEYWORD
    }
    presets = [one for one in list_presets() if name in dict(preset(one))]
    return {
        "kind": "mechanism",
        "name": name,
        "does": inspect.getdoc(function) or "",
        "options": options,
        "in_presets": presets,
    }


def _preset(name: str, about: str) -> Row:
    from exocosm.bodies import list_mechanisms, preset

    does = list_mechanisms()
    mechanisms = [
        {"mechanism": one, "options": dict(options), "does": does.get(one, "")} for one, options in preset(name)
    ]
    return {"kind": "preset", "name": name, "about": about, "mechanisms": mechanisms}


def _organism(name: str) -> Row:
    from exocosm.bodies import organ_table

    return {"kind": "organism", "name": name, "organs": [asdict(organ) for organ in organ_table(name, tumour=False)]}
