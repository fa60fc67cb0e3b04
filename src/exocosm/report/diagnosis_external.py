"""The sections of a saved model that was validated on another data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exocosm.report.diagnosis_contrast import predictive_table
from exocosm.report.diagnosis_figures import calibration_picture, draw_roc, roc_of, two_digits
from exocosm.report.diagnosis_marker_figures import shift_picture
from exocosm.report.numbers import counted, percent
from exocosm.report.page import Section, Table

if TYPE_CHECKING:
    from exocosm.diagnosis.dataset import Dataset
    from exocosm.diagnosis.diagnosed import Validated

MOST_SHIFTS = 100


def external_sections(dataset: Dataset, one: Validated) -> list[Section]:
    """How well the model does here, how far the two sets lie apart, and what of the panel is missing."""
    result = one.result
    training = result.model.training
    model = [
        f"The model was trained on {training.title or 'a table'}: {counted(training.cases, 'case')} "
        f"({training.case_class}) and {counted(training.controls, 'control')} ({training.control_class}), with "
        f"{counted(len(result.model.panel), 'feature')} in its panel. Nothing of it was fitted again here."
    ]
    sections = [] if one.is_refused else [_performance(dataset, one, model)]
    pictures = [] if (picture := shift_picture("shifts", result.shifts)) is None else [picture]
    tables = []
    if result.missing:
        lacking = [(each.name, percent(each.weight), ", ".join(each.near) or "–", each.sentence)
                   for each in result.missing]  # fmt: skip
        names = ("Missing feature", "Share of the weight", "Names that are near (not used)", "")
        tables.append(Table(names, lacking, "Features of the panel that this table lacks", numbers=(1,)))
    if result.shifts:
        moved = sorted(result.shifts, key=lambda each: (np.isnan(each.moved), -abs(each.moved)))
        rows = [(each.name, percent(each.detected_then), percent(each.detected_now), _number(each.moved),
                 _number(each.spread).lstrip("+"), percent(each.outside)) for each in moved[:MOST_SHIFTS]]  # fmt: skip
        heads = ("Feature", "Detected in training", "Detected here", "Moved by (training SD)",
                 "Spread, times that of training", "Beyond the training range")  # fmt: skip
        tables.append(Table(heads, rows, "Features in both sets", numbers=(1, 2, 3, 4, 5)))
    said = [] if sections else model
    if result.refusal:
        said = [*said, f"The model was not applied: {result.refusal}"]
    said.append(f"{len(result.missing)} of {counted(len(result.model.panel), 'feature')} of the panel are missing, "
                f"with {percent(result.lost_weight)} of its weight.")  # fmt: skip
    apart = Section("How far the two sets lie apart", "shift", said, pictures=pictures, tables=tables,
                    warnings=result.caveats)  # fmt: skip
    return [*sections, apart]


def _performance(dataset: Dataset, one: Validated, model: list[str]) -> Section:
    result = one.result
    assert result.auc is not None and result.scores is not None and result.calibration is not None
    subjects = dataset.of(one.contrast).subjects.astype(str).to_numpy()
    groups = np.unique(subjects, return_inverse=True)[1].astype(np.int64)
    curve = roc_of(result.scores, result.is_case, groups, result.model.seed)
    caption = (f"The saved model on this table: AUC {two_digits(result.auc)}. Thresholds are those that the model was "
               "saved with. Band and bars: 95 % (subjects drawn again; exact).")  # fmt: skip
    pictures = [draw_roc("roc", "How well the saved model does here", [("saved model", curve, result.operating)],
                         caption), calibration_picture("calibration", result.calibration, None)]  # fmt: skip
    judged = result.model.judged
    rows = [("AUC in this table", two_digits(result.auc), result.auc.method)]
    if "auc" in judged:
        ends = f" ({judged['auc_low']:.2f} to {judged['auc_high']:.2f})" if "auc_low" in judged else ""
        rows.append(("AUC of the training set, held out", f"{judged['auc']:.2f}{ends}", "nested cross-validation"))
    intercept = result.calibration.intercept
    rows.append(("Calibration slope", _estimate(result.calibration.slope), "1 is right"))
    rows.append(("Calibration intercept", _estimate(intercept), "0 is right (log-odds)"))
    points = [
        (f"{100 * point.wanted:g} %", f"{percent(point.sensitivity.value)} ({percent(point.sensitivity.low)} to "
         f"{percent(point.sensitivity.high)})", f"{percent(point.specificity.value)} "
         f"({percent(point.specificity.low)} to {percent(point.specificity.high)})")
        for point in result.operating
    ]  # fmt: skip
    tables = [
        Table(("", "Value (95 %)", ""), rows, numbers=(1,)),
        Table(("Specificity aimed at in training", "Cases found (exact 95 %)", "Controls left alone (exact 95 %)"),
              points, "As a test, at the thresholds as saved", numbers=(0, 1, 2)),
        predictive_table(result.operating, "saved model"),
    ]  # fmt: skip
    return Section("The saved model on this table", "external", model, pictures=pictures, tables=tables)


def _estimate(one: object) -> str:
    from exocosm.accuracy.estimate import Estimate

    assert isinstance(one, Estimate)
    return one.method if np.isnan(one.value) else two_digits(one).replace("-", "−")


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:+.2f}".replace("-", "−")
