"""A study small enough to run in a blink: drug in plasma and tissue, two uncertain and two variable numbers."""

from __future__ import annotations

from dataclasses import replace

from exocosm.engines.contract import Dose, Schedule, Tolerances
from exocosm.evidence.pin import Pin
from exocosm.evidence.value import Value
from exocosm.network.parts import Model, Parameter, Place, Process, Species
from exocosm.study.resolved import Contrast, Measurement, Metric, Output, ResolvedArm, ResolvedStudy, WhatIf

MODEL = Model(
    name="two compartments",
    places=(Place("plasma", "plasma_volume"), Place("tissue", "tissue_volume")),
    species=(Species("drug@plasma", "plasma", "nmol"), Species("drug@tissue", "tissue", "nmol")),
    parameters=(
        Parameter("plasma_volume", "mL"),
        Parameter("tissue_volume", "mL", value=3.0),
        Parameter("elimination", "1/h"),
        Parameter("entry", "1/h"),
        Parameter("exit", "1/h"),
        Parameter("given", "nmol"),
        Parameter("gain", "dimensionless"),
    ),
    processes=(
        Process("elimination", "elimination * drug@plasma", takes={"drug@plasma": 1}, sink="gone"),
        Process("entry", "gain * entry * drug@plasma", takes={"drug@plasma": 1}, gives={"drug@tissue": 1}),
        Process("exit", "exit * drug@tissue", takes={"drug@tissue": 1}, gives={"drug@plasma": 1}),
    ),
)


def fixed(id: str, value: float, unit: str) -> Value:
    return Value(id, "of the tiny model", value, unit, method="model_constant")


ROWS = {
    "plasma_volume": Value(
        "plasma-volume", "volume", 1.5, "mL", between_subject_cv=0.2, distribution="lognormal",
        method="measured_in_vivo", source="Nobody1999",
    ),
    "elimination": Value(
        "elimination", "rate", 0.01, "1/min", "assumed_range", low=0.005, high=0.02, distribution="lognormal",
        between_subject_cv=0.3,
    ),
    "entry": Value("entry", "rate", 0.4, "1/h", "assumed_range", low=0.32, high=0.5, distribution="lognormal"),
    "exit": fixed("exit", 0.2, "1/h"),
    "given": fixed("given", 100.0, "nmol"),
    "gain": fixed("gain", 1.0, "dimensionless"),
}  # fmt: skip


def pins(**changes: Value) -> dict[str, Pin]:
    rows = {**ROWS, **changes}
    return {name: Pin(name, row, (f"{name}: by hand.",), "assumed") for name, row in rows.items()}


def arm(name: str, *, model: Model = MODEL, **changes: Value) -> ResolvedArm:
    times = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
    schedule = Schedule(end=8.0, observe_times=times, doses=(Dose("drug@plasma", "given", (0.0,)),))
    return ResolvedArm(name, name.title(), model, schedule, pins(**changes))


def spread(id: str, factor: float) -> Value:
    """A row whose 95 % range is the factor below and above."""
    row = ROWS[id]
    limits = {"low": row.value / factor, "high": row.value * factor}
    return replace(row, spread_kind="assumed_range", distribution="lognormal", method="assumed", **limits)


TINY = ResolvedStudy(
    name="tiny",
    title="A tiny study",
    question="Does more entry put more drug into the tissue?",
    seed=7,
    organism="mouse",
    population="",
    animals=4,
    variability=True,
    draws=6,
    arms=(arm("plain"), arm("targeted", gain=fixed("study:gain", 2.0, "dimensionless"))),
    outputs=(
        Output("plasma", "concentration(drug@plasma)", "nmol/mL", "Plasma", log=True),
        Output("tissue", "drug@tissue", "pmol", "Tissue"),
    ),
    metrics=(
        Metric("tissue_exposure", "Exposure of tissue", "", of="tissue", take="auc"),
        Metric("plasma_exposure", "Exposure of plasma", "nmol/mL*h", of="plasma", take="auc"),
        Metric("selectivity", "Selectivity", "", ratio=("tissue_exposure", "plasma_exposure")),
    ),
    contrasts=(
        Contrast("gain_in_tissue", "Gain", "tissue_exposure", "targeted", "plain"),
        Contrast("more", "More", "tissue_exposure", "targeted", "plain", how="difference"),
    ),
    what_ifs=(WhatIf("targeting", "Targeting", "targeted", "gain", (0.5, 1.0, 2.0, 4.0), "", "gain_in_tissue", 1.3),),
    measurements=(
        Measurement(
            "seen",
            "Seen",
            "plain",
            "prediction",
            "umol",
            output="tissue",
            times=(1.0, 3.0),
            values=(0.02, 5.0),
            source="Nobody1999",
            locator="Table 1",
        ),
        Measurement("fitted", "Fitted", "plain", "calibration", "nmol/mL*h", metric="plasma_exposure", values=(60.0,)),
    ),
    answer=("gain_in_tissue",),
    tolerances=Tolerances(relative=1e-6),
    text="name: tiny\n",
)
