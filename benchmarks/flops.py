"""The largest rate at which one core multiplies and adds: a loop of independent fused operations, through LLVM."""

from __future__ import annotations

import ctypes
import time

ACCUMULATORS = 12  # enough to hide the latency of the operation
LANES = 4
UNROLLED = 4
TURNS = 2_000_000


def fused_multiply_adds_per_second(rounds: int = 5) -> float:
    """Multiply-adds of doubles per CPU second on one core, the best of the rounds."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
    )
    module = llvm.parse_assembly(loop_text())
    module.verify()
    with llvm.create_mcjit_compiler(module, machine) as engine:
        engine.finalize_object()
        run = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(engine.get_function_address("loop"))
        run(TURNS // 10)
        best = float("inf")
        for _ in range(rounds):
            start = time.thread_time()
            run(TURNS)
            best = min(best, time.thread_time() - start)
    return TURNS * UNROLLED * ACCUMULATORS * LANES / best


def loop_text() -> str:
    """LLVM text of `double loop(i64 turns)`: ACCUMULATORS vectors, each x <- x a + b, UNROLLED times in a turn."""
    vector = f"<{LANES} x double>"
    names = range(ACCUMULATORS)
    a, b = (f"<{', '.join(['double ' + text] * LANES)}>" for text in ("0x3FEFFFFDE7210BE9", "0x3EB0C6F7A0B5ED8D"))
    body = [
        f"  %x{place}.{step + 1} = call {vector} @fma({vector} %x{place}.{step}, {vector} {a}, {vector} {b})"
        for step in range(UNROLLED)
        for place in names
    ]
    starts = [f"  %x{place}.0 = phi {vector} [ {a}, %entry ], [ %x{place}.{UNROLLED}, %turn ]" for place in names]
    sums = [f"  %s0 = fadd {vector} %x0.{UNROLLED}, {b}"]
    sums += [f"  %s{place} = fadd {vector} %s{place - 1}, %x{place}.{UNROLLED}" for place in range(1, ACCUMULATORS)]
    text = [
        f"declare {vector} @fma({vector}, {vector}, {vector})",
        "define double @loop(i64 %turns) {",
        "entry:",
        "  br label %turn",
        "turn:",
        "  %i = phi i64 [ 0, %entry ], [ %j, %turn ]",
        *starts,
        *body,
        "  %j = add i64 %i, 1",
        "  %more = icmp slt i64 %j, %turns",
        "  br i1 %more, label %turn, label %done",
        "done:",
        *sums,
        f"  %first = extractelement {vector} %s{ACCUMULATORS - 1}, i32 0",
        "  ret double %first",
        "}",
    ]
    return "\n".join(text).replace("@fma", f"@llvm.fma.v{LANES}f64")
