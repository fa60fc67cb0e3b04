"""Do the names of the samples hold a plate, a batch or another source, and does it go with the class?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from exocosm.diagnosis.audit.columns import Compared, compared_groups
from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.orderings import ACCESSION, MOST_LETTERS
from exocosm.diagnosis.audit.thresholds import GROUP_SIZE, LEVEL
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.diagnosis.tables.roles import is_batch_code

NAME = "names"
TITLE = "The class against codes in the samples' names"
PLACE = 12
ACCEPTABLE = True  # the code may be something else than a batch
PARTS = re.compile(r"[\W_]+")
MOST_PARTS = 6
NO_ACCESSION = "no accession"


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Codes such as P1 and P2 at one place of all names, and archives whose accessions the names are, by class."""
    import pandas as pd

    within = dataset.of(contrast)
    cases = contrast.is_case(within.labels)
    findings = []
    for groups in codes_of(within.samples):
        found = _finding(
            compared_groups("code", pd.Series(groups, index=within.values.index), cases, within.subjects),
            f"The names of the samples hold a code ({_some(groups)}), by all appearance of a plate or batch",
        )
        findings += [found] if found is not None else []
    archives = archives_of(within.samples)
    if len(set(archives)) > 1:
        found = _finding(
            compared_groups("archive", pd.Series(archives, index=within.values.index), cases, within.subjects),
            f"The names of the samples come from different sources ({_some(archives)})",
        )
        findings += [found] if found is not None else []
    return findings


def codes_of(names: Sequence[str]) -> list[list[str]]:
    """Per place in the names that holds a batch code shared by three samples and more on average: the code of every
    sample.  `P1_A3`, `P2_B7` -> P1, P2."""
    parts = [[part for part in PARTS.split(name[:MOST_LETTERS]) if part] for name in names]
    shortest = min((len(one) for one in parts), default=0)
    found = []
    for place in range(min(shortest, MOST_PARTS)):
        codes = [one[place] for one in parts]
        if len(set(codes)) * GROUP_SIZE <= len(codes) and is_batch_code(sorted(set(codes))):
            found.append(codes)
    return found


def archives_of(names: Sequence[str]) -> list[str]:
    """The kind of accession (GSM, SRR ...) in every name, or that there is none."""
    hits = [ACCESSION.search(name[:MOST_LETTERS]) for name in names]
    return [hit.group(1) if hit else NO_ACCESSION for hit in hits]


def _finding(one: Compared, what: str) -> Finding | None:
    if one.allows_no_comparison:
        sentence = f"{what}, and it cannot be told apart from the class ({one.by_class})."
        advice = ("Say what the code is: if it is no batch, accept this finding with that reason "
                  "(accept={'names': '...'}).")  # fmt: skip
        return Finding(NAME, "fatal", sentence, one.numbers, advice=advice)
    if one.p < LEVEL:
        sentence = f"{what}, and it goes with the class ({one.strength}): {one.by_class}."
        return Finding(NAME, "caveat", sentence, one.numbers, advice="Give it as a technical column.")
    return None


def _some(groups: Sequence[str]) -> str:
    names = sorted(set(groups))
    return ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
