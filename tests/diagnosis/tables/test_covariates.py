"""Columns about samples: numbers, dates, words and codes; what they are about; whose samples they are."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import CheckError, InputError


def sheet(made, **columns) -> str:
    lines = [",".join(["id", *(name.replace("__", " ") for name in columns)])]
    lines += [
        ",".join([name, *(str(cells[place]) for cells in columns.values())]) for place, name in enumerate(made.samples)
    ]
    return "\n".join(lines)


def read(made, **columns):
    return made.read(made.table(), covariates=[made.write("about.csv", sheet(made, **columns))])


def test_columns_are_numbers_dates_words_or_codes(made, said) -> None:
    days = [f"2021-03-{day:02d}" for day in range(1, 13)]
    data = read(
        made, Age=range(50, 62), run__date=days, lane=[1, 2, 3] * 4, Sex=["f", "m"] * 6, bmi=[21.5] * 11 + ["NA"]
    )
    frame = data.covariates
    assert frame["Age"].dtype == float and frame["Age"].iloc[1] == 51
    assert frame["run date"].iloc[0].day == 1 and str(frame["run date"].dtype).startswith("datetime")
    assert list(frame["lane"][:3]) == ["1", "2", "3"] and "lane" in said(data, "codes")
    assert np.isnan(frame["bmi"].iloc[-1])
    assert list(frame.index) == list(made.samples)


def test_roles_by_name_and_content(made, said) -> None:
    label = [name.split("_")[0] for name in made.samples]
    cases = [one == "CRC" for one in label]
    data = read(
        made, batch=[1, 2] * 6, CancerVsHC=["c" if case else "h" for case in cases], Sex=["f", "m"] * 6,
        GSM=[f"GSM{place}" for place in range(12)], country=["x" if case else "y" for case in cases],
        Run=[f"SRR{place}" for place in range(12)], same=["z"] * 12, site=["a" if case else "b" for case in cases],
    )  # fmt: skip
    assert data.roles == {
        "batch": "technical", "CancerVsHC": "label", "Sex": "biological", "GSM": "identity", "Run": "identity",
        "country": "unknown", "same": "unknown", "site": "technical",
    }  # fmt: skip
    assert said(data, "constant").endswith("same")


def test_roles_can_be_said(made) -> None:
    about = made.write("about.csv", sheet(made, country=["x", "y"] * 6))
    assert made.read(made.table(), covariates=about, roles={"country": "technical"}).roles == {"country": "technical"}
    with pytest.raises(InputError, match="did you mean 'country'"):
        made.read(made.table(), covariates=about, roles={"contry": "technical"})
    with pytest.raises(InputError, match="did you mean 'technical'"):
        made.read(made.table(), covariates=about, roles={"country": "technic"})


def test_several_files_and_columns_of_the_labels_are_joined(made) -> None:
    one = made.write("one.csv", sheet(made, batch=[1, 2] * 6))
    two = made.write("two.csv", sheet(made, batch=[1, 1, 2] * 4, age=range(12)))
    labels = "\n".join(f"{line},{'sex' if place == 0 else 'f'}" for place, line in enumerate(made.labels.splitlines()))
    data = made.read(made.table(), labels, covariates=[one, two])
    assert list(data.covariates) == ["sex", "batch", "batch (2)", "age"]


def test_lines_of_one_sample_that_differ_are_refused(made) -> None:
    text = sheet(made, age=range(12)) + "\nCRC_1,77\n"
    with pytest.raises(CheckError, match=r"lines 2 and 14: 'CRC_1' stands twice and differs in age"):
        made.read(made.table(), covariates=made.write("about.csv", text))


def test_a_sheet_about_other_samples_is_refused(made) -> None:
    about = made.write("about.csv", "id,age\nA,1\nB,2\n")
    with pytest.raises(InputError, match="names one of the 12 samples"):
        made.read(made.table(), covariates=about)


def test_subjects_from_a_column_by_name(made, said) -> None:
    data = read(made, patient=[f"P{place // 2}" for place in range(12)])
    assert list(data.subjects[:3]) == ["P0", "P0", "P1"] and data.roles["patient"] == "identity"
    assert "6 for 12 samples" in said(data, "subjects")
    assert read(made, patient=["yes", "no"] * 6).subjects.nunique() == 12


def test_numbers_of_replicates_begin_anew_in_every_class(made) -> None:
    data = read(made, BioRep=[1, 1, 2, 2, 3, 3] * 2)
    assert data.subjects.nunique() == 6
    assert data.subjects["CRC_1"] == data.subjects["CRC_2"] != data.subjects["HC_1"]


def test_a_paired_design_is_told(made, said) -> None:
    data = read(made, donor=[f"D{place % 6}" for place in range(12)])
    assert data.subjects.nunique() == 6 and "paired" in said(data, "subjects")


def test_subjects_by_a_column_that_was_asked_for(made) -> None:
    about = made.write("about.csv", sheet(made, family=["a", "a", "b"] * 4))
    assert made.read(made.table(), covariates=about, subject_column="family").subjects.nunique() == 2
    with pytest.raises(InputError, match="did you mean 'family'"):
        made.read(made.table(), covariates=about, subject_column="famly")


def test_names_like_replicates_are_a_suspicion_only(made) -> None:
    columns = [f"S{place // 2}_{'AB'[place % 2]}" for place in range(12)]
    labels = "id,group\n" + "".join(f"{name},{'x' if place < 6 else 'y'}\n" for place, name in enumerate(columns))
    data = made.read(made.table(columns=columns), labels)
    assert data.subjects.nunique() == 12
    assert any(note.what == "replicates" and note.serious for note in data.notes)
