"""Isolation of a screening: what the bench recovers, carrier by carrier, and never more than there was."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.fluids import specimen_of
from exocosm.bench.protocol import read_protocol, run_protocol
from exocosm.errors import InputError
from exocosm.screening import isolation
from exocosm.screening.assays.of_analytes import SPIKE_IN
from exocosm.screening.handling import Handling, handled
from exocosm.screening.isolation import bench_yield, fitting_protocols, isolated, isolation_price
from exocosm.screening.people import People

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tube_contents import MIRNAS, PROTEINS, VESICLES, bench, content_of, numbers, still

PROTOCOLS = ("sec_plasma", "exoquick_plasma", "immunocapture_plasma", "none")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("extraction", ["silica_column", None])
def test_there_is_never_more_than_there_was(protocol: str, extraction: str | None) -> None:
    people = People(100, seed=5)
    before = handled(content_of(MIRNAS, 1e6, 100), Handling(spins="one"), numbers(), people)
    after = isolated(before, protocol, numbers(), people, 1.0, extraction=extraction)
    for carrier, amount in before.amounts.items():
        inside = after.amounts[carrier][:, : len(MIRNAS)] * after.volume
        assert np.all(inside >= 0)
        assert np.all(inside <= amount * 1.0 * (1 + 1e-12)), carrier
    for carrier, count in after.vesicles.items():
        assert np.all(count * after.volume <= before.vesicles[carrier] * (1 + 1e-12))


def test_the_recovery_is_that_of_the_bench() -> None:
    run = run_protocol(specimen_of("plasma", 1.0, bench()), read_protocol("sec_plasma"), bench())
    before = content_of(MIRNAS, 1e6, 1)
    after = isolated(before, "sec_plasma", numbers(), still(), 1.0, extraction=None)
    assert after.volume == run.product.volume_ml
    large = bench()("microvesicle_cargo_share", "dimensionless", carrier="healthy_ev")
    vesicle = (1 - large) * run.recovery["small_ev"] + large * run.recovery["microvesicle"]
    found = {name: after.amounts[name][0] * after.volume / before.amounts[name][0] for name in before.amounts}
    assert found["healthy_ev"] == pytest.approx(vesicle)
    assert found["free"] == pytest.approx(run.recovery["ago2_complex"])


def test_protein_outside_vesicles_goes_with_protein() -> None:
    run = run_protocol(specimen_of("plasma", 1.0, bench()), read_protocol("sec_plasma"), bench())
    after = isolated(content_of(PROTEINS, 1e6, 1), "sec_plasma", numbers(), still(), 1.0, extraction=None)
    assert after.amounts["free"][0] * after.volume / 1e6 == pytest.approx(run.recovery["other_protein"])


def test_the_whole_fluid_is_taken_as_it_is() -> None:
    before = content_of(VESICLES, 1e6, 4)
    after = isolated(before, "none", numbers(), People(4), 2.0, extraction=None)
    assert np.array_equal(after.total, before.total)
    assert after.volume == 2.0


def test_an_extraction_adds_the_spike_in_and_leaves_no_vesicle() -> None:
    after = isolated(content_of((*MIRNAS, *PROTEINS), 1e6, 1), "none", numbers(), still(), 1.0)
    assert after.analytes == (*MIRNAS, SPIKE_IN)
    assert not after.vesicles
    share = bench()("rna_extraction_recovery", "dimensionless", device="silica_column")
    assert after.amounts["free"][0, -1] * after.volume == pytest.approx(share * bench()("spike_in_copies", "molecule"))
    assert any("CD9" in note for note in after.notes)
    with pytest.raises(InputError, match="leaves nothing"):
        isolated(content_of(PROTEINS, 1e6, 1), "none", numbers(), still(), 1.0)


def test_runs_and_people_differ_and_a_person_stays_the_same() -> None:
    people = People(2000, seed=9)
    amounts = [
        isolated(content_of(MIRNAS, 1e6, 2000), "sec_plasma", numbers(), people.at_visit(visit), 1.0, extraction=None)
        .amounts["healthy_ev"][:, 0]
        for visit in (0, 1)
    ]  # fmt: skip
    odds = [np.log(amount / (1e6 / 2.0 - amount)) for amount in amounts]  # of 1 mL in an eluate of 2 mL
    expected = np.hypot(*(bench()("recovery_log_odds_sd", "dimensionless", device=device)
                          for device in ("between_runs", "between_people")))  # fmt: skip
    assert np.std(odds[0]) == pytest.approx(expected, rel=0.05)
    own = bench()("recovery_log_odds_sd", "dimensionless", device="between_people") ** 2
    assert np.corrcoef(odds)[0, 1] == pytest.approx(own / expected**2, abs=0.05)


def test_platelets_stay_in_the_filter_and_what_they_break_into_does_not() -> None:
    before = handled(content_of(MIRNAS, 1e6, 1), Handling(spins="one", freeze_thaw=1), numbers(), still())
    after = isolated(before, "sec_plasma", numbers(), still(), 1.0, extraction=None)
    whole, broken = (after.amounts[name] / before.amounts[name] for name in ("platelet", "platelet_ev"))
    assert np.all(whole < 1e-3 * broken)


def test_the_bench_runs_once_for_each_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    monkeypatch.setattr(isolation, "run_protocol", lambda *given: runs.append(1) or run_protocol(*given))
    fresh = bench(4)
    found = {bench_yield("sec_plasma", "plasma", 0.75, fresh.drawn(draw)).recovery["small_ev"] for draw in (0, 1, 0, 1)}
    assert len(found) == 2
    assert len(runs) == 3  # the centre, and two draws


def test_what_does_not_fit_is_refused_with_what_does() -> None:
    before = content_of(MIRNAS, 1e6, 1)
    with pytest.raises(InputError, match="did you mean 'sec_plasma'"):
        isolated(before, "sec_plasme", numbers(), still(), 1.0)
    with pytest.raises(InputError, match=r"(?s)filter more.*protocols that go with it: .*sec_plasma"):
        isolated(before, "tff_sec_conditioned_medium", numbers(), still(), 1.0)
    with pytest.raises(InputError, match="cannot be taken from a tube of 4 mL"):
        isolated(before, "sec_plasma", numbers(), still(), 5.0)
    with pytest.raises(InputError, match="no extraction 'colum'"):
        isolated(before, "none", numbers(), still(), 1.0, extraction="colum")


def test_a_protocol_that_recovers_no_vesicle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = isolation.BenchYield({"small_ev": 0.0}, 1.0, 1.0, 1.0)
    monkeypatch.setattr(isolation, "_at", lambda *given: nothing)
    with pytest.raises(InputError, match="recovers no vesicles"):
        bench_yield("sec_plasma", "plasma", 1.0, bench())


def test_fitting_protocols_are_those_that_run() -> None:
    fitting = fitting_protocols("urine", 10.0, bench())
    assert "ultrafiltration_urine" in fitting
    assert "tff_sec_conditioned_medium" not in fitting


def test_a_fluid_without_particles_has_a_stand_in_that_is_told() -> None:
    washed = content_of(MIRNAS, 1e6, 1, fluid="bronchoalveolar_lavage")
    after = isolated(washed, "ultrafiltration", numbers(), still(), 2.0)
    assert any("stands in for bronchoalveolar_lavage" in note for note in after.notes)
    named = isolated(washed, "ultrafiltration", numbers(), still(), 2.0, stand_in="urine")
    assert any("urine stands in" in note for note in named.notes)
    with pytest.raises(InputError, match="did you mean 'urine'"):
        isolated(content_of(MIRNAS, 1e6, 1, fluid="urin"), "ultrafiltration", numbers(), still(), 2.0)


def test_money() -> None:
    assert isolation_price("none", "plasma", 1.0, bench(), extraction=False) == 0.0
    assert isolation_price("sec_plasma", "plasma", 1.0, bench()) > isolation_price("none", "plasma", 1.0, bench()) > 0


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 3.0), st.floats(1.0, 5.0))
def test_twice_the_amount_gives_twice_the_amount(volume: float, factor: float) -> None:
    one, more = (
        isolated(content_of(MIRNAS, amount, 1), "none", numbers(), still(), volume) for amount in (10.0, 10 * factor)
    )
    assert more.total[0, :3] == pytest.approx(factor * one.total[0, :3])
