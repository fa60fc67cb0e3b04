"""Predictions of one protocol: against plain runs, what is not known apart from donors, and another rotor."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import exocosm
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.prediction import Prediction, predict, with_rotor
from exocosm.bench.protocol import protocol, read_protocol, run_protocol
from exocosm.bench.refusals import reasons_counted
from exocosm.bench.samples import SampleText, specimen_from
from exocosm.errors import ExocosmError, InputError
from exocosm.evidence.value import Value

PLASMA = SampleText(fluid="plasma", volume="1 mL")  # type: ignore[arg-type]
COLUMN = protocol("column", ("size_exclusion", {"column": "sepharose_cl_4b"}))


@pytest.fixture(scope="module")
def found() -> Prediction:
    return predict(lambda one: specimen_from(PLASMA, one), COLUMN, bench_numbers(draws=40, donors=12))


def test_the_centre_and_every_draw_are_plain_runs(found: Prediction) -> None:
    numbers = bench_numbers(draws=40, donors=12)
    central = run_protocol(specimen_from(PLASMA, numbers), COLUMN, numbers)
    assert found.row("recovery", "small_ev")["value"] == central.recovery["small_ev"]
    drawn = numbers.drawn(7)
    run = run_protocol(specimen_from(PLASMA, drawn), COLUMN, drawn)
    assert found.uncertain[1, "recovery", "small_ev"][7] == run.recovery["small_ev"]
    assert found.uncertain[1, "particles_per_microgram", ""][7] == run.particles_per_microgram


def test_donors_differ_in_the_sample_and_not_in_the_column(found: Prediction) -> None:
    count, recovery = found.row("count", "small_ev"), found.row("recovery", "small_ev")
    assert count["donor_high"] > 1.2 * count["donor_low"]
    assert recovery["donor_high"] == pytest.approx(recovery["donor_low"], rel=0.05)
    assert recovery["low"] < recovery["value"] < recovery["high"]
    assert not np.array_equal(found.uncertain[0, "count", "small_ev"][:12], found.varying[0, "count", "small_ev"])


def test_what_moves_the_yield_is_named(found: Prediction) -> None:
    names = [one.pin.value.quantity for one in found.influences["yield"]]
    assert names[0] == "particle_concentration"


def test_without_draws_there_are_no_ranges() -> None:
    one = predict(lambda numbers: specimen_from(PLASMA, numbers), COLUMN, bench_numbers())
    row = one.row("recovery", "small_ev")
    assert row["value"] > 0 and math.isnan(row["low"]) and math.isnan(row["donor_high"])
    assert not one.influences["yield"]
    with pytest.raises(InputError, match="there is no number"):
        one.row("beauty")


def test_a_rotor_takes_the_place_of_the_fastest() -> None:
    spins = read_protocol("differential_ultracentrifugation")
    moved = with_rotor(spins, "Type 70 Ti")
    assert [step.settings.rotor for step in moved.steps] == ["SH 3000", "SH 3000", "type_70_ti", "type_70_ti"]  # type: ignore[attr-defined]
    assert moved.steps[3].settings.time == spins.steps[3].settings.time  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="no step of the protocol"):
        with_rotor(COLUMN, "Type 70 Ti")
    with pytest.raises(InputError, match="there is no rotor 'Type 71 Ti'"):
        with_rotor(spins, "Type 71 Ti")


def test_isolate_writes_a_whole_folder_and_the_same_each_time(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("device,price,source\nsepharose_cl_4b,7.25,our shop\n")
    for name in ("one", "two"):
        exocosm.isolate("plasma", COLUMN, tmp_path / name, volume="1 mL", draws=25, donors=5, prices=prices)
    for file in ("report.html", "steps.csv", "values.csv", "sources.bib"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    page = (tmp_path / "one" / "report.html").read_text()
    assert "our shop" in page and "Two things are kept apart" in page
    assert "<script" not in page and "<img" not in page


def test_own_prices_go_before_the_catalogues(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("device,price\nsepharose_cl_4b,1000\n")
    dear = exocosm.isolate("plasma", COLUMN, volume="1 mL", draws=0, donors=0, prices=prices)
    cheap = exocosm.isolate("plasma", COLUMN, volume="1 mL", draws=0, donors=0)
    assert dear.central.cost > 1000 > cheap.central.cost


def test_a_sample_file_brings_its_volume_and_values(tmp_path: Path) -> None:
    sample = tmp_path / "sample.yaml"
    sample.write_text(
        "exocosm: 1\nkind: sample\nname: mine\nfluid: plasma\nvolume: 1 mL\nwithout: [lipoproteins]\nvalues:\n"
        "- {quantity: particle_concentration, carrier: small_ev, fluid: plasma, value: 3e9, unit: particle/mL,"
        " method: measured_ex_vivo, source: notebook 7, organism: human}\n"
    )
    found = exocosm.isolate(sample, COLUMN, draws=0, donors=0)
    assert found.row("count", "small_ev", 0)["value"] == pytest.approx(3e9)
    assert not found.measures["lipoprotein_per_particle"]
    twice = exocosm.isolate(sample, COLUMN, draws=0, donors=0, volume="2 mL")
    assert twice.row("count", "small_ev", 0)["value"] == pytest.approx(6e9)


@pytest.mark.parametrize(
    ("sample", "volume", "message"),
    [("plasma", "", "how much plasma"), ("plasma", "2", "example '2 mL'"), ("plasma", "-2 mL", "more than 0"),
     ("plasmaa", "2 mL", "plasma"), ("plasma", "2 kg", "cannot be")],
)  # fmt: skip
def test_what_is_no_sample_is_told(sample: str, volume: str, message: str) -> None:
    with pytest.raises(ExocosmError, match=message):
        exocosm.isolate(sample, COLUMN, volume=volume, draws=0, donors=0)


def test_draws_that_cannot_be_done_are_missing_and_counted_by_reason() -> None:
    """The volumes in the reasons differ from draw to draw; the reason is one."""
    hold_up = Value(
        id="own-hold-up", quantity="filter_hold_up_volume", device="amicon_ultra_15_100_kda", value=0.2, unit="mL",
        method="assumed", spread_kind="assumed_range", low=0.02, high=2.0, distribution="lognormal",
    )  # fmt: skip
    steps = protocol(
        "two",
        ("ultrafiltration", {"filter": "amicon_ultra_15_100_kda"}),
        ("tangential_flow", {"module": "hollow_fiber_500_kda", "to": "0.1 mL"}),
    )
    found = predict(lambda one: specimen_from(PLASMA, one), steps, bench_numbers(own=[hold_up], draws=30))
    missing = int(np.isnan(found.uncertain[2, "recovery", "small_ev"]).sum())
    assert 2 <= missing <= 28
    ((reason, times),) = found.failed.items()
    assert times == missing and "step 2 (tangential_flow)" in reason


def test_reasons_are_told_apart_by_step_and_name_not_by_numbers() -> None:
    reasons = [
        "arm 'a1': protocol 'p', step 1 (spin): 0.031 mL is too little",
        "arm 'a1': protocol 'p', step 1 (spin): 3.1e-05 mL is too little",
        "arm 'a1': protocol 'p', step 2 (spin): 1,200 mL is too little",
        "arm 'a2': protocol 'p', step 1 (spin): 0.031 mL is too little",
    ]
    assert list(reasons_counted(reasons).values()) == [2, 1, 1]
    assert next(iter(reasons_counted(reasons))) == reasons[0] and reasons_counted([]) == {}
