"""Which tests run, and under what conditions: nothing here is timed, and chance is the same everywhere in CI."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")  # no window is ever opened, on any machine

SLOW_SAMPLE = 4  # `--slow sample` takes every fourth slow test

# no deadline: a busy machine is not a fault of the code
settings.register_profile("exocosm", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("exocosm")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --slow: which of the tests marked slow run."""
    parser.addoption(
        "--slow",
        choices=("none", "sample", "all"),
        default="none",
        help="which of the tests marked slow run (default: none); a marker expression (-m) overrules it",
    )


def slow_left_out(slow: list[str], choice: str) -> set[str]:
    """The slow tests (by id) that do not run; the sample is the same at every run."""
    if choice == "all":
        return set()
    chosen = sorted(slow)[::SLOW_SAMPLE] if choice == "sample" else []
    return set(slow) - set(chosen)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect slow tests as --slow says."""
    if config.option.markexpr:
        return
    slow = [item.nodeid for item in items if item.get_closest_marker("slow")]
    out = slow_left_out(slow, config.getoption("--slow"))
    if out:
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in out])
        items[:] = [item for item in items if item.nodeid not in out]
