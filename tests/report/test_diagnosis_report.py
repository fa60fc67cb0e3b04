"""The report of a diagnosis: the first line, what a refused contrast may show, hostile names, several contrasts."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exocosm.diagnosis.audit.run import audit
from exocosm.diagnosis.dataset import Contrast, Dataset, Note
from exocosm.diagnosis.diagnosed import Diagnosis, Validated
from exocosm.diagnosis.judgement import NOTHING_SEEN, REFUSED, TOLD_APART, TOO_FEW, Judgement
from exocosm.diagnosis.judging import Asked, judge
from exocosm.diagnosis.panels.external import validate
from exocosm.markers.marker import Marker, Panel
from exocosm.report.diagnosis import contrast_page, overview_page, page_names, write_diagnosis
from exocosm.report.diagnosis_figures import GRID, roc_of
from exocosm.report.diagnosis_items import RULES, answers, diagnosis_checklists
from exocosm.report.page import render_page

HOSTILE = '<script>alert("x")</script>'
CANCER = Contrast(("cancer",), ("healthy",))
FAST = Asked(permutations=0, repeats=1, workers=1)


def planted(
    each: int = 12, effect: float = 0.0, seed: int = 1, batches: Sequence[str] | None = None, names: str = "miR-{}",
    classes: tuple[str, str] = ("cancer", "healthy"), column: str = "batch", sample: str = "s",
) -> Dataset:  # fmt: skip
    """Counts of 12 features, the first two more and less in cases by the effect (log scale); depths of their own."""
    random = np.random.default_rng(seed)
    is_case = random.permutation(np.repeat([True, False], each))
    logs = 6.0 + random.normal(0, 0.5, (2 * each, 12))
    logs[:, :2] += effect * is_case[:, None] * np.array([1.0, -1.0])
    logs += random.normal(0, 0.8, (2 * each, 1))
    index = pd.Index([sample + "".join(chr(97 + int(digit)) for digit in f"{i:03d}") for i in range(2 * each)])
    columns = [names.format(100 + i) for i in range(12)]
    given = list(batches) if batches is not None else ["A", "B"] * each
    if batches == ():
        given = ["A" if case else "B" for case in is_case]
    values = pd.DataFrame(random.poisson(np.exp(logs)).astype(float), index=index, columns=columns)
    return Dataset(
        values, pd.DataFrame(False, index=index, columns=columns), "counts",
        pd.Series(np.where(is_case, *classes), index=index), pd.DataFrame({column: given}, index=index),
        {column: "technical"}, pd.Series(index, index=index),
        pd.DataFrame({"name": columns, "kind": "mirna"}, index=columns), title="planted",
        notes=(Note("kind", "whole numbers"),),
    )  # fmt: skip


def found_in(
    dataset: Dataset, contrast: Contrast = CANCER, panels: Sequence[Panel] = (), how: Asked = FAST
) -> Diagnosis:
    recipe: Mapping[str, object] = {"files": {"t.csv": "00ff"}, "seed": 1, "command": "exocosm diagnose t.csv"}
    return Diagnosis(dataset, (judge(dataset, contrast, panels, how),), tuple(panels), (), recipe)


@pytest.fixture(scope="module")
def apart() -> Diagnosis:
    marker = Marker("miR-100", "mirna", "any", ("plasma",), "mine", direction="down")
    return found_in(planted(effect=2.0), panels=[Panel("mine", "Mine", "any", ("plasma",), (marker,), ())])


@pytest.fixture(scope="module")
def confounded() -> Diagnosis:
    return found_in(planted(effect=1.0, batches=()))


def written(found: Diagnosis, folder: Path) -> str:
    return write_diagnosis(found, folder / "report.html").read_text(encoding="utf-8")


def first_line(text: str) -> str:
    match = re.search(r'<p class="headline">(.*?)</p>', text, re.DOTALL)
    assert match
    return html.unescape(match.group(1)).replace("\u00a0", " ")


def test_first_line_is_that_of_the_judgement(apart: Diagnosis, confounded: Diagnosis, tmp_path: Path) -> None:
    assert apart.judgements[0].verdict == TOLD_APART
    assert confounded.judgements[0].verdict == REFUSED
    for found in (apart, confounded):
        assert first_line(written(found, tmp_path)) == found.judgements[0].headline


def test_told_apart_shows_what_would_have_been_believed(apart: Diagnosis, tmp_path: Path) -> None:
    text = written(apart, tmp_path)
    for name in ("handling", "believed", "roc", "calibration", "chosen", "single", "published-1"):
        assert f'<figure id="{name}"' in text
    assert "AUC is the chance that a case scores higher than a control" in text
    assert "cancer_against_healthy_model.json" in text
    assert "--model cancer_against_healthy_model.json" in text
    assert "opposite" in text  # published as lower, planted as higher


def test_refused_shows_the_audit_and_no_auc_of_features(confounded: Diagnosis, tmp_path: Path) -> None:
    one = confounded.judgements[0]
    text = html.unescape(written(confounded, tmp_path)).replace("\u00a0", " ")
    assert '<figure id="handling"' in text
    assert "Samples by batch" in text
    for name in ("believed", "roc", "calibration", "chosen", "single"):
        assert f'<figure id="{name}"' not in text
    # an AUC stands only in what the audit says of batches and amounts, and in what explains it there
    for finding in one.audit.findings:
        text = text.replace(finding.sentence, "")
    text = re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)
    assert re.findall(r"AUC[^<]{0,40}", text) in ([], ["AUC (0.5: chance), it is that of a batch, a"])


def test_nothing_seen_and_too_few(tmp_path: Path) -> None:
    noise = found_in(planted(seed=5, each=10), how=replace(FAST, permutations=3))
    assert noise.judgements[0].verdict == NOTHING_SEEN
    text = written(noise, tmp_path)
    assert first_line(text) == noise.judgements[0].headline
    assert "the whole procedure with permuted labels" in text
    few = found_in(planted(each=5))
    assert few.judgements[0].verdict == TOO_FEW
    text = written(few, tmp_path)
    assert '<figure id="single"' in text
    assert '<figure id="roc"' not in text


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    dataset = planted(effect=2.0, names=HOSTILE + "-{}", classes=(HOSTILE + "1", "-->" + HOSTILE), column=HOSTILE,
                      sample=HOSTILE)  # fmt: skip
    dataset = replace(dataset, title=HOSTILE, notes=(Note("names", HOSTILE, (HOSTILE + "!",), serious=True),))
    contrast = Contrast((HOSTILE + "1",), ("-->" + HOSTILE,))
    found = found_in(dataset, contrast)
    assert found.judgements[0].panels
    text = written(found, tmp_path)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_same_input_same_page(apart: Diagnosis, tmp_path: Path) -> None:
    assert written(apart, tmp_path) == written(apart, tmp_path)


def test_several_contrasts_are_linked_from_an_overview(tmp_path: Path) -> None:
    dataset = planted(effect=1.0)
    labels = dataset.labels.copy()
    labels.iloc[::3] = "benign"
    dataset = replace(dataset, labels=labels)
    contrasts = [CANCER, Contrast(("cancer",), ("benign",))]
    how = Asked(audit_only=True)
    found = Diagnosis(dataset, tuple(judge(dataset, one, (), how) for one in contrasts))
    text = written(found, tmp_path)
    for name in page_names(contrasts):
        assert f'<a href="{name}">' in text
        assert (tmp_path / name).is_file()
    assert first_line(text).startswith("2 contrasts: ")
    assert "AUC, held out" not in text


def test_contrasts_that_share_a_name_keep_their_pages() -> None:
    names = page_names([Contrast(("a b",), ("c",)), Contrast(("a-b",), ("c",)), Contrast(("x" * 300,), ("c",))])
    assert len(set(names)) == 3
    assert max(map(len, names)) < 140


def test_validation_of_a_saved_model(apart: Diagnosis, tmp_path: Path) -> None:
    model = apart.judgements[0].model
    assert model is not None
    other = planted(effect=2.0, seed=9)
    result = validate(model, other, CANCER.is_case(other.labels))
    fair = Diagnosis(other, (), external=(Validated(CANCER, result, audit(other, CANCER)),))
    text = written(fair, tmp_path)
    assert first_line(text) == result.sentence
    assert '<figure id="shifts"' in text
    unfair = planted(effect=2.0, seed=9, batches=())
    result = validate(model, unfair, CANCER.is_case(unfair.labels))
    refused = Diagnosis(unfair, (), external=(Validated(CANCER, result, audit(unfair, CANCER)),))
    text = written(refused, tmp_path)
    assert first_line(text).startswith("No diagnosis from this contrast")
    assert '<figure id="roc"' not in text
    assert "auc" not in refused.as_plain()["external"][0]


def test_checklists_name_rules_that_exist(apart: Diagnosis) -> None:
    lists = {one.name: one for one in diagnosis_checklists()}
    assert list(lists) == ["TRIPOD", "STARD"]
    for each in lists.values():
        assert {item.answered_by for item in each.items} <= {*RULES, ""}
        assert len({item.id for item in each.items}) == len(each.items)
    stated = {one.item.id: one.state for one in answers(apart, apart.judgements[0]) if one.checklist == "TRIPOD"}
    assert stated["16"] == "filled"
    assert stated["22"] == "missing"


def test_refused_contrast_fills_no_performance(confounded: Diagnosis) -> None:
    stated = {one.item.id: one for one in answers(confounded, confounded.judgements[0]) if one.checklist == "TRIPOD"}
    assert stated["16"].state == "missing"


def test_roc_of_known_scores() -> None:
    is_case = np.array([True, True, False, False])
    groups = np.arange(4)
    perfect = roc_of(np.array([4.0, 3.0, 2.0, 1.0]), is_case, groups)
    assert np.allclose(perfect.middle, 1.0)
    ties = roc_of(np.zeros(4), is_case, groups)
    assert np.allclose(ties.middle, GRID)
    half = roc_of(np.array([4.0, 1.0, 3.0, 2.0]), is_case, groups)
    assert half.middle[0] == 0.5
    assert half.middle[-1] == 1.0


def test_audit_only_says_so(confounded: Diagnosis) -> None:
    dataset = planted()
    one: Judgement = judge(dataset, CANCER, (), Asked(audit_only=True))
    found = Diagnosis(dataset, (one,))
    text = render_page(contrast_page(found, one))
    assert "audit only" in text
    assert "audit only" in render_page(overview_page(found))
