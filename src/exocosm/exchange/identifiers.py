"""Names of models as SBML identifiers and back: `vesicle.s1@liver` <-> `vesicle_ds1_aliver`."""

from __future__ import annotations

import re

from exocosm.errors import InputError

_WRITTEN = {"_": "__", ".": "_d", "@": "_a"}
# words that readers of formulas take for constants, in any case; such a name gets an ending that no other has
_TAKEN = frozenset(
    {"time", "avogadro", "pi", "exponentiale", "inf", "infinity", "nan", "notanumber"}
    | {"true", "false", "delay", "rateof"}
)
_ENDING = "_x"
_READ = {written: letter for letter, written in _WRITTEN.items()} | {_ENDING: ""}
_PAIR = re.compile("|".join(_READ))


def identifier(name: str) -> str:
    """The SBML identifier (letters, digits, `_`) of a name of a model; different names give different identifiers.

    `_` is written `__`, `.` is `_d`, `@` is `_a`; a word that SBML reserves gets the ending `_x`.
    """
    written = re.sub(r"[_.@]", lambda match: _WRITTEN[match[0]], name)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", written):
        raise InputError(f"'{name}' cannot be written as an identifier; use letters, digits, '_', '.' and '@'")
    return written + _ENDING if written.lower() in _TAKEN else written


def original(written: str) -> str:
    """The name behind an identifier that `identifier` wrote."""
    return _PAIR.sub(lambda match: _READ[match[0]], written)
