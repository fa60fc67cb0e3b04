"""A resolved study made by hand: every number here is invented for the tests of the report, none is a measurement."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from exocosm.engines.contract import Dose, Schedule, Tolerances
from exocosm.evidence.pin import Pin
from exocosm.evidence.value import Value
from exocosm.network.parts import Model, Parameter, Place, Process, Species
from exocosm.study.resolved import Contrast, Measurement, Metric, Output, ResolvedArm, ResolvedStudy, WhatIf

DRAWS, ANIMALS = 30, 6
TIMES = np.array([0.0, 0.083, 0.5, 1, 2, 4, 8, *range(12, 504 + 1, 12)], float)
OUTPUTS = (
    Output("tumour_volume", "tumour_volume", "mm^3", "Tumour volume", log=True),
    Output("heart_drug", "concentration(drug@heart)", "nmol/mL", "Drug in the heart"),
    Output("tumour_drug", "concentration(drug@tumour)", "nmol/mL", "Drug in the tumour"),
    Output("liver", "share@liver", "percent_injected_dose", "Liver"),
    Output("spleen", "share@spleen", "percent_injected_dose", "Spleen"),
    Output("tumour", "share@tumour", "percent_injected_dose", "Tumour"),
)
METRICS = (
    Metric("tumour_exposure", "Tumour exposure", "", of="tumour_drug", take="auc"),
    Metric("heart_exposure", "Heart exposure", "", of="heart_drug", take="auc"),
    Metric("final_volume", "Tumour volume at the end", "", of="tumour_volume", take="last"),
    Metric("selectivity", "Tumour over heart exposure", "", ratio=("tumour_exposure", "heart_exposure")),
    Metric("liver_share", "Liver at 4 h", "", of="liver", take="at", at=4.0),
    Metric("spleen_share", "Spleen at 4 h", "", of="spleen", take="at", at=4.0),
    Metric("tumour_share", "Tumour at 4 h", "", of="tumour", take="at", at=4.0),
)
CONTRASTS = (
    Contrast(
        "therapeutic_index",
        "Therapeutic index",
        "selectivity",
        "exosomal",
        "free",
        says="Exposure of the tumour for the same exposure of the heart.",
    ),
    Contrast("liposomal_index", "Therapeutic index", "selectivity", "liposomal", "free"),
    Contrast("growth", "Tumour volume at the end", "final_volume", "exosomal", "free", better="lower"),
    Contrast(
        "shrinkage", "Change of the tumour volume", "final_volume", "liposomal", "free", "percent_change", "lower"
    ),
)
WHAT_IFS = (
    WhatIf(
        "targeting",
        "How much targeting would pay off?",
        "exosomal",
        "targeting_gain",
        (1, 1.5, 2, 3, 5, 8, 12, 20, 30),
        "dimensionless",
        "therapeutic_index",
        3.0,
    ),
)
MEASUREMENTS = (
    Measurement(
        "untreated",
        "4T1 without treatment",
        "vehicle",
        "overlay",
        "mm^3",
        output="tumour_volume",
        times=(0.0, 120.0, 240.0, 360.0),
        values=(60.0, 150.0, 330.0, 640.0),
        low=(45.0, 110.0, 240.0, 480.0),
        high=(75.0, 190.0, 420.0, 800.0),
        source="Able2001",
        locator="Fig. 2",
    ),
    Measurement(
        "liver",
        "Liver",
        "exosomal",
        "calibration",
        "percent_injected_dose",
        metric="liver_share",
        values=(28.0,),
        source="Able2001",
    ),
)
BIBLIOGRAPHY = """@article{Able2001,
  author = {Able, Ann and Baker, Bo and Charlie, Cy},
  title = {Vesicles in {BALB/c} mice & tumours},
  journal = {J Invented},
  year = {2001},
  doi = {10.1234/abcd},
}
@misc{Dog2011,
  author = {Dog, Dan},
  title = {Organ weights},
  year = {2011},
  url = {https://example.org/dog},
}
"""
VALUES = (
    (
        "gain",
        Value(
            "study:gain",
            "targeting_gain",
            1.0,
            "dimensionless",
            "assumed_range",
            low=0.2,
            high=9.0,
            distribution="lognormal",
            method="assumed",
            note="how much faster tumour cells take up",
        ),
        "assumed",
    ),
    (
        "release_rate",
        Value(
            "rel",
            "release_rate",
            0.05,
            "1/h",
            "assumed_range",
            low=0.005,
            high=0.5,
            distribution="lognormal",
            method="assumed",
            carrier="small_ev",
        ),
        "assumed",
    ),
    (
        "leak",
        Value(
            "leak",
            "cargo_leak_rate",
            0.01,
            "1/h",
            "assumed_range",
            low=0.001,
            high=0.1,
            distribution="lognormal",
            method="assumed",
        ),
        "assumed",
    ),
    (
        "partition.heart",
        Value(
            "kp-heart",
            "partition",
            9.0,
            "dimensionless",
            "unstated_sd",
            2.0,
            distribution="lognormal",
            method="measured_in_vivo",
            organism="rat",
            organ="heart",
            source="Able2001",
            locator="Table 1",
            status="opened",
        ),
        "borrowed",
    ),
    (
        "volume.liver",
        Value(
            "v-liver",
            "organ_volume",
            1.1,
            "mL",
            "between_subject_sd",
            0.2,
            n=8,
            distribution="lognormal",
            method="measured_ex_vivo",
            organism="mouse",
            organ="liver",
            source="Dog2011; Able2001",
            locator="p. 4",
        ),
        "measured",
    ),
    (
        "volume.heart",
        Value(
            "v-heart",
            "organ_volume",
            0.1,
            "mL",
            method="measured_ex_vivo",
            organism="mouse",
            organ="heart",
            source="Dog2011",
        ),
        "measured",
    ),
    (
        "growth",
        Value(
            "grow",
            "growth_rate",
            0.7,
            "1/day",
            "standard_error",
            0.04,
            distribution="lognormal",
            between_subject_cv=0.22,
            method="fitted",
            organism="mouse",
            source="Able2001",
        ),
        "fitted",
    ),
    (
        "flow.liver",
        Value("q-liver", "flow", 60.0, "mL/h", "none", method="derived", organism="mouse", source="Dog2011"),
        "derived",
    ),
    ("dose_1", Value("study:dose_1", "dose", 3.0, "mg/kg", method="model_constant"), "constant"),
)
PATHS = {
    "partition.heart": ("partition: 'kp-heart' = 9.", "Borrowed across organism: asked for mouse, the row is for rat."),
}


def study(**changes: Any) -> ResolvedStudy:
    """The invented study: three treated arms and an untreated one."""
    pins = {
        name: Pin(name, value, PATHS.get(name, (f"{name}: written here.",)), trust) for name, value, trust in VALUES
    }
    parameters = tuple(
        Parameter(name, value.unit, quantity=value.quantity, context=_context(name, value)) for name, value, _ in VALUES
    )
    model = Model(
        name="mouse",
        places=(Place("heart", "volume.heart"), Place("tumour", "0.2")),
        species=(Species("drug@heart", "heart", "nmol"), Species("drug@tumour", "tumour", "nmol")),
        parameters=parameters,
        processes=(Process("loss", "release_rate * drug@heart", takes={"drug@heart": 1}, sink="excretion"),),
    )
    dose = Dose("drug@heart", "dose_1", (0.0, 168.0, 336.0))
    arms = []
    for name, title, carrier in (
        ("vehicle", "Vehicle", ""),
        ("free", "Free drug", "free"),
        ("liposomal", "Drug in liposomes", "liposome"),
        ("exosomal", "Drug in exosomes", "small_ev"),
    ):
        words = ("3 mg/kg of drug, intravenous, at 0, 168, 336 h",) if carrier else ()
        schedule = Schedule(float(TIMES[-1]), tuple(TIMES), (dose,) if carrier else ())
        arms.append(
            ResolvedArm(name, title, model, schedule, pins, words, ("circulation", "free_drug", "tumour_growth"))
        )
    made = ResolvedStudy(
        name="carriers",
        title="Drug free, in liposomes or in exosomes",
        question="Where does the dose go, and does the tumour get more of it for the same burden of the heart?",
        seed=7,
        organism="mouse",
        population="4T1 in BALB/c",
        animals=ANIMALS,
        variability=True,
        draws=DRAWS,
        arms=tuple(arms),
        outputs=OUTPUTS,
        metrics=METRICS,
        contrasts=CONTRASTS,
        what_ifs=WHAT_IFS,
        measurements=MEASUREMENTS,
        answer=("therapeutic_index",),
        tolerances=Tolerances(relative=1e-5),
        text="exocosm: 1\nkind: study\n",
        warnings=("preparation 'spare' is not used in any arm",),
        preparations={
            "exodox": {
                "carrier": "small_ev",
                "particles_per_microgram": {
                    "value": 1e9,
                    "unit": "vesicle/microgram",
                    "low": 2e8,
                    "high": 1e10,
                    "method": "assumed",
                    "instrument": "NTA",
                },
                "storage": "-80 C, one thaw",
            }
        },
    )
    return replace(made, **changes)


def _context(name: str, value: Value) -> dict[str, str]:
    organ = name.partition(".")[2]
    return {key: text for key, text in (("organ", organ), ("carrier", value.carrier)) if text}
