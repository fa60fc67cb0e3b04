"""The final model as a file of JSON.

Nothing is pickled: a file of somebody else is checked to the letter before any number of it is used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.accuracy.estimate import Array, Integers
from exocosm.diagnosis.panels.final import PanelModel, Profile, Training
from exocosm.diagnosis.panels.fitting import Fitted
from exocosm.diagnosis.panels.forest import LEAF, Forest
from exocosm.diagnosis.panels.steps import Prepared, Recipe, Setting
from exocosm.errors import CheckError, InputError, Problem
from exocosm.files import read_text, write_atomic

if TYPE_CHECKING:
    from exocosm.diagnosis.panels.model_schema import ForestPart, ModelFile

MOST_BYTES = 64 * 2**20
_SHOWN = 20  # problems of one file


def save_model(model: PanelModel, path: str | Path) -> Path:
    """Write a model as JSON; the file is whole or not there.  Every number comes back as it was."""
    from exocosm.diagnosis.panels.model_schema import FORMAT

    fitted, prepared = model.fitted, model.fitted.prepared
    weights = np.zeros(len(model.panel)) if fitted.weights is None else fitted.weights
    columns = zip(
        model.panel, prepared.limit, prepared.typical, prepared.centre, prepared.scale, weights, strict=True
    )  # fmt: skip
    forest = fitted.forest
    document: dict[str, Any] = {
        "exocosm_panel_model": FORMAT,
        "exocosm": model.version,
        "seed": model.seed,
        "recipe": {key: list(one) if isinstance(one, tuple) else one for key, one in model.recipe.as_dict().items()},
        "setting": {"size": fitted.setting.size, "strength": fitted.setting.strength, "leaf": fitted.setting.leaf},
        "panel": [
            {"name": name, "limit": float(limit), "typical": float(typical), "centre": float(centre),
             "scale": float(scale), "weight": float(weight)}
            for name, limit, typical, centre, scale, weight in columns
        ],
        "intercept": fitted.intercept,
        "base": fitted.base,
        "references": list(model.references),
        "batches": [
            {"name": name, "shift": row.tolist()} for name, row in zip(model.batches, prepared.shift, strict=True)
        ],
        "forest": None if forest is None else {name: getattr(forest, name).tolist() for name in _FOREST},
        "thresholds": [{"specificity": one, "threshold": at} for one, at in model.thresholds.items()],
        "features": list(model.features),
        "training": {
            **{name: getattr(model.training, name) for name in _TRAINING},
            "profiles": [
                {"name": one.name, "detected": one.detected, "mean": one.mean, "deviation": one.deviation,
                 "quantiles": list(one.quantiles)}
                for one in model.training.profiles
            ],
        },
        "judged": dict(model.judged),
    }  # fmt: skip
    return write_atomic(path, json.dumps(document, allow_nan=False, ensure_ascii=False, indent=0) + "\n")


_FOREST = ("feature", "threshold", "left", "right", "chance", "starts")
_TRAINING = (
    "title", "cases", "controls", "case_subjects", "control_subjects", "case_class", "control_class", "data",
)  # fmt: skip


def load_model(path: str | Path) -> PanelModel:
    """Read a model file.  Raises InputError for what is no JSON or too large, CheckError with every fault."""
    subject = f"model file '{path}'"
    text = read_text(path, MOST_BYTES)
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise InputError(f"{subject} is nested too deeply to be a model") from None
    except ValueError as problem:
        raise InputError(f"{subject} is not the JSON of a model: {problem}") from None
    if not isinstance(document, dict) or "exocosm_panel_model" not in document:
        raise InputError(f"{subject} is no panel model: the key 'exocosm_panel_model' is missing")
    from pydantic import ValidationError

    from exocosm.diagnosis.panels.model_schema import ModelFile

    try:
        read = ModelFile.model_validate(document)
    except ValidationError as failure:
        problems = [
            Problem(one["type"], ".".join(map(str, one["loc"])), one["msg"])
            for one in failure.errors(include_url=False, include_input=False)[:_SHOWN]
        ]
        raise CheckError(subject, problems) from None
    found = _inconsistent(read)
    if found:
        raise CheckError(subject, found[:_SHOWN])
    return _model(read, subject)


def _inconsistent(read: ModelFile) -> list[Problem]:
    """What the parts of a file must have in common."""
    problems = []

    def wrong(where: str, message: str) -> None:
        problems.append(Problem("contradiction", where, message))

    panel, known = [one.name for one in read.panel], set(read.features)
    if len(known) < len(read.features):
        wrong("features", "a name stands twice")
    if len(set(panel)) < len(panel):
        wrong("panel", "a name stands twice")
    for where, names in (("panel", panel), ("references", read.references),
                         ("training.profiles", [one.name for one in read.training.profiles])):  # fmt: skip
        strange = [name for name in names if name not in known]
        if strange:
            wrong(where, f"'{strange[0]}' is not among the features")
    for batch in read.batches:
        if len(batch.shift) != len(panel):
            wrong("batches", f"'{batch.name}' has {len(batch.shift)} numbers for {len(panel)} features")
    if len({one.specificity for one in read.thresholds}) < len(read.thresholds):
        wrong("thresholds", "a specificity stands twice")
    if (read.forest is not None) != (read.recipe.model == "random_forest" and bool(panel)):
        wrong("forest", f"trees and the recipe's model '{read.recipe.model}' do not fit together")
    if read.forest is not None:
        _examine_forest(read, wrong)
    return problems


def _examine_forest(read: ModelFile, wrong: Any) -> None:
    forest = read.forest
    assert forest is not None
    size = len(forest.feature)
    if any(len(getattr(forest, name)) != size for name in ("threshold", "left", "right", "chance")):
        wrong("forest", "the lists of nodes have different lengths")
        return
    if any(not 0 <= one < size for one in forest.starts):
        wrong("forest.starts", "a tree starts outside the nodes")
    for node, (feature, left, right) in enumerate(zip(forest.feature, forest.left, forest.right, strict=True)):
        if feature == LEAF:
            continue
        if not 0 <= feature < len(read.panel):
            wrong("forest.feature", f"node {node} asks for feature {feature} of {len(read.panel)}")
            return
        # children stand after their parents, so that no walk goes in a circle
        if not (node < left < size and node < right < size):
            wrong("forest", f"node {node} leads to nodes {left} and {right}; both must stand after it")
            return


def _model(read: ModelFile, subject: str) -> PanelModel:
    given = read.recipe.model_dump()
    try:
        tuples: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in given.items()}
        recipe = Recipe(**tuples)
    except InputError as problem:
        raise CheckError(subject, [Problem("value", "recipe", str(problem))]) from None
    places = {name: place for place, name in enumerate(read.features)}
    panel = read.panel
    prepared = Prepared(
        _integers([places[name] for name in read.references]), _integers([places[one.name] for one in panel]),
        _numbers([one.limit for one in panel]), _numbers([one.typical for one in panel]),
        _numbers([one.centre for one in panel]), _numbers([one.scale for one in panel]),
        np.arange(len(read.batches)),
        np.array([one.shift for one in read.batches], dtype=np.float64).reshape(len(read.batches), len(panel)),
    )  # fmt: skip
    weights = _numbers([one.weight for one in panel]) if read.forest is None else None
    forest = None if read.forest is None else _forest(read.forest)
    setting = Setting(read.setting.size, read.setting.strength, read.setting.leaf)
    training = Training(
        **{name: getattr(read.training, name) for name in _TRAINING},
        profiles=tuple(
            Profile(one.name, one.detected, one.mean, one.deviation, tuple(one.quantiles))
            for one in read.training.profiles
        ),
    )
    return PanelModel(
        recipe, Fitted(setting, prepared, read.base, weights, read.intercept, forest), tuple(read.features),
        tuple(one.name for one in read.batches), {one.specificity: one.threshold for one in read.thresholds},
        training, read.seed, read.exocosm, dict(read.judged),
    )  # fmt: skip


def _forest(read: ForestPart) -> Forest:
    return Forest(
        _integers(read.feature), _numbers(read.threshold), _integers(read.left), _integers(read.right),
        _numbers(read.chance), _integers(read.starts),
    )  # fmt: skip


def _integers(given: list[int]) -> Integers:
    return np.array(given, dtype=np.int64)


def _numbers(given: list[float]) -> Array:
    return np.array(given, dtype=np.float64)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number that a model can hold")
