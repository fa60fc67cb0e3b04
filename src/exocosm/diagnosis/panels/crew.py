"""The same function on many jobs, here or in several processes; the answers are the same either way.

A worker is a program of its own rather than a fork or a spawn of the caller: nothing of a user's script or notebook is
run again.  What is said to it is pickled by its parent and read from that parent alone; no file is involved.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import exocosm
from exocosm.errors import ExocosmError, InputError, SolveError

Shared = TypeVar("Shared")
Job = TypeVar("Job")
Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]

# what a worker is started with; the package may lie where only this process looks for it
PROGRAM = "import sys; sys.path.append(sys.argv[1]); from exocosm.diagnosis.panels.crew import main; main()"
MOST_WORKERS = 256


def each(
    function: Callable[[Shared, Job], Answer], shared: Shared, jobs: Sequence[Job], workers: int = 1,
    progress: Progress | None = None,
) -> list[Answer]:  # fmt: skip
    """`function(shared, job)` for every job, in their order.

    function: one of a module, so that a worker finds it.  progress: called with (done, all) in this thread.
    Raises what the function raises, and SolveError if a worker process dies.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"workers: {workers} is not between 1 and {MOST_WORKERS}")
    count = min(workers, len(jobs))
    if count <= 1 or not sys.executable:
        from threadpoolctl import threadpool_limits

        answers = []
        # sums of one thread only, as in the workers: their last digits depend on how many share the work
        with threadpool_limits(limits=1):
            for job in jobs:
                answers.append(function(shared, job))
                if progress is not None:
                    progress(len(answers), len(jobs))
        return answers
    return _Crew(pickle.dumps((function, shared)), list(jobs), count).run(progress)


class _Crew:
    """Worker processes, each fed by a thread that hands it the next job as soon as it is free."""

    def __init__(self, task: bytes, jobs: list[Any], workers: int) -> None:
        self.task, self.jobs = task, jobs
        self.waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(len(jobs)):
            self.waiting.put(number)
        self.finished: queue.SimpleQueue[tuple[int, Any] | Exception] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(workers)]

    def run(self, progress: Progress | None) -> list[Any]:
        answers: list[Any] = [None] * len(self.jobs)
        for thread in self.threads:
            thread.start()
        try:
            for done in range(1, len(self.jobs) + 1):
                outcome = self.finished.get()
                if isinstance(outcome, Exception):
                    raise outcome
                answers[outcome[0]] = outcome[1]
                if progress is not None:
                    progress(done, len(self.jobs))
        finally:
            self.stopping.set()
            for process in self.processes:
                process.terminate()
            for thread in self.threads:
                thread.join()
        return answers

    def _feed(self) -> None:
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        command = [sys.executable, "-c", PROGRAM, str(Path(exocosm.__file__).parent.parent)]
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
                process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
                    env={**os.environ, **single},
                )  # fmt: skip
                self.processes.append(process)
                with process:
                    self._serve(process)
                    if process.wait() and not self.stopping.is_set():
                        complaints.seek(0)
                        raise SolveError(f"a worker process died: {complaints.read()[-500:].strip() or 'no word'}")
        except OSError as problem:  # no process, no pipe, no temporary file
            reason = (problem.strerror or str(problem)).lower()
            self.finished.put(InputError(f"no worker process can be started: {reason}; use one worker"))
        except Exception as problem:
            self.finished.put(problem)

    def _serve(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        # a worker that is dead is told from its silence
        with contextlib.suppress(BrokenPipeError, EOFError):
            process.stdin.write(self.task)
            while not self.stopping.is_set():
                try:
                    number = self.waiting.get_nowait()
                except queue.Empty:
                    break
                pickle.dump(self.jobs[number], process.stdin)
                process.stdin.flush()
                answer, problem = pickle.load(process.stdout)
                self.finished.put((number, answer) if problem is None else problem)
            process.stdin.close()


def main() -> None:
    """Serve the process that started this one, until it says no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody; the caller says when to end
    # libraries of numerics may print to the standard output; the answers go out on a channel of their own
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(0, "rb", closefd=False) as stream:
        function, shared = pickle.load(stream)
        while True:
            try:
                job = pickle.load(stream)
            except EOFError:
                return
            answer: Any = None
            problem: Exception | None = None
            try:
                answer = function(shared, job)
            except ExocosmError as found:
                problem = found
            except Exception:  # a bug: the caller must show all of it
                problem = RuntimeError(traceback.format_exc())
            pickle.dump((answer, problem), answers)
            answers.flush()
