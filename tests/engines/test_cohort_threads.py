"""Threads: a run can be stopped in the middle, two runs go on side by side, progress is told."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from exam_models import decay, model

from exocosm.engines import cohort
from exocosm.engines.cohort.native import is_available
from exocosm.engines.contract import Schedule, Tolerances

pytestmark = pytest.mark.skipif(not is_available(), reason="no code can be generated here")

SPIN = model(variables={"x": ("w * y", 1), "y": ("-w * x", 0)}, parameters="w")
SCHEDULE = Schedule(10.0, (5.0, 10.0))
ENDLESS = 10_000  # subjects; each takes some tenths of a second


class Stopped(BaseException):
    """As KeyboardInterrupt, which pytest would take for its own."""


@pytest.mark.parametrize("kind", [Stopped, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_run_stops_in_the_middle_and_leaves_the_engine_usable(kind: type[BaseException], threads: int) -> None:
    before = cohort.solve(decay(), {"k": [1.0, 2.0]}, SCHEDULE, threads=2)
    running = threading.active_count()
    seen: list[float] = []

    def interrupt(_: int) -> None:
        seen.append(time.monotonic())
        if len(seen) == 4:
            raise kind

    with pytest.raises(kind):
        cohort.solve(SPIN, {"w": np.full(ENDLESS, 1e4)}, SCHEDULE, threads=threads, progress=interrupt)
    # not timed for speed: the whole cohort would take an hour
    assert time.monotonic() - seen[-1] < 1.0
    assert threading.active_count() == running
    after = cohort.solve(decay(), {"k": [1.0, 2.0]}, SCHEDULE, threads=2)
    assert np.array_equal(before.values, after.values)


PRESSED = """
import signal, threading, time
import numpy as np
from exam_models import decay
from exocosm.engines import cohort
from test_cohort_threads import ENDLESS, SCHEDULE, SPIN

started = threading.Event()

def press():
    started.wait()
    for pause in (0.2, 0.0, 0.001):  # an impatient user
        time.sleep(pause)
        signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for programs in the background
cohort.solve(SPIN, {"w": 1.0}, SCHEDULE)
presser = threading.Thread(target=press)
presser.start()
caught = 0
try:
    cohort.solve(SPIN, {"w": np.full(ENDLESS, 1e4)}, SCHEDULE, threads=2, progress=lambda _: started.set())
except KeyboardInterrupt:
    caught += 1
while presser.is_alive():
    try:
        time.sleep(0.05)
    except KeyboardInterrupt:
        caught += 1
assert caught
for place in range(20):
    rubbish = [np.full(1000, 1e300) for _ in range(1000)]  # memory that nobody may write to any more
    assert cohort.solve(decay(), {"k": 1.0}, SCHEDULE).statuses[0].message == ""
    assert all((one == 1e300).all() for one in rubbish)
print("usable")
"""


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Ctrl-C is heard, also where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("presses", [1, 3])
def test_control_c_waits_for_the_code_that_runs(presses: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays are given up only when nobody writes to them any more, however often the key is pressed."""
    facade = import_module("exocosm.engines.cohort.solve")  # its package gives the function under this name
    events: list[str] = []
    started = threading.Event()

    def run(_: object) -> None:  # in place of machine code that is in the middle of a long step
        started.set()
        time.sleep(1.0)
        events.append("ended")

    def press() -> None:
        started.wait(60)
        for _ in range(presses):
            time.sleep(0.2)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(facade, "driver_library", lambda: SimpleNamespace(function=lambda _: run))
    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        cohort.solve(decay(), {"k": 1.0}, SCHEDULE, threads=1)
    found = list(events)
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline:  # until every press has come and every thread has gone
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(0.05)
    assert found == ["ended"]


def test_control_c_stops_a_run_and_leaves_the_engine_usable() -> None:
    """The signal itself, while the threads are waited for; in a process of its own, for it may crash."""
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    process = subprocess.run(
        [sys.executable, "-c", PRESSED],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (0, "usable\n"), process.stderr[-2000:]


def test_two_runs_at_the_same_time_do_not_touch_each_other() -> None:
    chance = np.random.default_rng(0)
    runs = {
        "spin": (SPIN, {"w": chance.uniform(1, 300, 60)}),
        "decay": (decay("k * x^1.5"), {"k": chance.uniform(0.1, 5, 60)}),
        "grow": (decay("-k * x / (1 + x)"), {"k": chance.uniform(0.1, 5, 60)}),
    }
    tolerances = Tolerances(1e-8)
    alone = {name: cohort.solve(*run, SCHEDULE, tolerances, threads=1) for name, run in runs.items()}
    found: dict[tuple[str, int], np.ndarray] = {}

    def work(name: str, place: int) -> None:
        system, parameters = runs[name]
        found[name, place] = cohort.solve(system, parameters, SCHEDULE, tolerances, threads=2).values

    crew = [threading.Thread(target=work, args=(name, place)) for place in range(4) for name in runs]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    assert len(found) == 12
    for (name, _), values in found.items():
        assert np.array_equal(values, alone[name].values)


def test_more_models_than_stay_in_memory_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that another run pushes out of memory stays for the run that uses it."""
    from exocosm.engines.cohort import library

    monkeypatch.setattr(library, "_MOST_LOADED", 1)
    expected = cohort.solve(SPIN, {"w": np.full(8, 2e3)}, SCHEDULE, threads=1)
    found: list[np.ndarray] = []
    long = threading.Thread(
        target=lambda: found.append(cohort.solve(SPIN, {"w": np.full(8, 2e3)}, SCHEDULE, threads=1).values)
    )
    long.start()
    for place in range(6):
        cohort.solve(decay(f"{place + 1} * k * x"), {"k": 1.0}, SCHEDULE, threads=1)
    long.join()
    assert np.array_equal(found[0], expected.values)


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_is_told_up_to_the_number_of_subjects(threads: int) -> None:
    told: list[int] = []
    cohort.solve(SPIN, {"w": np.full(12, 3e3)}, SCHEDULE, threads=threads, progress=told.append)
    assert told and told == sorted(told) and told[0] >= 0 and told[-1] <= 12
