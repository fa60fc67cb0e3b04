"""How time and memory grow with the number of states and with the number of subjects."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.cases import OBSERVATIONS, made_up_case
from benchmarks.child import in_child
from benchmarks.cohort import PEER, Effort, compare
from benchmarks.models import SIZES
from benchmarks.records import Record, record, say

RELATIVE = 1e-5
LARGEST_BESIDE_PEER = 200  # states; the peer's dense algebra takes minutes beyond
SUBJECTS_BY_STATES = {20: 2000, 50: 1000, 75: 500, 100: 400, 200: 150, 350: 60, 500: 40}
SUBJECTS = (1, 10, 100, 1_000, 10_000, 100_000)
FEW_TIMES, FEW_STATES = 20, 3
EFFORT = Effort(subjects=2, rounds=3, seconds=0.6, slow=((PEER, 1),), at=(1e-6,))
MEGABYTE = 1e6


def by_states() -> list[Record]:
    """The made-up family; beside libRoadRunner as long as that ends in time, else beside growth in proportion."""
    records = []
    anchor = 0.0  # CPU seconds per subject and state at the largest size beside the peer
    for states in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            found = in_child(
                "growth", Path(folder), states=states, subjects=SUBJECTS_BY_STATES[states],
                observations=OBSERVATIONS, observed=0, relative=RELATIVE,
            )  # fmt: skip
        subjects = SUBJECTS_BY_STATES[states]
        seconds = found["cpu"] / subjects
        say(f"{states} states: {told(found, subjects)}")
        if states <= LARGEST_BESIDE_PEER:
            anchor = seconds / states
            (beside,) = compare(made_up_case(states, 512), EFFORT)
            records.append(beside | extras(found) | {"name": f"cohort: growth, {states} states"})
        else:
            records.append(
                record(
                    f"cohort: growth, {states} states",
                    f"growth in proportion from {LARGEST_BESIDE_PEER} states",
                    anchor * states / seconds,
                    found["error"],
                    "CPU time per subject in proportion to states / measured CPU time",
                    seconds=seconds,
                    peer_seconds=anchor * states,
                    relative_tolerance=RELATIVE,
                    subjects=subjects,
                    **extras(found),
                )
            )
    return records


def by_subjects() -> list[Record]:
    """The model of 75 states with more and more subjects, all cores; beside growth in proportion from 1000."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for subjects in SUBJECTS:
            found = in_child(
                "growth", Path(folder), states=75, subjects=subjects,
                observations=FEW_TIMES, observed=FEW_STATES, relative=RELATIVE,
            )  # fmt: skip
            say(f"{subjects} subjects: {told(found, subjects)}")
            rows.append((subjects, found))
    anchor = dict(rows)[1_000]["cpu"] / 1_000
    return [
        record(
            f"cohort: growth, {subjects} subjects of 75 states",
            "growth in proportion from 1000 subjects",
            anchor * subjects / found["cpu"],
            found["error"],
            "CPU time in proportion to subjects / measured CPU time, all cores",
            seconds=found["cpu"] / subjects,
            peer_seconds=anchor,
            wall_seconds=found["wall"],
            relative_tolerance=RELATIVE,
            subjects=subjects,
            **extras(found),
        )
        for subjects, found in rows
    ]


def extras(found: dict[str, Any]) -> dict[str, float]:
    """What a child tells beside times: seconds to compile, megabytes before, at most, and of the numbers themselves."""
    return {
        "compile_seconds": found["compile"],
        "megabytes_before": found["memory_before"] / MEGABYTE,
        "megabytes": found["memory"] / MEGABYTE,
        "megabytes_of_result": found["bytes_of_result"] / MEGABYTE,
    }


def told(found: dict[str, Any], subjects: int) -> str:
    """One line of what a child found."""
    return (
        f"{found['cpu'] / subjects * 1e3:.3f} ms of CPU a subject, {found['wall']:.1f} s in all, first solution "
        f"{found['compile']:.2f} s, {found['memory'] / MEGABYTE:.0f} MB, {found['memory_before'] / MEGABYTE:.0f} before"
    )


def growth() -> list[Record]:
    """Both."""
    return by_states() + by_subjects()
