"""What the text of the code must and must not hold."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sources import MODULES, PACKAGE, ROOT, all_files, name_of, tree_of

LONG, TOO_LONG = 400, 700  # lines
WRITTEN_BY_HAND = [path for path in all_files() if path.suffix == ".py"]
# it runs source that it writes itself from a checked expression: indices, floats and the functions of a fixed list
RUNS_GENERATED_SOURCE = PACKAGE / "network" / "program.py"
WITHOUT_NUMBERS = sorted(path for layer in ("mechanisms", "bodies") for path in (PACKAGE / layer).rglob("*.py"))
SMALL = {0, 0.5, 1, 2, 3}
NUMBER_IN_TEXT = re.compile(r"(?<![\w.@}])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
MACHINE_PATH = re.compile(r"(?<![\w.:/~$})-])/(?:work|root|home|Users|mnt|opt|private)/\w")


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("path", WRITTEN_BY_HAND, ids=name_of)
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= TOO_LONG, f"{lines} lines; divide it"
    if lines > LONG:
        warnings.warn(f"{name_of(path)} has {lines} lines, more than {LONG}", UserWarning, stacklevel=1)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_text_is_never_run(path: Path) -> None:
    runs = [
        f"{name_of(path)}:{node.lineno} {ast.unparse(node.func)}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "exec", "builtins.eval", "builtins.exec")
    ]
    assert len(runs) <= (path == RUNS_GENERATED_SOURCE), runs


def public_parts(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Module-level functions and classes and their methods without an underscore before their name.

    Methods of a Protocol are left out: the class says what is expected of whoever has them.
    """
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef) and not any("Protocol" in ast.unparse(base) for base in node.bases):
                yield from (m for m in node.body if isinstance(m, kinds) and not m.name.startswith("_"))


def is_setter_or_overload(node: ast.AST) -> bool:
    return any(ast.unparse(one).endswith((".setter", "overload")) for one in getattr(node, "decorator_list", ()))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_everything_public_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{name_of(path)} has no first line that says what is in it"
    silent = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for node in public_parts(tree)
        if not ast.get_docstring(node) and not is_setter_or_overload(node)
    ]
    assert not silent, "no docstring:\n" + "\n".join(silent)


def docstrings(tree: ast.Module) -> set[int]:
    """Identities of the string constants that are docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, holders) and node.body]
    return {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}


def named_constants(tree: ast.Module, lines: list[str]) -> set[int]:
    """Identities of all nodes in assignments to capital names at module level that have a comment."""
    found: set[int] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            is_named = all(isinstance(target, ast.Name) and target.id.isupper() for target in targets)
            above, here = lines[node.lineno - 2], lines[node.lineno - 1]
            if is_named and (above.lstrip().startswith("#") or "  # " in here):
                found |= {id(inner) for inner in ast.walk(node)}
    return found


@pytest.mark.parametrize("path", WITHOUT_NUMBERS, ids=name_of)
def test_no_biological_number_stands_in_code(path: Path) -> None:
    tree, lines = tree_of(path), path.read_text(encoding="utf-8").splitlines()
    exempt = docstrings(tree) | named_constants(tree, lines)
    wrong = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in exempt or isinstance(node.value, bool):
            continue
        numbers: list[float] = []
        if isinstance(node.value, int | float):
            # whole numbers count, index and bound things; a measured number hardly ever is a small whole one
            numbers = [node.value] if isinstance(node.value, float) or node.value > 1000 else []
        elif isinstance(node.value, str) and " " in node.value:
            numbers = [float(text) for text in NUMBER_IN_TEXT.findall(node.value)]
        wrong += [f"{name_of(path)}:{node.lineno}: {number:g}" for number in numbers if number not in SMALL]
    assert not wrong, "ask the evidence for it, or name it at the top with a comment:\n" + "\n".join(wrong)


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    found = []
    for path in all_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line) and path != Path(__file__):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def locked(name: str) -> dict[str, tuple[str, ...]]:
    """Requirement (name, version, marker) -> its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {
        " ".join(word for word in words if not word.startswith("--hash")): tuple(
            word for word in words if word.startswith("--hash=sha256:")
        )
        for words in lines
    }


def test_locks_agree_and_every_package_has_its_hash() -> None:
    core, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert core and set(core) < set(development)
    for requirement, hashes in development.items():
        assert "==" in requirement and hashes, requirement
    for text in map(" ".join, (core, development)):
        assert "://" not in text and "--index" not in text and "@" not in text
