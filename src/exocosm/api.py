"""The package as seen from Python and from the command line: a study file, and what can be done with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.engines.choice import AUTOMATIC
from exocosm.errors import CheckError, ExocosmError, InputError, Problem, nearest

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from exocosm.engines.contract import Schedule, Solution, Tolerances
    from exocosm.evidence.catalogue import Catalogue
    from exocosm.evidence.lookup import Found
    from exocosm.evidence.pin import Pin
    from exocosm.network.compile import Compiled
    from exocosm.network.parts import Model
    from exocosm.study.load import Study as CheckedFile
    from exocosm.study.resolved import ResolvedArm, ResolvedStudy
    from exocosm.table_studies import TableStudy
    from exocosm.trajectory.result import Result

REPORT = "report.html"
FORMATS = ("sbml", "csv")


@dataclass(frozen=True)
class Study:
    """A study file that was read and found to be well formed, with the numbers that replace its own (None: its own).

    draws, animals, seed and engine hold for the studies that run along (`comparisons`) too.
    """

    file: CheckedFile
    draws: int | None = None
    animals: int | None = None
    seed: int | None = None
    engine: str | None = None

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.name

    @property
    def text(self) -> str:
        """The study file as it was read."""
        return self.file.text

    def resolve(self, catalogue: Catalogue | None = None) -> ResolvedStudy:
        """The study with models, schedules and every value pinned; raises CheckError with all that is wrong."""
        from exocosm.study.resolve import resolve

        changes: dict[str, int | None] = {"draws": self.draws, "animals": self.animals, "seed": self.seed}
        file = _solved_by(_resized(self.file, self.draws, self.animals, self.seed), self.engine)
        resolved = resolve(file, catalogue)
        kept: dict[str, Any] = {name: number for name, number in changes.items() if number is not None}
        others = tuple(dataclasses.replace(other, **kept) for other in resolved.comparisons)
        return dataclasses.replace(resolved, comparisons=others)

    def validate(self) -> tuple[Problem, ...]:
        """Everything that stands in the way of running the study; empty if nothing does."""
        try:
            self.resolve()
        except CheckError as failure:
            return failure.problems
        return ()

    def explain(self) -> str:
        """What the study will do, as text: parts, equations, doses, values with their origin, and the cost."""
        from exocosm.study.explain import explain
        from exocosm.workflow.plan import count_solves

        resolved = self.resolve()
        return explain(resolved, count_solves(resolved))

    def run(
        self,
        folder: str | Path | None = None,
        *,
        workers: int | None = None,
        progress: bool = True,
        resume: bool = True,
        overwrite: bool = False,
        engine: str | None = None,
    ) -> Result:
        """Run the study; with a folder, results and report are written there.  See `exocosm.run`."""
        return run(self, folder, workers=workers, progress=progress, resume=resume, overwrite=overwrite, engine=engine)

    def sensitivities(
        self,
        arm: str | None = None,
        by: str | Sequence[str] | None = None,
        outputs: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Derivatives and elasticities of the outputs by the values.  See `exocosm.sensitivities`."""
        return sensitivities(self, arm, by, outputs)

    def export(self, path: str | Path, to: str = "sbml", arm: str = "") -> Path:
        """Write an arm as SBML into a file, or the tables of all arms into a new folder.  See `export`."""
        return export(self.resolve(), path, to, arm)

    def cite(self) -> str:
        """BibTeX of exactly the sources that the study uses."""
        return cite(self.resolve())


def load(
    source: str | Path,
    *,
    draws: int | None = None,
    animals: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
) -> Study | TableStudy:
    """The study, of a model, a bench or a screening, in a file (a path) or a text (a string with more than one line).

    draws, animals (donors of a bench, people of a screening), seed, engine: instead of those in the file.
    Errors: CheckError with every problem, its line and path; InputError if the file cannot be read.
    """
    from exocosm import table_studies
    from exocosm.study.load import form_of
    from exocosm.study.load import load as load_file

    if form_of(source) != "model":
        if engine is not None:
            raise InputError("a study of a bench or a screening is solved by no engine; leave `engine` out")
        return table_studies.load(source, draws=draws, people=animals, seed=seed)
    file = load_file(source)
    _resized(file, draws, animals, seed)  # wrong numbers are refused now
    _solved_by(file, engine)
    return Study(file, draws, animals, seed, engine)


