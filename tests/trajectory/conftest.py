from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "workflow"))


@pytest.fixture(scope="session")
def tiny_result():
    from tiny_study import TINY

    from exocosm.workflow.run import run

    return run(TINY, workers=1, progress=False)
