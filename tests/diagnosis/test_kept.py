from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.diagnosis.judging import Asked, judge
from exocosm.diagnosis.kept import Kept
from exocosm.diagnosis.panels.null import NullResult


def null(value: float = 0.6) -> NullResult:
    return NullResult(value, np.array([0.4, 0.5]), 0.25, np.nan, np.zeros(0), np.nan, 3.0, 1)


def test_what_is_finished_is_not_made_again(tmp_path: Path) -> None:
    kept, made = Kept(tmp_path / "unfinished"), []

    def make() -> NullResult:
        made.append(1)
        return null()

    first, again = kept.null("a", make), kept.null("a", make)
    assert len(made) == 1
    assert again.observed == first.observed and again.permuted.tolist() == [0.4, 0.5] and np.isnan(again.within_p)
    kept.null("another key", make)
    assert len(made) == 2
    kept.forget()
    assert not (tmp_path / "unfinished").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"observed": "x"}', "\x00"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: str) -> None:
    kept = Kept(tmp_path)
    kept.null("a", null)
    next(tmp_path.glob("*.json")).write_text(content, encoding="utf-8")
    assert kept.null("a", lambda: null(0.7)).observed == 0.7


def test_without_a_folder_nothing_is_kept() -> None:
    assert Kept().null("a", null).observed == 0.6
    Kept().forget()


def test_a_killed_diagnosis_goes_on_with_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    index = [f"s{number}" for number in range(24)]
    values = pd.DataFrame(random.normal(8.0, 1.0, size=(24, 30)), index, [f"g{number}" for number in range(30)])
    labels = pd.Series(random.permutation(["a", "b"] * 12), index)
    dataset = Dataset(
        values=values, censored=values.isna(), kind="log_expression", labels=labels,
        covariates=pd.DataFrame(index=index), roles={}, subjects=pd.Series(index, index),
        features=pd.DataFrame({"name": values.columns, "kind": "other"}, index=values.columns),
    )  # fmt: skip
    contrast = Contrast(("a",), ("b",))
    asked = Asked(permutations=20, repeats=1, workers=1, kept=Kept(tmp_path / "kept"))
    whole = judge(dataset, contrast, (), asked)
    import exocosm.diagnosis.judging as judging

    def killed(*_: object, **__: object) -> NullResult:
        raise AssertionError("this null was finished before")

    monkeypatch.setattr(judging, "permutation_null", killed)
    again = judge(dataset, contrast, (), asked)
    assert again.headline == whole.headline and again.sentences == whole.sentences
