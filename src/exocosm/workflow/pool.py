"""Running jobs in this process or in several worker processes; the numbers are the same either way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import IO

from exocosm.engines.cohort.native import available_cores
from exocosm.errors import ExocosmError, InputError, SolveError
from exocosm.files import write_atomic
from exocosm.processes import Crew
from exocosm.study.stored import resolved_to_dict
from exocosm.workflow.chunks import Bench, read_chunk, solve_job, write_chunk
from exocosm.workflow.plan import Plan, observe_times

WORTH_WORKERS = 15.0  # seconds of work left that are worth the start of processes
TELLING_SUBJECTS = 40  # of a job, so that its time tells how long the others take


def missing_jobs(plan: Plan, folder: Path) -> list[int]:
    """The numbers of the jobs whose chunks are not in the folder, or not whole."""
    times = [len(observe_times(study)) for study in plan.studies]
    pairs = zip(plan.jobs, plan.keys, strict=True)
    return [n for n, (job, key) in enumerate(pairs) if read_chunk(folder, key, job, times[job.study]) is None]


def execute(plan: Plan, folder: Path, numbers: Sequence[int], workers: int | None, done: Callable[[int], None]) -> None:
    """Solve the numbered jobs of a plan into `folder`; `done(number)` is called in this thread after each.

    workers: processes (1: this one; None: this one, and one per core as soon as that is seen to pay).
    Raises SolveError where a job cannot be run; the chunks finished before stay.
    """
    waiting, most = deque(numbers), workers or available_cores()
    if workers is None or most == 1 or len(waiting) == 1 or not sys.executable:
        left = sum(plan.jobs[number].subjects for number in waiting)
        bench = Bench(plan, threads=most)
        while waiting:
            number, began = waiting.popleft(), time.monotonic()
            write_chunk(folder, plan.keys[number], solve_job(bench, plan.jobs[number]))
            done(number)
            job = plan.jobs[number]
            left -= job.subjects
            # the first runs of a model wait for its compilation, so that a few of them tell nothing
            telling = job.subjects >= TELLING_SUBJECTS and len(waiting) > 1 and most > 1 and bool(sys.executable)
            if telling and left * (time.monotonic() - began) / job.subjects > WORTH_WORKERS:
                break
    if waiting:
        study_file = folder / "study.json"
        write_atomic(study_file, json.dumps(resolved_to_dict(plan.studies[0])))
        _Crew(study_file, folder, plan, waiting, min(most, len(waiting))).run(done)


class _Crew:
    """The jobs, and the worker processes who take them."""

    def __init__(self, study_file: Path, folder: Path, plan: Plan, numbers: Sequence[int], workers: int) -> None:
        self.folder, self.keys = folder, plan.keys
        self.models = [(job.study, job.arm) for job in plan.jobs]
        self.waiting, self.begun, self.choosing = list(numbers), set[tuple[int, str]](), threading.Lock()
        self.count = len(self.waiting)
        self.crew: Crew[int] = Crew("exocosm.workflow.worker", [str(study_file), str(folder)], workers, self._serve)

    def run(self, done: Callable[[int], None]) -> None:
        self.crew.run(self.count, done)

    def _serve(self, process: subprocess.Popen[bytes], complaints: IO[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        last: int | None = None
        while not self.crew.stopping.is_set():
            number = last = self._next(last)
            if number is None:
                break
            with contextlib.suppress(OSError):  # a dead worker is told from its silence below
                process.stdin.write(f"{number} {self.keys[number]}\n".encode())
                process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                if not self.crew.stopping.is_set():
                    self.crew.finished.put(self._died(process, complaints))
                return
            answer = json.loads(line)
            if answer:
                self.crew.finished.put(_trouble(answer))
                return
            self.crew.finished.put(number)
        with contextlib.suppress(OSError):
            process.stdin.close()

    def _next(self, last: int | None) -> int | None:
        """The next job for a worker: of the model of its last one, else of one that no other worker has compiled."""
        with self.choosing:
            if not self.waiting:
                return None
            same = (each for each in self.waiting if last is not None and self.models[each] == self.models[last])
            fresh = (each for each in self.waiting if self.models[each] not in self.begun)
            number = next(chain(same, fresh, self.waiting))
            self.waiting.remove(number)
            self.begun.add(self.models[number])
            return number

    def _died(self, process: subprocess.Popen[bytes], complaints: IO[str]) -> SolveError:
        code = process.wait()
        complaints.seek(0)
        last = complaints.read()[-1500:].strip()
        return SolveError(
            f"a worker process ended before its time (exit status {code})"
            + (f"; it said last:\n{last}\n" if last else "; the machine may be out of memory. ")
            + f"What was finished is kept in '{self.folder}': run again to go on, with fewer workers if memory is short"
        )


def _trouble(answer: dict[str, str]) -> Exception:
    kinds: dict[str, type[ExocosmError]] = {"input": InputError, "solve": SolveError}
    if answer.get("kind") in kinds:
        return kinds[answer["kind"]](answer["problem"])
    return RuntimeError(f"a worker process failed:\n{answer.get('problem', '')}")
