"""Screening: a virtual cohort of 100,000 people through the whole chain, from tumour to the answers of a test."""

from __future__ import annotations

import time

from benchmarks.records import Record, record
from exocosm.bench.numbers import bench_numbers
from exocosm.screening.people import StagedNumbers
from exocosm.study.screening_load import load_screening
from exocosm.workflow.screening_arm import answer_of

PEOPLE = 100_000  # half of them patients
LIMIT = 60.0  # seconds that they may take
STUDY = """
exocosm: 1
kind: screening
name: cohort
screening:
  cancer: colorectal cancer
  panel: table1:colorectal cancer
  fluid: serum
  volume: 0.5 mL
  handling: {minutes_to_spin: 60, haemolysis: typical}
  isolation: exoquick_plasma
  assay: rt_qpcr
  test: {specificity: 0.95, prevalence: 0.006}
arms:
  one: {}
metrics:
  auc: {of: auc}
  sensitivity: {of: sensitivity}
  specificity: {of: specificity}
  stage_one: {of: sensitivity, stage: I}
  ppv: {of: positive_predictive_value}
"""


def virtual_cohort() -> list[Record]:
    """Biology, handling, isolation, assay, training and performance of 50,000 patients and 50,000 healthy people."""
    study = load_screening(STUDY)
    numbers = StagedNumbers.alike(bench_numbers())
    answer_of(study.tests["one"], study.file.metrics, numbers, 100, 1)  # files are read once
    began = time.perf_counter()
    found = answer_of(study.tests["one"], study.file.metrics, numbers, PEOPLE // 2, 1)
    seconds = time.perf_counter() - began
    return [
        record(
            "screening: 100,000 people, 8 markers", "one minute", LIMIT / seconds, 0.0,
            "wall time on one core; the peer is the time that it may take", seconds=seconds, peer_seconds=LIMIT,
            auc=found.metrics["auc"],
        )
    ]  # fmt: skip
