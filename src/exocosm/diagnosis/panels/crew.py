"""The same function on many jobs, here or in several processes; the answers are the same either way.

What is said to it is pickled by its parent and read from that parent alone; no file is involved.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import IO, Any, TypeVar

from exocosm.errors import ExocosmError, InputError, SolveError
from exocosm.processes import Crew, channel_of_answers

Shared = TypeVar("Shared")
Job = TypeVar("Job")
Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]

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
    """The jobs, and the answers of the workers who take them."""

    def __init__(self, task: bytes, jobs: list[Any], workers: int) -> None:
        self.task, self.jobs = task, jobs
        self.waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(len(jobs)):
            self.waiting.put(number)
        self.crew: Crew[tuple[int, Any]] = Crew("exocosm.diagnosis.panels.crew", [], workers, self._serve)

    def run(self, progress: Progress | None) -> list[Any]:
        answers: dict[int, Any] = {}

        def done(outcome: tuple[int, Any]) -> None:
            answers[outcome[0]] = outcome[1]
            if progress is not None:
                progress(len(answers), len(self.jobs))

        self.crew.run(len(self.jobs), done)
        return [answers[number] for number in range(len(self.jobs))]

    def _serve(self, process: subprocess.Popen[bytes], complaints: IO[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        # a worker that is dead is told from its silence
        with contextlib.suppress(BrokenPipeError, EOFError):
            process.stdin.write(self.task)
            while not self.crew.stopping.is_set():
                try:
                    number = self.waiting.get_nowait()
                except queue.Empty:
                    break
                pickle.dump(self.jobs[number], process.stdin)
                process.stdin.flush()
                answer, problem = pickle.load(process.stdout)
                self.crew.finished.put((number, answer) if problem is None else problem)
            process.stdin.close()
        if process.wait() and not self.crew.stopping.is_set():
            complaints.seek(0)
            raise SolveError(f"a worker process died: {complaints.read()[-500:].strip() or 'no word'}")


def main(_: list[str]) -> None:
    """Serve the process that started this one, until it says no more."""
    answers = os.fdopen(channel_of_answers(), "wb")
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
