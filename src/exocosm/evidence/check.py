"""The slow examination of a catalogue: units, derived values recomputed, correlations, spreads that can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from exocosm.errors import CheckError, EvidenceError, ExocosmError, Problem, UnitError, nearest
from exocosm.evidence.catalogue import Catalogue
from exocosm.evidence.derived import TOLERANCE, ids_in, is_in_words, parse_formula, recompute
from exocosm.evidence.joint import correlate, joint_groups
from exocosm.evidence.rules import LEVELS, correlated_ids, source_keys
from exocosm.evidence.spread import spread_of

# a normal distribution reaches below zero in more than one of a thousand draws beyond this sd / value
WIDEST_NORMAL = 1.0 / 3.0

# locators that lean on another row, which sorting moves away
LEANING = ("same", "idem", "ibid", "ibid.", "as above", "see above")
STATEMENT = "the source states"  # in the note of an assumption that rests on a source


def check_catalogue(catalogue: Catalogue) -> None:
    """Raise CheckError with everything found by `catalogue_problems`, or return in silence."""
    problems = catalogue_problems(catalogue)
    if problems:
        raise CheckError("catalogue", problems)


def catalogue_problems(catalogue: Catalogue) -> tuple[Problem, ...]:
    """Every fault that needs units or several rows (imports pint, so takes seconds on a large catalogue).

    Units are known and the same kind of thing within a quantity; derived rows are within 1 % of their formula and rest
    on rows that are not derived from them; correlations fit together; every spread can be drawn; a source comes with
    the place in it, an assumption that names a source with what that source states, a measurement with its organism.
    """
    found = [
        *_unit_faults(catalogue),
        *_derived_faults(catalogue),
        *_cycle_faults(catalogue),
        *_spread_faults(catalogue),
        *_source_faults(catalogue),
    ]
    problems = [Problem("catalogue", catalogue.places.get(id, id), f"row '{id}': {fault}") for id, fault in found]
    return (*problems, *_correlation_problems(catalogue))


def _unit_faults(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    from exocosm.units import parse, same_dimension

    for quantity, rows in catalogue.index.items():
        sound = []
        for row in rows:
            try:
                parse(row.unit)
                sound.append(row)
            except UnitError as problem:
                yield row.id, str(problem)
        for row in sound[1:]:
            if quantity != "correlation" and not same_dimension(row.unit, sound[0].unit):
                yield (
                    row.id,
                    f"unit '{row.unit}' measures another kind of thing than '{sound[0].unit}' of '{sound[0].id}', "
                    f"though both are {quantity}; give one of them another quantity name",
                )


def _derived_faults(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for row in catalogue.values:
        if row.method != "derived" or is_in_words(row.formula):
            continue
        try:
            number = recompute(row, catalogue.by_id)
        except EvidenceError as problem:
            yield row.id, str(problem).removeprefix(f"row '{row.id}': ")
            continue
        if abs(number - row.value) > TOLERANCE * max(abs(number), abs(row.value)):
            told = f"its formula gives {number:.5g} {row.unit}, the row says {row.value:.5g}"
            yield row.id, f"{told}: more than {TOLERANCE:.0%} apart"


def _cycle_faults(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    needs: dict[str, tuple[str, ...]] = {}
    for row in catalogue.values:
        if row.method == "derived" and not is_in_words(row.formula):
            try:
                needs[row.id] = ids_in(parse_formula(row.formula))
            except EvidenceError:
                continue  # reported where the formula is recomputed
    for start in needs:
        reached, waiting = set[str](), list(needs[start])
        while waiting:
            id = waiting.pop()
            if id not in reached:
                reached.add(id)
                waiting += needs.get(id, ())
        if start in reached:
            yield start, f"is derived from itself by way of {', '.join(sorted(reached & set(needs)))}"


def _spread_faults(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    from exocosm.units import dimension

    for row in catalogue.values:
        try:
            spread = spread_of(row)
            counted = bool(dimension(row.unit))
        except ExocosmError:
            continue  # reported by the rules of loading and by the units
        widest = float(np.hypot(spread.uncertainty_below, spread.variability))
        if row.distribution == "normal" and counted and row.value > 0 and widest > WIDEST_NORMAL * row.value:
            yield row.id, "a normal distribution this wide reaches below zero; write lognormal"


def _source_faults(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for row in catalogue.values:
        if source_keys(row) and row.locator.strip().casefold() in {"", *LEANING}:
            told = f"locator '{row.locator}' leans on another row" if row.locator else "has a source but no locator"
            yield row.id, f"{told}; write the table, figure, page or file, or 'place in the source not recorded'"
        if row.method == "assumed" and source_keys(row) and STATEMENT not in row.note:
            yield row.id, f"assumed, but has a source; say in the note what it states: '{STATEMENT} a limit: below 5'"
        if row.method.startswith("measured") and not row.organism and "organism" not in row.note:
            yield row.id, "measured, but in no organism; name it, or write in the note why there is none"


def _correlation_problems(catalogue: Catalogue) -> Iterator[Problem]:
    sound = []
    for row in catalogue.values:
        faults = []
        if row.quantity == "correlation":
            for id in correlated_ids(row):
                if id not in catalogue.by_id:
                    faults.append(f"names the row '{id}', unknown ({nearest(id, catalogue.by_id)})")
                elif catalogue.by_id[id].joint != row.joint:
                    faults.append(f"is of group '{row.joint}', its row '{id}' of '{catalogue.by_id[id].joint}'")
        if not faults:
            sound.append(row)
        for fault in faults:
            yield Problem("catalogue", catalogue.places.get(row.id, row.id), f"correlation '{row.id}' {fault}")
    correlations = [row for row in sound if row.quantity == "correlation"]
    for first, second in combinations(correlations, 2):
        if first.label == second.label and set(correlated_ids(first)) == set(correlated_ids(second)):
            message = f"'{first.id}' and '{second.id}' state the same correlation; keep one"
            yield Problem("catalogue", catalogue.places.get(second.id, second.id), message)
            return
    for name, group in joint_groups(sound).items():
        for level in LEVELS:
            try:
                correlate(group, np.zeros(len(group.ids)), level)
            except EvidenceError as problem:
                yield Problem("catalogue", f"joint group '{name}'", str(problem))
