from __future__ import annotations

import numpy as np
import pytest

from exocosm.study.header import ExperimentText
from exocosm.trajectory.expectations import NOT_REPRODUCED, REPRODUCED, UNDECIDED, verdict_of


def experiment(*conditions: str, share: float = 0.95) -> ExperimentText:
    expected = {f"e{place}": {"is": text, "says": text} for place, text in enumerate(conditions)}
    return ExperimentText.model_validate(
        {"id": "VE99", "stage": "toy", "grade": "E", "rule": "all hold", "share": share, "expected": expected}
    )


DRAWN = {"a@x": np.arange(100.0), "b@x": np.full(100, 50.0)}
CENTRAL = {"a@x": 60.0, "b@x": 50.0}


@pytest.mark.parametrize(
    ("conditions", "verdict", "share"),
    [
        (["b@x == 50"], REPRODUCED, 1.0),
        (["a@x > 4.5"], REPRODUCED, 0.95),
        (["a@x > 5.5"], UNDECIDED, 0.94),
        (["a@x > b@x"], UNDECIDED, 0.49),
        (["a@x < 4.5"], NOT_REPRODUCED, 0.05),
        (["b@x == 50", "a@x < 0"], NOT_REPRODUCED, 0.0),
        (["b@x == 50", "a@x > 20"], UNDECIDED, 0.79),
    ],
)
def test_the_share_of_draws_decides(conditions: list[str], verdict: str, share: float) -> None:
    found = verdict_of(experiment(*conditions), CENTRAL, DRAWN, {}, {})
    assert found.verdict == verdict
    assert min(one.share or 0.0 for one in found.expected) == share
    assert found.draws == 100 and f"{100 * share:.0f} %" in found.sentence


def test_without_draws_only_the_centre_speaks() -> None:
    assert verdict_of(experiment("a@x > b@x"), CENTRAL, {}, {}, {}).verdict == REPRODUCED
    found = verdict_of(experiment("a@x < b@x"), CENTRAL, {}, {}, {})
    assert found.verdict == NOT_REPRODUCED and found.expected[0].share is None and "no draws" in found.sentence


def test_a_number_that_is_not_there_fails() -> None:
    found = verdict_of(experiment("a@x >= 0"), {"a@x": np.nan}, {"a@x": np.full(10, np.nan)}, {}, {})
    assert found.verdict == NOT_REPRODUCED and not found.expected[0].central


@pytest.mark.parametrize("condition", ["not (a@x > 1)", "a@x != 1", "a@x < 1 or b@x == 50"])
def test_a_number_that_is_not_there_fails_however_the_condition_is_written(condition: str) -> None:
    drawn = {"a@x": np.array([0.0, np.nan]), "b@x": np.full(2, 50.0)}
    (one,) = verdict_of(experiment(condition), {"a@x": np.nan, "b@x": 50.0}, drawn, {}, {}).expected
    assert one.share == 0.5 and not one.central


def test_the_value_behind_the_failures_is_named() -> None:
    rng = np.random.default_rng(1)
    cause, bystander = rng.lognormal(size=100), rng.lognormal(size=100)
    values = {
        "cause": ("row-1", "nm", cause),
        "bystander": ("row-2", "nm", bystander),
        "fixed": ("r", "", np.ones(100)),
    }
    (one,) = verdict_of(experiment("a@x > 1"), {"a@x": 2.0}, {"a@x": cause}, {}, values).expected
    assert one.suspects[0].name == "cause" and one.suspects[0].failing < 1 < one.suspects[0].holding
    assert one.suspects[0].shift < -1 and "fixed" not in {each.name for each in one.suspects}
    (sure,) = verdict_of(experiment("a@x > 0"), {"a@x": 2.0}, {"a@x": cause}, {}, values).expected
    assert sure.suspects == ()


def test_donors_are_told_apart_from_draws() -> None:
    (one,) = verdict_of(experiment("a@x > 50"), CENTRAL, {}, {"a@x": np.array([1.0, 60.0])}, {}).expected
    assert one.donors == 0.5 and one.share is None


def test_what_chance_makes_is_not_named() -> None:
    rng = np.random.default_rng(2)
    noise = {f"v{k}": (f"row-{k}", "", rng.normal(size=200)) for k in range(150)}
    drawn = {"a@x": np.where(np.arange(200) < 2, 0.0, 2.0)}
    (one,) = verdict_of(experiment("a@x > 1"), {"a@x": 2.0}, drawn, {}, noise).expected
    assert one.share == 0.99 and one.suspects == ()
