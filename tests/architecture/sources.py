"""The files of the repository, read once for the tests of architecture."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "exocosm"
TOP_FOLDERS = ("src", "tests", "docs", "examples", "calibrations", "benchmarks", ".ci")
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """A path as it is shown in messages and test ids."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def all_files() -> Iterator[Path]:
    """Every text file that belongs to the repository."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file():
            yield path
    for folder in TOP_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


@cache
def layer_table() -> dict[str, frozenset[str]]:
    """Layer -> the layers that it may import, from the table of docs/architecture.md, in its order."""
    table: dict[str, frozenset[str]] = {}
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `") or len(cells) != 3:
            continue
        (layer,) = re.findall(r"`(\w+)`", cells[0])
        allowed = set(table) if cells[2] == "all above" else set(re.findall(r"`(\w+)`", cells[2]))
        assert allowed or cells[2] == "nothing", f"{layer}: cannot read '{cells[2]}'"
        assert allowed <= set(table), f"{layer} may import {allowed - set(table)}, which stand below it"
        table[layer] = frozenset(allowed)
    return table


def layer_of(module: str) -> str:
    """The layer of a dotted module name; the package itself is the layer `exocosm`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] not in ("__init__", "__main__") else "exocosm"


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a module imports, wherever in the module."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are absolute"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
