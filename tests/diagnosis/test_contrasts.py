from __future__ import annotations

import pandas as pd
import pytest

from exocosm.diagnosis.contrasts import every_contrast, is_control, read_contrast
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.errors import InputError


def dataset(*labels: str) -> Dataset:
    index = [f"s{number}" for number in range(len(labels))]
    values = pd.DataFrame({"a": 1.0}, index)
    return Dataset(
        values=values, censored=values.isna(), kind="counts", labels=pd.Series(labels, index),
        covariates=pd.DataFrame(index=index), roles={}, subjects=pd.Series(index, index), features=pd.DataFrame(),
    )  # fmt: skip


def test_a_contrast_is_read_as_people_write_it() -> None:
    data = dataset("Healthy Control", "Colorectal Cancer", "Prostate Cancer")
    assert read_contrast("colorectal cancer:healthy control", data) == Contrast(
        ("Colorectal Cancer",), ("Healthy Control",)
    )
    joined = read_contrast("Colorectal Cancer + Prostate Cancer : Healthy Control", data)
    assert joined.cases == ("Colorectal Cancer", "Prostate Cancer")
    assert joined.slug == "colorectal_cancer_prostate_cancer_against_healthy_control"


def test_labels_may_hold_colons_and_plus_signs() -> None:
    data = dataset("HER2+", "disease: none")
    assert read_contrast("HER2+:disease: none", data) == Contrast(("HER2+",), ("disease: none",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Cancer", "CASE:CONTROL"),
        ("a:", "CASE:CONTROL"),
        ("Cancr:N", "did you mean 'Cancer'|Cancer"),
        ("Cancer:Cancer", "both sides"),
    ],
)
def test_what_is_no_contrast_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_contrast(text, dataset("Cancer", "N"))


def test_every_pair_with_controls_on_their_side_and_first() -> None:
    found = every_contrast(dataset("CRC", "N", "PC"))
    assert [pair.name for pair in found] == ["CRC : N", "PC : N", "CRC : PC"]
    with pytest.raises(InputError, match="one class only"):
        every_contrast(dataset("a", "a"))


def test_words_of_controls() -> None:
    assert is_control("Healthy Control") and is_control("NC") and is_control("WT2") and is_control("Normal")
    assert not is_control("Cancer") and not is_control("HIV") and not is_control("Colorectal Cancer")
