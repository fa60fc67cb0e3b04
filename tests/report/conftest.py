"""Make the hand-made result importable, and render it once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def page() -> str:
    import invented

    from exocosm.report.html import render_report

    return render_report(invented.result())
