"""What a long diagnosis has finished, kept beside its folder until that is written, so that a kill costs little."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exocosm.diagnosis.panels.null import NullResult
from exocosm.errors import InputError
from exocosm.files import read_text, write_atomic

MAXIMUM_BYTES = 50_000_000
NUMBERS = ("observed", "p", "within_observed", "within_p", "possible")
ARRAYS = ("permuted", "within_permuted")


@dataclass(frozen=True)
class Kept:
    """Nulls of permuted labels that are finished, one file each.  folder: None keeps nothing.

    A file is found again only by the same data, contrast, recipe, settings and version, whose hash is its name.
    """

    folder: Path | None = None

    def null(self, key: str, make: Callable[[], NullResult]) -> NullResult:
        """The null of this key: read if it was finished before, else made and kept."""
        if self.folder is None:
            return make()
        path = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        known = _read(path)
        if known is not None:
            return known
        made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {name: float(getattr(made, name)) for name in NUMBERS}
        content |= {name: [float(one) for one in getattr(made, name)] for name in ARRAYS}
        write_atomic(path, json.dumps(content | {"repeats": made.repeats}))
        return made

    def forget(self) -> None:
        """Remove what was kept, once the diagnosis is written."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _read(path: Path) -> NullResult | None:
    """A null from a file; None if there is none, or if it is damaged and must be made anew."""
    try:
        content = json.loads(read_text(path, MAXIMUM_BYTES))
        found: dict[str, Any] = {name: float(content[name]) for name in NUMBERS}
        found |= {name: np.array(content[name], dtype=np.float64) for name in ARRAYS}
        return NullResult(**found, repeats=int(content["repeats"]))
    except (InputError, ValueError, KeyError, TypeError):
        return None
