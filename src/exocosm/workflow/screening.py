"""Running a screening: every test at the central values and in every draw, in a virtual cohort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.samples import own_values
from exocosm.errors import EvidenceError, InputError, Problem
from exocosm.evidence.catalogue import Catalogue, load_catalogue
from exocosm.evidence.pin import bibliography_of
from exocosm.screening.people import STAGES, StagedNumbers
from exocosm.screening.split import Split, split_spread
from exocosm.study.screening_load import ScreeningStudy, Test
from exocosm.study.screening_schema import OF_A_COHORT, ScreeningMetricText
from exocosm.trajectory.bench_result import CENTRAL
from exocosm.trajectory.evaluation import compared
from exocosm.trajectory.expectations import verdict_of
from exocosm.trajectory.screening_result import ScreeningResult
from exocosm.workflow.asked_values import drawn_values, value_rows
from exocosm.workflow.progress import progress_of
from exocosm.workflow.recipe import recipe_of
from exocosm.workflow.screening_arm import ArmAnswer, answer_of, faults_of, unit_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

PEOPLE = 500  # of cases, and as many healthy controls, where the study says no number
MOST_SPLIT_DRAWS, MOST_SPLIT_PEOPLE = 20, 300  # of the split of uncertainty, which takes sixteen runs of each draw


def run_screening(
    study: ScreeningStudy,
    *,
    draws: int | None = None,
    people: int | None = None,
    seed: int | None = None,
    progress: bool = True,
    catalogue: Catalogue | None = None,
) -> ScreeningResult:
    """Run a screening.  draws, people (cases, and as many controls), seed: instead of its own.

    Raises InputError, EvidenceError or CheckError for what cannot be done at the central values, with the arm.  Where
    an arm cannot be done in a draw only, its numbers there are NaN, and the recipe's `could_not_be_done` says why.
    """
    file = study.file
    draws = file.uncertainty.draws if draws is None else draws
    people = (file.subjects.number or PEOPLE) if people is None else people
    seed = file.seed if seed is None else seed
    known = catalogue or load_catalogue()
    numbers = bench_numbers(known, own=own_values(file.values), choose=dict(file.use), draws=draws, seed=seed)
    split_draws = 0 if file.experiment is not None else min(draws, MOST_SPLIT_DRAWS)
    splitting = split_draws > 1 and any(text.of in OF_A_COHORT for text in file.metrics.values())
    total = len(study.tests) * (1 + draws + (split_draws if splitting else 0))
    failed: list[str] = []
    shares: list[tuple[str, str, str, str, float]] = []
    with progress_of(study.name, total, 0, progress) as advance:
        central: dict[str, ArmAnswer] = {}
        for name, test in study.tests.items():
            central[name] = _attempt(study, test, numbers, people, seed)
            advance(1)
        drawn: list[dict[str, ArmAnswer | None]] = []
        for draw in range(draws):
            row: dict[str, ArmAnswer | None] = {}
            for name, test in study.tests.items():
                row[name] = _attempt_or_none(study, test, numbers.drawn(draw), people, seed, failed)
                advance(1)
            drawn.append(row)
        for name, test in study.tests.items():
            shares += [(name, "score", "variability", *part) for part in _parts(central[name].score_split)]
            if splitting:
                shares += _uncertainty(study, test, numbers, split_draws, min(people, MOST_SPLIT_PEOPLE), seed)
                advance(split_draws)
    columns = _columns(study, central)
    in_draws = [_columns(study, {name: one for name, one in row.items() if one is not None}) for row in drawn]
    of_draws = {name: np.array([row.get(name, np.nan) for row in in_draws], dtype=float) for name in columns}
    verdict = None
    if file.experiment is not None:
        values = {
            name: (pin.value.id, pin.value.unit, column) for name, (pin, column) in drawn_values(numbers.ledger).items()
        }
        verdict = verdict_of(file.experiment, columns, of_draws if draws else {}, {}, values)
    return ScreeningResult(
        study=study,
        recipe=recipe_of(
            study, known, numbers.ledger, {"seed": seed, "draws": draws, "people": people}, failed, verdict
        )
        | {"notes": {name: list(one.notes) for name, one in central.items()}},
        metrics=_metric_rows(study, columns, of_draws),
        contrasts=_contrast_rows(study, columns, of_draws),
        detection=_detection_rows(central, drawn),
        operating=_table([(name, *row) for name, one in central.items() for row in one.operating],
                         ["arm", "specificity", "sensitivity"]),
        stages=_table([(name, *row) for name, one in central.items() for row in one.stages],
                      ["arm", "stage", "people", "sensitivity", "low", "high"]),
        shares=_table(shares, ["arm", "of", "kind", "stage", "share"]),
        panels=_table([(name, *row) for name, one in central.items() for row in one.panels],
                      ["arm", "markers", "price", "auc"]),
        signals=_table([(name, *row) for name, one in central.items() for row in one.signals],
                       ["arm", "marker", "fold_shed", "fold_in_all", "fold_reported", "source", "is_assumed",
                        "censored_cases", "censored_controls", "auc"]),
        values=value_rows(numbers.ledger),
        verdict=verdict,
        bibliography=bibliography_of(numbers.ledger.pins.values(), known.sources),
    )  # fmt: skip


def faults_before(study: ScreeningStudy, catalogue: Catalogue | None = None) -> tuple[Problem, ...]:
    """What stands in the way of running a screening at the central values, arm by arm, without running it."""
    file = study.file
    numbers = bench_numbers(catalogue or load_catalogue(), own=own_values(file.values), choose=dict(file.use), draws=0)
    arms: dict[str, list[str]] = {}
    for name, test in study.tests.items():
        for message in faults_of(test, file.metrics, StagedNumbers.alike(numbers)):
            arms.setdefault(message, []).append(name)
    return tuple(
        Problem("screening", "all arms" if len(names) == len(study.tests) else f"arms {', '.join(names)}", message)
        for message, names in arms.items()
    )


def _attempt(study: ScreeningStudy, test: Test, numbers: Numbers, people: int, seed: int) -> ArmAnswer:
    """An arm at these numbers, with everything that the report shows."""
    try:
        return answer_of(test, study.file.metrics, StagedNumbers.alike(numbers), people, seed, whole=True)
    except (InputError, EvidenceError) as problem:
        raise type(problem)(f"arm '{test.name}': {problem}") from None


def _attempt_or_none(
    study: ScreeningStudy, test: Test, numbers: Numbers, people: int, seed: int, failed: list[str]
) -> ArmAnswer | None:
    try:
        return answer_of(test, study.file.metrics, StagedNumbers.alike(numbers), people, seed)
    except (InputError, EvidenceError) as problem:
        failed.append(f"arm '{test.name}': {problem}")
        return None


def _uncertainty(
    study: ScreeningStudy, test: Test, numbers: Numbers, draws: int, people: int, seed: int
) -> list[tuple[str, str, str, str, float]]:
    """How much of the uncertainty of the first cohort metric comes from the numbers of each stage."""
    name, text = next((name, text) for name, text in study.file.metrics.items() if text.of in OF_A_COHORT)
    whole = {name: text} if text.of not in SLOW else {"auc": replaced_by_auc(text)}
    name = next(iter(whole))

    def answers(at_work: frozenset[str]) -> Array:
        found = []
        for draw in range(draws):
            mixed = {stage: numbers.drawn(draw) if stage in at_work else numbers.centre() for stage in STAGES}
            try:
                found.append(answer_of(test, whole, StagedNumbers(mixed), people, seed).metrics[name])
            except (InputError, EvidenceError):
                found.append(np.nan)
        return np.array(found)

    try:
        split = split_spread(answers)
    except InputError:
        return []
    return [(test.name, name, "uncertainty", *part) for part in _parts(split)]


SLOW = ("lead_time", "found_before_diagnosis", "screening_interval", "smallest_diameter", "detection")


def replaced_by_auc(text: ScreeningMetricText) -> ScreeningMetricText:
    """The metric whose uncertainty is split in place of one that takes too long to compute so often."""
    return text.model_copy(update={"of": "auc", "diameter": None, "shuffled": False})


def _parts(split: Split | None) -> list[tuple[str, float]]:
    return [] if split is None else [(part.stage, part.share) for part in split.parts]


def _columns(study: ScreeningStudy, answers: Mapping[str, ArmAnswer]) -> dict[str, float]:
    """metric@arm and contrasts, as expectations name them."""
    found = {f"{metric}@{name}": value for name, one in answers.items() for metric, value in one.metrics.items()}
    for name, contrast in study.file.contrasts.items():
        value = found.get(f"{contrast.metric}@{contrast.arm}", np.nan)
        against = found.get(f"{contrast.metric}@{contrast.against}", np.nan)
        found[name] = float(compared(contrast.as_, value, against))
    return found


def _metric_rows(study: ScreeningStudy, central: Mapping[str, float], drawn: Mapping[str, Array]) -> pd.DataFrame:
    rows = []
    for arm, test in study.tests.items():
        for metric, text in study.file.metrics.items():
            name, unit = f"{metric}@{arm}", unit_of(text, test)
            rows.append((arm, CENTRAL, metric, central[name], unit))
            rows += [(arm, draw, metric, value, unit) for draw, value in enumerate(drawn[name])]
    return _table(rows, ["arm", "draw", "metric", "value", "unit"])


def _contrast_rows(study: ScreeningStudy, central: Mapping[str, float], drawn: Mapping[str, Array]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for name in study.file.contrasts:
        rows.append((name, CENTRAL, central[name]))
        rows += [(name, draw, value) for draw, value in enumerate(drawn[name])]
    return _table(rows, ["contrast", "draw", "value"])


def _detection_rows(
    central: Mapping[str, ArmAnswer], drawn: list[dict[str, ArmAnswer | None]]
) -> pd.DataFrame:  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for draw, answers in enumerate([central, *drawn], CENTRAL):
        for name, one in answers.items():
            if one is not None and one.curve is not None:
                pairs = zip(one.curve.diameter, one.curve.probability, strict=True)
                rows += [(name, draw, float(diameter), float(share)) for diameter, share in pairs]
    return _table(rows, ["arm", "draw", "diameter_mm", "probability"])


def _table(rows: list[Any], columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)
