"""Do cases and controls differ by broken red cells or left-over blood cells rather than by the disease?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exocosm.diagnosis.audit.association import auc, auc_interval, holm, rank_sum_p
from exocosm.diagnosis.audit.finding import Finding, Severity
from exocosm.diagnosis.audit.thresholds import LEVEL, TOP_FEATURES
from exocosm.diagnosis.audit.wording import chance, interval, percent, some
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.diagnosis.scale import comparable

if TYPE_CHECKING:
    import pandas as pd

NAME = "blood_cells"
TITLE = "Haemolysis and other blood cells"
PLACE = 35
STANDS_FOR = ("precursor", "renamed", "arm not given")  # good enough to look at a cell's signal; the finding tells it
RATIO = "haemolysis ratio"
LEAST_MIRNAS = 3  # names of miRNAs in the table before it is looked at


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """The signal of red cells, platelets and leukocytes, and the haemolysis ratio, against the class; and how many of
    the features that differ most are of blood cells."""
    names = mirnas_of(dataset)
    if dataset.kind == "protein_intensities" or len(names) < LEAST_MIRNAS:
        return []
    within = dataset.of(contrast)
    cases = contrast.is_case(within.labels)
    scaled = comparable(within.values, within.kind, within.censored)
    features, relations = cell_features(names)
    signals = {cell: scaled[list(found)].mean(axis=1) for cell, found in features.items() if found}
    ratio, how = _ratio(scaled, names)
    findings = []
    if ratio is not None:
        signals = {RATIO: ratio, **signals}
        findings += _cut_offs(within, cases, ratio, how)
    if not signals:
        return [Finding(NAME, "note", "No miRNA of blood cells is in the table: haemolysis cannot be seen.",
                        advice="Measure the absorbance at 414 nm, or miR-451a and miR-23a-3p.")]  # fmt: skip
    findings += _against_class(within, cases, signals, features)
    findings += _among_the_best(scaled, cases, features)
    if relations:
        sentence = f"Names of blood-cell miRNAs and what was taken for them in the table: {some(relations)}."
        findings.append(Finding(NAME, "note", sentence, concerns=tuple(relations)))
    return findings


def mirnas_of(dataset: Dataset) -> list[str]:
    """The features whose names are those of miRNAs."""
    from exocosm.markers.mirna_name import is_mirna

    return [str(name) for name in dataset.values.columns if is_mirna(str(name))]


def cell_features(names: Iterable[str]) -> tuple[Mapping[str, tuple[str, ...]], list[str]]:
    """The features that stand for each kind of blood cell, and sentences where a name was not simply the same."""
    from exocosm.markers.blood_cells import CELLS, blood_cell_markers
    from exocosm.markers.relations import resolve

    known = list(names)
    found: dict[str, tuple[str, ...]] = {}
    relations: list[str] = []
    for cell in CELLS:
        hits: list[str] = []
        for marker in blood_cell_markers(cell):
            for match in resolve(marker.name, known).candidates:
                if match.same or match.relation in STANDS_FOR:
                    hits.append(match.found)
                    if match.relation in STANDS_FOR:
                        relations.append(f"{marker.name} -> {match.found} ({match.relation})")
        found[cell] = tuple(dict.fromkeys(hits))
    return found, list(dict.fromkeys(relations))


def _ratio(scaled: pd.DataFrame, names: list[str]) -> tuple[pd.Series | None, str]:
    """log2 of the miRNA that red cells hold over the stable one, which for Ct is the difference of cycles."""
    from exocosm.markers.blood_cells import haemolysis_pair
    from exocosm.markers.relations import resolve

    pair = haemolysis_pair()
    rises, stable = (resolve(one, names, STANDS_FOR) for one in (pair.rises, pair.stable))
    if rises.chosen is None or stable.chosen is None:
        return None, ""
    ratio = scaled[rises.chosen] - scaled[stable.chosen]
    return (ratio, f"{rises.chosen} over {stable.chosen}") if ratio.notna().sum() > 2 else (None, "")


def _cut_offs(within: Dataset, cases: pd.Series, ratio: pd.Series, how: str) -> list[Finding]:
    from exocosm.markers.blood_cells import haemolysis_pair

    pair = haemolysis_pair()
    if within.kind != "ct":
        sentence = (f"Haemolysis ratio {how}: median {ratio.median():.1f} (log2) in the samples. Its cut-offs "
                    f"({pair.none_below:g} and {pair.severe_above:g}, {pair.source}) are cycles of qPCR and do not "
                    f"hold for {within.kind}: only samples of this table can be compared.")  # fmt: skip
        return [Finding(NAME, "note", sentence, {"median": float(ratio.median())})]
    given = ratio.dropna()
    above, severe = given > pair.none_below, given > pair.severe_above
    is_case = cases.loc[given.index]
    numbers = {
        "share_above": float(above.mean()),
        "share_severe": float(severe.mean()),
        "cases_above": float(above[is_case].mean()),
        "controls_above": float(above[~is_case].mean()),
    }
    sentence = (f"Haemolysis by {how}: {int(above.sum())} of {len(given)} samples ({percent(float(above.mean()))}) are "
                f"above {pair.none_below:g} cycles, {int(severe.sum())} above {pair.severe_above:g} (severe; "
                f"{pair.source}); of cases {int(above[is_case].sum())} of {int(is_case.sum())}, of controls "
                f"{int(above[~is_case].sum())} of {int((~is_case).sum())}.")  # fmt: skip
    severity: Severity = "caveat" if severe.any() else "note"
    advice = "Judge the markers again without the samples above the cut-off." if severe.any() else ""
    return [Finding(NAME, severity, sentence, numbers, advice=advice, concerns=tuple(map(str, given.index[severe])))]


def _against_class(
    within: Dataset, cases: pd.Series, signals: Mapping[str, pd.Series], features: Mapping[str, tuple[str, ...]]
) -> list[Finding]:
    import pandas as pd

    table = pd.DataFrame(dict(signals))
    people = table.groupby([within.subjects.to_numpy(), cases.to_numpy(bool)]).mean()
    is_case = people.index.get_level_values(1).to_numpy(bool)
    rows = []
    for name in people.columns:
        given = people[name].notna().to_numpy()
        area = auc(people[name], is_case)
        low, high = auc_interval(area, int((is_case & given).sum()), int((~is_case & given).sum()))
        rows.append((str(name), area, low, high, rank_sum_p(people[name], is_case)))
    adjusted = holm([row[4] for row in rows])
    findings = []
    for (name, area, low, high, p), raised in zip(rows, adjusted, strict=True):
        if raised >= LEVEL:
            continue
        what = "haemolysis ratio" if name == RATIO else f"signal of {name.replace('_', ' ')}s ({some(features[name])})"
        sentence = (f"The {what} is {'higher' if area > 0.5 else 'lower'} in cases: AUC {interval(area, low, high)}, "
                    f"{chance(p)}; such miRNAs may differ by how the blood was handled.")  # fmt: skip
        numbers = {"auc": area, "auc_low": low, "auc_high": high, "p": p, "p_adjusted": raised}
        advice = "Do not build a panel on miRNAs of blood cells; show that the rest does without them."
        findings.append(Finding(NAME, "caveat", sentence, numbers, advice=advice, concerns=features.get(name, ())))
    shown = "; ".join(f"{row[0].replace('_', ' ')} AUC {row[1]:.2f} ({chance(row[4])})" for row in rows)
    frame = pd.DataFrame(rows, columns=["signal", "auc", "low", "high", "p"]).assign(adjusted=adjusted)
    severity: Severity = "note" if findings else "fine"
    return [*findings, Finding(NAME, severity, f"Blood cells against the class: {shown}.", table=frame)]


def _among_the_best(scaled: pd.DataFrame, cases: pd.Series, features: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """How many of the features that differ most are of blood cells, against what chance would give."""
    from scipy.stats import hypergeom

    varied = scaled.columns[(scaled.notna().all(axis=0) & (scaled.nunique() > 1)).to_numpy()]
    ours = {name for found in features.values() for name in found} & set(varied)
    if len(varied) < 2 * TOP_FEATURES or not ours:
        return []
    areas = _areas(scaled[varied].to_numpy(float), cases.to_numpy(bool))
    best = [str(varied[place]) for place in np.argsort(-np.abs(areas - 0.5), kind="stable")[:TOP_FEATURES]]
    hits = [name for name in best if name in ours]
    expected = TOP_FEATURES * len(ours) / len(varied)
    p = float(hypergeom.sf(len(hits) - 1, len(varied), len(ours), TOP_FEATURES))
    numbers = {"hits": float(len(hits)), "expected": expected, "p": p}
    sentence = (f"Of the {TOP_FEATURES} features that differ most, {len(hits)} are of blood cells (by chance "
                f"{expected:.1f}){': ' + some(hits) if hits else ''}.")  # fmt: skip
    return [Finding(NAME, "note" if p < LEVEL else "fine", sentence, numbers, concerns=tuple(hits))]


def _areas(numbers: NDArray[np.float64], cases: NDArray[np.bool_]) -> NDArray[np.float64]:
    from scipy.stats import rankdata

    n, m = int(cases.sum()), int((~cases).sum())
    ranks = rankdata(numbers, axis=0)
    return (ranks[cases].sum(axis=0) - n * (n + 1) / 2) / (n * m)
