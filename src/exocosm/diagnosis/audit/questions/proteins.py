"""Is it vesicles that were measured, and do the classes differ by what came along with them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exocosm.diagnosis.audit.association import auc, auc_interval, holm, rank_sum_p
from exocosm.diagnosis.audit.finding import Finding, Severity
from exocosm.diagnosis.audit.thresholds import LEVEL
from exocosm.diagnosis.audit.wording import chance, interval, percent, some
from exocosm.diagnosis.dataset import Contrast, Dataset

if TYPE_CHECKING:
    import pandas as pd

NAME = "proteins"
TITLE = "Proteins of vesicles, and what was isolated along with them"
PLACE = 36
GENE_COLUMNS = ("gene", "genes", "gene names", "gene_names", "gene name", "symbol", "name")
VESICLE_CATEGORIES = (1, 2)  # MISEV2018: of the membrane, and of the cytosol; a preparation must show both


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """MISEV2018 categories that are there, and the share of contaminants by kind against the class."""
    if dataset.kind != "protein_intensities":
        return []
    from exocosm.markers.proteins import CATEGORIES

    within = dataset.of(contrast)
    known = known_proteins(within)
    findings: list[Finding] = []
    held = {
        category: sorted(gene for gene, (number, _) in known.items() if number == category) for category in CATEGORIES
    }
    numbers = {f"category_{category}": float(len(genes)) for category, genes in held.items()}
    missing = [CATEGORIES[category] for category in VESICLE_CATEGORIES if not held[category]]
    told = "; ".join(
        f"category {category}: {len(genes)} ({some(genes[:3])})" for category, genes in held.items() if genes
    )
    if missing:
        sentence = f"Nothing shows that these are vesicles: no {' and no '.join(missing)} of MISEV2018 was found."
        advice = "Show tetraspanins and a cytosolic protein (ALIX, TSG101, syntenin)."
        findings.append(Finding(NAME, "caveat", sentence, numbers, advice=advice))
    else:
        findings.append(Finding(NAME, "fine", f"Proteins that MISEV2018 names: {told}.", numbers))
    return findings + _along(within, contrast)


def known_proteins(within: Dataset) -> dict[str, tuple[int, str]]:
    """Gene -> (MISEV category, group) of the proteins of the table that MISEV2018 or the list of contaminants names."""
    return {gene: (category, group) for _, gene, category, group, _ in _rows(within)}


def _rows(within: Dataset) -> list[tuple[str, str, int, str, bool]]:
    """(feature, gene, category, group, whether a contaminant) of the proteins that the lists name."""
    from exocosm.errors import InputError
    from exocosm.markers.proteins import misev_category

    columns = {str(name).casefold(): name for name in within.features.columns}
    column = next((columns[name] for name in GENE_COLUMNS if name in columns), None)
    rows = []
    for feature in map(str, within.values.columns):
        given = (
            feature if column is None or feature not in within.features.index else within.features.at[feature, column]
        )
        try:
            protein = misev_category(str(given))
        except InputError:
            continue  # an accession or a description: nothing can be said of it
        if protein is not None:
            rows.append((feature, str(given), protein.category, protein.group, protein.contaminant))
    return rows


def _along(within: Dataset, contrast: Contrast) -> list[Finding]:
    import pandas as pd

    cases = contrast.is_case(within.labels)
    totals = within.values.sum(axis=1)
    shares: dict[str, pd.Series] = {}
    for feature, _, _, group, contaminant in _rows(within):
        if contaminant:
            part = within.values[feature].fillna(0.0) / totals
            shares[group] = shares[group] + part if group in shares else part
    if not shares:
        return [Finding(NAME, "fine", "No protein of serum, skin, red cells or other organelles was found.")]
    people = pd.DataFrame(shares).groupby([within.subjects.to_numpy(), cases.to_numpy(bool)]).mean()
    is_case = people.index.get_level_values(1).to_numpy(bool)
    n, m = int(is_case.sum()), int((~is_case).sum())
    chances = [rank_sum_p(people[group], is_case) for group in people.columns]
    findings = []
    rows = []
    for group, p, raised in zip(map(str, people.columns), chances, holm(chances), strict=True):
        area = auc(people[group], is_case)
        low, high = auc_interval(area, n, m)
        middle = float(people[group].median())
        rows.append((group, middle, area, low, high, p, raised))
        if raised < LEVEL:
            sentence = (f"Proteins of '{group}' ({percent(middle)} of the intensity) differ by class: AUC "
                        f"{interval(area, low, high)}, {chance(p)}; preparations may differ in purity.")  # fmt: skip
            numbers = {"auc": area, "auc_low": low, "auc_high": high, "p": p, "p_adjusted": raised}
            findings.append(Finding(NAME, "caveat", sentence, numbers, advice="Judge markers beside their purity."))
    most = sorted(rows, key=lambda row: -row[1])[:6]
    shown = "; ".join(f"{group} {percent(middle)}" for group, middle, *_ in most)
    table = pd.DataFrame(rows, columns=["group", "median share", "auc", "low", "high", "p", "p adjusted"])
    severity: Severity = "note" if findings else "fine"
    sentence = f"Isolated along with the vesicles, as a share of the intensity (median): {shown}."
    return [*findings, Finding(NAME, severity, sentence, table=table)]
