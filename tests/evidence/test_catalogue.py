from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exocosm.errors import CheckError, EvidenceError, InputError
from exocosm.evidence.catalogue import COLUMNS, catalogue_of, load_catalogue
from exocosm.evidence.value import Value

BIB = "@article{Kim2019, author={Kim, A}, year={2019}}\n"


def write(folder: Path, text: str, bib: str = BIB, name: str = "theme.csv") -> Path:
    (folder / "values").mkdir(exist_ok=True)
    (folder / "values" / name).write_text(text, encoding="utf-8")
    (folder / "sources.bib").write_text(bib, encoding="utf-8")
    return folder


def row(**cells: str) -> str:
    texts = [cells.get(name, "") for name in COLUMNS]
    return ",".join(f'"{text}"' if "," in text else text for text in texts)


def table(*rows: str) -> str:
    return "\n".join([",".join(COLUMNS), *rows]) + "\n"


GOOD = {
    "id": "liver-mass",
    "quantity": "organ_mass",
    "value": "1.3",
    "unit": "g",
    "method": "measured_in_vivo",
    "source": "Kim2019",
    "spread_kind": "between_subject_sd",
    "spread": "0.2",
    "n": "6",
    "distribution": "lognormal",
    "status": "opened",
    "note": "wet, whole organ",
}


def messages(error: CheckError) -> str:
    return "\n".join(str(problem) for problem in error.problems)


def test_loads_rows_and_index(tmp_path: Path) -> None:
    write(tmp_path, table(row(**GOOD), row(**{**GOOD, "id": "spleen-mass", "organ": "spleen"})))
    catalogue = load_catalogue(tmp_path)
    assert [value.id for value in catalogue.index["organ_mass"]] == ["liver-mass", "spleen-mass"]
    value = catalogue.row("liver-mass")
    assert (value.value, value.n, value.spread, value.low, value.note) == (1.3, 6, 0.2, None, "wet, whole organ")
    assert catalogue.places["spleen-mass"] == "theme.csv line 3"
    with pytest.raises(EvidenceError, match="did you mean 'liver-mass'"):
        catalogue.row("livermass")


def test_an_empty_distribution_follows_from_the_numbers(tmp_path: Path) -> None:
    given = {**GOOD, "distribution": ""}
    negative = {**given, "id": "b", "value": "-3"}
    certain = {**given, "id": "c", "spread_kind": "", "spread": ""}
    catalogue = load_catalogue(write(tmp_path, table(row(**given), row(**negative), row(**certain))))
    assert [value.distribution for value in catalogue.values] == ["lognormal", "normal", "fixed"]
    assert catalogue.values[2].spread_kind == "none"


def test_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    first = load_catalogue(write(tmp_path, table(row(**GOOD))))
    assert load_catalogue(tmp_path) is first
    write(tmp_path, table(row(**{**GOOD, "value": "1.35"})))
    assert load_catalogue(tmp_path).values[0].value == 1.35


def test_hash_is_of_the_content_not_of_the_files(tmp_path: Path) -> None:
    second = {**GOOD, "id": "spleen-mass"}
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    for folder in (one, two, other):
        folder.mkdir()
    write(one, table(row(**GOOD), row(**second)))
    write(two, table(row(**second)), name="a.csv")
    write(two, table(row(**GOOD)), name="b.csv")
    write(other, table(row(**GOOD), row(**{**second, "value": "1.31"})))
    assert load_catalogue(one).hash == load_catalogue(two).hash
    assert load_catalogue(one).hash != load_catalogue(other).hash
    write(other, table(row(**GOOD), row(**second)), bib=BIB.replace("2019}}", "2020}}"))
    assert load_catalogue(one).hash != load_catalogue(other).hash


