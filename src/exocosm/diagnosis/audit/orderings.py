"""The orders that samples stand in (run order, accession, numbers in names, the file) and runs of classes in them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.diagnosis.dataset import Contrast, Dataset

if TYPE_CHECKING:
    import pandas as pd

Origin = Literal["processing", "accession", "sample number", "file"]
ORDER_WORDS = re.compile(
    r"(?:^|[^a-z])(run|order|date|day|time|inject\w*|acqui\w*|sequence|position|scan|collected|processed)(?:$|[^a-z])",
)
ACCESSION = re.compile(r"(?<![A-Za-z])(GSM|[SED]R[RXS]|SAM(?:N|EA|D)|EGA[NRF])(\d{3,12})(?!\d)")
DIGITS = re.compile(r"\d{1,12}")
MOSTLY_DISTINCT = 0.9  # of the samples have a place of their own
EXACT_UP_TO = 600  # samples for which the number of runs is counted exactly
MOST_LETTERS = 200  # of a name that are looked at


@dataclass(frozen=True, eq=False)
class Order:
    """An order of samples: where it comes from, its name, and the place of every sample [sample]."""

    origin: Origin
    name: str
    places: NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """Runs of one class in an order: how many, how many by chance, the probability of so few.

    blocks: (`case` or `control`, first and last place, samples) of every run.
    """

    count: int
    expected: float
    p: float
    blocks: tuple[tuple[bool, int, int], ...]


def runs_of(is_case: ArrayLike) -> Runs:
    """Counts the runs of a sequence of classes; p of so few or fewer (Wald and Wolfowitz, exact up to 600 samples)."""
    cases = np.asarray(is_case, bool)
    n, m = int(cases.sum()), int((~cases).sum())
    starts = np.flatnonzero(np.concatenate([[True], cases[1:] != cases[:-1]])) if cases.size else np.array([], int)
    ends = np.concatenate([starts[1:], [cases.size]]) - 1 if starts.size else starts
    blocks = tuple((bool(cases[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True))
    if not n or not m:
        return Runs(len(blocks), float(len(blocks)), 1.0, blocks)
    expected = 1 + 2 * n * m / (n + m)
    return Runs(len(blocks), expected, _so_few(len(blocks), n, m), blocks)


def _so_few(runs: int, n: int, m: int) -> float:
    if n + m > EXACT_UP_TO:
        from scipy.stats import norm

        total = n + m
        mean = 1 + 2 * n * m / total
        variance = (mean - 1) * (mean - 2) / (total - 1)
        return float(norm.cdf((runs + 0.5 - mean) / math.sqrt(variance)))
    ways = 0
    for count in range(2, runs + 1):
        half = count // 2
        if count % 2 == 0:
            ways += 2 * math.comb(n - 1, half - 1) * math.comb(m - 1, half - 1)
        else:
            ways += math.comb(n - 1, half) * math.comb(m - 1, half - 1)
            ways += math.comb(n - 1, half - 1) * math.comb(m - 1, half)
    return min(1.0, ways / math.comb(n + m, n))


def orders_of(within: Dataset) -> list[Order]:
    """Every order that the samples of a contrast can be put in, what is known for certain first."""
    found = [*_processing(within), *_accessions(within)]
    numbers = _sample_numbers(within.samples) if not any(one.origin == "accession" for one in found) else []
    found += numbers
    file = Order("file", "order in the file", np.arange(len(within.samples), dtype=float))
    same = [one for one in found if _in_step(one.places, file.places)]
    return found if same else [*found, file]


def names_say_class(names: Sequence[str], is_case: Sequence[bool]) -> bool:
    """True if the names without their digits are never the same for a case and a control (control1, PC1)."""
    bare = [DIGITS.sub("#", name[:MOST_LETTERS]) for name in names]
    cases = {one for one, case in zip(bare, is_case, strict=True) if case}
    controls = {one for one, case in zip(bare, is_case, strict=True) if not case}
    return not cases & controls and len(cases | controls) < len(names) / 2


def _in_step(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """True if both orders are the same or one is the other backwards."""
    turned = np.argsort(np.argsort(one, kind="stable"))
    straight = np.argsort(np.argsort(other, kind="stable"))
    return bool((turned == straight).all() or (turned[::-1] == straight).all())


def _processing(within: Dataset) -> list[Order]:
    import pandas as pd

    found = []
    for name in map(str, within.covariates.columns):
        column = within.covariates[name]
        if within.roles.get(name, "unknown") != "technical":
            continue
        is_time = pd.api.types.is_datetime64_any_dtype(column)
        if not is_time and not (pd.api.types.is_numeric_dtype(column) and ORDER_WORDS.search(name.casefold())):
            continue
        if column.isna().any() or column.nunique() < MOSTLY_DISTINCT * len(column):
            continue
        places = column.astype("int64").to_numpy(float) if is_time else column.to_numpy(float)
        found.append(Order("processing", f"'{name}'", np.asarray(places, float)))
    return found


def _accessions(within: Dataset) -> list[Order]:
    named: list[tuple[str, list[str]]] = [("the sample names", within.samples)]
    named += [
        (f"'{name}'", [str(one) for one in within.covariates[name]])
        for name in map(str, within.covariates.columns)
        if within.roles.get(name, "unknown") in ("identity", "unknown")
    ]
    for where, words in named:
        hits = [ACCESSION.search(word[:MOST_LETTERS]) for word in words]
        if any(hit is None for hit in hits):
            continue
        kinds = {hit.group(1) for hit in hits if hit}
        places = np.array([float(hit.group(2)) for hit in hits if hit])
        if len(kinds) == 1 and np.unique(places).size >= MOSTLY_DISTINCT * places.size:
            return [Order("accession", f"accession numbers ({kinds.pop()} in {where})", places)]
    return []


def _sample_numbers(names: Sequence[str]) -> list[Order]:
    """A number that every name has in the same place, such as plasma_017, 01_control or case12 beside control13."""
    pieces = [DIGITS.findall(name[:MOST_LETTERS]) for name in names]
    bare = {DIGITS.sub("#", name[:MOST_LETTERS]) for name in names}
    places: list[int] = []
    if len(bare) == 1:
        places = list(range(len(pieces[0])))
    elif all(name.startswith("#") for name in bare):
        places = [0]
    elif all(name.endswith("#") for name in bare):
        places = [-1]
    for place in places:
        numbers = np.array([float(row[place]) for row in pieces])
        if np.unique(numbers).size >= MOSTLY_DISTINCT * len(names):
            return [Order("sample number", "numbers in the sample names", numbers)]
    return []


def sorted_names(within: Dataset, order: Order) -> list[str]:
    """The samples in an order."""
    return [within.samples[place] for place in np.argsort(order.places, kind="stable")]


def sorted_classes(within: Dataset, contrast: Contrast, order: Order) -> NDArray[np.bool_]:
    """Case or control, in an order."""
    cases: pd.Series = contrast.is_case(within.labels)
    return cases.to_numpy(bool)[np.argsort(order.places, kind="stable")]
