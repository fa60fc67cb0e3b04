"""A small sound study, as text, for tests that plant one error in it; and where the examples stand."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "from_papers"


@pytest.fixture
def sound() -> str:
    return (Path(__file__).parent / "sound.yaml").read_text()


@pytest.fixture
def examples() -> Path:
    return EXAMPLES
