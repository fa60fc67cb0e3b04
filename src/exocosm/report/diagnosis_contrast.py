"""The sections of one contrast: its audit, its panels, the features they choose, single and published markers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from exocosm.accuracy.shares import predictive_values
from exocosm.diagnosis.audit.run import questions
from exocosm.diagnosis.judgement import REFUSED
from exocosm.diagnosis.panels.operating import OperatingPoint
from exocosm.report.diagnosis_figures import (
    believed_picture,
    calibration_picture,
    roc_picture,
    short_title,
    two_digits,
)
from exocosm.report.diagnosis_handling_figures import divisions, handling_picture
from exocosm.report.diagnosis_marker_figures import chosen_picture, published_picture, single_picture
from exocosm.report.numbers import counted, listed, percent, shown
from exocosm.report.page import Section, Table
from exocosm.report.tables import records

if TYPE_CHECKING:
    from exocosm.diagnosis.audit.finding import Finding
    from exocosm.diagnosis.dataset import Dataset
    from exocosm.diagnosis.judgement import Judgement, PanelJudgement
    from exocosm.diagnosis.published import Published

SEVERITY_WORDS: Mapping[str, str] = MappingProxyType(
    {"fatal": "forbids an answer", "caveat": "bear in mind", "note": "worth knowing", "fine": "nothing found"}
)
PREVALENCES = (0.005, 0.05, 0.5)
MOST_SINGLE = 20
MOST_PUBLISHED = 60
MOST_CHOSEN = 20
# what compares measured features by class: of a refused contrast it would be an answer after all
_OF_FEATURES = ("blood_cells",)


def contrast_sections(dataset: Dataset, judgement: Judgement) -> list[Section]:
    """All sections that are about this contrast alone, in the order in which they are read."""
    sections = audit_sections(dataset, judgement)
    if judgement.panels:
        sections += [_panel_section(judgement), _operating_section(judgement.panels), _chosen_section(judgement)]
    if judgement.single is not None:
        sections.append(_single_section(judgement))
    sections += _published_sections(judgement)
    return sections


def audit_sections(dataset: Dataset, judgement: Judgement) -> list[Section]:
    """What the audit found, with a picture of how cases and controls were handled; and what it did not find."""
    audit, refused = judgement.audit, judgement.verdict == REFUSED
    kept = [one for one in audit.findings if one.severity == "fatal" or one.check not in _OF_FEATURES]
    findings = kept if refused else list(audit.findings)
    counts: Counter[str] = Counter(one.severity for one in findings)
    said = [
        "Asked before any model: can a difference between the classes come from something other than the disease? "
        f"Answers that forbid a diagnosis: {counts['fatal']}; to bear in mind: {counts['caveat']}; worth knowing: "
        f"{counts['note']}; questions that found nothing: {counts['fine']}."
    ]
    got = audit.informative
    if audit.strata is not None:
        said.append(
            f"Handled alike ({audit.strata.name}): {got['cases_with_partner']:.0f} of {got['cases']:.0f} cases and "
            f"{got['controls_with_partner']:.0f} of {got['controls']:.0f} controls have somebody of the other class "
            f"beside them; {percent(got['share_of_pairs'])} of all pairs of a case and a control were handled alike."
        )
    if refused:
        said.append("No feature is compared between the classes below: it could not be told what a difference means.")
        if any("AUC" in one.sentence for one in findings):
            said.append("Where a finding gives an AUC (0.5: chance), it is that of a batch, an amount or an age alone.")
    grave = [one for one in findings if one.severity in ("fatal", "caveat")]
    rows = [(SEVERITY_WORDS[one.severity], _check(one), one.sentence, one.advice or "–") for one in findings
            if one.severity != "fine"]  # fmt: skip
    tables = [Table(("Weight", "Question", "What was found", "What to do"), rows)] if rows else []
    tables += [
        Table((part.name, "Cases", "Controls"),
              [(level, str(case), str(control)) for level, (case, control) in part.counts.items()],
              f"Samples by {part.name}", numbers=(1, 2))
        for part in divisions(dataset, judgement)
        if any(part.name in one.concerns for one in grave)
    ]  # fmt: skip
    first = Section("The audit", "audit", said, pictures=[handling_picture(dataset, judgement)], tables=tables)
    fine = [f"{_check(one)}: {one.sentence}" for one in findings if one.severity == "fine"]
    behind = [_behind(one) for one in findings if one.table is not None]
    rest = Section("The audit: what was looked for and not found, and the numbers behind", "audit-rest", points=fine,
                   tables=behind, closed=True)  # fmt: skip
    return [first, rest] if fine or behind else [first]


def _check(one: Finding) -> str:
    """The question of a finding in words."""
    question = questions().get(one.check)
    return one.check.replace("_", " ") if question is None else question.TITLE


def _behind(one: Finding) -> Table:
    """The table that a finding rests on."""
    assert one.table is not None
    names = [str(name) for name in one.table.columns]
    rows = [[_cell(value) for value in row] for row in one.table.itertuples(index=False)]
    numeric = [place for place in range(len(names)) if one.table.iloc[:, place].dtype.kind in "fi"]
    return Table([name.replace("_", " ") for name in names], rows, _check(one), numbers=numeric)


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "–" if np.isnan(value) else shown(float(value), 2)
    return str(value)


def _panel_section(judgement: Judgement) -> Section:
    judged = judgement.panels
    first = judged[0].result
    repeats, inner = first.scores.shape[1], len(first.folds) // first.scores.shape[1]
    said = [
        f"Every sample was scored by models that never saw its subject: {inner} folds, "
        f"{counted(repeats, 'repeat')}; everything that looks at the data (limits, scales, which features, how strong "
        "a penalty) was done anew inside each training set. An interval says what so many people leave open; it does "
        "not hold what another laboratory, clinic or batch would change.",
        f"The verdict rests on the penalised panel alone. Selection outside the folds would flatter it by "
        f"{shown(first.optimism, 2)} of AUC.",
    ]
    rows = []
    for one in judged:
        result, null = one.result, one.null
        within = "–" if result.within_strata is None else two_digits(result.within_strata)
        permuted = p = "–"
        if null is not None:
            low, high = np.percentile(null.permuted, [2.5, 97.5])
            permuted = f"{null.permuted.mean():.2f} ({low:.2f} to {high:.2f}; {null.permuted.size})"
            p = f"{null.p:.2g}" + (" (the smallest possible)" if null.p <= null.smallest_p * 1.001 else "")
        rows.append((one.title, two_digits(result.auc), within, permuted, p, f"{result.naive.selected_outside:.2f}",
                     f"{result.naive.training:.2f}"))  # fmt: skip
    heads = ("Panel", "AUC, held out (95 %)", "Within batches (95 %)", "Permuted labels: mean (95 % range; number)",
             "p", "Features chosen on all", "On training samples")  # fmt: skip
    note = "The last two columns are the figures that papers often give; they are to be believed by nobody."
    pictures = [believed_picture(judged), roc_picture(judged),
                calibration_picture("calibration", judged[0].calibration, judged[0].decision)]  # fmt: skip
    table = Table(heads, rows, numbers=(1, 2), note=note)
    return Section("The panel", "panel", said, pictures=pictures, tables=[table])


def _operating_section(judged: Sequence[PanelJudgement]) -> Section:
    rows = [
        (short_title(one.name), f"{100 * point.wanted:g} %", _share(point, "sensitivity"), _share(point, "specificity"),
         "" if point.is_resolved else "too few controls for such a threshold")
        for one in judged for point in one.result.operating
    ]  # fmt: skip
    heads = ("Panel", "Specificity aimed at", "Cases found (exact 95 %)", "Controls left alone (exact 95 %)", "")
    return Section(
        "What a result would mean", "operating",
        ["Thresholds were set in training sets and met the held-out people as they were, so the specificity that is "
         "reached differs from the one aimed at."],
        tables=[Table(heads, rows, "As a test, at fixed specificities", numbers=(1, 2, 3)),
                predictive_table(judged[0].result.operating, "penalised panel")],
    )  # fmt: skip


def _share(point: OperatingPoint, name: str) -> str:
    one = getattr(point, name)
    return f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})"


def predictive_table(points: Sequence[OperatingPoint], whose: str) -> Table:
    """Predictive values at some prevalences, for thresholds that the controls can resolve."""
    rows = []
    for prevalence in PREVALENCES:
        for one in points:
            if not one.is_resolved:
                continue
            middle, low, high = (
                predictive_values(getattr(one.sensitivity, end), getattr(one.specificity, end), prevalence)
                for end in ("value", "low", "high")
            )
            called = "–" if np.isnan(middle.called_per_found) else shown(middle.called_per_found, 2)
            rows.append((f"{100 * prevalence:g} %", f"{100 * one.wanted:g} %",
                         _ends(middle.positive, low.positive, high.positive),
                         _ends(middle.negative, low.negative, high.negative), called))  # fmt: skip
    heads = ("People who have it", "Specificity aimed at", "Have it, if positive (range)",
             "Do not have it, if negative (range)", "Called back per case found")  # fmt: skip
    note = ("Ranges take sensitivity and specificity at the same end of their 95 % intervals, so they are wider than "
            "95 %. 0.5 % is screening, 5 % people with a reason to be tested, 50 % a study of as many cases as "
            "controls. Cases of a study are often further advanced than those of screening.")  # fmt: skip
    return Table(heads, rows, f"Predictive values of the {whose}", numbers=(0, 1, 2, 3, 4), note=note)


def _ends(middle: float, low: float, high: float) -> str:
    if np.isnan(middle):
        return "nobody gets this result"
    both = [one for one in (low, high) if not np.isnan(one)]
    return f"{_percent(middle)} ({_percent(min(both))} to {_percent(max(both))})" if both else _percent(middle)


def _percent(share: float) -> str:
    """More digits near nothing and near certainty, where predictive values live."""
    if 0.1 <= share <= 0.9 or share in (0.0, 1.0):
        return percent(share)
    return f"{100 * share:.1f} %" if 0.001 <= share <= 0.999 else f"{100 * share:.2f} %"


def _chosen_section(judgement: Judgement) -> Section:
    judged = [one for one in judgement.panels if one.name in ("penalised", "forest")]
    first, stable = judged[0], judged[0].result.stability
    steady = "not defined" if np.isnan(stable.nogueira) else f"{stable.nogueira:.2f}"
    said = [
        f"Stability of the penalised panel (Nogueira): {steady}, where 1 is the same features in every training set "
        f"and 0 is choosing blindly; two training sets share {percent(stable.jaccard)} of the features that either "
        "holds. A feature that is chosen in half of the sets may as well be another one that goes with it."
    ]
    single = judgement.single
    areas = {} if single is None else dict(zip(single["feature"], single["auc"], strict=True))
    weights: dict[str, list[float]] = {}
    for fold in first.result.folds:
        if fold.weights.size:
            for place, weight in zip(fold.selected, fold.weights, strict=True):
                weights.setdefault(first.features[place], []).append(float(weight))
    other = {one.name: dict(one.selected) for one in judged[1:]}
    rows = []
    for feature, share in first.selected[:MOST_CHOSEN]:
        signs = weights.get(feature, [])
        up = sum(weight > 0 for weight in signs)
        sign = "–" if not signs else "more in cases" if up == len(signs) else "less in cases" if up == 0 else \
            f"either ({up} of {len(signs)} more)"  # fmt: skip
        rows.append((feature, percent(share), percent(other.get("forest", {}).get(feature, 0.0)), sign,
                     f"{areas[feature]:.2f}" if feature in areas and np.isfinite(areas[feature]) else "–"))  # fmt: skip
    heads = ("Feature", "Training sets, penalised", "Training sets, forest", "Weight in the penalised panel",
             "AUC alone")  # fmt: skip
    pictures = [chosen_picture(judged)] if first.selected else []
    return Section("Which features are chosen", "chosen", said, pictures=pictures,
                   tables=[Table(heads, rows, numbers=(1, 2, 4))])  # fmt: skip


def _single_section(judgement: Judgement) -> Section:
    single = judgement.single
    assert single is not None
    rows = []
    for row in records(single.head(MOST_SINGLE)):
        rows.append((
            str(row["feature"]), _interval(row, "difference"), _interval(row, "auc"), _number(row["auc_within"]),
            _chance(row["p"]), _chance(row["q"]), f"{percent(row['detected_cases'])} / "
            f"{percent(row['detected_controls'])}"))  # fmt: skip
    heads = ("Feature", "Cases minus controls, log2 (95 %)", "AUC (95 %)", "AUC within batches", "p", "q",
             "Detected in cases / controls")  # fmt: skip
    note = (f"All {len(single):,} are in {judgement.contrast.slug}_markers.csv. q: share of false ones among those "
            "that are at least as telling (Benjamini and Hochberg). A difference into which undetected values enter is "
            "a lower bound of its size.")  # fmt: skip
    said = [next((one for one in judgement.sentences if "single markers" in one), "")]
    table = Table(heads, rows, f"The {len(rows)} most telling", numbers=(1, 2, 3, 4, 5, 6), note=note)
    return Section("Single markers", "single", [one for one in said if one], pictures=[single_picture(single)],
                   tables=[table])  # fmt: skip


def _published_sections(judgement: Judgement) -> list[Section]:
    if not judgement.published:
        return []
    said = [
        "Names are never taken for the same silently: the column that was taken and how it relates to the published "
        "name stand beside. Replicates: the interval lies on the published side of 0.5 (opposite: on the other). "
        "Differs: it leaves out 0.5, and no direction was published. No difference: it lies within 0.4 to 0.6. Cannot "
        "tell: it holds 0.5 and reaches further. That a marker does not replicate in so few people is no proof that it "
        "never does."
    ]
    pictures, tables = [], []
    for number, (panel, each) in enumerate(judgement.published.items(), 1):
        picture = published_picture(f"published-{number}", panel, each)
        pictures += [] if picture is None else [picture]
        counts = Counter(one.verdict for one in each)
        rows = [_published_row(one) for one in each[:MOST_PUBLISHED]]
        note = f"{listed([f'{many} {verdict}' for verdict, many in counts.most_common()])}."
        if len(each) > MOST_PUBLISHED:
            note += f" The first {MOST_PUBLISHED} of {len(each)}; all are in {judgement.contrast.slug}_published.csv."
        heads = ("Published marker", "Taken for it here", "Verdict", "What was said, and what is seen")
        tables.append(Table(heads, rows, panel, note=note))
    return [Section("Published markers", "published", said, pictures=pictures, tables=tables)]


def _published_row(one: Published) -> tuple[str, str, str, str]:
    taken = "–" if not one.feature else f"{one.feature} ({one.relation})"
    return one.marker.name, taken, one.verdict, one.sentence


def _interval(row: Mapping[str, float], name: str) -> str:
    value, low, high = (float(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    return "–" if np.isnan(value) else f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "−")


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def _chance(p: float) -> str:
    return "–" if np.isnan(p) else shown(p, 2)
