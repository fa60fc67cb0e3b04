"""What exocosm says when it cannot go on: what happened, where, what was expected, what to do.

Every error that a user can cause is an `ExocosmError`; anything else that surfaces is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

LEAST_HELD = 3  # letters of a word that is looked for inside names
ALMOST = 0.85  # of likeness: a slip of the finger


class ExocosmError(Exception):
    """Base of all errors that a user can mend.  `str(error)` is the whole message."""


class InputError(ExocosmError):
    """A file or an argument is not what it must be."""


class EvidenceError(ExocosmError):
    """A value is missing, ambiguous, or may not be used as asked."""


class UnitError(ExocosmError):
    """A unit is unknown, or a quantity has the wrong dimension."""


class SolveError(ExocosmError):
    """The solver was asked for something it cannot do (a failing subject is a status, not an error)."""


class Problem:
    """One finding of a check: where it stands and what is wrong with it."""

    __slots__ = ("kind", "message", "where")

    def __init__(self, kind: str, where: str, message: str) -> None:
        self.kind, self.where, self.message = kind, where, message

    def __str__(self) -> str:
        return f"[{self.kind}] {self.where}: {self.message}"

    def __repr__(self) -> str:
        return f"Problem({self.kind!r}, {self.where!r}, {self.message!r})"


class CheckError(ExocosmError):
    """All problems that the checks found, at once."""

    def __init__(self, subject: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(self.problems, 1))
        count = len(self.problems)
        super().__init__(f"{subject}: {count} problem{'s' if count != 1 else ''} found\n{lines}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The half sentence that names the most similar known name, or lists the first few."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    holding = [one for one in names if len(name) >= LEAST_HELD and name.casefold() in one.casefold()]
    if holding and not difflib.get_close_matches(name, close, cutoff=ALMOST):
        return f"did you mean {' or '.join(repr(one) for one in holding[:3])}?"
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return "nothing of that kind is known here"
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"known: {shown}"
