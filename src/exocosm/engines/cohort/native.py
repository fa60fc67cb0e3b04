"""LLVM text -> machine code of this processor, kept on disk so that a model is compiled once.

A kept file is named by what it was made from: the text of the program that writes the code, the model, the versions
of llvmlite and LLVM, the processor and its features.  It holds a line of facts, a checksum (of its name too) and the
code; one that is damaged or renamed, or that another user made or could have changed, is made anew.  Many processes may
share the folder: files appear whole or not at all.  Where nothing can be written, compilation simply happens each time.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = "EXOCOSM_CACHE"  # environment variable: where compiled code is kept
_FIRST_LINE = b"exocosm compiled code 1\n"
_LARGEST_FILE = 256 * 2**20
_LONG_TEXT = 60_000  # lines: a model of more than some 250 states
_COMPARED, _COMPARED_IN_LONG = 1000, 60
_MOST_FILES = 500  # the oldest are removed beyond
_WRITING = ".writing-"  # how the name of an unfinished file begins
# code with floats names this mark of Microsoft's C library, which code in memory is not linked with
_FLOATS_ON_WINDOWS = "\n@_fltused = global i32 0\n"
_OURS = re.compile(rf"[0-9a-f]{{64}}|{re.escape(_WRITING)}.*")  # the folder may hold other things of its owner


@dataclass(frozen=True)
class Processor:
    """What code is made for.  lanes: doubles per vector that serve best, see docs/engine.md."""

    triple: str
    name: str
    features: str
    lanes: int


def is_available() -> bool:
    """Whether code can be generated here: llvmlite is installed and knows this processor."""
    try:
        processor()
    except (ImportError, OSError, RuntimeError):
        return False
    return True


@lru_cache(maxsize=1)
def processor() -> Processor:
    """This machine's processor, as LLVM names it."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    wide = features.get("avx2", False) and features.get("fma", False)
    # measured: 4 lanes are best with 256-bit registers, and also where 512-bit ones work in two halves
    return Processor(llvm.get_process_triple(), llvm.get_host_cpu_name(), features.flatten(), 4 if wide else 2)


def available_cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


class Library:
    """Machine code in memory: addresses of its functions, and the facts that its maker left with it."""

    def __init__(self, code: bytes, facts: Mapping[str, Any]) -> None:
        import llvmlite.binding as llvm

        self.facts = dict(facts)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine(processor()))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def address(self, function: str) -> int:
        """Where a function stands in memory."""
        found: int = self._engine.get_function_address(function)
        if not found:
            raise KeyError(function)
        return found

    def function(self, name: str) -> Callable[..., None]:
        """A function of one pointer; it runs without the lock of the interpreter."""
        call: Any = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.address(name))
        call.library = self  # the code stays in memory as long as what calls it
        function: Callable[..., None] = call
        return function


def library(content: Sequence[str], write: Callable[[], tuple[str, Mapping[str, Any]]], optimise: bool) -> Library:
    """The code that `write` gives as (LLVM text, facts), or the same code kept from an earlier time.

    content: all that the text depends on, besides this program itself, the versions and the processor.
    optimise: let LLVM rearrange the text first; worth it for text with variables and branches, not for straight lines.
    """
    key = _key(content)
    kept = _read(key)
    if kept is None:
        text, facts = write()
        kept = compile_text(text, processor(), optimise), dict(facts)
        _keep(key, *kept)
    return Library(*kept)


def compile_text(text: str, target: Processor, optimise: bool) -> bytes:
    """The object code of LLVM text for a processor."""
    import llvmlite.binding as llvm

    if "windows" in target.triple:
        text += _FLOATS_ON_WINDOWS
    # before it orders instructions LLVM compares every access to memory with so many others: in long straight lines
    # that takes minutes, and the better order is not worth it
    compared = _COMPARED if text.count("\n") < _LONG_TEXT else _COMPARED_IN_LONG
    llvm.set_option("exocosm", f"--dag-maps-huge-region={compared}")
    module = llvm.parse_assembly(text)
    module.triple = target.triple
    module.verify()
    machine = _target_machine(target)
    if optimise:
        tuning = llvm.create_pipeline_tuning_options(speed_level=2)
        builder = llvm.create_pass_builder(machine, tuning)
        builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


def _target_machine(target: Processor) -> Any:
    import llvmlite.binding as llvm

    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.name, features=target.features, opt=2, reloc="pic", codemodel="jitdefault"
    )


def _key(content: Sequence[str]) -> str:
    import llvmlite
    import llvmlite.binding as llvm

    made_for = processor()
    parts = [
        *content, program_hash(), llvmlite.__version__, str(llvm.llvm_version_info),
        made_for.triple, made_for.name, made_for.features,
    ]  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@lru_cache(maxsize=1)
def program_hash() -> str:
    """A hash of the program text that writes code: engines and network."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted([*root.glob("engines/**/*.py"), *root.glob("network/*.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def folder() -> Path | None:
    """Where code is kept: $EXOCOSM_CACHE, or the user's cache folder; None where that is not this user's own."""
    given = os.environ.get(FOLDER)
    try:
        if given:
            path = Path(given)
        elif sys.platform == "win32":
            path = Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "exocosm" / "code"
        else:
            path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "exocosm" / "code"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path if _is_own(path.stat()) else None
    except (OSError, RuntimeError):  # RuntimeError: this user has no home
        return None


def _is_own(status: os.stat_result) -> bool:
    """Whether nobody else can have written there: who can, runs code as this user."""
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _read(key: str) -> tuple[bytes, dict[str, Any]] | None:
    place = folder()
    if place is None:
        return None
    try:
        path = place / key
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not _is_own(status) or status.st_size > _LARGEST_FILE:
                return None
            first, facts, checksum, code = stream.read().split(b"\n", 3)
        if first + b"\n" != _FIRST_LINE or _checksum(key, facts, code) != checksum:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used lately
        found: dict[str, Any] = json.loads(facts)
    except (OSError, ValueError):
        return None
    return code, found


def _checksum(key: str, facts: bytes, code: bytes) -> bytes:
    return hashlib.sha256(b"\n".join((key.encode(), facts, code))).hexdigest().encode()


def _keep(key: str, code: bytes, facts: Mapping[str, Any]) -> None:
    place = folder()
    if place is None:
        return
    line = json.dumps(dict(facts), sort_keys=True).encode()
    with contextlib.suppress(OSError):  # a full disk costs a compilation next time, nothing else
        # of this user alone from the start, whatever rights new files get otherwise
        handle, temporary = tempfile.mkstemp(dir=place, prefix=_WRITING)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(_FIRST_LINE + line + b"\n" + _checksum(key, line, code) + b"\n" + code)
            Path(temporary).replace(place / key)
        finally:
            Path(temporary).unlink(missing_ok=True)
        files = [path for path in place.iterdir() if _OURS.fullmatch(path.name)]
        files.sort(key=lambda path: path.stat().st_mtime)
        for old in files[: max(0, len(files) - _MOST_FILES)]:
            old.unlink(missing_ok=True)
