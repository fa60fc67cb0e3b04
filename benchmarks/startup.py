"""From a compiled network model to the first solution in a fresh process, without and with the cache of its code."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.child import in_child
from benchmarks.peers import roadrunner_version
from benchmarks.records import Record, record, say

CASES = ("body", "75")
TITLES = {"body": "shipped body model, 95 states", "75": "made-up model, 75 states"}
RELATIVE = 1e-5
PEER_RELATIVE = 1e-6  # much the same error
ROUNDS = 3


def startup() -> list[Record]:
    """Cold, warm, and libRoadRunner (from SBML), in turns."""
    records = []
    for case in CASES:
        turns: dict[str, list[dict[str, float]]] = {"cold": [], "warm": [], "peer": []}
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                cache = Path(folder)
                for kind in ("cold", "warm"):
                    turns[kind].append(in_child("start", cache, case_name=case, relative=RELATIVE))
                turns["peer"].append(in_child("peer_start", cache, case_name=case, relative=PEER_RELATIVE))
            say(
                f"{TITLES[case]}: first solution after "
                + ", ".join(f"{k} {t[-1]['seconds']:.2f} s" for k, t in turns.items())
            )
        seconds = {kind: statistics.median(one["seconds"] for one in turn) for kind, turn in turns.items()}
        records += [
            record(
                f"cohort: {TITLES[case]}, first solution, {kind} start",
                roadrunner_version(),
                seconds["peer"] / seconds[kind],
                turns[kind][0]["error"],
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
