"""What every registered assay must do, whatever its physics."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tube_contents import OF_KIND, content_of, numbers, still

from exocosm.documents.fields import Section
from exocosm.errors import InputError
from exocosm.screening.assays import registry
from exocosm.screening.assays.reading import Reading
from exocosm.screening.assays.registry import assays, find_assay
from exocosm.screening.assays.tube import tube_to_signal
from exocosm.screening.content import Content
from exocosm.screening.people import People

DOCS = Path(__file__).resolve().parents[3] / "docs" / "tube_to_signal.md"
ALL = sorted(assays().values(), key=lambda module: module.NAME)
EVERY = pytest.mark.parametrize("assay", ALL, ids=lambda module: module.NAME)

# amounts per mL that lie within the range of each kind, of a still person
WITHIN = {
    "mirna": np.geomspace(1e6, 1e10, 9),
    "protein": np.geomspace(3e10, 3e13, 7),
    "vesicle": np.geomspace(1e8, 5e9, 6),
}


def own(assay: ModuleType, per_ml: float | np.ndarray, people: int) -> Content:
    """A content of the first analyte that an assay reads."""
    return content_of(OF_KIND[assay.ANALYTES[0]][:1], per_ml, people)


def raw(assay: ModuleType, content: Content, people: People, draws: int = 0) -> Reading:
    """A reading without normalisation."""
    given = assay.Settings()
    if "normalisation" in type(given).model_fields:
        given = given.model_copy(update={"normalisation": "none"})
    return tube_to_signal(content, numbers(draws), people, assay=assay.NAME, volume=1.0, settings=given)


def test_there_are_the_five() -> None:
    assert {module.NAME for module in ALL} >= {
        "rt_qpcr", "digital_pcr", "small_rna_sequencing", "protein_immunoassay", "single_vesicle",
    }  # fmt: skip


@EVERY
def test_more_in_more_signal(assay: ModuleType) -> None:
    amounts = WITHIN[assay.ANALYTES[0]]
    reading = raw(assay, own(assay, amounts[:, None], len(amounts)), still(len(amounts)))
    signal = reading.signal[:, 0]
    assert np.all(np.diff(signal) >= 0)
    free = ~(reading.censored[:, 0] | reading.saturated[:, 0])
    assert free.sum() >= 3
    assert np.all(np.diff(signal[free]) > 0)
    assert np.all(np.diff(reading.censored[:, 0].astype(int)) <= 0)  # once seen, more is seen too


@EVERY
@pytest.mark.parametrize("people", [still(3), People(300, seed=4)], ids=["still", "drawn"])
def test_nothing_in_is_censored_or_background(assay: ModuleType, people: People) -> None:
    reading = raw(assay, own(assay, 0.0, people.number), people)
    assert reading.censored.mean() >= 0.9  # the limit of a blank lets one in twenty through, and stainings differ
    assert np.all(np.isfinite(reading.signal))
    assert not reading.saturated.any()
    if people.still:
        assert reading.censored.all()


@EVERY
def test_a_censored_signal_is_the_bound_and_no_number_of_its_own(assay: ModuleType) -> None:
    zero = raw(assay, own(assay, 0.0, 2), still(2))
    assert zero.signal == pytest.approx(np.broadcast_to(zero.limit, (2, 1)))


@EVERY
def test_the_same_seed_gives_the_same(assay: ModuleType) -> None:
    content = own(assay, WITHIN[assay.ANALYTES[0]][2], 30)
    one, again, other = (raw(assay, content, People(30, seed=seed)).signal for seed in (7, 7, 8))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    later = raw(assay, content, People(30, seed=7).at_visit(1)).signal
    assert not np.array_equal(one, later)


@EVERY
def test_a_person_does_not_depend_on_who_else_is_there(assay: ModuleType) -> None:
    content = own(assay, WITHIN[assay.ANALYTES[0]][2], 60)
    part = own(assay, WITHIN[assay.ANALYTES[0]][2], 20)
    whole = raw(assay, content, People(60, seed=2)).signal
    assert np.array_equal(whole[40:], raw(assay, part, People(20, seed=2, first=40)).signal)


@EVERY
def test_with_all_still_there_is_no_spread(assay: ModuleType) -> None:
    reading = raw(assay, own(assay, WITHIN[assay.ANALYTES[0]][3], 50), still(50))
    assert np.ptp(reading.signal) == 0.0
    drawn = raw(assay, own(assay, WITHIN[assay.ANALYTES[0]][3], 50), People(50))
    assert np.ptp(drawn.signal) > 0.0


@EVERY
def test_one_more_analyte_shifts_no_number(assay: ModuleType) -> None:
    if assay.NAME == "small_rna_sequencing":
        pytest.skip("in a library the analytes share the reads")
    analytes = OF_KIND[assay.ANALYTES[0]]
    amount = WITHIN[assay.ANALYTES[0]][2]
    few = raw(assay, content_of(analytes[:1], amount, 10), People(10))
    more = raw(assay, content_of((analytes[0], replace(analytes[0], name="CD81")), amount, 10), People(10))
    assert np.array_equal(few.signal[:, 0], more.signal[:, 0])


@EVERY
def test_numbers_differ_between_draws(assay: ModuleType) -> None:
    content = own(assay, WITHIN[assay.ANALYTES[0]][3], 1)
    given = assay.Settings()
    from exocosm.screening.people import StagedNumbers

    bench = numbers(3)["assay"]
    found = [
        tube_to_signal(content, StagedNumbers.alike(bench.drawn(draw)), still(), assay=assay.NAME, volume=1.0,
                       settings=given).signal[0, 0]
        for draw in range(3)
    ]  # fmt: skip
    assert len(set(found)) == 3


@EVERY
def test_money_and_words(assay: ModuleType) -> None:
    assert assay.price(numbers(), 1) > 0
    assert assay.price(numbers(), 10) >= assay.price(numbers(), 1)
    assert issubclass(assay.Settings, Section)
    assert assay.TITLE
    assert set(assay.ANALYTES) <= {"mirna", "protein", "vesicle", "fragment"}
    assert assay.read.__doc__


@EVERY
def test_it_stands_in_the_documentation(assay: ModuleType) -> None:
    assert f"`{assay.NAME}`" in DOCS.read_text(encoding="utf-8")


@EVERY
def test_other_kinds_are_refused(assay: ModuleType) -> None:
    other = next(kind for kind in OF_KIND if kind not in assay.ANALYTES)
    content = content_of(OF_KIND[other], 1e6, 1)
    with pytest.raises(InputError, match="reads"):
        assay.read(content, numbers(), still(), assay.Settings())


@EVERY
def test_no_number_of_biology_stands_in_the_code(assay: ModuleType) -> None:
    """Floats are named constants at the top, defaults of settings, or 0, 1 and 2."""
    tree = ast.parse(Path(str(assay.__file__)).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = [
        node.value for function in functions for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value not in (0.0, 1.0, 2.0)
    ]  # fmt: skip
    assert not found


def test_the_nearest_name_is_told() -> None:
    assert find_assay("rt_qpcr").NAME == "rt_qpcr"
    with pytest.raises(InputError, match="did you mean 'digital_pcr'"):
        find_assay("digitl_pcr")


def test_an_assay_from_elsewhere_is_found_and_must_be_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = ModuleType("outside")
    outside.NAME = "outside"  # type: ignore[attr-defined]
    monkeypatch.setattr(registry, "offered", lambda group: (outside,))
    registry.assays.cache_clear()
    with pytest.raises(InputError, match="outside lacks TITLE, ANALYTES"):
        assays()
    for part in registry.PARTS[1:]:
        setattr(outside, part, object())
    assert assays()["outside"] is outside
    outside.NAME = "rt_qpcr"  # type: ignore[attr-defined]
    registry.assays.cache_clear()
    with pytest.raises(InputError, match="two assays are called 'rt_qpcr'"):
        assays()
    monkeypatch.undo()
    registry.assays.cache_clear()
