"""What one cell of a table says: a number, nothing, 'not detected', or a word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

State = Literal["number", "missing", "undetected", "word"]

_MISSING = frozenset([
    "na", "n/a", "nan", "null", "none", "nil", "nul", "missing", "not_available", "unknown", ".", "-", "--", "–",
    "—", "?", "*", "#n/a", "#na", "n.a.", "n.a", "<na>", "nd/na", "filtered", "fail", "failed", "inf", "+inf",
    "infinity",
]) | {"", "not available", "not measured"}  # fmt: skip
_ERRORS = frozenset([
    "#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#error!", "#spill!",
])  # fmt: skip
_UNDETECTED = frozenset([
    "undetermined", "undetected", "undet", "undet.", "nd", "n.d.", "n.d", "n/d", "und", "notdetected",
    "not_detected", "noct", "no_ct", "noamp", "no_amp", "bdl", "b.d.l.", "bql", "blod", "blq", "lod", "<lod",
    "<loq", "<lloq", "below_lod", "-inf", "-infinity", "absent",
]) | {
    "not detected", "not determined", "no ct", "no cq", "no amp", "no amplification", "below detection",
    "below lod", "below detection limit", "no signal", "undetermined ct",
}  # fmt: skip
_NO_WORD = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "<na>", "n.a."})  # where - and none may be answers
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?\Z", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z", re.ASCII)
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+\Z", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?\Z", re.ASCII)
_LIMIT = re.compile(r"([<>≤≥])=?\s*(\S+)\Z")
_MANY_POINTS = 5
NOTHING = float("nan")


def meaning(cell: str, comma: str = "") -> tuple[State, float]:
    """What a cell says, with its number (the limit for '<0.5' and '>40'; NaN if there is none).

    comma: 'decimal' if 3,14 is a number, 'thousands' if 1,234 is one, 'points' if 1.234 is one thousand and more.
    """
    text = cell.strip().strip('"').strip()
    if comma == "points" and _POINTS.match(text):
        text = text.replace(".", "")
    if _NUMBER.match(text):
        return "number", _value(text)
    known = text.casefold()
    if known in _UNDETECTED:
        return "undetected", NOTHING
    if known in _MISSING or known in _ERRORS:
        return "missing", NOTHING
    number = _with_comma(text, comma)
    if number is not None:
        return "number", number
    limit = _LIMIT.match(text)
    if limit is not None:
        state, value = meaning(limit[2], comma) if len(limit[2]) < len(text) else ("word", NOTHING)
        if state == "number":
            return "undetected", value
    return "word", NOTHING


def is_missing(cell: str) -> bool:
    """True for an empty cell and for the words that stand for one."""
    text = cell.strip().casefold()
    return text in _MISSING or text in _ERRORS


def is_unanswered(cell: str) -> bool:
    """True for an empty cell and NA; not for words that may be a class or an answer (`-`, `none`, `unknown`)."""
    return cell.strip().casefold() in _NO_WORD


def comma_of(cells: Iterable[str], delimiter: str) -> tuple[str, bool]:
    """What marks inside numbers mean: 'decimal', 'thousands', 'points' or '', and whether that is sure."""
    grouped = pointed = whole = 0
    broken = False  # whether any point or number without one speaks against points between thousands
    for cell in cells:
        if "," not in cell:
            if "." in cell:
                pointed += 1
                broken = broken or not _POINTS.match(cell.strip())
            elif cell.isdigit():
                whole += 1
                broken = broken or len(cell) > 3
            continue
        text = cell.strip().strip('"').strip()
        thousands = bool(_THOUSANDS.match(text))
        if _COMMA.match(text) and (not thousands or text.lstrip("+-").startswith("0")):
            return "decimal", True
        if thousands and (text.count(",") > 1 or "." in text):
            return "thousands", True
        grouped += thousands
    if grouped:
        return ("decimal" if delimiter == ";" else "thousands"), False
    # 1.234 beside 56, never 1.2 and never 1234: the points of German and Spanish spreadsheets
    if pointed >= _MANY_POINTS and whole and not broken and delimiter != ",":
        return "points", False
    return "", True


def _with_comma(text: str, comma: str) -> float | None:
    if comma == "decimal" and _COMMA.match(text):
        return _value(text.replace(",", "."))
    if comma == "thousands" and _THOUSANDS.match(text):
        return _value(text.replace(",", ""))
    return None


def _value(text: str) -> float:
    if text[-1].isdigit() and ("d" in text or "D" in text):  # Fortran's exponents
        text = text.replace("d", "e").replace("D", "e")
    number = float(text)
    return number if abs(number) < float("inf") else NOTHING
