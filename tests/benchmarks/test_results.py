"""What the repository says was measured, and the small things that measure it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.flops import ACCUMULATORS, LANES, UNROLLED, loop_text
from benchmarks.records import REQUIRED, record, rounded

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = ("results.json", "bench_results.json")


@pytest.fixture(scope="module")
def results() -> list[dict[str, object]]:
    return [one for name in FILES for one in json.loads((FOLDER / name).read_text(encoding="utf-8"))]


def test_every_result_has_all_that_is_required(results: list[dict[str, object]]) -> None:
    assert results
    for one in results:
        assert set(REQUIRED) <= set(one), one
        for field in ("ratio", "error"):
            value = one[field]
            assert isinstance(value, int | float) and math.isfinite(value) and value >= 0.0, one
        assert all(isinstance(one[field], str) and one[field] for field in set(REQUIRED) - {"ratio", "error"}), one


def test_no_two_results_are_the_same_comparison(results: list[dict[str, object]]) -> None:
    compared = [(one["name"], one["peer"]) for one in results]
    assert len(set(compared)) == len(compared)


def test_the_results_of_the_cohort_engine_are_called_so(results: list[dict[str, object]]) -> None:
    for one in results:
        if not str(one["name"]).startswith("bench: "):
            assert ("cohort" in str(one["name"])) == (one["section"] != "single"), one["name"]


def test_a_record_keeps_four_digits() -> None:
    made = record("a", "b", 1.23456, 1e-6, "x", points=[{"seconds": 0.123456}], rounds=12345)
    assert made["ratio"] == 1.235 and made["points"] == [{"seconds": 0.1235}] and made["rounds"] == 12345
    assert set(REQUIRED) <= set(made)
    assert rounded((1.00001,)) == [1.0]


def test_the_loop_of_multiply_adds_does_what_it_counts() -> None:
    text = loop_text()
    assert text.count("= call") == ACCUMULATORS * UNROLLED and ACCUMULATORS >= 10
    assert f"@llvm.fma.v{LANES}f64(" in text and "fadd" in text  # the sums are returned, so nothing is left out


def test_the_plain_spins_are_those_of_the_package() -> None:
    """The oracle of the benchmark: the same physics in bare NumPy, to rounding."""
    from benchmarks.bench import SPINS, _plain
    from benchmarks.plain_bench import spins
    from exocosm.bench.fluids import specimen_of
    from exocosm.bench.numbers import bench_numbers
    from exocosm.bench.protocol import protocol, run_protocol

    numbers = bench_numbers(draws=1, seed=3)
    for each in (numbers, numbers.drawn(0)):
        start = specimen_of("plasma", 10.0, each)
        chain = protocol("four", *(("centrifugation", {"temperature": "4 degC", **words}) for words in SPINS))
        whole = start.population
        counts = spins(whole.diameter_nm, whole.density, whole.count, _plain(start, chain, each))
        found = run_protocol(start, chain, each).product.population.count
        assert found == pytest.approx(counts, rel=1e-12)
