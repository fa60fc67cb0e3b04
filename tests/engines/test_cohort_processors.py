"""Code for other processors: what runs here without wide vectors, and what can at least be compiled for elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from exam_models import TIGHT, decay
from test_cohort_cohorts import MIXED, SCHEDULE, drawn

from exocosm.engines import cohort, reference
from exocosm.engines.cohort import driver, library, native
from exocosm.engines.cohort.equations import system_of
from exocosm.engines.cohort.kernels import model_kernels, plan_kernels
from exocosm.engines.cohort.translate import translate
from exocosm.engines.contract import Schedule

needs_code = pytest.mark.skipif(not native.is_available(), reason="no code can be generated here")
here = native.processor() if native.is_available() else native.Processor("", "", "", 1)
NARROW = ",".join(f"-{name}" for name in ("avx512f", "avx2", "avx", "fma", "sse4.2", "sse4.1", "ssse3", "sse3"))
FACADE = import_module("exocosm.engines.cohort.solve")  # its package gives the function under this name
FROM_LIBM = {"pow", "floor"}
ELSEWHERE = {
    "aarch64-unknown-linux-gnu": "generic",
    "arm64-apple-darwin": "apple-m1",
    "x86_64-pc-windows-msvc": "x86-64",
    "x86_64-unknown-linux-gnu": "x86-64",
    "x86_64-apple-darwin": "haswell",
}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine as if it had nothing beyond SSE2."""
    if not here.triple.startswith("x86_64"):
        pytest.skip("this is no x86-64 processor")
    monkeypatch.setattr(native, "processor", lambda: replace(here, name="x86-64", features=NARROW, lanes=2))
    monkeypatch.setattr(FACADE, "processor", native.processor)
    monkeypatch.setattr(library, "_LOADED", {})
    yield


@needs_code
@pytest.mark.usefixtures("narrow")
def test_a_processor_with_sse2_alone_gives_the_same_to_tolerance() -> None:
    ours = cohort.solve(MIXED, drawn(5), SCHEDULE, TIGHT, threads=1)
    one = cohort.solve(MIXED, drawn(5), SCHEDULE, TIGHT, threads=1, lanes=1)
    four = cohort.solve(MIXED, drawn(5), SCHEDULE, TIGHT, threads=1, lanes=4)
    theirs = reference.solve(MIXED, drawn(5), SCHEDULE, TIGHT)
    assert np.array_equal(ours.values, one.values) and np.array_equal(one.values, four.values)
    assert np.allclose(ours.values, theirs.values, rtol=1e-7, atol=1e-9)
    assert [event.name for event in ours.events] == [event.name for event in theirs.events]


@needs_code
@pytest.mark.usefixtures("narrow")
def test_code_for_sse2_has_no_wide_instruction() -> None:
    import llvmlite.binding as llvm

    target = native._target_machine(native.processor())
    assembly = target.emit_assembly(llvm.parse_assembly(texts(4)["model"]))
    assert "mulpd" in assembly and not re.search(r"\bv(mul|fmadd|add)[^\s]*pd|\bymm\d", assembly)


def texts(lanes: int) -> dict[str, str]:
    equations = MIXED.equations
    assert equations is not None
    observables = [equations.observable(text) for text in ("blood^gut + exp(log(clock))", "hill(blood, ka, n)", "time")]
    doses = [equations.observable("amount")], [equations.observable("blood < 1")]
    return {
        "model": model_kernels(system_of(MIXED), 3, lanes).text,
        "plan": plan_kernels(equations.lowering, observables, *doses, lanes).text,
        "driver": translate(driver.FUNCTIONS),
    }


@needs_code
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("triple", ELSEWHERE)
def test_code_for_other_machines_needs_the_mathematical_library_alone(triple: str, lanes: int) -> None:
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = native.Processor(triple, ELSEWHERE[triple], "", lanes)
    for name, text in texts(lanes).items():
        assert native.compile_text(text, target, optimise=name == "driver")
        module = llvm.parse_assembly(text)
        assembly = native._target_machine(target).emit_assembly(module)
        own = {function.name for function in module.functions}
        called = set(
            re.findall(r"^\s*(?:callq?|bl|jmp|b)\s+\"?_?([A-Za-z][\w.]*)(?:@PLT)?\"?\s*(?:#.*)?$", assembly, re.M)
        )
        called = {one for one in called if not one.startswith(("LBB", "L", ".L"))}
        assert called - own <= FROM_LIBM, name


@needs_code
def test_object_code_for_windows_names_nothing_that_is_not_there() -> None:
    """Undefined symbols of a COFF file: section number 0, storage class external."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    for text in texts(2).values():
        code = native.compile_text(text, native.Processor("x86_64-pc-windows-msvc", "x86-64", "", 2), optimise=False)
        assert undefined(code) <= FROM_LIBM


def undefined(coff: bytes) -> set[str]:
    first, count = int.from_bytes(coff[8:12], "little"), int.from_bytes(coff[12:16], "little")
    names = coff[first + 18 * count :]
    found, place = set(), 0
    while place < count:
        entry = coff[first + 18 * place : first + 18 * place + 18]
        start = int.from_bytes(entry[4:8], "little")
        name = entry[:8] if entry[:4] != b"\0\0\0\0" else names[start : names.index(b"\0", start)]
        if int.from_bytes(entry[12:14], "little") == 0 and entry[16] == 2:
            found.add(name.rstrip(b"\0").decode())
        place += 1 + entry[17]
    return found


@pytest.mark.parametrize("problem", [ImportError, OSError, RuntimeError])
def test_where_no_code_can_be_made_the_reference_engine_does_the_work(
    problem: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise problem("not here")

    monkeypatch.setattr(native, "processor", fail)
    assert not native.is_available()
    schedule = Schedule(2.0, (0.5, 2.0))
    ours = cohort.solve(decay(), {"k": [1.0, 2.0]}, schedule, threads=2)
    theirs = reference.solve(decay(), {"k": [1.0, 2.0]}, schedule)
    assert np.array_equal(ours.values, theirs.values) and ours.steps == theirs.steps
    assert ours.statuses == theirs.statuses
