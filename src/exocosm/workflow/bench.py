"""Running a bench study: every arm at the central values, in every draw, and for every donor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.design.front import non_dominated
from exocosm.bench.measures import UNITS, finding_of, number_of
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import ProtocolRun, run_protocol
from exocosm.bench.samples import own_values, specimen_from
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError, nearest
from exocosm.evidence.catalogue import Catalogue, load_catalogue
from exocosm.evidence.pin import bibliography_of
from exocosm.study.bench_load import BenchStudy
from exocosm.study.bench_schema import BenchMetricText
from exocosm.trajectory.bench_result import CENTRAL, TYPICAL, BenchResult
from exocosm.trajectory.evaluation import compared
from exocosm.trajectory.expectations import verdict_of
from exocosm.workflow.asked_values import drawn_values, value_rows
from exocosm.workflow.progress import progress_of
from exocosm.workflow.recipe import recipe_of

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.bench.measurement.registry import Reported

Array = NDArray[np.float64]


def run_bench(
    study: BenchStudy,
    *,
    draws: int | None = None,
    donors: int | None = None,
    seed: int | None = None,
    progress: bool = True,
    catalogue: Catalogue | None = None,
) -> BenchResult:
    """Run a bench study.  draws, donors, seed: instead of its own.

    Raises InputError, EvidenceError or CheckError for what cannot be done at the central values, with arm and step.
    Where an arm cannot be done in a draw or for a donor only, its numbers there are NaN, and the recipe's
    `could_not_be_done` says why and how often.
    """
    import pandas as pd

    file = study.file
    draws = file.uncertainty.draws if draws is None else draws
    donors = (file.subjects.number if file.subjects.variability else 0) if donors is None else donors
    seed = file.seed if seed is None else seed
    known = catalogue or load_catalogue()
    numbers = bench_numbers(
        known, own=own_values(file.values), choose=dict(file.use), draws=draws, donors=donors, seed=seed
    )
    reported: dict[str, Reported] = {}
    central, runs = _arms(study, numbers, reported=reported)
    with progress_of(study.name, draws + donors, 0, progress) as advance:
        failed: list[str] = []
        drawn = []
        for draw in range(draws):
            drawn.append(_arms(study, numbers.drawn(draw), failed)[0])
            advance(1)
        among = []
        for donor in range(donors):
            among.append(_arms(study, Numbers(numbers.ledger, None, donor), failed)[0])
            advance(1)
    asked = list(central)
    columns = {name: np.array([row[name] for row in drawn]) for name in asked}
    of_donors = {name: np.array([row[name] for row in among]) for name in asked}
    values = drawn_values(numbers.ledger)
    verdict = None
    if file.experiment is not None:
        verdict = verdict_of(
            file.experiment,
            central,
            columns if draws else {},
            of_donors if donors else {},
            {name: (pin.value.id, pin.value.unit, column) for name, (pin, column) in values.items()},
        )
    return BenchResult(
        study=study,
        recipe=recipe_of(
            study, known, numbers.ledger, {"seed": seed, "draws": draws, "donors": donors}, failed, verdict
        )
        | {"censored": {name: one.censored for name, one in reported.items() if one.censored}},
        metrics=_metric_rows(study, central, columns, of_donors, {name: one.unit for name, one in reported.items()}),
        contrasts=pd.DataFrame(
            [(name, draw, row[name]) for draw, row in enumerate([central, *drawn], CENTRAL) for name in file.contrasts],
            columns=["contrast", "draw", "value"],
        ),
        fronts=_front_rows(study, central, columns),
        steps=_step_rows(runs),
        values=value_rows(numbers.ledger),
        verdict=verdict,
        runs=runs,
        bibliography=bibliography_of(numbers.ledger.pins.values(), known.sources),
    )


def _arms(
    study: BenchStudy,
    numbers: Numbers,
    failed: list[str] | None = None,
    reported: dict[str, Reported] | None = None,
) -> tuple[dict[str, float], dict[str, ProtocolRun]]:
    """Every number that expectations may use, and the runs behind them, with the numbers of one run.

    With `failed` the numbers of an arm that cannot be done are NaN, as are fronts and contrasts with it, and the reason
    goes there; without, it is an InputError.  Readings of instruments go to `reported` as well, with unit and limit.
    """
    file = study.file
    samples: dict[str, Specimen] = {}
    runs: dict[str, ProtocolRun] = {}
    found: dict[str, float] = {}
    for name, arm in file.arms.items():
        numbers_of_arm = dict.fromkeys((f"{metric}@{name}" for metric in file.metrics), np.nan)
        try:
            if arm.sample not in samples:
                samples[arm.sample] = specimen_from(file.bench.samples[arm.sample], numbers)
            runs[name] = run_protocol(samples[arm.sample], study.protocol(name), numbers)
            for metric, text in file.metrics.items():
                if text.of == "reading":
                    reading = _reading(text, runs[name], numbers)
                    numbers_of_arm[f"{metric}@{name}"] = reading.value
                    if reported is not None:
                        reported[f"{metric}@{name}"] = reading
                else:
                    numbers_of_arm[f"{metric}@{name}"] = _number(text, runs[name], numbers)
        except InputError as problem:
            reason = f"arm '{name}': {problem}"
            if failed is None:
                raise InputError(reason) from None
            failed.append(reason)
            runs.pop(name, None)
        found |= numbers_of_arm
    for name, contrast in file.contrasts.items():
        value, against = found[f"{contrast.metric}@{contrast.arm}"], found[f"{contrast.metric}@{contrast.against}"]
        found[name] = float(compared(contrast.as_, value, against))
    for name, asked in file.fronts.items():
        arms = asked.arms or list(file.arms)
        if any(arm not in runs for arm in arms):  # who beats whom is not known
            found |= dict.fromkeys((name, *(f"{name}@{arm}" for arm in arms)), np.nan)
            continue
        costs = np.array([[found[f"{metric}@{arm}"] for metric in asked.metrics] for arm in arms])
        signs = np.array([-1.0 if direction == "higher" else 1.0 for direction in asked.metrics.values()])
        members = non_dominated(np.nan_to_num(costs * signs, nan=np.inf, posinf=np.inf, neginf=-np.inf))
        found[name] = float(members.sum())
        found |= {f"{name}@{arm}": float(member) for arm, member in zip(arms, members, strict=True)}
    return found, runs


def _number(text: BenchMetricText, run: ProtocolRun, numbers: Numbers) -> float:
    window = None if text.diameter is None else (text.diameter[0], text.diameter[1])
    if text.of == "finding":
        return finding_of(run, text.finding)
    if text.of == "panel":
        from exocosm.bench.markers import Panel, panel_performance

        panel = Panel(tuple(text.markers), **text.settings)
        found = panel_performance(run.product.population, panel, numbers, target=text.target or "small_ev")
        known = found.__dict__
        if text.quantity not in known:
            raise InputError(f"a panel has no '{text.quantity}'; {nearest(str(text.quantity), known)}")
        return float(known[str(text.quantity)])
    return number_of(run, text.of, text.kind, window, text.step)


def _reading(text: BenchMetricText, run: ProtocolRun, numbers: Numbers) -> Reported:
    """What an instrument would report of a run."""
    from exocosm.bench.measurement.registry import read_with

    specimen = run.product if text.step is None else run.outcomes[text.step - 1].product
    assert text.instrument is not None and text.quantity is not None  # the schema has seen to it
    return read_with(text.instrument, specimen, numbers, **text.settings)[text.quantity]


def unit_of(text: BenchMetricText) -> str:
    """The unit in which a metric of a bench study is given; of a reading the instrument says it."""
    if text.of == "finding":
        return "g/mL" if text.finding.startswith("band_density") else "dimensionless"
    return UNITS.get(text.of, "dimensionless")


def _metric_rows(
    study: BenchStudy,
    central: Mapping[str, float],
    drawn: Mapping[str, Array],
    donors: Mapping[str, Array],
    of_readings: Mapping[str, str],
) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for arm in study.file.arms:
        for metric, text in study.file.metrics.items():
            name = f"{metric}@{arm}"
            unit = of_readings.get(name, unit_of(text))
            rows.append((arm, CENTRAL, TYPICAL, metric, central[name], unit))
            rows += [(arm, draw, TYPICAL, metric, value, unit) for draw, value in enumerate(drawn[name])]
            rows += [(arm, CENTRAL, donor, metric, value, unit) for donor, value in enumerate(donors[name], 1)]
    return pd.DataFrame(rows, columns=["arm", "draw", "donor", "metric", "value", "unit"])


def _front_rows(study: BenchStudy, central: Mapping[str, float], drawn: Mapping[str, Array]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for name, asked in study.file.fronts.items():
        for arm in asked.arms or list(study.file.arms):
            key = f"{name}@{arm}"
            rows.append((name, CENTRAL, arm, bool(central[key])))
            rows += [(name, draw, arm, member == 1.0) for draw, member in enumerate(drawn[key])]
    return pd.DataFrame(rows, columns=["front", "draw", "arm", "member"])


def _step_rows(runs: Mapping[str, ProtocolRun]) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for arm, run in runs.items():
        for step in run.steps():
            recovery = step.pop("recovery")
            warnings = "; ".join(step.pop("warnings"))
            recovered = {f"recovery {kind}": share for kind, share in recovery.items()}
            rows.append({"arm": arm, **step, **recovered, "warnings": warnings})
    return pd.DataFrame(rows)