BAD = [
    ({"method": "guessed"}, "method 'guessed' is not known"),
    ({"spread_kind": "sd"}, "spread_kind 'sd' is not known"),
    ({"distribution": "gauss"}, "distribution 'gauss' is not known"),
    ({"status": "read"}, "status 'read' is not known"),
    ({"source": ""}, "needs a source"),
    ({"source": "Kim2018"}, "'Kim2018' is not in the bibliography (did you mean 'Kim2019'?)"),
    ({"method": "assumed", "spread_kind": "none", "spread": "", "distribution": "fixed"}, "'assumed' needs a range"),
    ({"method": "derived"}, "'derived' needs a formula"),
    ({"low": "2", "high": "3"}, "low 2 is above the value"),
    ({"high": "1"}, "high 1 is below the value"),
    ({"spread_kind": "none"}, "spread 0.2 without a kind"),
    ({"spread_kind": "none", "spread": "", "low": "1", "high": "2"}, "a range without a kind"),
    ({"spread": ""}, "needs the number in 'spread'"),
    ({"spread_kind": "between_study_range"}, "needs both 'low' and 'high'"),
    ({"spread": "-1"}, "spread -1 is negative"),
    ({"distribution": "fixed"}, "'fixed' with a spread"),
    ({"distribution": "uniform"}, "needs a range"),
    ({"value": "-1"}, "needs a value and a low limit above zero"),
    ({"distribution": "logitnormal"}, "between 0 and 1"),
    ({"between_subject_cv": "0.2"}, "the same thing twice"),
    ({"between_subject_cv": "20"}, "is a fraction"),
    ({"n": "0"}, "not a number of subjects"),
    ({"n": "4-6"}, "n '4-6' is not a whole number"),
    ({"value": "about 3"}, "value 'about 3' is not a finite number"),
    ({"value": "nan"}, "value 'nan' is not a finite number"),
    ({"value": ""}, "value is empty"),
    ({"unit": ""}, "unit is empty"),
    ({"id": "Liver Mass"}, "is not kebab-case"),
    ({"quantity": "organ-mass"}, "is not snake_case"),
    ({"note": "x" * 5000}, "5000 characters"),
    ({"quantity": "correlation"}, "needs the formula 'id_a, id_b'"),
    ({"quantity": "correlation"}, "which level it joins"),
    ({"quantity": "correlation"}, "is not between -1 and 1"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_every_rule_is_a_problem(tmp_path: Path, change: dict[str, str], words: str) -> None:
    with pytest.raises(CheckError) as caught:
        load_catalogue(write(tmp_path, table(row(**{**GOOD, **change}))))
    assert words in messages(caught.value)
    assert "theme.csv line 2" in messages(caught.value)


def test_all_problems_at_once(tmp_path: Path) -> None:
    write(tmp_path, table(*(row(**{**GOOD, **change, "id": f"row-{i}"}) for i, (change, _) in enumerate(BAD[:20]))))
    write(tmp_path, table(row(**GOOD), row(**GOOD)), name="twice.csv", bib=BIB + "@misc{broken")
    with pytest.raises(CheckError) as caught:
        load_catalogue(tmp_path)
    found = messages(caught.value)
    assert all(words in found for _, words in BAD[:20])
    assert "used before, in twice.csv line 2" in found and "[bibliography]" in found


def test_header_and_cells_are_examined(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"column 'spraed' is not known \(did you mean 'spread'") as caught:
        load_catalogue(write(tmp_path, "id,quantity,value,spraed,id\n"))
    assert "column 'unit' is missing" in messages(caught.value) and "'id' stands there twice" in messages(caught.value)
    with pytest.raises(CheckError, match="30 cells where the header has 28"):
        load_catalogue(write(tmp_path, table(row(**GOOD) + ",more,cells")))
    with pytest.raises(CheckError, match="not plain CSV"):
        load_catalogue(write(tmp_path, table(row(**GOOD).replace("Kim2019", '"Kim"2019'))))


def test_needs_a_folder_with_a_catalogue(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sources\.bib"):
        load_catalogue(tmp_path)


def test_derived_and_constants_need_no_source() -> None:
    constant = Value("two", "number_of_lungs", 2.0, "dimensionless", method="model_constant")
    derived = Value("half", "half_of_it", 1.0, "dimensionless", method="derived", formula="{two} / 2")
    assert len(catalogue_of([constant, derived]).values) == 2
    with pytest.raises(CheckError, match="used before"):
        catalogue_of([constant, constant])


def test_loading_does_not_import_pint(tmp_path: Path) -> None:
    write(tmp_path, table(row(**GOOD)))
    code = (
        "import sys; from exocosm.evidence.catalogue import load_catalogue; from exocosm.evidence.lookup import find; "
        f"find(load_catalogue({str(tmp_path)!r}), 'organ_mass', {{}}); "
        "sys.exit(any(name in sys.modules for name in ('pint', 'pandas', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
