"""Worker processes: how they are started, fed and ended.  What is said to them is up to who starts them.

A worker is a program of its own rather than a fork or a spawn of the caller: nothing of a user's script or notebook is
run again.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Generic, TypeVar

from exocosm.errors import InputError

Outcome = TypeVar("Outcome")

# what a worker is started with; the package may lie where only its starter looks for it
PROGRAM = """import importlib, sys
sys.path.append(sys.argv[1])
importlib.import_module(sys.argv[2]).main(sys.argv[3:])"""
# one numerical thread per worker: more of them would fight for the same cores
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Crew(Generic[Outcome]):
    """Worker processes, each fed by a thread that hands it the next job as soon as it is free.

    module, arguments: `main(arguments)` of the module is what a worker runs.  serve: feeds one worker, in its thread,
    until no job is left or `stopping` is set: (process, what it said on its standard error).  It puts an outcome, or an
    exception, to `finished` for each job; an exception that it raises goes there too.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        workers: int,
        serve: Callable[[subprocess.Popen[bytes], IO[str]], None],
    ) -> None:
        self.command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent.parent), module, *arguments]
        self.serve = serve
        self.finished: queue.SimpleQueue[Outcome | Exception] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(workers)]

    def run(self, number: int, done: Callable[[Outcome], None]) -> None:
        """Take this many outcomes, each to `done` in this thread; then, or when anything is raised, end all workers."""
        for thread in self.threads:
            thread.start()
        try:
            for _ in range(number):
                outcome = self.finished.get()
                if isinstance(outcome, Exception):
                    raise outcome
                done(outcome)
        finally:
            self.stopping.set()
            for process in self.processes:
                process.terminate()
            for thread in self.threads:
                thread.join()

    def _feed(self) -> None:
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
                process = subprocess.Popen(
                    self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
                    env={**os.environ, **_SINGLE},
                )  # fmt: skip
                self.processes.append(process)
                with process:
                    self.serve(process, complaints)
        except OSError as problem:  # no process, no pipe, no temporary file
            reason = (problem.strerror or str(problem)).lower()
            self.finished.put(
                InputError(f"no worker process can be started: {reason}; run with fewer workers, or with one")
            )
        except Exception as problem:
            self.finished.put(problem)


def channel_of_answers() -> int:
    """For a worker as it starts: the file descriptor that its answers go to.

    Libraries of numerics may print to the standard output, so that goes to the standard error from now on.  Ctrl-C
    reaches everybody; it is ignored, as the starter says when to end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers
