"""Labels and how the names of two files are brought together: equal, or by one rule that is told; never by likeness."""

from __future__ import annotations

import pytest

from exocosm.diagnosis.tables.matching import matched
from exocosm.errors import CheckError, InputError


@pytest.mark.parametrize(
    ("table", "file"),
    [
        (["Sample_1S1", "Sample_N2", "Sample_PC3"], ["X1S1", "N2", "PC3"]),
        (["1-a", "2-b", "3 c"], ["X1.a", "X2.b", "X3.c"]),
        (["run/S1.bam", "run/S2.bam", "run/S10.bam"], ["S1", "S2", "S10"]),
        (["S1", "S2", "S10"], ["1", "2", "10"]),
        (["GSM11_N1", "GSM12_N2", "GSM13_C1"], ["N1", "N2", "C1"]),
        (["GSM11_N1", "GSM12_N2", "GSM13_C1"], ["GSM11", "GSM12", "GSM13"]),
        (["hiv1", "hiv2", "ctrl1"], ["HIV1", "HIV2", "Ctrl1"]),
        (["P01", "P02", "P10"], ["P1", "P2", "P10"]),
        (["A_counts", "B_counts", "C_counts"], ["A", "B", "C"]),
    ],
)
def test_one_rule_brings_names_together_in_both_directions(table, file) -> None:
    for left, right in ((table, file), (file, table)):
        found = matched(left, right)
        assert found.pairs == dict(zip(left, right, strict=True))
        assert found.rule


@pytest.mark.parametrize(
    ("table", "file"),
    [
        (["S1", "S2", "S3"], ["P1", "P2", "P3"]),  # numbers of different things
        (["S_1", "S_2", "S_3", "S_4", "k"], ["P_1", "P_2", "P_3", "P_4", "xk"]),
        (["patient1", "patient2"], ["patiant1", "patiant2"]),  # a slip of the pen
        (["1", "2", "3"], ["CRC_1", "CRC_2", "CRC_3", "HC_1", "HC_2", "HC_3"]),
        (["a.1", "a-1"], ["A_1", "B_1"]),  # the rule would make two samples one
    ],
)
def test_names_that_are_only_alike_are_not_brought_together(table, file) -> None:
    assert matched(table, file).pairs == {}


def test_equal_names_need_no_rule_and_stay_so() -> None:
    assert matched(["S1", "S2", "S3"], ["S2", "S1"]).pairs == {"S1": "S1", "S2": "S2"}
    assert matched(["S1", "S2", "S3"], ["S2", "S1"]).rule == ""
    found = matched(["1S", "PC8"], ["X1S", "PC8"])
    assert found.pairs == {"1S": "X1S", "PC8": "PC8"}


def test_who_is_left_over_is_named_with_the_nearest(made, said) -> None:
    labels = made.labels.replace("CRC_2,", "CRC_22,").replace("HC_6,HC\n", "")
    data = made.read(made.table(), labels)
    assert data.unlabelled == ("CRC_2", "HC_6") and data.values.shape == (10, 30)
    assert "CRC_22 (did you mean 'CRC_2'" in said(data, "unmatched")


def test_labels_need_no_header(made, said) -> None:
    data = made.read(made.table(), made.labels.split("\n", 1)[1])
    assert data.classes == {"CRC": 6, "HC": 6} and "no header" in said(data, "file")


def test_the_column_with_the_classes_is_recognised_or_asked(made, said) -> None:
    lines = ["id,Cancer.Type,sex,code"]
    lines += [f"{name},{name[:2]},{'fm'[place % 2]},{place}" for place, name in enumerate(made.samples)]
    text = "\n".join(lines)
    assert made.read(made.table(), text).classes == {"CR": 6, "HC": 6}
    assert made.read(made.table(), text, label_column="sex").classes == {"f": 6, "m": 6}
    with pytest.raises(InputError, match="did you mean 'sex'"):
        made.read(made.table(), text, label_column="sexe")
    with pytest.raises(InputError, match="12 different values"):
        made.read(made.table(), text, label_column="code")
    with pytest.raises(InputError, match="which column has the classes"):
        made.read(made.table(), text.replace("Cancer.Type", "x"))


def test_a_sample_with_two_classes_is_refused_with_its_lines(made) -> None:
    with pytest.raises(CheckError, match=r"lines 2 and 14: 'CRC_1' is 'CRC' and 'HC'"):
        made.read(made.table(), made.labels + "CRC_1,HC\n")
    assert made.read(made.table(), made.labels + "CRC_1,CRC\n").classes == {"CRC": 6, "HC": 6}


def test_samples_without_a_class_are_left_aside(made) -> None:
    data = made.read(made.table(), made.labels.replace("HC_3,HC", "HC_3,NA").replace("HC_4,HC", "HC_4,"))
    assert data.unlabelled == ("HC_3", "HC_4") and data.classes == {"CRC": 6, "HC": 4}


def test_minus_is_a_class(made) -> None:
    data = made.read(made.table(), made.labels.replace(",CRC", ",+").replace(",HC", ",-"))
    assert data.classes == {"+": 6, "-": 6}


def test_classes_that_differ_only_in_capitals_are_kept_apart_and_told(made) -> None:
    data = made.read(made.table(), made.labels.replace("HC_3,HC", "HC_3,hc"))
    assert data.classes == {"CRC": 6, "HC": 5, "hc": 1}
    assert any(note.serious and "capitals" in note.sentence for note in data.notes)


def test_classes_by_name_only_when_asked(made) -> None:
    with pytest.raises(InputError, match="by-name"):
        made.read(made.table(), "")
    assert made.read(made.table(), "by-name").classes == {"CRC": 6, "HC": 6}
    with pytest.raises(InputError, match="give a file of labels"):
        made.read(made.table(columns=[f"{letter}1" for letter in "abcdefghijkl"]), "by-name")


def test_nobody_in_common_shows_both_sides(made) -> None:
    with pytest.raises(InputError, match=r"CRC_1, CRC_2, CRC_3"):
        made.read(made.table(), "sample,group\nAnna,a\nBob,b\nCarl,a\n")


def test_plain_numbers_that_name_samples_are_doubted(made) -> None:
    columns = [f"S{number}" for number in range(1, 13)]
    labels = "id,group\n" + "".join(f"{number},{'ab'[number % 2]}\n" for number in range(1, 13))
    data = made.read(made.table(columns=columns), labels)
    assert any(note.what == "matching" and note.serious and "plain numbers" in note.sentence for note in data.notes)
