from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny_study import MODEL, ROWS, TINY, arm, spread

from exocosm.errors import EvidenceError
from exocosm.evidence.pin import Pin
from exocosm.evidence.value import Value
from exocosm.network.parts import Parameter
from exocosm.workflow import sampling


def of(**changes):
    return sampling.sampling_of(replace(TINY, **changes))


def test_central_values_are_the_rows_in_canonical_units():
    central = sampling.central(of(), "plain")
    assert central["elimination"] == pytest.approx([0.6])  # 0.01 per minute in per hour
    assert central["plasma_volume"] == [1.5]
    assert central["tissue_volume"] == [3.0]  # a constant of the model, without a pin


def test_the_typical_animal_has_the_uncertainty_only_and_animals_share_it():
    drawn = sampling.cohort(of(), "plain", [2], range(5))
    assert drawn["plasma_volume"][0] == 1.5  # known exactly, but animals differ
    assert len(set(drawn["plasma_volume"])) == 5
    assert drawn["entry"][0] != ROWS["entry"].value
    assert len(set(drawn["entry"])) == 1  # not known, but the same in all animals
    assert set(drawn["exit"]) == {0.2}


def test_arms_that_share_a_row_share_draws_and_twins_and_other_rows_are_independent():
    other = replace(ROWS["elimination"], id="another-laboratory")
    study = of(arms=(arm("plain"), arm("targeted"), arm("elsewhere", elimination=other)))
    plain, targeted, elsewhere = (
        sampling.cohort(study, name, [1], range(5)) for name in ("plain", "targeted", "elsewhere")
    )
    for name in plain:
        assert (plain[name] == targeted[name]).all()
    assert (elsewhere["elimination"] != plain["elimination"]).all()
    assert (elsewhere["entry"] == plain["entry"]).all()


def test_numbers_depend_on_their_key_alone():
    whole = sampling.cohort(of(), "plain", [3], range(5))
    part = sampling.cohort(of(draws=50, animals=40), "plain", [3], [4, 2])
    alone = sampling.cohort(of(arms=(arm("plain", exit=spread("exit", 2.0)),)), "plain", [3], range(5))
    for name in ("elimination", "entry", "plasma_volume"):
        assert (whole[name][[4, 2]] == part[name]).all()
        assert (whole[name] == alone[name]).all()
    assert (whole["entry"] != sampling.cohort(of(seed=8), "plain", [3], range(5))["entry"]).all()
    assert (whole["entry"] != sampling.cohort(of(), "plain", [4], range(5))["entry"]).all()


def test_no_draws_and_no_variability():
    certain = sampling.cohort(of(draws=0), "plain", [0], range(5))
    assert set(certain["entry"]) == {0.4}
    assert len(set(certain["plasma_volume"])) == 5
    alike = of(variability=False)
    assert alike.animals == 0
    assert sampling.cohort(alike, "plain", [0], [0])["plasma_volume"] == [1.5]


def test_a_parameter_that_is_not_of_the_subject_does_not_differ_between_animals():
    parameters = tuple(replace(each, per_subject=each.name != "plasma_volume") for each in MODEL.parameters)
    study = of(arms=(arm("plain", model=replace(MODEL, parameters=parameters)),))
    assert set(sampling.cohort(study, "plain", [1], range(5))["plasma_volume"]) == {1.5}


def test_one_at_a_time_reaches_the_ends_of_the_range():
    study = of()
    symbols = sampling.uncertain_symbols(study, "plain")
    assert [each.name for each in symbols] == ["elimination", "entry"]
    moved = sampling.one_at_a_time(study, "plain", symbols)
    assert moved["elimination"] == pytest.approx([0.3, 1.2, 0.6, 0.6])
    assert moved["entry"] == pytest.approx([0.4, 0.4, 0.32, 0.5])
    assert moved["plasma_volume"] == pytest.approx([1.5] * 4)


