"""Judging a data set, as seen from Python and from the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.errors import InputError

if TYPE_CHECKING:
    from exocosm.diagnosis.dataset import Contrast, Dataset, Role
    from exocosm.diagnosis.diagnosed import Diagnosis, Validated

REPORT, SUMMARY = "report.html", "summary.json"


def diagnose(
    table: str | Path,
    labels: str | Path,
    folder: str | Path | None = None,
    *,
    covariates: Sequence[str | Path] = (),
    contrasts: Sequence[str] = (),
    panels: Sequence[str | Path] = (),
    label_column: str = "",
    subject_column: str = "",
    roles: Mapping[str, Role] | None = None,
    accept: Mapping[str, str] | None = None,
    kind: str = "",
    samples_in: str = "",
    model: str | Path | None = None,
    permutations: int = 200,
    repeats: int = 5,
    audit_only: bool = False,
    workers: int = 2,
    seed: int = 1,
    overwrite: bool = False,
    progress: bool = False,
) -> Diagnosis:
    """Judge a table of measurements against the labels of its samples.

    table: counts, expression, Ct values or proteins, samples in rows or columns.  labels: a file of samples and
    classes, or `by-name`.  contrasts: `case:control`; without, every pair of classes.  panels: published markers to set
    beside (`table1:colorectal cancer`, or a file).  roles: covariate -> technical, biological or label.  accept: check
    -> reason, for what would otherwise be refused.  model: a saved model to validate instead of making one.
    folder: where reports, tables and model files go, whole or not at all; what a killed run had finished stands beside
    it (`.unfinished`) and is taken up by the same command.
    Raises InputError or CheckError for files that cannot be read as what they should be.
    """
    from exocosm.diagnosis.contrasts import every_contrast, read_contrast
    from exocosm.diagnosis.diagnosed import Diagnosis
    from exocosm.diagnosis.judging import Asked, judge
    from exocosm.diagnosis.kept import Kept
    from exocosm.diagnosis.tables.read import read_dataset
    from exocosm.markers.panels import read_panel
    from exocosm.workflow.progress import progress_of

    target = None if folder is None else Path(folder)
    if target is not None and target.exists() and not (overwrite and (target / SUMMARY).is_file()):
        raise InputError(f"'{target}' exists already; name another folder, or say --overwrite to replace a diagnosis")
    dataset = read_dataset(
        table, labels, covariates=covariates, label_column=label_column, kind=kind, samples_in=samples_in,
        subject_column=subject_column, roles=dict(roles or {}),
    )  # fmt: skip
    chosen = tuple(read_contrast(text, dataset) for text in contrasts) or every_contrast(dataset)
    published = tuple(read_panel(str(name)) for name in panels)
    recipe = _recipe(dataset, permutations, repeats, seed, accept or {})
    recipe["command"] = _command(
        table, labels, covariates, contrasts, panels, roles or {}, accept or {}, {
            "label-column": label_column, "subject": subject_column, "kind": kind, "samples-in": samples_in,
            "model": Path(model).name if model is not None else "", "permutations": permutations, "repeats": repeats,
            "seed": seed, "audit-only": audit_only,
        },
    )  # fmt: skip
    if model is not None:
        found = Diagnosis(dataset, (), published, _validated(model, dataset, chosen, accept or {}), recipe)
    else:
        kept = Kept(None if target is None else target.with_name(f"{target.name}.unfinished"))
        asked = Asked(
            permutations=permutations, repeats=repeats, audit_only=audit_only, workers=workers, seed=seed, kept=kept
        )
        judgements = []
        for number, contrast in enumerate(chosen, 1):
            title = f"contrast {number} of {len(chosen)}, {contrast.name}"
            with progress_of(title, asked.jobs, 0, progress and not audit_only) as advance:
                judgements.append(judge(dataset, contrast, published, asked, accept=accept or {}, advance=advance))
        found = Diagnosis(dataset, tuple(judgements), published, (), recipe)
        if target is not None:
            found = _saved(found, target)
            kept.forget()
        return found
    return found if target is None else _saved(found, target)


def _validated(
    model: str | Path, dataset: Dataset, contrasts: Sequence[Contrast], accept: Mapping[str, str]
) -> tuple[Validated, ...]:
    from exocosm.diagnosis.audit.run import audit
    from exocosm.diagnosis.diagnosed import Validated
    from exocosm.diagnosis.panels.external import validate
    from exocosm.diagnosis.panels.model_file import load_model

    loaded = load_model(model)
    found = []
    for contrast in contrasts:
        part = dataset.of(contrast)
        result = validate(loaded, part, contrast.is_case(part.labels))
        found.append(Validated(contrast, result, audit(dataset, contrast, accept=accept)))
    return tuple(found)


def _recipe(dataset: Dataset, permutations: int, repeats: int, seed: int, accept: Mapping[str, str]) -> dict[str, Any]:
    """What would be needed to come to the same numbers: files with their hashes, versions, seed, settings."""
    from importlib.metadata import version

    hashes = {Path(path).name: digest for path, digest in dataset.sources.items()}
    packages = ("exocosm", "numpy", "pandas", "scikit-learn", "scipy", "statsmodels")
    return {
        "files": hashes,
        "kind": dataset.kind,
        "roles": dict(dataset.roles),
        "permutations": permutations,
        "repeats": repeats,
        "seed": seed,
        "accepted": dict(accept),
        "versions": {name: version(name) for name in packages},
    }


def _command(
    table: str | Path, labels: str | Path, covariates: Sequence[str | Path], contrasts: Sequence[str],
    panels: Sequence[str | Path], roles: Mapping[str, Role], accept: Mapping[str, str], settings: Mapping[str, object],
) -> str:  # fmt: skip
    """The line for a terminal that does the same again, in the folder of the files."""
    import shlex

    words = ["exocosm", "diagnose", Path(table).name, "--labels", Path(labels).name]
    options = {"technical": "technical", "biological": "biological", "label": "ignore"}
    repeated = [
        *(("covariates", Path(one).name) for one in covariates),
        *(("contrast", one) for one in contrasts),
        *(("panel", Path(one).name if Path(one).is_file() else str(one)) for one in panels),
        *((options[role], name) for name, role in roles.items() if role in options),
        *(("accept", f"{check}={reason}") for check, reason in accept.items()),
        *((name, str(value)) for name, value in settings.items() if value not in ("", False, True)),
    ]
    for name, value in repeated:
        words += [f"--{name}", value]
    words += [f"--{name}" for name, value in settings.items() if value is True]
    return shlex.join([*words, "-o", "FOLDER"])


def _saved(found: Diagnosis, target: Path) -> Diagnosis:
    """Reports, tables and model files in a new folder."""
    from dataclasses import replace

    from exocosm.diagnosis.panels.model_file import save_model
    from exocosm.files import atomic_folder, write_atomic
    from exocosm.report.diagnosis import page_names, write_diagnosis

    if target.exists():
        shutil.rmtree(target)
    with atomic_folder(target) as place:
        write_atomic(place / SUMMARY, json.dumps(found.as_plain(), indent=1, allow_nan=False, default=str) + "\n")
        for page, one in zip(page_names([one.contrast for one in found.judgements]), found.judgements, strict=True):
            stem = page.removesuffix(".html")
            for name, frame in one.tables().items():
                write_atomic(place / f"{stem}_{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
            if one.model is not None:
                save_model(one.model, place / f"{stem}_model.json")
        write_diagnosis(found, place / REPORT)
    return replace(found, folder=target)
