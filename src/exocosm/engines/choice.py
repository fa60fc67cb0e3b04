"""Which engine is asked for, which one that is on this machine, and what its numbers rest on besides the study."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from exocosm.engines.contract import Solution
from exocosm.errors import InputError, nearest

AUTOMATIC, COHORT, REFERENCE = "automatic", "cohort", "reference"
ENGINES = (AUTOMATIC, COHORT, REFERENCE)


def engine_of(word: str) -> str:
    """The engine that a word means here; `automatic`: the cohort engine where code can be generated, else the other.

    Errors: InputError for a word that is none of ENGINES, and for `cohort` where no code can be generated.
    """
    from exocosm.engines.cohort.native import is_available

    if word not in ENGINES:
        raise InputError(f"there is no engine '{word}'; {nearest(word, ENGINES)}")
    if word == REFERENCE:
        return REFERENCE
    if is_available():
        return COHORT
    if word == COHORT:
        raise InputError(
            "the cohort engine cannot run here: llvmlite, which generates its code, is missing or does not know this "
            f"processor; install llvmlite, or ask for the engine `{REFERENCE}` or `{AUTOMATIC}`"
        )
    return REFERENCE


def solver_of(engine: str) -> Callable[..., Solution]:
    """The function of an engine that solves, by the contract of `engines.contract`."""
    from exocosm.engines import cohort, reference

    return cohort.solve if engine == COHORT else reference.solve


def engine_versions(engine: str) -> dict[str, str]:
    """What the last digits of an engine's numbers depend on: of the cohort engine llvmlite, LLVM and the processor."""
    if engine != COHORT:
        return {}
    import llvmlite
    import llvmlite.binding as llvm

    from exocosm.engines.cohort.native import processor

    made_for = processor()
    # one name stands for machines that differ in what they can do, for example virtual ones
    features = hashlib.sha256(made_for.features.encode()).hexdigest()[:8]
    return {
        "llvmlite": llvmlite.__version__,
        "llvm": ".".join(map(str, llvm.llvm_version_info)),
        "processor": f"{made_for.name} ({made_for.triple}, features {features})",
    }
