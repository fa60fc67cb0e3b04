"""Makes `made_recordings`, and `made_files` of the readers, importable by the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parents[1] / "recordings"):
    sys.path.insert(0, str(folder))
