"""What the command line lists of markers."""

from __future__ import annotations

import pytest

from exocosm.cli.markers import marker_details, marker_rows, overlap_rows, panel_rows
from exocosm.errors import InputError


def test_rows_of_markers() -> None:
    rows = marker_rows("colorectal cancer", "serum")
    assert [row["marker"] for row in rows][:3] == ["let-7a", "miR-1229", "miR-1246"]
    assert rows[2]["auc"] == 0.948
    assert rows[0]["auc"] == "not given"
    assert {row["panel"] for row in rows} == {"table1:colorectal cancer"}
    assert len(marker_rows()) > len(rows)


def test_only_markers_of_the_fluid() -> None:
    assert {row["marker"] for row in marker_rows("prostate cancer", "urine")} == {
        "miR-107", "miR-141", "miR-375", "miR-574-3p",
    }  # fmt: skip
    with pytest.raises(InputError, match="fluid 'bile'"):
        marker_rows(fluid="bile")


def test_rows_of_overlaps() -> None:
    assert overlap_rows()[0]["marker"] == "miR-21"
    kept = {row["marker"] for row in overlap_rows("cervical cancer")}
    assert kept == {"miR-21", "miR-146a"}
    assert next(row for row in overlap_rows("cervical cancer") if row["marker"] == "miR-21")["cancers"] == 9


def test_rows_of_panels() -> None:
    rows = {row["panel"]: row for row in panel_rows()}
    assert "auc 0.76" in rows["table1:lung cancer"]["reported"]
    assert rows["table1:ovarian cancer"]["studies"] == "not identified"


def test_details_of_a_marker() -> None:
    (found,) = marker_details("miR-451a")
    assert found["blood_cells"].startswith("red_cell")
    assert found["haemolysis"].startswith("raised")
    (found,) = marker_details("miR-21")
    assert "9 of 11" in found["panels"]
    assert marker_details("CD63") == []
    assert marker_details("miR-9999") == []
