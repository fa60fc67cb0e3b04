"""Why single draws could not be done, and how often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# not those of names and steps
_A_NUMBER = re.compile(r"(?<![\w'-])(?<!step )\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def reasons_counted(reasons: Sequence[str]) -> dict[str, int]:
    """How often each reason was met, the most frequent first; reasons that differ in their numbers only are one."""
    first: dict[str, str] = {}
    kinds = [_A_NUMBER.sub("#", reason) for reason in reasons]
    for kind, reason in zip(kinds, reasons, strict=True):
        first.setdefault(kind, reason)
    return {first[kind]: number for kind, number in Counter(kinds).most_common()}
