"""The example studies, run through every engine and held against what the papers print or show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from exocosm import units
from exocosm.engines import cohort, reference
from exocosm.engines.contract import Solution, Status
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedStudy

ENGINES: dict[str, Callable[..., Solution]] = {
    "reference": reference.solve,
    "cohort": cohort.solve,
    "one lane": partial(cohort.solve, lanes=1),
    "plain": partial(cohort.solve, lanes=0),
}
chosen_engine = [reference.solve]


@pytest.fixture(params=list(ENGINES), autouse=True)
def engine(request: pytest.FixtureRequest) -> None:
    """Every test runs once with each engine."""
    chosen_engine[:] = [ENGINES[request.param]]


def run(path: Path, arm: int = 0) -> tuple[ResolvedStudy, Solution]:
    """The study and the outputs of one arm at central values."""
    study = resolve(load(path))
    chosen = study.arms[arm]
    values = {name: units.to_canonical(pin.value.value, pin.value.unit) for name, pin in chosen.pins.items()}
    observe = [output.expression for output in study.outputs]
    solution = chosen_engine[0](chosen.model, values, chosen.schedule, study.tolerances, observe=observe)
    assert solution.statuses[0].status is Status.FINISHED
    return study, solution


def course(study: ResolvedStudy, solution: Solution, name: str, times: tuple[float, ...]) -> np.ndarray:
    """One output in its unit, at recorded times in hours."""
    output = next(one for one in study.outputs if one.name == name)
    recorded = [int(np.argmin(np.abs(solution.times - time))) for time in times]
    assert np.allclose(solution.times[recorded], times, rtol=0, atol=1e-9)
    return solution[output.expression][0, recorded] / units.factor(output.unit)


def ratios(study: ResolvedStudy, solution: Solution, name: str) -> np.ndarray:
    """Predicted over measured at every point of a measurement."""
    measured = next(one for one in study.measurements if one.name == name)
    return course(study, solution, measured.output, measured.times) / np.asarray(measured.values)


def test_banks2003(examples: Path) -> None:
    study, solution = run(examples / "banks2003.yaml")
    hours = (0.1, 2.0, 4.0, 8.0, 10.0)
    # an independent solution of the same equations
    assert course(study, solution, "cytosol", hours) == pytest.approx(
        [1.63531e7, 1.03938e8, 1.21434e8, 1.36636e8, 1.39924e8], rel=1e-5
    )
    assert course(study, solution, "nucleus", hours) == pytest.approx(
        [5.5493e5, 7.09032e7, 1.30122e8, 1.85597e8, 1.97611e8], rel=1e-5
    )
    # points read from the figure
    assert ratios(study, solution, "cytosol_points") == pytest.approx([1, 1, 1], abs=0.01)
    assert ratios(study, solution, "medium_points") == pytest.approx([1, 1], abs=0.01)
    nucleus = ratios(study, solution, "nucleus_points")
    assert nucleus[1:] == pytest.approx([1, 1], abs=0.01)
    assert nucleus[0] == pytest.approx(1.0105, abs=0.0005)  # the earliest point, just outside 1 %


def test_varga2005(examples: Path) -> None:
    study, solution = run(examples / "varga2005.yaml")
    hours = (1.0, 4.0, 24.0)
    assert course(study, solution, "nuclear", hours) == pytest.approx([603.20, 2869.17, 4154.79], rel=1e-5)
    assert course(study, solution, "total", hours) == pytest.approx([1985.06, 3545.55, 4155.61], rel=1e-5)
    assert course(study, solution, "lost", (4.0,)) == pytest.approx([4085.17], rel=1e-5)
    assert course(study, solution, "protein", (4.0,)) == pytest.approx([12.719], rel=1e-4)
    nuclear = ratios(study, solution, "nuclear_points")
    assert nuclear[0] == pytest.approx(1.77, abs=0.02)  # near zero the figure can hardly be read
    assert np.all((nuclear[1:] > 0.95) & (nuclear[1:] < 1.05))
    total = ratios(study, solution, "total_points")
    assert np.all((total > 0.95) & (total < 1.05))


def test_hori_gambhir2011(examples: Path) -> None:
    study, solution = run(examples / "hori_gambhir2011.yaml")
    growth, elimination = 5.78e-3, 0.11  # per day
    days = np.array([2920.0, 3650.0, 4380.0])
    closed = (4560 / elimination + 0.1 * 4.5e-5 / (elimination + growth)
              * (np.exp(growth * days) - np.exp(-elimination * days))) / 3150  # fmt: skip
    found = course(study, solution, "marker", tuple(days * 24))
    assert found == pytest.approx(closed, rel=1e-6)
    (event,) = solution.events
    assert event.time / 24 == pytest.approx(3676.93, rel=1e-5)  # 10.07 years; the paper says 10.1
    assert course(study, solution, "detected_at", (4400.0 * 24,)) == pytest.approx([3676.93], rel=1e-5)


def test_examples_say_where_their_points_come_from(examples: Path) -> None:
    for path in sorted(examples.glob("*.yaml")):
        study = resolve(load(path))
        assert all(one.source for one in study.measurements), path.name
        sourced = all(
            pin.value.source
            for arm in study.arms
            for pin in arm.pins.values()
            if pin.trust not in ("constant", "assumed")
        )
        assert sourced, path.name
        assumed = {name for arm in study.arms for name, pin in arm.pins.items() if pin.trust == "assumed"}
        assert not assumed, f"{path.name}: a published model has no number from nobody; see examples/own_models"
        assert "made-up" not in study.title.lower(), path.name
