"""Who may import whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources import MODULES, PACKAGE, imported, layer_of, layer_table, name_of

VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "stuff"}
NUMERICS = {"numpy", "scipy", "pandas", "xarray", "math", "random"}


def dotted(path: Path) -> str:
    return ".".join(("exocosm", *path.relative_to(PACKAGE).with_suffix("").parts))


def test_table_of_layers_and_folders_agree() -> None:
    present = {layer_of(dotted(path)) for path in MODULES}
    assert set(layer_table()) == present


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_up_the_table(path: Path) -> None:
    own = layer_of(dotted(path))
    allowed = layer_table()[own] | {own}
    wrong = []
    for line, name in imported(path):
        if name.split(".")[0] != "exocosm" or name == "exocosm" or name.startswith("exocosm.__"):
            continue  # the bare package is there whenever any part of it is
        if layer_of(name) not in allowed:
            wrong.append(f"{name_of(path)}:{line} imports {name}")
    assert not wrong, f"{own} may import {', '.join(sorted(allowed))}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_names_of_modules_say_what_is_in_them(path: Path) -> None:
    assert not VAGUE & set(path.relative_to(PACKAGE).with_suffix("").parts)


@pytest.mark.parametrize("path", sorted((PACKAGE / "mechanisms").rglob("*.py")), ids=name_of)
def test_mechanisms_hold_no_numerics(path: Path) -> None:
    assert not [name for _, name in imported(path) if name.split(".")[0] in NUMERICS]


def test_only_one_module_defines_each_mechanism() -> None:
    for path in (PACKAGE / "mechanisms").rglob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n@mechanism(") <= 1, f"{name_of(path)}: one file, one mechanism"
