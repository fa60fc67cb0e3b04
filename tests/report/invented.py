"""A finished result made by hand: every number here is invented for the tests of the report, none is a measurement."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from invented_study import (
    ANIMALS,
    BIBLIOGRAPHY,
    CONTRASTS,
    DRAWS,
    OUTPUTS,
    PATHS,
    TIMES,
    VALUES,
    WHAT_IFS,
    study,
)

from exocosm.study.resolved import ResolvedStudy
from exocosm.trajectory import evaluation
from exocosm.trajectory.result import Result


def result(**changes: Any) -> Result:
    """The whole result of the invented study; equal at every call."""
    made = changes.pop("study", None) or study()
    generator = np.random.default_rng(11)
    unknown = np.exp(generator.normal(0, 0.5, (len(made.arms), DRAWS, 1, 1, len(OUTPUTS))))
    animal = np.exp(generator.normal(0, 0.25, (len(made.arms), DRAWS, 1 + ANIMALS, 1, len(OUTPUTS))))
    animal[:, :, 0] = 1.0
    curves = np.stack([_curves(arm.name) for arm in made.arms])  # arm, time, output
    values = curves[:, None, None] * unknown * animal
    data = xr.Dataset(
        {
            "value": (("arm", "draw", "animal", "time", "output"), values),
            "central": (("arm", "time", "output"), curves),
        },
        coords={
            "arm": [arm.name for arm in made.arms],
            "draw": np.arange(DRAWS),
            "animal": np.arange(1 + ANIMALS),
            "time": TIMES,
            "output": [output.name for output in OUTPUTS],
        },
    )
    metrics = _metrics(made, values)
    whole = Result(
        study=made,
        recipe={
            "study": made.name,
            "study_hash": "0" * 64,
            "versions": {"exocosm": "0.1.0", "numpy": "2"},
            "engine": "reference",
            "seed": made.seed,
            "solves": {"central": 4, "cohort": 840, "total": 844},
            "date": "2026-01-01T00:00:00+00:00",
            "warnings": list(made.warnings),
        },
        trajectories=data,
        metrics=metrics,
        contrasts=_contrasts(made, metrics),
        what_if=_what_if(generator),
        influence=_influence(),
        comparisons=_comparisons(),
        values=_values(),
        statuses=pd.DataFrame(
            [("carriers", "free", "cohort", 3.0, 2, "failed", "step too small", 12.5, "drug@heart", "loss")],
            columns=["study", "arm", "job", "draw", "animal", "status", "message", "time", "state", "process"],
        ),
        bibliography=BIBLIOGRAPHY,
    )
    return replace(whole, **changes)


def _curves(arm: str) -> np.ndarray:
    strength = {"vehicle": 0.0, "free": 1.0, "liposomal": 0.9, "exosomal": 0.6}[arm]
    heart = {"free": 8.0, "liposomal": 1.5, "exosomal": 2.2}.get(arm, 0.0)
    tumour = {"free": 2.0, "liposomal": 4.0, "exosomal": 2.6}.get(arm, 0.0)
    shape = sum(
        np.where(start <= TIMES, np.exp(-np.maximum(TIMES - start, 0) / 30.0), 0.0) for start in (0.0, 168.0, 336.0)
    )
    volume = 60.0 * np.exp((0.16 - 0.07 * strength) * TIMES / 24.0)
    dosed = np.exp(-TIMES / 60.0) * (arm != "vehicle")
    return np.stack([volume, heart * shape, tumour * shape, 30 * dosed, 8 * dosed, 2.5 * dosed], axis=-1)


def _metrics(made: ResolvedStudy, values: np.ndarray) -> pd.DataFrame:
    rows = []
    for number, arm in enumerate(made.arms):
        curves = {output.name: values[number, ..., place] for place, output in enumerate(made.outputs)}
        found = evaluation.evaluate([each.name for each in made.metrics], made.metrics, made.outputs, TIMES, curves)
        for metric in made.metrics:
            unit = evaluation.metric_unit(metric, made.metrics, made.outputs)
            for (draw, animal), number_ in np.ndenumerate(found[metric.name]):
                rows.append((arm.name, draw, animal, metric.name, float(number_), unit))
    return pd.DataFrame(rows, columns=["arm", "draw", "animal", "metric", "value", "unit"])


def _contrasts(made: ResolvedStudy, metrics: pd.DataFrame) -> pd.DataFrame:
    rows = []
    typical = metrics[metrics["animal"] == 0].set_index(["metric", "arm", "draw"])["value"]
    for contrast in made.contrasts:
        unit = evaluation.contrast_unit(contrast, made.metrics, made.outputs)
        for draw in range(DRAWS):
            ends = (np.asarray(typical[contrast.metric, arm, draw]) for arm in (contrast.arm, contrast.against))
            number = float(evaluation.contrast_of(contrast, *ends))
            rows.append((contrast.name, draw, number, number, unit))
    return pd.DataFrame(rows, columns=["contrast", "draw", "typical", "population", "unit"])


def _what_if(generator: np.random.Generator) -> pd.DataFrame:
    rows = []
    for draw, start in enumerate(np.exp(generator.normal(0.1, 0.7, DRAWS))):
        rows += [("targeting", float(at), draw, float(start * at**0.6)) for at in WHAT_IFS[0].over]
    return pd.DataFrame(rows, columns=["what_if", "value", "draw", "contrast_value"])


def _influence() -> pd.DataFrame:
    moved = {
        "growth": (4.4, 5.2),
        "gain": (2.0, 9.5),
        "release_rate": (3.0, 8.0),
        "leak": (5.2, 4.3),
        "partition.heart": (6.5, 3.1),
        "volume.liver": (4.6, 4.9),
    }
    rows = []
    for contrast in CONTRASTS:
        for name, value, trust in VALUES:
            if name in moved:
                low, high = moved[name]
                rows.append((contrast.name, name, value.id, trust, low, high, abs(high - low)))
    return pd.DataFrame(rows, columns=["contrast", "value_name", "row", "trust", "low", "high", "swing"])


def _comparisons() -> pd.DataFrame:
    columns = [
        "study",
        "measurement",
        "role",
        "arm",
        "what",
        "unit",
        "measured",
        "measured_low",
        "measured_high",
        "predicted",
        "predicted_low",
        "predicted_high",
        "verdict",
        "source",
        "note",
        "factor_off",
    ]
    nan = float("nan")
    share = "percent_injected_dose"
    return pd.DataFrame(
        [
            (
                "carriers",
                "liver",
                "calibration",
                "exosomal",
                "Liver at 4 h",
                share,
                28.0,
                nan,
                nan,
                27.0,
                9.0,
                70.0,
                "calibrated",
                "Able2001",
                "",
                1.04,
            ),
            (
                "carriers",
                "tumour",
                "prediction",
                "exosomal",
                "Tumour at 4 h",
                share,
                1.5,
                1.0,
                2.0,
                2.4,
                0.8,
                6.0,
                "in",
                "Able2001 Fig. 3",
                "",
                1.6,
            ),
            (
                "carriers",
                "spleen",
                "prediction",
                "liposomal",
                "Spleen at 4 h",
                share,
                31.0,
                26.0,
                36.0,
                7.8,
                3.0,
                21.0,
                "out",
                "Dog2011",
                "perfused",
                3.97,
            ),
            (
                "carriers",
                "late",
                "prediction",
                "free",
                "Heart drug at 600 h",
                "nmol/mL",
                1.0,
                nan,
                nan,
                nan,
                nan,
                nan,
                "missing",
                "Unknown1",
                "",
                nan,
            ),
            (
                "carriers",
                "untreated",
                "overlay",
                "vehicle",
                "Tumour volume at 120 h",
                "mm^3",
                150.0,
                110.0,
                190.0,
                140.0,
                60.0,
                330.0,
                "overlay",
                "Able2001 Fig. 2",
                "",
                1.07,
            ),
        ],
        columns=columns,
    )


def _values() -> pd.DataFrame:
    rows = []
    for name, value, trust in VALUES:
        low = value.low if value.low is not None else value.value - (1.96 * value.spread if value.spread else 0.0)
        high = value.high if value.high is not None else value.value + (1.96 * value.spread if value.spread else 0.0)
        rows.append(
            {
                "arms": "exosomal" if value.carrier else "all",
                "name": name,
                "value": value.value,
                "unit": value.unit,
                "low": low,
                "high": high,
                "between_subject_cv": value.between_subject_cv or 0.0,
                "method": value.method,
                "trust": trust,
                "row": value.id,
                "quantity": value.quantity,
                "organism": value.organism,
                "organ": value.organ,
                "carrier": value.carrier,
                "cargo": value.cargo,
                "path": " ".join(PATHS.get(name, (f"{name}: written here.",))),
                "source": value.source,
                "locator": value.locator,
                "basis": value.basis,
                "status": value.status,
                "note": value.note,
            }
        )
    return pd.DataFrame(rows)
