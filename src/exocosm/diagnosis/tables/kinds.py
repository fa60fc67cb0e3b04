"""Of what kind the numbers of a table are, and which of them say 'not detected'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import cast

import numpy as np

from exocosm.diagnosis.dataset import KINDS, Kind, Note
from exocosm.errors import InputError, nearest

_LOOKED = 1_000_000  # numbers
_CYCLES = (5.0, 50.0)  # of qPCR
_LAST_CYCLES = (28.0, 50.0)  # among which the last one is looked for
_BEHIND_LAST = 0.1  # of the numbers at most are above the last cycle
_CODES = (0.0, -1.0, 99.0, 100.0, 999.0, 9999.0)  # that programs write for 'no cycle'
_LEAST_PILE = 3
_PILE_SHARE = 0.003
_PILE_HEIGHT = 6.0  # times what values nearby have
_LOG_MAXIMUM = 40.0
_WHOLE = 0.8  # of numbers above zero, of estimated counts
_WIDE = 100.0  # what counts reach
_INTENSE = 1000.0  # what spectra of a protein are not counted to, on the median
_EVEN = 1e-3  # by which sums of samples may differ where they were made equal


def kind_of_numbers(
    values: np.ndarray, undetected: np.ndarray, feature_kinds: Sequence[str], hint: str, asked: str, notes: list[Note]
) -> Kind:
    """The kind of the numbers (samples, features): as asked, by the program that wrote them (hint), else by their look.

    Errors: InputError for an unknown kind, and where there is no number.
    """
    if asked and asked not in KINDS:
        raise InputError(f"'{asked}' is no kind of numbers; {nearest(asked, KINDS)}")
    looked = values.ravel()
    if looked.size > _LOOKED:
        looked = looked[:: looked.size // _LOOKED | 1]  # an odd step does not stay within some columns
    numbers = looked[~np.isnan(looked)]
    if not numbers.size:
        numbers = values[~np.isnan(values)]
    if not numbers.size:
        raise InputError("no labelled sample has a number; is the right part of the table matched to the labels?")
    seen, why = _seen(numbers, int(undetected.sum()), feature_kinds, hint)
    if not asked:
        notes.append(Note("kind", f"{KINDS[seen]} ({seen}): {why}"))
        kind = seen
    else:
        kind = cast(Kind, asked)
        differs = "" if kind == seen else f"; by their look they would be {seen} ({why})"
        notes.append(Note("kind", f"{KINDS[kind]} ({kind}), as asked{differs}", serious=bool(differs)))
    _tell_scale(kind, values, numbers, notes)
    return kind


def _seen(numbers: np.ndarray, undetected: int, feature_kinds: Sequence[str], hint: str) -> tuple[Kind, str]:
    if hint:
        return "protein_intensities", hint
    low, high, middle = float(numbers.min()), float(numbers.max()), float(np.median(numbers))
    span = f"from {low:.6g} to {high:.6g}"
    proteins = Counter(feature_kinds)["protein"] > len(feature_kinds) / 2
    whole = float((numbers == np.round(numbers)).mean())
    cycles = numbers[~np.isin(numbers, _CODES)]
    within = float(((cycles >= _CYCLES[0]) & (cycles <= _CYCLES[1])).mean()) if cycles.size else 0.0
    broken = float((cycles != np.round(cycles)).mean()) if cycles.size else 0.0
    counted = Counter(feature_kinds)
    mirnas = counted["mirna"] + counted["precursor"] > len(feature_kinds) / 2
    piles = piles_of(cycles) if within > 0.9 else {}
    # the last cycle is behind nearly all others; what was filled in for missing logarithms is not
    last = {value: count for value, count in piles.items() if (cycles > value).mean() <= _BEHIND_LAST}
    if within > 0.9 and not proteins and (broken > 0.3 or undetected or (last and mirnas)):
        if last or undetected:
            pile = f"{', '.join(f'{value:g} stands {count} times' for value, count in last.items())}"
            words = f"{undetected} cells say 'not detected' in words" if undetected else ""
            return "ct", f"{within:.0%} lie between 5 and 50 cycles, and {' and '.join(x for x in (pile, words) if x)}"
        if mirnas and middle >= 20 and high > 25:
            half = f"half of them above {middle:.1f}"
            return "ct", f"{within:.0%} lie between 5 and 50 cycles, {half}, though no value repeats"
    above = numbers[numbers > 0]
    if proteins and low >= 0 and above.size and float(np.median(above)) >= _INTENSE:
        return "protein_intensities", f"the features are proteins and the numbers go {span}"
    if whole == 1 and low >= 0 and (high >= _WIDE or (numbers == 0).mean() > 0.05):
        return "counts", f"all are whole numbers, {span}"
    if low >= 0 and high >= _WIDE and above.size and (above == np.round(above)).mean() >= _WHOLE:
        part = float((above != np.round(above)).mean())
        return "counts", f"whole numbers but for {part:.1%} of them (estimated counts), {span}"
    if low < 0 or high <= _LOG_MAXIMUM:
        return "log_expression", f"{span}" + (
            ", with negative values" if low < 0 else ", too narrow for a linear scale"
        )
    return "expression", f"broken numbers, {span}"


def _tell_scale(kind: Kind, values: np.ndarray, numbers: np.ndarray, notes: list[Note]) -> None:
    """What was done to the numbers before, as far as it shows."""
    negative = float((numbers < 0).mean())
    if negative and kind != "log_expression":
        notes.append(Note("normalised", f"{negative:.1%} of the numbers are negative, which {kind} cannot be",
                          serious=True))  # fmt: skip
    elif negative > 0.2:
        notes.append(
            Note(
                "normalised",
                f"{negative:.0%} of the numbers are negative: values were centred, scaled or are differences "
                "(if they are differences of cycles, more means less: say kind: ct)",
                serious=True,
            )
        )
    if kind in ("counts", "expression") and values.shape[0] > 2 and values.shape[1] > 2:
        sums = np.nansum(values, axis=1)
        if sums.min() > 0 and np.ptp(sums) <= _EVEN * sums.mean():
            notes.append(Note("normalised", f"every sample adds up to {sums.mean():,.0f}: the numbers are shares (CPM, "
                              "TPM), so one feature that rises lowers all others"))  # fmt: skip
    if kind == "log_expression" and float(np.median(numbers)) >= 15 and numbers.min() >= 5:
        notes.append(Note("kind", "if these are cycles of qPCR (more cycles, less of it), say kind: ct", serious=True))
    if kind == "log_expression" and values.shape[0] > 2 and values.shape[1] >= 50 and not np.isnan(values).any():
        ordered = np.sort(values, axis=1)
        if np.ptp(ordered, axis=0).max() <= 1e-6 * max(1.0, float(np.abs(values).max())):
            notes.append(Note("normalised", "every sample has the same distribution of values: quantile normalisation"))


def piles_of(cycles: np.ndarray) -> dict[float, int]:
    """Cycles that stand far more often than those near them, the most frequent first: where a machine stopped."""
    found, counts = np.unique(cycles, return_counts=True)
    least = max(_LEAST_PILE, _PILE_SHARE * cycles.size)
    piles = {}
    for value, count in zip(found, counts, strict=True):
        if not _LAST_CYCLES[0] <= value <= _LAST_CYCLES[1] or count < least:
            continue
        near = counts[(np.abs(found - value) <= 1.0) & (found != value)]
        if count >= _PILE_HEIGHT * (float(np.median(near)) if near.size else 0.0):
            piles[float(value)] = int(count)
    return dict(sorted(piles.items(), key=lambda pile: -pile[1]))


def censored_of(
    values: np.ndarray, undetected: np.ndarray, kind: Kind, feature_kinds: Sequence[str], asked: str, notes: list[Note]
) -> tuple[np.ndarray, np.ndarray]:
    """(values, censored): where a feature was not detected, with the limit (Ct: the last cycle) or NaN there.

    asked: what stands for 'not detected': a number, 'NA' (empty cells), or '' to recognise it.
    Errors: InputError if `asked` is neither.
    """
    values, censored = values.copy(), undetected.copy()
    empty = np.isnan(values) & ~censored
    if asked:
        _as_asked(values, censored, empty, kind, asked, notes)
    elif kind == "ct":
        _cycles(values, censored, empty, notes)
    elif kind == "protein_intensities":
        zero = values == 0
        values[zero] = np.nan
        censored |= zero | empty
        notes.append(
            Note(
                "undetected",
                f"{zero.sum()} zeros and {empty.sum()} empty cells of {values.size} say that a protein was "
                "not found; they are not missing at random, since the scarce ones go first",
            )
        )
    elif kind == "log_expression" and Counter(feature_kinds)["protein"] > len(feature_kinds) / 2 and empty.any():
        censored |= empty
        notes.append(Note("undetected", f"{empty.sum()} empty cells of {values.size} are taken as proteins not found"))
    elif kind in ("counts", "expression"):
        zero = int((values == 0).sum())
        if zero:
            notes.append(Note("undetected", f"{zero} of {values.size} numbers ({zero / values.size:.1%}) are zero: "
                              "not detected, but zero is what was measured, so they are kept as numbers"))  # fmt: skip
    left = np.isnan(values) & ~censored
    if left.any():
        notes.append(Note("missing", f"{left.sum()} of {values.size} cells are empty: nothing was measured there"))
    if undetected.any() and kind != "ct":
        notes.append(Note("undetected", f"{undetected.sum()} cells say in words that nothing was detected"))
    return values, censored


def _as_asked(
    values: np.ndarray, censored: np.ndarray, empty: np.ndarray, kind: Kind, asked: str, notes: list[Note]
) -> None:
    if asked.casefold() in ("na", "nan", "empty"):
        censored |= empty
        notes.append(Note("undetected", f"{empty.sum()} empty cells are taken as not detected, as asked"))
        return
    try:
        limit = float(asked)
    except ValueError:
        raise InputError(f"undetected is '{asked}'; expected a number or 'NA'") from None
    beyond = values >= limit if kind == "ct" else values <= limit
    values[beyond] = limit
    censored |= beyond
    side = "and above" if kind == "ct" else "and below"
    notes.append(
        Note("undetected", f"{beyond.sum()} of {values.size} numbers are {limit:g} {side}, not detected as asked")
    )


def _cycles(values: np.ndarray, censored: np.ndarray, empty: np.ndarray, notes: list[Note]) -> None:
    """Cycles at which nothing was detected: those where many pile up, words, codes such as 0; else empty cells."""
    coded = np.isin(values, _CODES)
    if coded.any():
        codes = ", ".join(f"{value:g}" for value in np.unique(values[coded]))
        notes.append(Note("undetected", f"{coded.sum()} cells hold {codes}, which no cycle is: taken as not detected"))
    values[coded] = np.nan
    censored |= coded
    piles = piles_of(values[~np.isnan(values) & ~censored])
    # of piles of which none is small the lowest is the limit of some plates at least
    limit = next(iter(piles), np.nan)
    words = int((censored & ~coded).sum())
    if piles:
        at = values == limit
        beyond = values > limit
        values[beyond | at] = limit
        notes.append(
            Note(
                "undetected",
                f"{limit:g} cycles stand {at.sum()} times in {values.size} cells, far more often than any "
                "value nearby: taken as not detected"
                + (f"; {beyond.sum()} later ones (up to the run's end) as well" if beyond.any() else ""),
            )
        )
        censored |= at | beyond
        lower = {value: count for value, count in piles.items() if value < limit}
        if lower:
            shown = ", ".join(f"{value:g} ({count} times)" for value, count in lower.items())
            notes.append(
                Note(
                    "undetected",
                    f"other cycles pile up as well: {shown}; they are kept as measured; if plates stopped "
                    "there, say so by undetected",
                    serious=True,
                )
            )
    if words:
        known = np.isnan(values) & censored
        values[known] = limit
        notes.append(Note("undetected", f"{words} cells say in words that nothing was detected"
                          + ("" if piles else "; the last cycle is not told")))  # fmt: skip
    if not piles and not words and not coded.any() and empty.any():
        censored |= empty
        notes.append(
            Note(
                "undetected",
                f"{empty.sum()} of {values.size} cells are empty and no cycle stands for 'not detected': "
                "the empty cells are taken as not detected (some may be failed wells)",
                serious=True,
            )
        )
