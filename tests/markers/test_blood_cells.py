"""miRNAs of blood cells and of haemolysis."""

from __future__ import annotations

import pytest

from exocosm.errors import InputError
from exocosm.markers import blood_cells
from exocosm.markers.blood_cells import (
    CELLS,
    HaemolysisResponse,
    blood_cell_markers,
    haemolysis_pair,
    haemolysis_response,
    haemolysis_responses,
    haemolysis_sensitive,
)
from exocosm.markers.mirna_name import is_mirna


def test_every_kind_of_cell_has_markers() -> None:
    for cell in CELLS:
        found = blood_cell_markers(cell)
        assert found
        assert {marker.cell for marker in found} == {cell}
    assert len(blood_cell_markers()) == sum(len(blood_cell_markers(cell)) for cell in CELLS)
    assert "miR-451a" in {marker.name for marker in blood_cell_markers("red_cell")}


def test_names_are_mirnas() -> None:
    assert all(is_mirna(marker.name) for marker in blood_cell_markers())
    assert all(is_mirna(row.name) for row in haemolysis_responses())


def test_an_unknown_cell_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'platelet'"):
        blood_cell_markers("platelets")


def test_the_pair_and_its_cut_offs() -> None:
    pair = haemolysis_pair()
    assert (pair.rises, pair.stable) == ("miR-451a", "miR-23a-3p")
    assert (pair.none_below, pair.severe_above) == (5.0, 7.0)
    assert pair.source
    assert haemolysis_response(pair.rises)[0] == "raised"
    assert haemolysis_response(pair.stable)[0] == "not raised"


def test_what_haemolysis_raises() -> None:
    assert {"miR-21", "miR-106a", "miR-92a", "miR-17", "miR-16", "miR-451a"} <= set(haemolysis_sensitive())
    assert "miR-23a-3p" not in haemolysis_sensitive()
    response, sentence = haemolysis_response("miR-21-5p")
    assert response == "raised"
    assert "miR-21 (arm not given): raised, Kirschner2013" in sentence


def test_where_sources_disagree_a_rise_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(
        HaemolysisResponse("miR-9999", response, source, "page 1", "", "opened", "")
        for response, source in (("not raised", "One"), ("raised", "Other"))
    )
    monkeypatch.setattr(blood_cells, "haemolysis_responses", lambda: rows)
    assert haemolysis_response("hsa-miR-9999") == ("raised", "miR-9999: raised, Other")


def test_a_relation_that_is_too_far_says_nothing() -> None:
    assert haemolysis_response("miR-146a")[0] == "not given"
    assert haemolysis_response("miR-20a-5p")[0] == "not given"  # of the family of miR-17, and no more
    assert haemolysis_response("mmu-miR-16-5p")[0] == "not given"
