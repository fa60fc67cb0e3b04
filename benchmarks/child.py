"""What must be measured in a fresh process: `python -m benchmarks.child '{"task": ..., ...}'` prints JSON."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KILOBYTE = 1 if sys.platform == "darwin" else 1024  # in which unit the system counts the largest resident set
ROUNDS, ENOUGH = 5, 4.0  # turns of a cohort, and the seconds after which there is no further one
GOOD = 1e-7  # tolerance of the reference engine: with more, large models take minutes


def in_child(task: str, cache: Path, **arguments: Any) -> dict[str, Any]:
    """Run a task in a fresh process of Python with a folder for compiled code."""
    words = [sys.executable, "-m", "benchmarks.child", json.dumps({"task": task, **arguments})]
    environment = {**os.environ, "EXOCOSM_CACHE": str(cache)}
    done = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def start(case_name: str, relative: float, peaks: list[float], output: str) -> dict[str, Any]:
    """From a compiled network model to the first solution of one subject, which goes into the file `output`."""
    import numpy as np

    from benchmarks.cases import case_of
    from benchmarks.peers import by_cohort_engine

    case = case_of(case_name)
    case.peaks = np.array(peaks)
    one = case.cut(0, 1)
    wall, cpu = time.perf_counter(), time.process_time()
    values = by_cohort_engine(case, one, relative).values
    spent = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    np.save(output, values)
    return spent


def peer_start(case_name: str, relative: float) -> dict[str, Any]:
    """The same for libRoadRunner: from the text of the exported model to the first solution."""
    from benchmarks.cases import case_of
    from benchmarks.peers import load_roadrunner, sbml_of

    case = case_of(case_name)
    sbml = sbml_of(case)
    wall, cpu = time.perf_counter(), time.process_time()
    runner = load_roadrunner(sbml, case)
    runner.integrator.setValue("relative_tolerance", relative)
    runner.simulate(times=[case.schedule.start, *case.schedule.observe_times])
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def growth(states: int, subjects: int, observations: int, observed: int, relative: float) -> dict[str, Any]:
    """Compile, then solve a cohort with all cores; the largest memory, and the error of the first subject."""
    from dataclasses import replace

    from benchmarks.cases import made_up_case
    from benchmarks.errors import root_mean_square
    from benchmarks.peers import by_cohort_engine, by_reference_engine, peaks_of

    case = all_states = made_up_case(states, subjects, observations)
    if observed:  # spread over the model
        case = replace(case, observe=case.observe[:: states // observed][:observed])
    one = case.cut(0, 1)
    case.peaks = peaks_of(by_reference_engine(all_states, one, GOOD).values)
    begun = time.perf_counter()
    by_cohort_engine(case, one, relative)
    compiling = time.perf_counter() - begun
    before = peak_memory()
    turns = []
    while not turns or (len(turns) < ROUNDS and sum(turn[1] for turn in turns) < ENOUGH):
        wall, cpu = time.perf_counter(), time.process_time()
        values = by_cohort_engine(case, case.parameters, relative, threads=None).values
        turns.append((time.process_time() - cpu, time.perf_counter() - wall))
    spent: dict[str, Any] = {"cpu": median(turn[0] for turn in turns), "wall": median(turn[1] for turn in turns)}
    spent |= {"compile": compiling, "memory_before": before, "memory": peak_memory(), "bytes_of_result": values.nbytes}
    return spent | {"error": root_mean_square(values[:1], by_reference_engine(case, one, GOOD).values)}


def peak_memory() -> int:
    """The largest resident set of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():  # what getrusage tells on Linux begins with the memory of the parent process
        lines = status.read_text(encoding="utf-8").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE


TASKS = {"start": start, "peer_start": peer_start, "growth": growth}

if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(TASKS[asked.pop("task")](**asked)))