def joint_arm(name: str, rho: float, level: str):
    rows = {each: replace(ROWS[each], joint="pair") for each in ("elimination", "entry")}
    link = Value(
        "link", "correlation", rho, "dimensionless", method="model_constant", label=level,
        formula="elimination, entry", joint="pair",
    )  # fmt: skip
    made = arm(name, **rows)
    return replace(made, pins={**made.pins, "link": Pin("link", link, (), "constant")})


def test_rows_of_a_joint_group_are_correlated():
    study = of(arms=(joint_arm("plain", 0.9, "uncertainty"),), draws=300, animals=0)
    logs = np.log(
        [[sampling.cohort(study, "plain", [n], [0])[name][0] for name in ("elimination", "entry")] for n in range(300)]
    )
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(0.9, abs=0.05)
    apart = of(draws=300, animals=0)
    logs = np.log(
        [[sampling.cohort(apart, "plain", [n], [0])[name][0] for name in ("elimination", "entry")] for n in range(300)]
    )
    assert abs(np.corrcoef(logs.T)[0, 1]) < 0.2


def test_what_is_missing_is_named():
    model = replace(MODEL, parameters=(*MODEL.parameters, Parameter("forgotten", "1/h")))
    with pytest.raises(EvidenceError, match="'forgotten' in arm 'plain'"):
        of(arms=(arm("plain", model=model),))
    with pytest.raises(EvidenceError, match="entry"):
        sampling.replaced(sampling.central(of(), "plain"), "entri", np.ones(1))


def test_parameters_on_one_row_are_one_unknown_but_animals_differ_in_each():
    row = replace(ROWS["entry"], id="one-row", between_subject_cv=0.3)
    study = of(arms=(arm("plain", entry=row, exit=replace(row, quantity="exit")),), draws=20)
    drawn = [sampling.cohort(study, "plain", [number], range(4)) for number in range(20)]
    assert all(one["entry"][0] == one["exit"][0] for one in drawn)  # the typical animal: one unknown
    assert all((one["entry"][1:] != one["exit"][1:]).all() for one in drawn)
    moved = sampling.uncertain_symbols(study, "plain")
    assert [symbol.row for symbol in moved].count("one-row") == 1
    ends = sampling.one_at_a_time(study, "plain", moved)
    assert (ends["entry"] == ends["exit"]).all()


def test_several_draws_together_are_the_same_numbers_to_the_last_bit():
    rows = {each: replace(spread(each, 3.0), joint="pair", between_subject_cv=0.3) for each in ("elimination", "entry")}
    links = {
        f"link_{level}": Value(
            f"link_{level}", "correlation", 0.7, "dimensionless", method="model_constant", label=level,
            formula="elimination, entry", joint="pair",
        )
        for level in ("uncertainty", "between_subject")
    }  # fmt: skip
    made = arm("plain", **rows, exit=replace(spread("exit", 2.0), distribution="uniform"))
    made = replace(made, pins={**made.pins, **{id: Pin(id, row, (), "constant") for id, row in links.items()}})
    study = of(arms=(made,), draws=40)
    together = sampling.cohort(study, "plain", range(3, 40), range(1, 5))
    typical = sampling.typical(study, "plain", range(3, 40))
    for number in range(3, 40):
        fresh = of(arms=(made,), draws=40)
        alone = sampling.cohort(fresh, "plain", [number], range(1, 5))
        for name, values in alone.items():
            assert together[name].reshape(37, 4)[number - 3].tobytes() == values.tobytes()
            assert typical[name][number - 3] == sampling.typical(fresh, "plain", [number])[name][0]


def test_scores_that_are_kept_change_nothing_and_do_not_pile_up(monkeypatch):
    study = of(draws=20)
    first = sampling.cohort(study, "plain", range(20), range(5))
    assert len(study.kept) == 20
    monkeypatch.setattr(sampling, "KEPT_BYTES", 3 * study.kept[0].nbytes)
    small = of(draws=20)
    for _ in range(2):
        again = sampling.cohort(small, "plain", range(20), range(5))
        assert len(small.kept) <= 3
        assert all((again[name] == first[name]).all() for name in first)
