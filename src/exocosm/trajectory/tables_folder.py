"""A result that is tables, as a folder: the study as it was read, one CSV per table, the recipe and the sources."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.errors import InputError
from exocosm.files import atomic_folder, write_atomic

if TYPE_CHECKING:
    import pandas as pd


def save_tables(
    folder: str | Path,
    text: str,
    tables: Mapping[str, pd.DataFrame],
    recipe: Mapping[str, Any],
    bibliography: str,
    *,
    overwrite: bool,
    known_by: str,
    what: str,
) -> Path:
    """Write a result into a new folder, whole or not at all; returns its path.

    overwrite: replace an earlier result of this kind, which is known by its table `known_by`.  what: for the message.
    """
    target = Path(folder)
    if target.exists():
        if not (overwrite and (target / "recipe.json").is_file() and (target / f"{known_by}.csv").is_file()):
            raise InputError(
                f"'{target}' exists already; name another folder, or say --overwrite to replace a {what} result"
            )
        shutil.rmtree(target)
    with atomic_folder(target) as place:
        write_atomic(place / "study.yaml", text)
        for name, table in tables.items():
            write_atomic(place / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        write_atomic(place / "recipe.json", json.dumps(dict(recipe), indent=1, sort_keys=True) + "\n")
        write_atomic(place / "sources.bib", bibliography)
    return target
