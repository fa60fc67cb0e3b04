"""The virtual experiments that are shipped: studies with what is expected of them, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.errors import InputError, nearest

if TYPE_CHECKING:
    from exocosm.study.header import ExperimentText, Header
    from exocosm.trajectory.expectations import Verdict
    from exocosm.trajectory.result import Result

FOLDER = Path(__file__).resolve().parent / "knowledge" / "experiments"


@dataclass(frozen=True)
class Experiment:
    """A shipped experiment: its id, the stage of the field it is about, its grade, claims, and its study file."""

    id: str
    title: str
    question: str
    stage: str
    grade: str
    rule: str
    claims: tuple[str, ...]
    path: Path

    @property
    def text(self) -> str:
        """The study file."""
        return self.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Ran:
    """An experiment that was run: its verdict, and the folder of its result (None: not kept)."""

    experiment: Experiment
    verdict: Verdict
    folder: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data: id, grade, verdict, evidence, claims, and every expectation."""
        from dataclasses import asdict

        content = asdict(self.verdict)
        content["title"] = self.experiment.title
        content["sentence"] = self.verdict.sentence
        content["folder"] = None if self.folder is None else str(self.folder)
        return content


@lru_cache(maxsize=1)
def experiments() -> tuple[Experiment, ...]:
    """Every shipped experiment, in the order of their ids."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        header = _header(path)
        experiment = _section(header, path)
        found.append(
            Experiment(
                experiment.id, header.title, header.question, experiment.stage, experiment.grade, experiment.rule,
                tuple(experiment.claims), path,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.id))


def find_experiment(id: str) -> Experiment:
    """The experiment of that id, or an error with the nearest id."""
    known = {one.id.casefold(): one for one in experiments()}
    if id.casefold() not in known:
        raise InputError(f"there is no experiment '{id}'; {nearest(id, [one.id for one in experiments()])}")
    return known[id.casefold()]


def chosen(ids: Sequence[str] = (), stage: str = "", all_: bool = False) -> tuple[Experiment, ...]:
    """The experiments of these ids, of a stage, or all."""
    if sum((bool(ids), bool(stage), all_)) != 1:
        raise InputError("say which experiments: ids such as VE03, one stage, or all")
    if ids:
        return tuple(find_experiment(id) for id in ids)
    if all_:
        return experiments()
    stages = {one.stage for one in experiments()}
    if stage not in stages:
        raise InputError(f"there is no experiment of the stage '{stage}'; {nearest(stage, stages)}")
    return tuple(one for one in experiments() if one.stage == stage)


def run_experiment(
    experiment: Experiment | str | Path,
    folder: str | Path | None = None,
    *,
    draws: int | None = None,
    progress: bool = True,
    overwrite: bool = False,
) -> Ran:
    """Run an experiment (by id, or a file of one's own) and judge what came out; with a folder, the result is kept."""
    from exocosm import api, table_studies

    if not isinstance(experiment, Experiment):
        experiment = _own(experiment)
    study = api.load(experiment.path, draws=draws)
    if isinstance(study, table_studies.TableStudy):
        verdict = study.run(folder, progress=progress, overwrite=overwrite).verdict
    else:
        section = _section(study.file.file, experiment.path)
        verdict = verdict_of_result(section, study.run(folder, progress=progress, overwrite=overwrite))
    if verdict is None:
        raise InputError(f"{experiment.path.name} is no experiment: it has no `experiment` section")
    return Ran(experiment, verdict, None if folder is None else Path(folder))


def verdict_of_result(section: ExperimentText, result: Result) -> Verdict:
    """The verdict on a result of a model: metrics as `metric@arm` of the typical subject, contrasts by their name."""
    import numpy as np

    from exocosm.trajectory.expectations import verdict_of
    from exocosm.trajectory.summary import central_contrasts, contrast_cube

    central = {f"{metric}@{arm}": value for (arm, metric), value in result.central_metrics.items()}
    central |= central_contrasts(result)
    cubes = {f"{metric}@{arm}": cube for (arm, metric), cube in result.metric_cubes.items()}
    cubes |= {contrast.name: contrast_cube(result, contrast) for contrast in result.study.contrasts}
    drawn = {name: np.asarray(cube)[:, 0] for name, cube in cubes.items()}
    return verdict_of(section, central, drawn, {}, {})


def _own(source: str | Path) -> Experiment:
    text = str(source)
    if not text.endswith((".yaml", ".yml")):
        return find_experiment(text)
    path = Path(source)
    header = _header(path)
    section = _section(header, path)
    return Experiment(section.id, header.title, header.question, section.stage, section.grade, section.rule,
                      tuple(section.claims), path)  # fmt: skip


def _header(path: Path) -> Header:
    from exocosm.documents.checked import check_header, checked, open_document
    from exocosm.study.bench_schema import BenchStudyFile
    from exocosm.study.load import KINDS, form_of
    from exocosm.study.schema import StudyFile
    from exocosm.study.screening_schema import ScreeningStudyFile

    opened = open_document(path, "experiment")
    check_header(opened, KINDS)
    schemas: dict[str, type[Header]] = {
        "model": StudyFile, "bench": BenchStudyFile, "screening": ScreeningStudyFile,
    }  # fmt: skip
    return checked(opened.document, schemas[form_of(path)], opened.subject)


def _section(header: Header, path: Path) -> ExperimentText:
    if header.experiment is None:
        raise InputError(f"{path.name} is no experiment: it has no `experiment` section (`kind: experiment`)")
    return header.experiment
