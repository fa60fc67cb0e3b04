"""What one row must satisfy by itself to be evidence: rules that need no units and no other row.

The rules are the same for the packaged catalogue and for the values a study brings along.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from exocosm.errors import nearest
from exocosm.evidence.value import DISTRIBUTIONS, METHODS, SPREAD_KINDS, STATUSES, Value

NEEDS_SD = ("between_subject_sd", "standard_error", "unstated_sd")
NEEDS_RANGE = ("between_study_range", "assumed_range")
NEEDS_NO_SOURCE = ("assumed", "model_constant", "derived")
LEVELS = ("between_subject", "uncertainty")  # of a correlation row, written in its `label`

# units in which a fraction is printed as a number up to 100
PERCENT_UNITS = ("percent", "%", "percent_injected_dose", "pctID")


def whole(unit: str) -> float:
    """What a fraction of one is printed as in this unit: 100 for percentages, else 1."""
    return 100.0 if unit.strip() in PERCENT_UNITS else 1.0


def source_keys(value: Value) -> tuple[str, ...]:
    """The bibliography keys of a row; several are separated by semicolons."""
    return tuple(key for part in value.source.split(";") if (key := part.strip()))


def correlated_ids(value: Value) -> tuple[str, ...]:
    """The ids that a correlation row joins: its formula is `id_a, id_b`."""
    return tuple(part.strip() for part in value.formula.split(","))


def row_faults(value: Value) -> tuple[str, ...]:
    """Everything that is wrong with one row by itself, as sentences; empty for a good row."""
    return tuple(_faults(value))


def word_faults(value: Value) -> Iterator[str]:
    """The words of a row that its vocabulary does not know."""
    for word, known, field in (
        (value.method, METHODS, "method"),
        (value.spread_kind, SPREAD_KINDS, "spread_kind"),
        (value.distribution, DISTRIBUTIONS, "distribution"),
        (value.status, STATUSES, "status"),
    ):
        if word not in known:
            yield f"{field} '{word}' is not known; {nearest(word, [name for name in known if name])}"


def _faults(value: Value) -> Iterator[str]:
    yield from word_faults(value)
    yield from _provenance_faults(value)
    yield from _number_faults(value)
    yield from _spread_faults(value)
    yield from _distribution_faults(value)
    if value.quantity == "correlation":
        yield from _correlation_faults(value)


def _provenance_faults(value: Value) -> Iterator[str]:
    if not value.unit:
        yield "unit is empty; write 'dimensionless' for a pure number"
    if value.method in METHODS and value.method not in NEEDS_NO_SOURCE and not source_keys(value):
        yield f"method '{value.method}' needs a source; give its bibliography key, or call the row assumed with a range"
    if value.method == "derived" and not value.formula:
        yield "method 'derived' needs a formula in the ids of other rows, such as '{liver-mass} * {liver-flow}'"
    if value.method == "assumed" and not (value.low is not None and value.high is not None and value.low < value.high):
        yield "method 'assumed' needs a range: low below high, where the value lies with 95 % probability"


def _number_faults(value: Value) -> Iterator[str]:
    for name in ("value", "spread", "low", "high", "between_subject_cv"):
        number = getattr(value, name)
        if number is not None and not math.isfinite(number):
            yield f"{name} {number} is not a finite number"
    if value.low is not None and value.low > value.value:
        yield f"low {value.low:g} is above the value {value.value:g}"
    if value.high is not None and value.high < value.value:
        yield f"high {value.high:g} is below the value {value.value:g}"
    if value.n is not None and value.n < 1:
        yield f"n {value.n} is not a number of subjects; leave it empty if unknown"
    if value.spread is not None and value.spread < 0:
        yield f"spread {value.spread:g} is negative"
    if value.between_subject_cv is not None and not 0 <= value.between_subject_cv <= 10:
        yield f"between_subject_cv {value.between_subject_cv:g} is a fraction, 0.2 for 20 percent; at most 10"


def _spread_faults(value: Value) -> Iterator[str]:
    if value.spread is not None and value.spread_kind == "none":
        yield f"spread {value.spread:g} without a kind; give spread_kind ('unstated_sd' if the source does not say)"
    if (value.low is not None or value.high is not None) and value.spread_kind == "none":
        yield "a range without a kind; give spread_kind 'between_study_range' or 'assumed_range'"
    if value.spread_kind in NEEDS_SD and value.spread is None:
        yield f"spread_kind '{value.spread_kind}' needs the number in 'spread'"
    if value.spread_kind in NEEDS_RANGE and (value.low is None or value.high is None):
        yield f"spread_kind '{value.spread_kind}' needs both 'low' and 'high'"
    if value.spread_kind == "between_subject_sd" and value.between_subject_cv is not None:
        yield "between_subject_sd and between_subject_cv say the same thing twice; keep one"


def _distribution_faults(value: Value) -> Iterator[str]:
    spread = value.spread_kind != "none" or value.between_subject_cv is not None
    if value.distribution == "fixed" and spread and value.quantity != "correlation":  # correlations are not drawn
        yield "distribution 'fixed' with a spread; say how it is distributed (lognormal for most positive quantities)"
    if value.distribution in {"uniform", "loguniform"} and value.spread_kind not in NEEDS_RANGE:
        yield f"distribution '{value.distribution}' needs a range as its spread_kind"
    lowest = value.low if value.low is not None and value.spread_kind in NEEDS_RANGE else value.value
    if value.distribution in {"lognormal", "loguniform"} and min(value.value, lowest) <= 0:
        yield f"distribution '{value.distribution}' needs a value and a low limit above zero"
    if value.distribution == "logitnormal":
        top = whole(value.unit)
        highest = value.high if value.high is not None and value.spread_kind in NEEDS_RANGE else value.value
        if not 0 < min(value.value, lowest) <= max(value.value, highest) < top:
            yield f"distribution 'logitnormal' needs a value and limits between 0 and {top:g}, both excluded"


def _correlation_faults(value: Value) -> Iterator[str]:
    if len(correlated_ids(value)) != 2 or len(set(correlated_ids(value))) != 2 or not all(correlated_ids(value)):
        yield "a correlation needs the formula 'id_a, id_b', two different ids"
    if value.label not in LEVELS:
        yield f"a correlation says in 'label' which level it joins: {' or '.join(LEVELS)}"
    if not -1 < value.value < 1:
        yield f"correlation {value.value:g} is not between -1 and 1; if one value follows from the other, derive it"
    if not value.joint:
        yield "a correlation needs the joint group of the two rows in 'joint'"
