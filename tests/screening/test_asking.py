"""Questions about one analyte in one cancer: what answers, and what never does in silence."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import EvidenceError
from exocosm.evidence.catalogue import catalogue_of
from exocosm.evidence.value import Value
from exocosm.screening.asking import Asker, settled
from exocosm.screening.content import Analyte
from exocosm.screening.people import People, StagedNumbers


def assumed(id: str, value: float, **context: str) -> Value:
    return Value(id, "stickiness", value, "dimensionless", spread_kind="assumed_range", low=value / 4, high=value * 4,
                 distribution="lognormal", between_subject_cv=0.5, **context)  # fmt: skip


def measured(id: str, value: float, **context: str) -> Value:
    return Value(id, "stickiness", value, "dimensionless", spread_kind="standard_error", spread=value / 10,
                 distribution="lognormal", method="measured_ex_vivo", source="Somebody2020", status="opened",
                 **context)  # fmt: skip


ROWS = (
    assumed("general", 1.0, cargo="mirna", population="any cancer"),
    assumed("of-one", 2.0, cargo="miR-1", population="any cancer"),
    measured("of-one-in-lung", 3.0, cargo="miR-1", population="lung cancer"),
    measured("of-two-in-lung", 4.0, cargo="miR-2", population="lung cancer"),
    measured("of-three", 5.0, cargo="miR-3"),
)


def asker(people: People | None = None, **given: object) -> Asker:
    from exocosm.evidence.bibliography import Source

    source = {"Somebody2020": Source("Somebody2020", "misc", {"title": "A title"})}
    numbers = bench_numbers(catalogue_of(ROWS, source), draws=4, **given)  # type: ignore[arg-type]
    return Asker(StagedNumbers.alike(numbers), people or People(200))


@pytest.mark.parametrize(
    ("name", "cancer", "row"),
    [
        ("miR-1", "lung cancer", "of-one-in-lung"),
        ("miR-1", "Lung Cancer", "of-one-in-lung"),
        ("miR-1", "colorectal cancer", "of-one"),
        ("miR-2", "lung cancer", "of-two-in-lung"),
        ("miR-2", "colorectal cancer", "general"),  # what is measured in lung cancer does not stand in
        ("miR-3", "lung cancer", "of-three"),  # a row without a cancer is for all
        ("miR-4", "lung cancer", "general"),
        ("miR-1-3p", "lung cancer", "general"),  # another name is another analyte
    ],
)
def test_the_analyte_is_given_up_last_and_another_never_answers(name: str, cancer: str, row: str) -> None:
    assert asker().row("stickiness", analyte=Analyte(name), cancer=cancer).id == row


def test_own_values_go_first_and_only_for_what_they_name() -> None:
    mine = assumed("mine", 9.0, cargo="miR-1", population="lung cancer")
    ask = asker(own=(mine,))
    assert ask.row("stickiness", analyte=Analyte("miR-1"), cancer="lung cancer").id == "mine"
    assert ask.row("stickiness", analyte=Analyte("miR-2"), cancer="lung cancer").id == "of-two-in-lung"


def test_what_was_asked_is_pinned_with_its_path() -> None:
    ask = asker()
    ask.varied("stickiness", "dimensionless", analyte=Analyte("miR-4"), cancer="colorectal cancer")
    (pin,) = ask.given.ledger.pins.values()
    assert pin.value.id == "general"
    assert "general" in pin.path[0]


def test_no_row_says_what_to_write() -> None:
    with pytest.raises(EvidenceError, match=r"cargo X or protein.*method: assumed"):
        asker().row("stickiness", analyte=Analyte("X", "protein"), cancer="lung cancer")


def test_analytes_that_share_a_row_differ_by_themselves_between_people_and_draws() -> None:
    ask = asker()
    one, other = (ask.varied("stickiness", "dimensionless", analyte=Analyte(name), cancer="x") for name in ("A", "B"))
    assert abs(np.corrcoef(np.log(one), np.log(other))[0, 1]) < 0.3
    drawn = Asker(StagedNumbers.alike(ask.given.drawn(2)), ask.people)
    levels = [drawn.typical("stickiness", "dimensionless", Analyte(name), cancer="x") for name in ("A", "B")]
    assert levels[0] != levels[1]
    assert ask.typical("stickiness", "dimensionless", Analyte("A"), cancer="x") == 1.0


def test_a_still_stage_makes_people_alike() -> None:
    ask = asker(People(50).switched_off("biology"))
    assert np.unique(ask.varied("stickiness", "dimensionless", analyte=Analyte("miR-1"), cancer="x")).tolist() == [2.0]


def test_a_named_row_decides_where_rows_differ() -> None:
    rows = (measured("a", 1.0), measured("b", 2.0))
    from exocosm.evidence.bibliography import Source

    catalogue = catalogue_of(rows, {"Somebody2020": Source("Somebody2020", "misc", {"title": "A title"})})
    with pytest.raises(EvidenceError, match=r"'?a'?.*'?b'?"):
        settled(bench_numbers(catalogue), "stickiness", {}, {})
    assert settled(bench_numbers(catalogue), "stickiness", {}, {}, row="b").id == "b"
    assert settled(bench_numbers(catalogue, choose=("a",)), "stickiness", {}, {}, row="b").id == "a"
    assert settled(bench_numbers(catalogue, choose={"stickiness": "a"}), "stickiness", {}, {}, row="b").id == "a"
