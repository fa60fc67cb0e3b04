"""The same answers here and in workers; what goes wrong there is told here."""

from __future__ import annotations

import operator
import signal

import pytest

from exocosm.accuracy.shares import predictive_values, proportion
from exocosm.diagnosis.panels.crew import each
from exocosm.errors import InputError, SolveError


def test_answers_come_in_the_order_of_the_jobs() -> None:
    # functions of installed modules, so that a worker finds them
    jobs = [float(number) for number in range(10, 30)]
    here, there = (each(proportion, 5.0, jobs, workers) for workers in (1, 3))
    assert here == there == [proportion(5.0, job) for job in jobs]


def test_a_finding_of_a_worker_is_raised_here() -> None:
    for workers in (1, 2):
        with pytest.raises(InputError, match="is no share"):
            each(proportion, 5.0, [10.0, 2.0, 7.0], workers)


def test_a_bug_in_a_worker_is_shown_whole() -> None:
    with pytest.raises(RuntimeError, match="missing 1 required positional argument"):
        each(predictive_values, 0.5, [0.5, 0.5], 2)  # type: ignore[arg-type]


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(SolveError, match="a worker process died"):
        each(operator.call, signal.raise_signal, [signal.SIGTERM, signal.SIGTERM], 2)
