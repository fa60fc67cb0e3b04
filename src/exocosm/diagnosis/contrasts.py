"""Which classes are compared: as a person writes it, or every pair of classes."""

from __future__ import annotations

import re
from itertools import combinations

from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.errors import InputError, nearest

# words of the class that cases are compared with; matched as whole words, whatever the case
CONTROL_WORDS = (
    "healthy", "health", "normal", "control", "controls", "ctrl", "ctl", "con", "hc", "nc", "hd", "nd", "wt",
    "wildtype", "donor", "donors", "non cancer", "noncancer", "cancer free", "benign", "negative", "unaffected", "n",
    "baseline", "before", "pre", "untreated", "vehicle", "mock", "placebo",
)  # fmt: skip
ABSENT = ("0", "no", "false", "neg", "absent")  # as whole labels: without what the others have
SPLIT = re.compile(r"[^a-z0-9]+")


def read_contrast(text: str, dataset: Dataset) -> Contrast:
    """`case:control`, each a label or several joined by `+` (`CRC+PDAC:healthy`); case of letters does not matter.

    Raises InputError for what is no pair, for labels that nobody has (with the nearest), or one label on both sides.
    """
    known = list(dataset.classes)
    sides = text.split(":") if text.count(":") == 1 else _sides(text, known)
    if sides is None or len(sides) != 2 or not all(side.strip() for side in sides):
        raise InputError(f"a contrast is written CASE:CONTROL, with the labels {', '.join(known)}; found '{text}'")
    cases, controls = (_labels(side, known) for side in sides)
    both = sorted(set(cases) & set(controls))
    if both:
        raise InputError(f"contrast '{text}': '{both[0]}' stands on both sides")
    return Contrast(cases, controls)


def every_contrast(dataset: Dataset) -> tuple[Contrast, ...]:
    """Every pair of classes, what looks like a control on the control side; pairs with a control come first."""
    names = list(dataset.classes)
    if len(names) < 2:
        raise InputError(f"the labels name one class only ('{names[0] if names else ''}'); two are needed to compare")
    pairs = []
    for one, other in combinations(names, 2):
        case, control = (other, one) if is_control(one) and not is_control(other) else (one, other)
        pairs.append(Contrast((case,), (control,)))
    return tuple(sorted(pairs, key=lambda pair: not is_control(pair.controls[0])))


def is_control(label: str) -> bool:
    """Whether a label is that of a comparison class, by its words (`Healthy Control`, `NC`, `WT2`)."""
    words = [word.rstrip("0123456789") for word in SPLIT.split(label.casefold()) if word]
    if label.strip().casefold() in ABSENT:
        return True
    return any(word in CONTROL_WORDS for word in words) or " ".join(words) in CONTROL_WORDS


def _sides(text: str, known: list[str]) -> list[str] | None:
    """The two sides of a contrast whose labels themselves hold colons."""
    for place, letter in enumerate(text):
        if letter == ":":
            left, right = text[:place], text[place + 1 :]
            if {left.strip().casefold(), right.strip().casefold()} <= {name.casefold() for name in known}:
                return [left, right]
    return None


def _labels(side: str, known: list[str]) -> tuple[str, ...]:
    whole = _named(side.strip(), known)
    if whole is not None:
        return (whole,)
    found = []
    for part in side.split("+"):
        name = _named(part.strip(), known)
        if name is None:
            raise InputError(f"no sample has the label '{part.strip()}'; {nearest(part.strip(), known)}")
        found.append(name)
    return tuple(dict.fromkeys(found))


def _named(text: str, known: list[str]) -> str | None:
    exact = [name for name in known if name == text]
    loose = [name for name in known if name.casefold() == text.casefold()]
    return exact[0] if exact else loose[0] if len(loose) == 1 else None
