"""The page of a screening: its first line, its honesty about what is shed, and words for what is no number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exocosm.report.page import Page, Section, render_page
from exocosm.report.screening import screening_page, write_screening_report
from exocosm.report.screening_answer import answer_of
from exocosm.report.screening_figures import held_out, shifts
from exocosm.report.screening_words import asked, days
from exocosm.study.screening_load import load_screening
from exocosm.trajectory.bench_result import CENTRAL
from exocosm.trajectory.screening_result import ScreeningResult
from exocosm.workflow.screening import run_screening

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "screening"
HOSTILE = "<script>alert(1)</script> $x_2$ & \\frac"

COHORT = f"""
exocosm: 1
kind: screening
name: small
title: "{HOSTILE.replace(chr(92), chr(92) * 2)}"
question: How small?
seed: 3
subjects: {{organism: human, number: 40}}
uncertainty: {{draws: 2}}
screening:
  cancer: colorectal cancer
  fluid: serum
  volume: 0.5 mL
  markers: [{{name: miR-21}}, {{name: miR-1246}}, {{name: "<b>1246</b>"}}]
  isolation: exoquick_plasma
  assay: rt_qpcr
  test: {{specificity: 0.9, prevalence: 0.01, every: 365 day}}
arms:
  usual: {{title: "<i>usual</i>"}}
  shed: {{tumour_signal: shed}}
metrics:
  smallest: {{of: smallest_diameter, title: "<u>smallest</u>"}}
  auc: {{of: auc}}
  shuffled: {{of: auc, shuffled: true}}
  others: {{of: auc, controls: other cancers}}
  ppv: {{of: positive_predictive_value}}
  days: {{of: lead_time}}
contrasts:
  signal: {{metric: auc, arm: usual, against: shed, as: difference, says: "<s>more</s>"}}