def run(
    study: Study | ResolvedStudy | str | Path,
    folder: str | Path | None = None,
    *,
    workers: int | None = None,
    progress: bool = True,
    resume: bool = True,
    overwrite: bool = False,
    engine: str | None = None,
) -> Result:
    """Run a study and return its result; with a folder, the result and its report are written there.

    study: also a study file, or a results folder or its `resolved.json`, which is run with the values of the first run.
    workers: processes (None: as many as pay, at most one per core); the numbers do not depend on it.
    resume: go on from an interrupted run.
    overwrite: replace the result of another study in the folder.
    engine: `automatic`, `cohort` or `reference`, instead of what the study says.
    """
    from exocosm.workflow.run import run as run_resolved

    resolved = resolved_of(study, engine=engine)
    result = run_resolved(resolved, folder, workers=workers, progress=progress, resume=resume, overwrite=overwrite)
    if folder is not None:
        report(result)
    return result


def sensitivities(
    study: Study | ResolvedStudy | str | Path,
    arm: str | None = None,
    by: str | Sequence[str] | None = None,
    outputs: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Derivatives and elasticities of the outputs by the values, over time, in the central run of an arm (or of all).

    A row for every arm, output, recorded time and value, with the columns arm, output, unit, time (hours),
    output_value, value_name, row, value, value_unit, derivative (unit per value_unit), elasticity (d ln output / d ln
    value; NaN where output or value is 0).  They are solved for beside the states, exact to the study's tolerances.
    by: names of values, as `explain` shows them (default: the uncertain ones of each arm).  All parameters that stand
    on the row of a value move with it.
    outputs: names of outputs (default: all).
    Errors: InputError for names that the study lacks; SolveError where no code can be generated, where a run fails,
    and for a value in `by` that sets the time at which a rate jumps.
    """
    from exocosm.workflow.sensitivities import sensitivities as of_resolved

    return of_resolved(resolved_of(study), arm, by, outputs)


def report(result: Result | str | Path) -> Path:
    """Write the report of a saved result (or of a results folder) into its folder and return the path."""
    from exocosm.report.html import write_report
    from exocosm.trajectory.result import load_result

    loaded = load_result(result) if isinstance(result, str | Path) else result
    if loaded.folder is None:
        raise InputError("the result has no folder yet; save it first: result.save('results')")
    write_report(loaded, loaded.folder / REPORT)
    return loaded.folder / REPORT


def resolved_of(
    study: Study | ResolvedStudy | str | Path,
    *,
    draws: int | None = None,
    animals: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
) -> ResolvedStudy:
    """The resolved study of a study, of a study file, or of what was run: a results folder or its `resolved.json`.

    What was run is taken with the values that it was run with; the catalogue is not asked.
    draws, animals, seed, engine: instead of the study's own.
    """
    from exocosm.engines.choice import engine_of
    from exocosm.study.resolved import ResolvedStudy

    if isinstance(study, str | Path):
        loaded = _pinned(study) or load(study)
        if not isinstance(loaded, Study | ResolvedStudy):
            raise InputError(
                f"'{loaded.name}' is a study of a bench or a screening: it has no model to resolve, export or "
                "differentiate; run it"
            )
        study = loaded
    if engine is not None:
        engine_of(engine)
    if isinstance(study, ResolvedStudy):
        made = _resized_again(study, draws, animals, seed)
        return made if engine is None else dataclasses.replace(made, engine=engine)
    given = {"draws": draws, "animals": animals, "seed": seed, "engine": engine}
    changes: dict[str, Any] = {name: number for name, number in given.items() if number is not None}
    return dataclasses.replace(study, **changes).resolve()


def _pinned(source: str | Path) -> ResolvedStudy | None:
    """The study that a results folder or a `resolved.json` holds; None if the source is neither."""
    import json

    from exocosm.files import read_text
    from exocosm.study.stored import is_stored, resolved_from_dict
    from exocosm.trajectory.result import MAXIMUM_BYTES, load_result

    if "\n" in str(source):
        return None
    path = Path(source)
    if path.is_dir():
        return load_result(path).study
    if path.suffix != ".json" or not path.is_file():
        return None
    try:
        content = json.loads(read_text(path, MAXIMUM_BYTES))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"'{path}' is no JSON ({problem}); it is damaged, or not what its name says") from None
    if not is_stored(content):
        return None
    try:
        return resolved_from_dict(content)
    except ExocosmError as problem:
        raise InputError(f"'{path}': {problem}") from None


def export(study: ResolvedStudy, path: str | Path, to: str = "sbml", arm: str = "") -> Path:
    """Write one arm as SBML into a file, or the tables of all arms (or of one) as CSV into a new folder.

    arm: which arm; may be left out for SBML if there is only one.  Numbers are the central values.
    """
    from exocosm.exchange.tables import to_csv
    from exocosm.files import write_atomic

    if to not in FORMATS:
        raise InputError(f"there is no format '{to}' to export to; {nearest(to, FORMATS)}")
    names = [one.name for one in study.arms]
    if arm and arm not in names:
        raise InputError(f"study '{study.name}' has no arm '{arm}'; {nearest(arm, names)}")
    chosen = [one for one in study.arms if arm in ("", one.name)]
    if to == "csv":
        return to_csv(dataclasses.replace(study, arms=tuple(chosen)), path)
    if len(chosen) != 1:
        raise InputError(f"SBML holds one arm, and study '{study.name}' has {len(names)}; name one: {', '.join(names)}")
    return write_atomic(path, sbml(study, chosen[0]))


def sbml(study: ResolvedStudy, arm: ResolvedArm) -> str:
    """The SBML of an arm at its central values, with the source of every number as a note."""
    from exocosm.exchange.sbml import to_sbml
    from exocosm.workflow.sampling import central, sampling_of

    values = {name: float(value[0]) for name, value in central(sampling_of(study), arm.name).items()}
    return to_sbml(arm.model, values, arm.schedule, {name: _origin(pin) for name, pin in arm.pins.items()})


def cite(study: Study | ResolvedStudy | str | Path) -> str:
    """BibTeX of exactly the sources that a study, a study file or a results folder uses.

    Sources that a study names itself and the bibliography lacks stand as comments.
    """
    from exocosm.trajectory.result import load_result
    from exocosm.workflow.gathering import bibliography

    if isinstance(study, str | Path) and "\n" not in str(study) and Path(study).is_dir():
        return _sources_in_tables(Path(study)) or load_result(study).bibliography
    resolved = resolved_of(study)
    return bibliography([resolved, *resolved.comparisons])


def _sources_in_tables(folder: Path) -> str:
    """The sources kept in the results folder of a study that ends in tables (a bench, a screening); '' of others."""
    from exocosm.files import read_text
    from exocosm.trajectory.result import MAXIMUM_BYTES

    kept = folder / "sources.bib"
    is_of_tables = (folder / "metrics.csv").is_file() and not (folder / "resolved.json").exists()
    return read_text(kept, MAXIMUM_BYTES) if is_of_tables and kept.is_file() else ""


def solve(
    model: Compiled | Model,
    parameters: Mapping[str, ArrayLike],
    schedule: Schedule,
    tolerances: Tolerances | None = None,
    *,
    observe: Sequence[str] | None = None,
    check: bool = True,
    engine: str = AUTOMATIC,
) -> Solution:
    """Observables of every subject over time, of a model that was found sound.

    dy/dt = rates, with doses, infusions and events of the schedule and the model.
    parameters: a canonical float, or one per subject, for every parameter (those set in the model may be left out).
    observe: expressions of the model (default: its outputs, else all states).
    check: examine the model, with the numbers of the first subject, and the conditions of doses before solving.
    engine: `cohort` (generated code, many subjects at a time; a model's first run waits for its compilation),
    `reference`, or `automatic`: the cohort engine where code can be generated.
    Errors: CheckError with everything that is not sound; SolveError with everything that is wrong with what was asked;
    a subject that fails is a status.
    """
    from exocosm.engines.choice import engine_of, solver_of
    from exocosm.engines.contract import Tolerances as Exactly
    from exocosm.network.compile import Compiled

    if check:
        _require_sound(model.model if isinstance(model, Compiled) else model, parameters, schedule)
    return solver_of(engine_of(engine))(model, parameters, schedule, tolerances or Exactly(), observe=observe)


def catalogue() -> Catalogue:
    """The packaged catalogue of evidence: `.values`, `.sources`, `.row(id)`."""
    from exocosm.evidence.catalogue import load_catalogue

    return load_catalogue()


def find_value(quantity: str, **context: str) -> Found:
    """The best row of the catalogue for a quantity in a context, with the path that led to it.

    context: organism, population, organ, cell, carrier, cargo, label.
    Errors: EvidenceError if nothing is known, or if measurements conflict.
    """
    from exocosm.evidence.lookup import find

    return find(catalogue(), quantity, context)


def _require_sound(model: Model, parameters: Mapping[str, ArrayLike], schedule: Schedule) -> None:
    import numpy as np

    from exocosm.network.check import check_model
    from exocosm.study.soundness import condition_problems

    known = {parameter.name for parameter in model.parameters}
    numbers = {name: np.ravel(values) for name, values in parameters.items() if name in known}
    # what is no number is left to the engine, which says so
    first = {name: float(every[0]) for name, every in numbers.items() if every.size and every.dtype.kind in "iuf"}
    problems = check_model(model, first, [dose.target for dose in schedule.doses])
    problems += condition_problems(model, schedule)
    if problems:
        raise CheckError(f"model '{model.name}' (`check=False` solves it all the same)", problems)


def _origin(pin: Pin) -> str:
    """Where a number comes from, as lines."""
    row = pin.value
    stated = f"{row.value:g} {row.unit} ({row.method})"
    source = " ".join(part for part in (row.source, row.locator) if part)
    return "\n".join(line for line in (f"{stated}, {source}" if source else stated, *pin.path, row.note) if line)


def _resized(file: CheckedFile, draws: int | None, animals: int | None, seed: int | None) -> CheckedFile:
    """The study file with other numbers of draws and animals, and another seed."""
    content = file.file
    uncertainty, subjects = content.uncertainty, content.subjects
    if draws is not None:
        uncertainty = uncertainty.model_copy(update={"draws": draws})
    if animals is not None:
        subjects = subjects.model_copy(update={"number": animals})
    _refuse_sizes(uncertainty.draws, subjects.number, content.seed if seed is None else seed, len(content.arms))
    changes: dict[str, Any] = {"uncertainty": uncertainty, "subjects": subjects}
    if seed is not None:
        changes["seed"] = seed
    return dataclasses.replace(file, file=content.model_copy(update=changes))


def _solved_by(file: CheckedFile, engine: str | None) -> CheckedFile:
    """The study file with another engine."""
    from exocosm.engines.choice import ENGINES

    if engine is None:
        return file
    if engine not in ENGINES:
        raise InputError(f"there is no engine '{engine}'; {nearest(engine, ENGINES)}")
    return dataclasses.replace(file, file=file.file.model_copy(update={"engine": engine}))


def _resized_again(study: ResolvedStudy, draws: int | None, animals: int | None, seed: int | None) -> ResolvedStudy:
    """The resolved study, and those that run along, with other numbers; what was remarked on its draws anew."""
    from exocosm.study.resolve import remarks_on_draws

    given = {"draws": draws, "animals": animals, "seed": seed}
    changes: dict[str, Any] = {name: number for name, number in given.items() if number is not None}
    made = dataclasses.replace(study, **changes)
    has_contrasts = bool(study.contrasts)
    stale = remarks_on_draws(study.draws, has_contrasts)
    kept = [warning for warning in study.warnings if warning not in stale]
    others = tuple(dataclasses.replace(other, **changes) for other in study.comparisons)
    for one in (made, *others):
        _refuse_sizes(one.draws, one.animals, one.seed, len(one.arms))
    if made.draws == study.draws:
        return dataclasses.replace(made, comparisons=others)
    warnings = (*remarks_on_draws(made.draws, has_contrasts), *kept)
    return dataclasses.replace(made, comparisons=others, warnings=warnings)


def _refuse_sizes(draws: int, animals: int, seed: int, arms: int) -> None:
    """Raise InputError for numbers that are absurd, one by one or together."""
    from exocosm.study import header, schema

    asked = (
        ("draws", draws, header.MAXIMUM_DRAWS),
        ("animals", animals, header.MAXIMUM_ANIMALS),
        ("seed", seed, 2**63 - 1),
    )
    found = [f"{name} is {number}; it must lie between 0 and {most}" for name, number, most in asked
             if not 0 <= number <= most]  # fmt: skip
    if found:
        raise InputError("; ".join(found))
    runs = max(draws, 1) * max(animals, 1) * arms
    if runs > schema.MAXIMUM_RUNS:
        raise InputError(f"that makes {runs} runs; at most {schema.MAXIMUM_RUNS} are allowed")
