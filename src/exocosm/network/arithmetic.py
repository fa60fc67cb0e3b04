"""Arithmetic that never raises: what a division by zero or a logarithm of zero gives inside a model.

A solver may step a rounding error below zero, and a rate may be asked for where it has no value; the answer is then an
IEEE infinity or not-a-number, which the solver rejects by itself, instead of an exception in the middle of a step.
"""

from __future__ import annotations

import math

INFINITY = math.inf
NOT_A_NUMBER = math.nan
AVOGADRO = 6.02214076e14  # molecule per nmol, exact by the definition of the mole


def divide(numerator: float, denominator: float) -> float:
    """numerator / denominator; x/0 is an infinity of the sign of x, 0/0 is not a number."""
    if denominator != 0.0:
        try:
            return numerator / denominator
        except OverflowError:
            return math.copysign(INFINITY, numerator) * math.copysign(1.0, denominator)
    if numerator == 0.0 or math.isnan(numerator) or math.isnan(denominator):
        return NOT_A_NUMBER
    return math.copysign(INFINITY, numerator) * math.copysign(1.0, denominator)


def power(base: float, exponent: float) -> float:
    """base ^ exponent; a negative base under a fractional exponent counts as 0 (a state just below zero)."""
    if base < 0.0 and not exponent.is_integer():
        base = 0.0
    if base == 0.0 and exponent < 0.0:
        return INFINITY
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -INFINITY if base < 0.0 and exponent % 2.0 == 1.0 else INFINITY


def hill(x: float, half: float, steepness: float) -> float:
    """x^n / (K^n + x^n), with x below zero taken as zero."""
    ratio = power(divide(max(x, 0.0), half), steepness)
    return 1.0 if ratio == INFINITY else divide(ratio, 1.0 + ratio)


def exp(x: float) -> float:
    """e^x; infinity where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return INFINITY


def log(x: float) -> float:
    """Natural logarithm; -infinity at zero, not a number below."""
    if x > 0.0:
        return math.log(x)
    return -INFINITY if x == 0.0 else NOT_A_NUMBER


def sqrt(x: float) -> float:
    """Square root; zero below zero (a state just below zero), as `power` with exponent 0.5."""
    return NOT_A_NUMBER if math.isnan(x) else math.sqrt(max(x, 0.0))
