"""Saying how far a run is: a bar with the time left on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

LINES = 10  # plain lines over a whole run


@contextlib.contextmanager
def progress_of(title: str, total: int, finished: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """A function to call with the amount of work done; written to the error stream, so that output can be piped."""
    if not shown or finished >= total:
        yield lambda amount: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal or console.is_jupyter:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("runs"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(title, total=total, completed=finished)
            yield lambda amount: bar.advance(task, amount)
    else:
        yield _lines(title, total, finished)


def _lines(title: str, total: int, finished: int) -> Callable[[int], None]:
    started, first, done = time.monotonic(), finished, finished
    said = LINES * finished // total

    def advance(amount: int) -> None:
        nonlocal done, said
        done += amount
        if LINES * done // total > said:
            said = LINES * done // total
            left = (time.monotonic() - started) / (done - first) * (total - done)
            print(f"{title}: {done} of {total} runs, about {_spoken(left)} left", file=sys.stderr, flush=True)

    return advance


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
