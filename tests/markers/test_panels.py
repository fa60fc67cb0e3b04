"""Panels of the literature and of files, and what they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from exocosm.errors import CheckError, InputError
from exocosm.markers.panels import find_panel, overlaps, panels, read_panel, specificity_of

CANCERS = {
    "lung cancer", "nasopharyngeal carcinoma", "esophageal squamous cell carcinoma", "breast cancer",
    "hepatocellular carcinoma", "pancreatic cancer", "prostate cancer", "glioblastoma", "colorectal cancer",
    "ovarian cancer", "cervical cancer",
}  # fmt: skip


def test_table_1_is_whole() -> None:
    of_table = [panel for panel in panels() if panel.id.startswith("table1:")]
    assert {panel.cancer for panel in of_table} == CANCERS
    assert sum(len(panel.markers) for panel in of_table) == 69
    assert all(marker.reference_number for panel in of_table for marker in panel.markers)


def test_numbers_are_in_their_ranges_and_have_a_source() -> None:
    for panel in panels():
        for marker in panel.markers:
            numbers = (marker.auc, marker.sensitivity, marker.specificity)
            assert all(number is None or 0.0 <= number <= 1.0 for number in numbers), marker
            assert marker.direction in ("up", "down", "not given")
            assert marker.haemolysis in ("raised", "not raised", "not given")
            given = (*numbers, marker.fold_change, marker.cases, marker.controls)
            if any(value is not None for value in given) or marker.direction != "not given":
                assert marker.source and marker.locator and marker.status, marker
        for report in panel.reported:
            assert set(report.markers) <= set(panel.names), (panel.id, report.markers)


def test_a_joint_result_is_not_one_of_a_marker() -> None:
    lung = find_panel("table1:lung")
    assert all(marker.auc is None for marker in lung.markers)
    (joint,) = lung.reported
    assert (len(joint.markers), joint.auc, joint.cases, joint.controls) == (6, 0.76, 50, 30)


def test_effects_only_where_a_source_gave_them() -> None:
    (marker,) = [one for one in find_panel("table1:prostate").markers if one.reference_number == "39"]
    assert (marker.name, marker.fold_change, marker.direction) == ("miR-141", 4.06, "up")
    assert all(one.fold_change is None for one in find_panel("table1:ovarian").markers)
    changed = [one for panel in panels() for one in panel.markers if one.fold_change is not None]
    assert len(changed) == 1


def test_the_confounded_study_is_told() -> None:
    colorectal = find_panel("table1:colorectal")
    assert any("order of accession" in report.note for report in colorectal.reported)
    by_name = {marker.name: marker for marker in colorectal.markers}
    assert by_name["miR-1246"].auc == 0.948
    assert "cannot be put down to the disease" in by_name["miR-1246"].note


def test_haemolysis_of_markers() -> None:
    by_name = {marker.name: marker for marker in find_panel("table1:colorectal").markers}
    assert by_name["miR-21"].haemolysis == "raised"
    assert by_name["miR-17-92a cluster"].haemolysis == "raised"
    assert by_name["miR-23a"].haemolysis == "not raised"
    assert by_name["miR-1229"].haemolysis == "not given"


def test_panels_of_a_cancer_and_of_a_fluid() -> None:
    assert {panel.id for panel in panels("glioblastoma")} == {"table1:glioblastoma", "ebrahimkhani2018:glioblastoma"}
    (liquor,) = panels(fluid="cerebrospinal fluid")
    assert liquor.names == ("miR-21",)
    assert liquor.fluids == ("cerebrospinal fluid",)
    urine = panels("prostate cancer", "urine")
    assert [panel.names for panel in urine] == [("miR-107", "miR-141", "miR-375", "miR-574-3p")]
    with pytest.raises(InputError, match="no panel is of the cancer 'colon'"):
        panels("colon")
    with pytest.raises(InputError, match="no panel is of the fluid 'tears'"):
        panels(fluid="tears")


def test_a_panel_by_the_beginning_of_its_name() -> None:
    assert find_panel("table1:colo").id == "table1:colorectal cancer"
    assert find_panel("TABLE1:Colorectal Cancer").id == "table1:colorectal cancer"
    with pytest.raises(InputError, match=r"may be any of table1:colorectal cancer, table1:cervical cancer"):
        find_panel("table1:c")
    with pytest.raises(InputError, match="did you mean 'table1:colorectal cancer'"):
        find_panel("table1:colorectla cancer")
    with pytest.raises(InputError, match="there is no panel ''"):
        find_panel("")


def test_mir_21_can_say_cancer_not_which() -> None:
    found = specificity_of("miR-21")
    assert (len(found.cancers), found.among) == (9, 11)
    assert set(found.cancers) == CANCERS - {"nasopharyngeal carcinoma", "prostate cancer"}
    assert "it can say cancer, not which" in found.sentence


def test_related_names_are_told_and_not_counted() -> None:
    found = specificity_of("miR-146a")
    assert found.cancers == ("cervical cancer",)
    assert [(one.name, one.relation) for one in found.related] == [("miR-146", "letter not given")]
    seventeen = {one.name: one.relation for one in specificity_of("miR-17-5p").related}
    assert seventeen["miR-17~92a cluster"] == "cluster member"
    assert seventeen["miR-17-3p"] == "other arm"
    full = specificity_of("miR-21-5p")
    assert full.cancers == ()
    assert [(one.name, one.relation, len(one.cancers)) for one in full.related] == [("miR-21", "arm not given", 9)]


def test_overlaps_put_only_the_same_name_together() -> None:
    rows = {row["marker"]: row for row in overlaps()}
    assert rows["miR-21"]["cancers"] == 9
    assert rows["miR-146"]["cancers"] == rows["miR-146a"]["cancers"] == 1
    assert "miR-146a (letter not given): cervical cancer" in rows["miR-146"]["related"]
    assert rows["miR-17-5p"]["in"] == "pancreatic cancer"
    assert [row["cancers"] for row in overlaps()] == sorted((row["cancers"] for row in overlaps()), reverse=True)


def test_overlaps_with_a_panel_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("hsa-miR-21\nEPCAM\nmiR-21-5p\n", "utf-8")
    rows = {row["marker"]: row for row in overlaps([find_panel("table1:breast"), read_panel(path)])}
    assert rows["miR-21"]["in"] == "breast cancer, mine.txt"
    assert rows["EPCAM"]["related"] == ""
    assert rows["miR-21-5p"]["cancers"] == 1


def test_overlaps_of_chosen_panels() -> None:
    rows = overlaps([find_panel("table1:breast"), find_panel("table1:ovarian")])
    assert [row["marker"] for row in rows if row["cancers"] == 2] == ["miR-200a", "miR-200c", "miR-205", "miR-21"]


def test_a_panel_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\ufeffName,Direction,weight\r\nmiR-21-5p,up,1.5\r\nCD9,,\r\nhsa-let-7f,down,-2e-1\r\n", "utf-8")
    panel = read_panel(path)
    assert panel.names == ("miR-21-5p", "CD9", "hsa-let-7f")
    assert [marker.kind for marker in panel.markers] == ["mirna", "protein", "mirna"]
    assert [marker.direction for marker in panel.markers] == ["up", "not given", "down"]
    assert [marker.weight for marker in panel.markers] == [1.5, None, -0.2]


def test_a_panel_of_lines_and_of_yaml(tmp_path: Path) -> None:
    lines = tmp_path / "mine.txt"
    lines.write_text("# my markers\nmiR-21-5p\n\nmiR-1246  # of the review\n", "utf-8")
    assert read_panel(str(lines)).names == ("miR-21-5p", "miR-1246")
    listed = tmp_path / "mine.yaml"
    listed.write_text("- miR-21-5p\n- {name: EPCAM, kind: protein, direction: up, weight: 2}\n", "utf-8")
    panel = read_panel(listed)
    assert [(marker.name, marker.kind, marker.weight) for marker in panel.markers] == [
        ("miR-21-5p", "mirna", None), ("EPCAM", "protein", 2.0),
    ]  # fmt: skip


def test_a_panel_of_the_literature_by_word() -> None:
    assert read_panel("table1:ovarian").cancer == "ovarian cancer"
    with pytest.raises(InputError, match="neither a file nor a panel"):
        read_panel("no/such/file.csv")
    with pytest.raises(InputError, match="there is no panel 'table1:brain'"):
        read_panel("table1:brain")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "marker\nmiR-21\n", ["there is no column 'marker'", "the column 'name' is missing"]),
        ("a.csv", "name,name\nmiR-21,x\n", ["a column stands twice"]),
        ("a.csv", "name,weight\nmiR-21,heavy\nmiR-22,nan\n", ["'heavy' is no number", "finite"]),
        ("a.csv", "name,direction\nmiR-21,upwards\n", ["direction 'upwards'"]),
        ("a.csv", "name,kind\nCD9,mirna\nmiR-9,gene\n", ["'CD9' is no name of a miRNA", "kind 'gene'"]),
        ("a.csv", "name\n", ["no marker is named"]),
        ("a.csv", "name\nmiR-21,7\n", ["there are more cells than columns"]),
        ("a.txt", "miR-21-5p\nhsa_miR_21_5p\n", ["stands twice (also at line 1)"]),
        ("a.txt", "RNU6B\nmiR-\n=1+1\n", ["'RNU6B' is neither", "'miR-' is neither", "'=1+1' is neither"]),
        ("a.txt", "", ["no marker is named"]),
        ("a.yaml", "- {name: miR-21, colour: red}\n- 21\n", ["no field 'colour'", "a name is missing"]),
    ],
)
def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path, name: str, text: str, said: list[str]) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(CheckError) as caught:
        read_panel(path)
    assert all(one in str(caught.value) for one in said), str(caught.value)


def test_a_yaml_without_a_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("name: miR-21\n", "utf-8")
    with pytest.raises(InputError, match="expected a list of names"):
        read_panel(path)


def test_files_are_limited(tmp_path: Path) -> None:
    many = tmp_path / "many.txt"
    many.write_text("".join(f"miR-{number}\n" for number in range(1, 2003)), "utf-8")
    with pytest.raises(InputError, match="too many for a panel"):
        read_panel(many)
    large = tmp_path / "large.txt"
    large.write_text("#" * 1_000_001, "utf-8")
    with pytest.raises(InputError):
        read_panel(large)
