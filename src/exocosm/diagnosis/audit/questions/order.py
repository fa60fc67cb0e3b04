"""Do the classes follow one another in blocks, in the order of processing, of accession or of the file?"""

from __future__ import annotations

import numpy as np

from exocosm.diagnosis.audit.association import auc, holm, rank_sum_p
from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.grouping import columns_of
from exocosm.diagnosis.audit.orderings import (
    Order,
    Runs,
    names_say_class,
    orders_of,
    runs_of,
    sorted_classes,
    sorted_names,
)  # fmt: skip
from exocosm.diagnosis.audit.thresholds import BLOCKS_FATAL, FATAL_LEVEL, LEVEL
from exocosm.diagnosis.audit.wording import chance
from exocosm.diagnosis.dataset import Contrast, Dataset

NAME = "order"
TITLE = "The class against the order of the samples"
PLACE = 30
ACCEPTABLE = True  # accession numbers may have been given by class after randomised runs
MOST_BLOCKS_SHOWN = 4


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Runs test (Wald-Wolfowitz, exact) and rank test of the class in every order that the samples have."""
    within = dataset.of(contrast)
    orders = orders_of(within)
    handled = bool(columns_of(within, "technical"))
    known = handled or any(one.origin == "processing" for one in orders)
    tested = [(one, runs_of(sorted_classes(within, contrast, one))) for one in orders]
    cases = contrast.is_case(within.labels).to_numpy(bool)
    drift = [rank_sum_p(one.places, cases) for one in orders]
    counted = [index for index, one in enumerate(orders) if one.origin != "file"]
    adjusted = dict(zip(counted, holm([2 * min(tested[i][1].p, drift[i]) for i in counted]), strict=True))
    return [
        _finding(within, contrast, order, runs, adjusted.get(index, 1.0), drift[index], known)
        for index, (order, runs) in enumerate(tested)
    ]


def coincides(runs: Runs) -> bool:
    """The classes are blocks of the order: two blocks, or three where that is rarer than one in a hundred."""
    return (runs.count == 2 and runs.p < LEVEL) or (runs.count <= BLOCKS_FATAL and runs.p < FATAL_LEVEL)


def _finding(
    within: Dataset,
    contrast: Contrast,
    order: Order,
    runs: Runs,
    adjusted: float,
    drift: float,
    known: bool,
) -> Finding:
    cases = contrast.is_case(within.labels).to_numpy(bool)
    numbers = {"runs": float(runs.count), "runs_expected": runs.expected, "p_runs": runs.p, "p_rank": drift,
               "auc_place": auc(order.places, cases)}  # fmt: skip
    counted = f"{runs.count} blocks where chance would give about {runs.expected:.0f} ({chance(runs.p)})"
    if order.origin == "file":
        return _of_the_file(within, cases, runs, counted, numbers)
    if not coincides(runs):
        if adjusted >= LEVEL:
            sentence = f"By {order.name} the classes are mixed: {counted}."
            return Finding(NAME, "fine", sentence, numbers)
        how = counted if runs.p <= drift else (
            f"cases come {'later' if numbers['auc_place'] > 0.5 else 'earlier'} (AUC of the place "
            f"{numbers['auc_place']:.2f}, {chance(drift)})")  # fmt: skip
        sentence = f"By {order.name} the classes are not well mixed: {how}."
        advice = "The order may hide a grouping, such as plates or sequencing pools: ask, and give it as a column."
        return Finding(NAME, "caveat", sentence, numbers, advice=advice)
    blocks = _blocks(within, order, runs)
    if order.origin == "processing":
        sentence = (f"By {order.name} the classes were handled one after the other: {blocks}; {counted}. Whatever "
                    "drifted in between looks like the disease.")  # fmt: skip
        advice = "Measure cases and controls in a random order."
        return Finding(NAME, "fatal", sentence, numbers, advice=advice, concerns=(order.name,))
    sentence = f"The classes coincide with the order of the {order.name}: {blocks}; {counted}."
    if order.origin == "sample number" and names_say_class(within.samples, list(cases)):
        sentence += " The names say the class, so that the numbers may have been given by class after the measurement."
        advice = "Say whether the numbers are the run order."
        return Finding(NAME, "caveat", sentence, numbers, advice=advice, concerns=(order.name,))
    if known:
        sentence += " Other columns tell how the samples were handled, so that this is not taken for the run order."
        advice = "Ask whether the numbers hide a grouping, such as plates or sequencing pools."
        return Finding(NAME, "caveat", sentence, numbers, advice=advice, concerns=(order.name,))
    sentence += (" Nothing else is known of the order in which the samples were handled, so that a difference between "
                 "the classes cannot be put down to the disease.")  # fmt: skip
    advice = ("Ask the authors for run order or batches. If the numbers were given by class after randomised runs, "
              "accept this finding with that reason (accept={'order': '...'}).")  # fmt: skip
    return Finding(NAME, "fatal", sentence, numbers, advice=advice, concerns=(order.name,))


def _of_the_file(within: Dataset, cases: np.ndarray, runs: Runs, counted: str, numbers: dict[str, float]) -> Finding:
    if not coincides(runs):
        return Finding(NAME, "fine", f"The file is not sorted by class: {counted}.", numbers)
    if names_say_class(within.samples, list(cases)):
        sentence = ("The file is sorted by class and its names say the class, as somebody may have done by hand: its "
                    "order says nothing of the order of the measurement.")  # fmt: skip
        return Finding(NAME, "note", sentence, numbers, advice="Give the run order as a column.")
    sentence = (f"The samples stand in the file sorted by class: {counted}. If that is the order of measurement, a "
                "drift would look like the disease.")  # fmt: skip
    return Finding(NAME, "note", sentence, numbers, advice="Give the run order as a column.")


def _blocks(within: Dataset, order: Order, runs: Runs) -> str:
    names = sorted_names(within, order)
    parts = [
        f"{last - first + 1} {'cases' if case else 'controls'} ({names[first]} to {names[last]})"
        for case, first, last in runs.blocks[:MOST_BLOCKS_SHOWN]
    ]
    return ", then ".join(parts)
