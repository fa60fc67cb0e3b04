"""Pages of protocols: words for numbers, particles that are kept when they are drawn, and the same page every time."""

from __future__ import annotations

import numpy as np
import pytest

import exocosm
from exocosm.bench.prediction import Prediction
from exocosm.bench.protocol import protocol
from exocosm.report.isolation import isolation_page, ranged, short_rows, summary
from exocosm.report.isolation_figures import _spread_out, kind_in_words, recovery_picture, size_picture, title_of
from exocosm.report.page import render_page


@pytest.fixture(scope="module")
def found() -> Prediction:
    column = protocol("column", ("size_exclusion", {"column": "sepharose_cl_4b"}), title="<i>A</i> column")
    return exocosm.isolate("plasma", column, volume="1 mL", draws=30, donors=10)


def test_kinds_and_measures_in_words() -> None:
    assert [kind_in_words(kind) for kind in ("small_ev", "vldl", "ago2_complex")] == [
        "small EVs",
        "VLDL",
        "ago2 complex",
    ]
    assert title_of("lipoprotein_per_particle", "small_ev") == "lipoprotein particles per small EV"


def test_a_page_is_the_same_twice_and_escapes_titles(found: Prediction) -> None:
    one, two = (render_page(isolation_page(found, "1 mL of plasma", "")) for _ in range(2))
    assert one == two
    assert "<i>A</i>" not in one and "&lt;i&gt;A&lt;/i&gt;" in one
    for part in ("The steps", "What is left after every step", "What to measure next", "What the numbers rest on"):
        assert part in one


def test_every_range_is_told_or_left_out(found: Prediction) -> None:
    known = {"value": 2.0, "unit": "mL", "low": 1.0, "high": 3.0, "donor_low": 2.0, "donor_high": 2.001}
    assert ranged(known).replace("\u00a0", " ") == "2 mL (95 %: 1 to 3)"
    assert ranged({**known, "low": np.nan, "high": np.nan}).replace("\u00a0", " ") == "2 mL"
    assert len(summary(found)) >= 3
    rows = short_rows(found)
    assert [row["step"] for row in rows] == ["sample", "1 size_exclusion"]


def test_what_comes_along_has_both_ranges(found: Prediction) -> None:
    along = found.companions
    assert along["low"] < along["value"] < along["high"]
    assert along["low"] < along["donor_low"] < along["donor_high"] < along["high"]
    last = found.central.product.population
    lipoprotein = sum(last.count[last.kind == kind].sum() for kind in ("vldl", "ldl", "hdl", "chylomicron", "idl"))
    assert along["value"] == pytest.approx(lipoprotein / last.count[last.kind == "small_ev"].sum())
    assert any(one.startswith("Lipoprotein particles that come along") and "by donor" in one for one in summary(found))


def test_pictures_have_captions_with_numbers(found: Prediction) -> None:
    for picture in (recovery_picture(found), size_picture(found)):
        assert picture.svg.startswith("<svg") and picture.caption
    assert "%" in recovery_picture(found).caption


def test_drawn_particles_are_all_there() -> None:
    sizes, counts = np.array([50.0, 80.0, 120.0]), np.array([1e9, 3e9, 2e9])
    edges = np.geomspace(10, 1000, 200)
    drawn = _spread_out(sizes, counts, edges)
    assert (drawn * np.diff(edges)).sum() == pytest.approx(counts.sum())
    assert (_spread_out(sizes[::-1], counts[::-1], edges) == drawn).all()
