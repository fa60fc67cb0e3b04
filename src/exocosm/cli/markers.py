"""Markers of the literature as rows: what `exocosm list markers`, `list overlaps` and `show` print of them."""

from __future__ import annotations

from typing import Any

from exocosm.errors import InputError

Row = dict[str, Any]


def marker_rows(cancer: str = "", fluid: str = "") -> list[Row]:
    """A row for every marker of every panel, of one cancer or in one fluid; empty cells became `not given`."""
    from exocosm.markers.panels import panels

    return [
        {
            "marker": marker.name, "cancer": marker.cancer, "fluids": ", ".join(marker.fluids), "panel": panel.id,
            "direction": marker.direction, "fold_change": _given(marker.fold_change), "auc": _given(marker.auc),
            "sensitivity": _given(marker.sensitivity), "specificity": _given(marker.specificity),
            "cases": _given(marker.cases), "controls": _given(marker.controls), "haemolysis": marker.haemolysis,
            "study": marker.reference or "not identified", "review_number": marker.reference_number,
        }
        for panel in panels(cancer, fluid)
        for marker in panel.markers
    ]  # fmt: skip


def overlap_rows(cancer: str = "", fluid: str = "") -> list[Row]:
    """Markers of table 1 and the cancers that share them; of one cancer or fluid, only the markers that it has."""
    from exocosm.markers.mirna_name import parse_mirna
    from exocosm.markers.panels import overlaps, panels

    rows = overlaps()
    if not (cancer or fluid):
        return rows
    kept = {parse_mirna(marker.name).written for panel in panels(cancer, fluid) for marker in panel.markers}
    return [row for row in rows if row["marker"] in kept]


def panel_rows(cancer: str = "", fluid: str = "") -> list[Row]:
    """A row for every panel: how many markers, from which studies, and what was reported of several read together."""
    from exocosm.markers.panels import panels

    return [
        {
            "panel": panel.id, "markers": len(panel.names), "fluids": ", ".join(panel.fluids),
            "studies": ", ".join(panel.references) or "not identified",
            "reported": "; ".join(f"{one.contrast}: {_performance(one)}" for one in panel.reported),
        }
        for panel in panels(cancer, fluid)
    ]  # fmt: skip


def marker_details(name: str) -> list[Row]:
    """What is known of a miRNA by its name: how it is read, where it stands, which blood cells hold it.

    Empty if the name is no miRNA, or nothing is known of it but the name.
    """
    from exocosm.markers.blood_cells import blood_cell_markers, haemolysis_response
    from exocosm.markers.mirna_name import parse_mirna
    from exocosm.markers.panels import specificity_of
    from exocosm.markers.relations import relation_of

    try:
        parsed = parse_mirna(name)
    except InputError:
        return []
    stands = specificity_of(name)
    response, said = haemolysis_response(name)
    cells = [
        f"{row.cell} ({row.source or 'assumed'})" for row in blood_cell_markers() if relation_of(name, row.name).same
    ]
    if not (stands.cancers or stands.related or cells or response != "not given"):
        return []
    return [
        {
            "kind": "marker", "name": parsed.written, "stands_for": parsed.kind, "panels": stands.sentence,
            "in": ", ".join(stands.cancers) or "none", "blood_cells": ", ".join(cells) or "none known",
            "haemolysis": f"{response}: {said}",
        }
    ]  # fmt: skip


def clinic_details(name: str) -> list[Row]:
    """An assay or a published panel of this name, with all that is known of it."""
    from exocosm.markers.panels import panels
    from exocosm.screening.assays.registry import assays

    found: list[Row] = []
    module = assays().get(name)
    if module is not None:
        found.append(
            {"kind": "assay", "name": name, "title": module.TITLE, "reads": ", ".join(module.ANALYTES),
             "settings": ", ".join(module.Settings.model_fields), "does": (module.__doc__ or "").strip()}
        )  # fmt: skip
    for panel in panels():
        if panel.id == name:
            found.append(
                {"kind": "panel", "name": name, "title": panel.title, "fluids": ", ".join(panel.fluids),
                 "markers": ", ".join(panel.names), "studies": ", ".join(panel.references) or "not identified"}
            )  # fmt: skip
    return found


def _given(value: float | int | None) -> float | int | str:
    return "not given" if value is None else value


def _performance(reported: Any) -> str:
    numbers = [
        f"{name} {value:g}"
        for name in ("auc", "sensitivity", "specificity")
        if (value := getattr(reported, name)) is not None
    ]
    size = f"{_given(reported.cases)} against {_given(reported.controls)}"
    return ", ".join([*numbers, size])
