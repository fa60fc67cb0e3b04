"""From a compiled network model to the first solution in a fresh process, without and with the cache of its code."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.cases import case_of
from benchmarks.child import in_child
from benchmarks.cohort import truth_of
from benchmarks.errors import root_mean_square
from benchmarks.peers import roadrunner_version
from benchmarks.records import Record, record, say

CASES = ("body", "75")
RELATIVE = 1e-5
PEER_RELATIVE = 1e-6  # much the same error
ROUNDS = 3


def startup() -> list[Record]:
    """Cold, warm, and libRoadRunner (from SBML), in turns."""
    records = []
    for name in CASES:
        case = case_of(name)
        truth = truth_of(case, 1)
        assert case.peaks is not None
        turns: dict[str, list[dict[str, float]]] = {"cold": [], "warm": [], "peer": []}
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                cache, output = Path(folder), f"{folder}/values.npy"
                own = {"case_name": name, "relative": RELATIVE, "peaks": case.peaks.tolist(), "output": output}
                for kind in ("cold", "warm"):
                    spent = in_child("start", cache, **own)
                    turns[kind].append(spent | {"error": root_mean_square(np.load(output), truth)})
                turns["peer"].append(in_child("peer_start", cache, case_name=name, relative=PEER_RELATIVE))
            last = ", ".join(f"{kind} {turn[-1]['seconds']:.2f} s" for kind, turn in turns.items())
            say(f"{case.name}: first solution: {last}")
        seconds = {kind: statistics.median(one["seconds"] for one in turn) for kind, turn in turns.items()}
        records += [
            record(
                f"cohort: {case.name}, first solution, {kind} start",
                roadrunner_version(),
                seconds["peer"] / seconds[kind],
                turns[kind][-1]["error"],
                "wall time in a fresh process from the model to the first solution of one subject",
                seconds=seconds[kind],
                peer_seconds=seconds["peer"],
                cpu_seconds=statistics.median(one["cpu"] for one in turns[kind]),
                relative_tolerance=RELATIVE,
                peer_relative_tolerance=PEER_RELATIVE,
                subjects=1,
                rounds=ROUNDS,
            )
            for kind in ("cold", "warm")
        ]
    return records