"""

EXPERIMENT = (
    (EXAMPLES / "hori_gambhir.yaml")
    .read_text(encoding="utf-8")
    .replace("kind: screening", "kind: experiment")
    .replace(
        "screening:\n",
        "experiment:\n  id: VE99\n  stage: test\n  grade: E\n  claims: [a.b]\n  rule: as published\n"
        "  expected:\n    grows: {is: seen_after@with_background > 3000, says: after years}\nscreening:\n",
        1,
    )
)


@pytest.fixture(scope="module")
def cohort() -> ScreeningResult:
    return run_screening(load_screening(COHORT), progress=False)


@pytest.fixture(scope="module")
def tumour() -> ScreeningResult:
    text = (EXAMPLES / "hori_vesicles.yaml").read_text(encoding="utf-8")
    text = re.sub(r"test: \{cut_off[^}]*\}", "test: {cut_off: 2.2e+8 vesicle/mL}", text)
    return run_screening(load_screening(text), draws=12, progress=False)


@pytest.fixture(scope="module")
def page(cohort: ScreeningResult) -> Page:
    return screening_page(cohort)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def told(result: ScreeningResult) -> str:
    """What stands at the head of the page, in one line."""
    headline, numbers, _ = answer_of(result)
    return plain(" ".join([headline, *numbers]))


def section(page: Page, name: str) -> Section:
    (found,) = (one for one in page.sections if one.name == name)
    return found


def with_metric(
    result: ScreeningResult, metric: str, change: Callable[[pd.DataFrame], pd.Series | float]
) -> ScreeningResult:
    """The result with other numbers of one metric."""
    table = result.metrics.copy()
    chosen = table["metric"] == metric
    table.loc[chosen, "value"] = change(table[chosen])
    return replace(result, metrics=table)


def test_every_part_is_there_and_names_are_escaped(cohort: ScreeningResult, tmp_path: Path) -> None:
    path = write_screening_report(cohort, tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    for tag in ("<script", "<b>", "<i>", "<u>", "<s>"):
        assert tag not in page
    assert "&lt;script&gt;alert(1)" in page and "&lt;b&gt;1246&lt;/b&gt;" in page and "&lt;i&gt;usual" in page
    assert re.search(r"(?:src|@import|url\()\s*=?\s*[\"']?https?:", page) is None
    for part in ("detection", "telling", "by-stage", "shedding", "spread-by-stage", "panels", "contrasts", "numbers",
                 "notes", "values"):  # fmt: skip
        assert f'id="{part}"' in page, part
    assert page.count("<svg") == 6 and "nan" not in unescape(re.sub(r"<[^>]+>", " ", page)).split()


def test_the_same_result_gives_the_same_page(cohort: ScreeningResult, page: Page) -> None:
    assert render_page(screening_page(cohort)) == render_page(page)


def test_the_first_line_says_from_what_size(cohort: ScreeningResult) -> None:
    seen = with_metric(cohort, "smallest", lambda rows: rows["draw"].map({CENTRAL: 21.4, 0: 12.0, 1: 38.2}))
    assert "half of the people: <i>usual</i>, from 21 mm (95 %: 12 to 38 mm)" in told(seen)


def test_infinite_sizes_are_told_in_words(cohort: ScreeningResult) -> None:
    never = told(with_metric(cohort, "smallest", lambda rows: np.inf))
    assert never.startswith("No tumour of up to 100 mm is seen in half of the people")
    assert "not seen in any of 2" in never
    mixed = with_metric(cohort, "smallest", lambda rows: rows["draw"].map({CENTRAL: 30.0, 0: 1.0, 1: np.inf}))
    page = screening_page(mixed)
    assert "seen in 1 of 2 draws, from 1 mm or less" in plain(page.headline)
    rows = [[plain(cell) for cell in row] for row in section(page, "numbers").tables[0].rows]
    assert ["<u>smallest</u>", "<i>usual</i>", "30 mm", "1 mm or less to not within 100 mm"] in rows
    assert "∞" not in render_page(page)


def test_what_is_no_number_is_said_so(cohort: ScreeningResult) -> None:
    missing = with_metric(cohort, "ppv", lambda rows: np.nan)
    missing = with_metric(missing, "days", lambda rows: rows["draw"].map({CENTRAL: 900.0, 0: np.nan, 1: 100.0}))
    page = screening_page(missing)
    rows = [[plain(cell) for cell in row] for row in section(page, "numbers").tables[0].rows]
    assert ["ppv", "shed", "no number", "no number"] in rows
    assert ["days", "shed", "2.46 years", "100 d; 1 of 2 draws without a number"] in rows
    render_page(page)


def test_the_page_says_how_little_shedding_explains(cohort: ScreeningResult, page: Page) -> None:
    shed = section(page, "shedding")
    share = shifts(cohort).set_index("marker")["explained"]
    assert 0 < share["miR-21"] < 0.05 and 0 < share["miR-1246"] < 0.05 and np.isnan(share["<b>1246</b>"])
    words = plain(" ".join(shed.paragraphs))
    assert "Shed vesicles explain 0." in words and "shift is assumed: miR-21 and miR-1246." in words
    assert "For <b>1246</b> no shift is known or assumed" in words
    assert "no evidence that the panel works" in told(cohort)
    rows = {row[0]: plain(row[5]) for row in shed.tables[0].rows}
    assert rows["<b>1246</b>"] == "no shift is assumed" and rows["miR-21"].endswith(" %")
    assert "shed: only what the tumour sheds counts as signal." in shed.paragraphs


def test_a_shift_of_a_study_is_named_and_a_fall_is_not_explained(cohort: ScreeningResult) -> None:
    table = cohort.signals.copy()
    table["is_assumed"], table["source"] = False, "Somebody2020"
    table.loc[table["marker"] == "miR-21", "fold_reported"] = 0.5
    table.loc[table["marker"] != "miR-21", ["fold_shed", "fold_reported"]] = (30.0, 2.0)
    studied = replace(cohort, signals=table)
    page = screening_page(studied)
    rows = {row[0]: [plain(cell) for cell in row] for row in section(page, "shedding").tables[0].rows}
    assert rows["miR-21"][3:] == ["0.5 times", "Somebody2020", "a fall, which shedding cannot make"]
    assert "makes at least the whole" in " ".join(section(page, "shedding").paragraphs)
    assert "no evidence" not in told(studied)
    render_page(page)


def test_the_two_kinds_of_spread_are_named_apart(cohort: ScreeningResult) -> None:
    shares = cohort.shares.copy()
    first = shares.index[(shares["kind"] == "uncertainty") & (shares["stage"] == "assay")][0]
    shares.loc[first, "share"] = -0.2
    found = section(screening_page(replace(cohort, shares=shares)), "spread-by-stage")
    words = " ".join(found.points)
    assert "Differences between people" in words and "not the same and are not added" in words
    assert "damps" in words and "assay" in words
    without = section(
        screening_page(replace(cohort, shares=shares[shares["kind"] == "variability"])), "spread-by-stage"
    )
    assert "What is not known (right)" not in " ".join(without.points)


def test_shuffled_labels_stand_beside_what_chance_gives(cohort: ScreeningResult) -> None:
    cases = held_out(cohort, "usual")
    assert 5 < cases < 35
    reach = 1.96 * np.sqrt((2 * cases + 1) / (12 * cases**2))
    assert f"{0.5 - reach:.2f} to {0.5 + reach:.2f} with the {cases} patients" in told(cohort)


def test_a_cancer_without_stages_and_a_study_without_draws_have_pages(cohort: ScreeningResult) -> None:
    only = cohort.metrics[cohort.metrics["draw"] == CENTRAL]
    bare = replace(
        cohort, metrics=only, stages=cohort.stages.iloc[:0], panels=cohort.panels.iloc[:0],
        shares=cohort.shares.iloc[:0],
        detection=cohort.detection[cohort.detection["draw"] == CENTRAL],
        contrasts=cohort.contrasts[cohort.contrasts["draw"] == CENTRAL],
        recipe={**cohort.recipe, "draws": 0, "notes": {}, "could_not_be_done": {"no volume is left": 3}},
    )  # fmt: skip
    page = screening_page(bare)
    assert "No draws" in told(bare) and "3 times" in told(bare) and "no volume is left" in told(bare)
    assert {"by-stage", "panels", "spread-by-stage", "notes"}.isdisjoint(one.name for one in page.sections)
    (picture,) = section(page, "detection").pictures
    assert "no band" in picture.caption
    assert len(section(page, "numbers").tables[0].columns) == 3


def test_an_expected_tumour_is_told_by_size_and_time(tumour: ScreeningResult) -> None:
    page = screening_page(tumour)
    assert "is reached: small vesicles, by a tumour of " in plain(page.headline) and "after " in page.headline
    times = asked(tumour, "years", "one_class")
    above = int((times.drawn <= 0).sum())
    assert above and f"In {above} of 12 (small vesicles)" in told(tumour)  # the cut-off is below what some healthy have
    assert "people" not in dict(page.recipe)
    never = with_metric(with_metric(tumour, "years", lambda rows: np.inf), "diameter", lambda rows: np.inf)
    assert "is reached: small vesicles, never (95 %: never)" in told(never)


def test_a_cut_off_may_be_relative_to_the_healthy() -> None:
    text = (EXAMPLES / "hori_vesicles.yaml").read_text(encoding="utf-8")
    text = re.sub(r"test: \{cut_off[^}]*\}", "test: {cut_off_fold: 1.1}", text)
    found = run_screening(load_screening(text), draws=2, progress=False)
    assert told(found).startswith("The cut-off of 1.1 times what healthy people have is reached: small vesicles, by")


def test_published_models_have_their_numbers_in_the_first_line() -> None:
    hori = run_screening(load_screening(EXAMPLES / "hori_gambhir.yaml"), progress=False)
    assert "by a tumour of 25.3 mm, after 10.1 years" in told(hori)
    avanzini = run_screening(load_screening(EXAMPLES / "avanzini.yaml"), progress=False)
    assert "2 in a tube are enough" in told(avanzini)
    assert "15 mm is the first that brings so many on average (3.03)" in told(avanzini)


def test_an_experiment_is_told_by_its_verdict() -> None:
    page = screening_page(run_screening(load_screening(EXPERIMENT), progress=False))
    assert page.headline.startswith("VE99: reproduced at the central values") and page.tone == "better"
    assert section(page, "expected").tables[0].rows[0][0] == "after years"


def test_days_become_years_where_they_are_many() -> None:
    assert plain(days(300.0)) == "300 d" and plain(days(3676.93)) == "10.1 years"
