"""Bodies: nothing is lost, flows close, and what must not matter does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exocosm.bodies import assemble, organ_table, organisms, preset
from exocosm.engines.contract import Dose
from exocosm.errors import InputError
from exocosm.network.compile import compile_model

Make = Callable[..., Any]
LABELLED = {"name": "labelled_vesicles", "carrier": "small_ev", "cargo": "label", "label": "125I-SAV-LA"}


def everything(subject: Any, start: str) -> str:
    """The sum of all species of one substance, as an expression."""
    return " + ".join(s.name for s in subject.body.model.species if s.substance == start)


@pytest.mark.parametrize("carrier", ["small_ev", "liposome"])
def test_drug_is_conserved_where_nothing_eliminates_it(make_subject: Make, carrier: str) -> None:
    mouse = make_subject("mouse", "carrier_drug", carrier=carrier, cargo="doxorubicin")
    dose = mouse.dose("cargo", 100.0) + mouse.dose("vesicles", 1e12) + mouse.dose("drug", 50.0, (3.0,))
    off = {"hepatic_clearance": 0.0, "renal_clearance": 0.0, "vesicle_sieving": 0.0}
    total = mouse.solve([everything(mouse, "doxorubicin")], doses=dose, times=(0.0, 1.0, 3.0, 24.0), **off).values[
        0, :, 0
    ]
    assert total == pytest.approx([100.0, 100.0, 150.0, 150.0], rel=1e-9)


def test_vesicles_are_conserved_where_nothing_digests_them(make_subject: Make) -> None:
    rat = make_subject("rat", "labelled_vesicles", carrier="small_ev", cargo="label", label="51Cr")
    off = {"vesicle_digestion": 0.0, "vesicle_breakdown": 0.0, "vesicle_sieving": 0.0}
    total = rat.solve([everything(rat, "vesicle")], doses=rat.dose("vesicles", 1e11), **off).values[0, :, 0]
    assert total == pytest.approx(np.full(13, 1e11), rel=1e-9)


@pytest.mark.parametrize("organism", organisms())
def test_plasma_volumes_sum_to_the_plasma_volume(make_subject: Make, organism: str) -> None:
    subject = make_subject(organism, tumour=False, **LABELLED)
    organs = [organ.name for organ in organ_table(organism, tumour=False)]
    volumes = " + ".join(["volume(venous)", "volume(arterial)", *(f"volume({o}.vascular)" for o in organs)])
    solution = subject.solve([volumes, "plasma_volume"], end=1.0)
    assert solution.values[0, 0, 0] == pytest.approx(solution.values[0, 0, 1], rel=1e-12)


@pytest.mark.parametrize("organism", organisms())
def test_organ_masses_and_blood_stay_within_the_body(make_subject: Make, organism: str) -> None:
    subject = make_subject(organism, tumour=False, **LABELLED)
    masses = " + ".join(f"organ_mass.{organ.name}" for organ in organ_table(organism, tumour=False))
    value = subject.solve([f"({masses}) / body_weight"], end=1.0).values[0, 0, 0]
    assert 0.8 < value <= 1.0


def test_vesicles_that_nothing_takes_stay_in_plasma_at_one_concentration(make_subject: Make) -> None:
    mouse = make_subject("mouse", tumour=False, **LABELLED)
    changed = {name: 0.0 for name in mouse.values if name.startswith(("permeability_surface", "phagocyte_clearance"))}
    changed |= {name: 1.0 for name in mouse.values if name.startswith("reflection")}
    changed |= {"vesicle_breakdown": 0.0, "vesicle_sieving": 0.0}
    places = ("venous", "arterial", "liver.vascular", "brain.vascular", "lung.vascular")
    asked = [f"concentration(vesicle.s1@{place}) * plasma_volume" for place in places]
    # lymph leaves vessels as fluid without vesicles, so that plasma thickens a little on its way through an organ
    changed |= {name: 0.0 for name in mouse.values if name.startswith("lymph_flow_fraction")}
    end = mouse.solve(asked, end=1.0, doses=mouse.dose("vesicles", 1e10), **changed).values[0, -1]
    assert end == pytest.approx(np.full(len(places), 1e10), rel=1e-6)


def test_a_linear_body_doubles_with_the_dose(make_subject: Make) -> None:
    mouse = make_subject("mouse", tumour=False, **LABELLED)
    linear = {"phagocyte_capacity": 1e30, "max_induction": 0.0}
    asked = ["cargo_in.liver", "cargo_in.blood", "cargo_in.lung"]
    once, twice = (
        mouse.solve(asked, end=2.0, doses=mouse.dose("cargo", size) + mouse.dose("vesicles", size * 1e10), **linear)
        for size in (1.0, 2.0)
    )
    assert twice.values == pytest.approx(2.0 * once.values, rel=1e-7, abs=1e-12)


def test_phagocytes_fill_within_a_dose(make_subject: Make) -> None:
    mouse = make_subject("mouse", tumour=False, **LABELLED)
    left = [
        mouse.solve(
            ["cargo_in.blood"],
            end=1.0,
            doses=mouse.dose("cargo", 1.0) + mouse.dose("vesicles", count),
            max_induction=0.0,
        ).values[0, -1, 0]
        for count in (1e9, 1e13)
    ]
    assert left[1] > 2 * left[0]


def test_a_second_dose_is_cleared_faster_after_induction_and_slower_without(make_subject: Make) -> None:
    mouse = make_subject("mouse", tumour=False, **LABELLED)
    digesting = {"vesicle_digestion": 0.01}  # phagocytes still hold the first dose when the second comes

    def left(max_induction: float) -> np.ndarray:
        doses = mouse.dose("vesicles", 3e12, (0.0, 24.0))
        found = mouse.solve(
            ["vesicle.s1@venous"],
            end=24.2,
            times=(0.1, 23.9, 24.1),
            doses=doses,
            max_induction=max_induction,
            **digesting,
        )
        first, before, second = found.values[0, :, 0]
        return np.array([first, second - before])

    first, second = left(0.0)
    assert second > 1.05 * first
    first, second = left(50.0)
    assert second < 0.95 * first


def test_without_macrophages_vesicles_stay_longer(make_subject: Make) -> None:
    mouse = make_subject("mouse", tumour=False, **LABELLED)
    dose = mouse.dose("vesicles", 1e10)
    intact, depleted = (
        mouse.solve(["vesicle.s1@venous"], end=1.0, doses=dose, phagocyte_activity=activity).values[0, -1, 0]
        for activity in (1.0, 0.0)
    )
    assert depleted > 5 * intact


def test_the_label_tells_another_half_life_of_the_same_vesicles(make_subject: Make) -> None:
    curves = []
    for name, label in (("labelled_vesicles", "125I-SAV-LA"), ("reporter_vesicles", "gLuc-LA")):
        mouse = make_subject("mouse", name, carrier="small_ev", cargo="label", label=label, tumour=False)
        doses = mouse.dose("cargo", 1.0) + mouse.dose("vesicles", 1e10)
        curves.append(mouse.solve(["cargo_in.blood", "vesicle.s1@venous"], end=6.0, doses=doses).values[0, -1])
    assert curves[0][1] == pytest.approx(curves[1][1], rel=1e-6)  # the same vesicles
    assert curves[0][0] > 10 * curves[1][0]  # residual iodine outlasts the luciferase


@pytest.mark.parametrize("gain", ["targeting_gain_entry", "targeting_gain_uptake"])
def test_a_ligand_never_lowers_what_the_tumour_gets(make_subject: Make, gain: str) -> None:
    mouse = make_subject("mouse", "carrier_drug", carrier="small_ev", cargo="doxorubicin")
    doses = mouse.dose("cargo", 100.0) + mouse.dose("vesicles", 1e11)
    exposures = [
        mouse.solve(["tumour_exposure"], end=72.0, doses=doses, **{gain: factor}).values[0, -1, 0]
        for factor in (1.0, 10.0, 100.0)
    ]
    assert exposures[0] < exposures[1] < exposures[2]


def test_drug_from_vesicles_inside_tumour_cells_is_released_inside_them(make_subject: Make) -> None:
    mouse = make_subject("mouse", "carrier_drug", carrier="small_ev", cargo="doxorubicin")
    swallowed = (Dose("doxorubicin.s1@tumour.cells", "7.0", (0.0,)),)
    inside = mouse.solve(
        ["doxorubicin@tumour.inside"], end=500.0, doses=swallowed, drug_cell_efflux=0.0, kill_maximum=0.0
    )
    assert inside.values[0, -1, 0] == pytest.approx(7.0, rel=1e-6)


def test_exposure_is_the_area_under_the_curve(make_subject: Make) -> None:
    mouse = make_subject("mouse", "carrier_drug", cargo="doxorubicin")
    times = tuple(np.linspace(0.0, 24.0, 4001))
    found = mouse.solve(["heart_exposure", "heart_released_drug"], times=times, doses=mouse.dose("drug", 100.0))
    late = np.array(times) >= 1.0  # the first minutes are too steep for a trapezoid
    area = np.trapezoid(found["heart_released_drug"][0, late], np.array(times)[late])
    assert np.ptp(found["heart_exposure"][0, late]) == pytest.approx(area, rel=1e-5)


def test_the_untreated_tumour_follows_the_gompertz_law(make_subject: Make) -> None:
    mouse = make_subject("mouse", "carrier_drug")
    v = mouse.values
    start, reference = v["tumour_start_volume"], v["gompertz_reference_volume"]
    alpha, beta = v["gompertz_alpha"], v["gompertz_beta"]
    times = np.linspace(0.0, 28 * 24.0, 8)
    found = mouse.solve(["tumour_volume"], end=times[-1], times=tuple(times))["tumour_volume"][0]
    log_size = alpha / beta + (np.log(start / reference) - alpha / beta) * np.exp(-beta * times)
    assert found == pytest.approx(reference * np.exp(log_size), rel=1e-7)


def test_more_size_classes_change_little_and_keep_the_number(make_subject: Make) -> None:
    shares = []
    for classes in (1, 3, 5):
        mouse = make_subject("mouse", tumour=False, classes=classes, **LABELLED)
        doses = mouse.dose("cargo", 1.0) + mouse.dose("vesicles", 1e10)
        vesicles = " + ".join(mouse.body.entries["vesicles"])
        found = mouse.solve([vesicles, "cargo_in.liver"], end=4.0, doses=doses)
        assert found.values[0, 0, 0] == pytest.approx(1e10, rel=1e-9)
        shares.append(found.values[0, -1, 1])
    assert shares[1] == pytest.approx(shares[2], rel=0.02)


def test_order_of_mechanisms_does_not_matter() -> None:
    listed = preset("carrier_drug")
    one = assemble("mouse", listed, carrier="small_ev", cargo="doxorubicin").model
    other = assemble("mouse", listed[::-1], carrier="small_ev", cargo="doxorubicin").model
    assert sorted(one.processes, key=str) == sorted(other.processes, key=str)
    assert sorted(compile_model(one).states) == sorted(compile_model(other).states)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: assemble("mous", preset("carrier_drug")), "mouse"),
        (lambda: assemble("mouse", [("vessel_walls", {})]), "vessel_wall"),
        (lambda: assemble("mouse", preset("carrier_drug"), options={"size_class": 1}), "size_classes"),
        (lambda: assemble("mouse", preset("carrier_drug"), carrier="small_ev", options={"size_classes": 9}), "1 to 5"),
        (lambda: preset("carrier_drugs"), "carrier_drug"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(call: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()


def test_a_vanishing_tumour_does_not_concentrate_what_it_held(make_subject: Make) -> None:
    mouse = make_subject("mouse", "carrier_drug", carrier="liposome", cargo="doxorubicin")
    doses = mouse.dose("cargo", 400.0) + mouse.dose("vesicles", 1e13)
    deadly = {"kill_half_concentration": 1e-3, "kill_maximum": 0.15, "damage_transit": 0.1}
    asked = ["tumour_volume", "tumour_released_drug", "concentration(doxorubicin.s1@tumour.interstitial)"]
    volume, released, carried = mouse.solve(asked, end=480.0, doses=doses, **deadly).values[0].T
    assert volume[-1] < 1e-6 * volume[0]
    spared = mouse.solve(asked, end=480.0, doses=doses, **{**deadly, "kill_maximum": 0.0}).values[0]
    assert released.max() < 3 * spared[:, 1].max()
    assert carried.max() < 3 * spared[:, 2].max()
