from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from exocosm import api, table_studies
from exocosm.errors import EvidenceError, InputError
from exocosm.study.screening_load import load_screening
from exocosm.trajectory.bench_result import CENTRAL
from exocosm.trajectory.screening_result import TABLES, ScreeningResult
from exocosm.workflow.screening import run_screening

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "screening"


def numbers_of(result: ScreeningResult, arm: str) -> dict[str, float]:
    rows = result.metrics[(result.metrics["arm"] == arm) & (result.metrics["draw"] == CENTRAL)]
    return dict(zip(rows["metric"], rows["value"], strict=True))


def test_the_example_of_hori_and_gambhir_gives_their_numbers() -> None:
    # published_models.md H2: times and sizes within 0.5 %, here within what is printed
    result = run_screening(load_screening(EXAMPLES / "hori_gambhir.yaml"), progress=False)
    found = numbers_of(result, "with_background")
    assert found["background"] == pytest.approx(13.160, abs=5e-4)
    assert found["seen_after"] == pytest.approx(3676.93, abs=5e-3)
    assert found["cells"] == pytest.approx(1.6979e9, rel=5e-5)
    assert found["edge"] == pytest.approx(20.400, abs=5e-4)
    assert found["diameter"] == pytest.approx(25.31, abs=5e-3)
    expected = {"year_8": 13.4239, "year_10": 31.0901, "year_12": 1232.27}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=5e-6)


TUMOUR_ONLY = """
  - {quantity: healthy_free_activity, value: 1.0e-12, unit: activity_unit/mL, carrier: free, cargo: CA125,
     organism: human, method: model_constant, source: HoriTable2018, locator: Table 1,
     note: "a marker that healthy cells do not make"}
"""


def test_a_marker_of_the_tumour_only_is_seen_when_they_say(tmp_path: Path) -> None:
    text = (EXAMPLES / "hori_gambhir.yaml").read_text(encoding="utf-8")
    start = text.index("  - {quantity: healthy_free_activity")
    text = text[:start] + TUMOUR_ONLY.lstrip("\n") + text[text.index("arms:") :]
    text = text.replace("cut_off: 34.11 activity_unit/mL", "cut_off: 1.5 activity_unit/mL")
    found = numbers_of(run_screening(load_screening(text), progress=False), "with_background")
    assert found["seen_after"] == pytest.approx(3220.76, abs=5e-3)
    assert found["cells"] == pytest.approx(1.21569e8, rel=5e-6)
    assert found["edge"] == pytest.approx(8.471, abs=5e-4)
    assert found["year_8"] == pytest.approx(0.263704, rel=2e-6)
    assert found["year_12"] == pytest.approx(1219.11, rel=5e-6)


def test_the_example_of_avanzini_gives_their_numbers() -> None:
    found = numbers_of(run_screening(load_screening(EXAMPLES / "avanzini.yaml"), progress=False), "tube")
    sampled = 15.0 / 5000.0
    for name, in_blood in (
        ("at_1e8_cells", 57.2200), ("at_1e9_cells", 572.200), ("at_10_mm", 299.60), ("at_15_mm", 1011.16),
        ("at_20_mm", 2396.83),
    ):  # fmt: skip
        assert found[name] == pytest.approx(in_blood * sampled, rel=2e-5)
    chances = {"one_by_error": 0.1219754, "two_by_error": 0.00776080, "five_by_error": 2.78324e-7}
    for name, chance in chances.items():
        assert found[name] == pytest.approx(chance, rel=2e-6)


VESICLES = """
exocosm: 1
kind: screening
name: vesicles
screening:
  cancer: ovarian cancer
  fluid: plasma
  markers: [{name: CA125 vesicle, kind: vesicle, unit: vesicle}]
  test: {cut_off: 34.11 vesicle/mL}
values:
ROWS
arms:
  one_class: {}
metrics:
  background: {of: concentration}
  year_8: {of: concentration, after: 2920 day}
  year_12: {of: concentration, after: 4380 day}
  seen_after: {of: time_to_cut_off}
  cells: {of: cells_at_cut_off}
  edge: {of: edge_at_cut_off}
"""


OVARIAN, SMALL, MARKER = "population: ovarian cancer", "carrier: small_ev", "cargo: CA125 vesicle"
OWN = (
    ("tumour_doubling_time", "119.921657536", "day", OVARIAN),
    ("tumour_cell_density", "2.0e+5", "cell/mm^3", "organ: tumour"),
    ("plasma_volume", "3150", "mL", ""),
    ("shed_fraction_entering_blood", "0.1", "dimensionless", f"organ: tumour, {SMALL}, {OVARIAN}"),
    ("vesicle_release_rate", "4.5e-5", "vesicle/cell/day", SMALL),
    ("circulation_half_life", "6.301338005090412", "day", SMALL),
    ("particle_concentration", "13.16017316017316", "vesicle/mL", f"{SMALL}, fluid: plasma"),
    ("positive_share_of_tumour_vesicles", "1", "dimensionless", f"{SMALL}, {MARKER}, {OVARIAN}"),
    ("positive_share_of_healthy_vesicles", "1", "dimensionless", f"{SMALL}, {MARKER}"),
)


def test_vesicles_of_one_class_are_that_model_exactly() -> None:
    protein = run_screening(load_screening(EXAMPLES / "hori_gambhir.yaml"), progress=False)
    rows = [
        f"  - {{quantity: {quantity}, value: {value}, unit: {unit}, organism: human, method: model_constant"
        f"{', ' if of else ''}{of}}}"
        for quantity, value, unit, of in OWN
    ]
    vesicles = run_screening(load_screening(VESICLES.replace("ROWS", "\n".join(rows))), progress=False)
    expected, found = numbers_of(protein, "with_background"), numbers_of(vesicles, "one_class")
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-12), name


def test_a_second_class_adds_to_the_first() -> None:
    result = run_screening(load_screening(EXAMPLES / "hori_vesicles.yaml"), draws=0, progress=False)
    one, two = numbers_of(result, "one_class"), numbers_of(result, "two_classes")
    assert two["background"] > one["background"] and two["at_50_mm"] > one["at_50_mm"] > one["at_20_mm"] > 1.0


COHORT = """
exocosm: 1
kind: screening
name: small
seed: 3
subjects: {organism: human, number: 120}
uncertainty: {draws: 3}
screening:
  cancer: colorectal cancer
  fluid: plasma
  volume: 0.5 mL
  markers: [{name: miR-21}, {name: miR-1246}, {name: miR-223}]
  isolation: exoquick_plasma
  assay: rt_qpcr
  test: {specificity: 0.9, prevalence: 0.01, every: 365 day, budget: 200 euro}
arms:
  usual: {}
  shed: {tumour_signal: shed}
  exact: {assay: none, isolation: none}
metrics:
  auc: {of: auc}
  shuffled: {of: auc, shuffled: true}
  others: {of: auc, controls: other cancers}
  sensitivity: {of: sensitivity}
  first: {of: sensitivity, stage: I}
  specificity: {of: specificity}
  ppv: {of: positive_predictive_value}
  npv: {of: negative_predictive_value}
  seen: {of: detection, diameter: 50 mm}
  smallest: {of: smallest_diameter}
  early: {of: found_before_diagnosis}
  patients: {of: patients_needed}
  best: {of: panel_auc}
  cost: {of: cost}
contrasts:
  signal: {metric: auc, arm: usual, against: shed, as: difference}
"""


@pytest.fixture(scope="module")
def cohort() -> ScreeningResult:
    return run_screening(load_screening(COHORT), progress=False)


def test_a_cohort_answers_every_question(cohort: ScreeningResult) -> None:
    for arm in ("usual", "shed", "exact"):
        found = numbers_of(cohort, arm)
        shares = (
            "auc",
            "shuffled",
            "others",
            "sensitivity",
            "first",
            "specificity",
            "ppv",
            "npv",
            "seen",
            "early",
            "best",
        )
        assert all(0.0 <= found[name] <= 1.0 for name in shares)
        assert found["patients"] > 50 and found["cost"] >= 0
    assert set(cohort.metrics["draw"]) == {CENTRAL, 0, 1, 2}
    assert cohort.shares.groupby(["arm", "of", "kind"])["share"].sum().round(6).eq(1.0).all()
    assert len(cohort.signals) == 9 and (cohort.signals["fold_shed"] > 1).all()


def test_what_the_tumour_sheds_is_told_apart_from_what_is_reported(cohort: ScreeningResult) -> None:
    usual = cohort.signals[cohort.signals["arm"] == "usual"].set_index("marker")
    assert (usual["fold_shed"] < 1.1).all()  # a tumour of some grams adds little to all vesicles of the blood
    assert numbers_of(cohort, "usual")["auc"] > numbers_of(cohort, "shed")["auc"]


def test_same_seed_same_numbers_and_another_seed_others(cohort: ScreeningResult) -> None:
    study = load_screening(COHORT)
    again = run_screening(study, progress=False)
    assert again.metrics.equals(cohort.metrics)
    other = run_screening(study, seed=4, draws=0, progress=False)
    assert numbers_of(other, "usual")["auc"] != numbers_of(cohort, "usual")["auc"]


def test_more_people_do_not_change_who_the_first_are() -> None:
    from exocosm.bench.numbers import bench_numbers
    from exocosm.screening.chain import TubeTest, signals
    from exocosm.screening.content import Analyte
    from exocosm.screening.people import People, StagedNumbers

    test = TubeTest("colorectal cancer", "plasma", 0.5, (Analyte("miR-21"),), assay="digital_pcr")
    numbers = StagedNumbers.alike(bench_numbers())
    few, many = (signals(test, numbers, People(n), np.full(n, 30.0), np.ones(n, bool))[0] for n in (7, 50))
    assert few.tolist() == many[:7].tolist()


def test_a_folder_holds_every_table_and_the_report(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(COHORT.replace("draws: 3", "draws: 0"), encoding="utf-8")
    saved = table_studies.load(path, people=60).run(tmp_path / "out", progress=False)
    folder = saved.folder
    assert folder is not None
    assert {f"{name}.csv" for name in TABLES} < {one.name for one in folder.iterdir()}
    assert json.loads((folder / "recipe.json").read_text())["people"] == 60
    assert "miR-21" in (folder / "report.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        api.load(path).run(tmp_path / "out", progress=False)


def test_an_arm_that_cannot_be_done_is_named() -> None:
    with pytest.raises(InputError, match=r"arm 'usual'.*does not read miR-21"):
        run_screening(load_screening(COHORT.replace("assay: rt_qpcr", "assay: protein_immunoassay")), progress=False)
    with pytest.raises(InputError, match=r"arm 'usual'.*no stage 'X'"):
        run_screening(load_screening(COHORT.replace("stage: I}", "stage: X}")), draws=0, progress=False)


def test_a_number_that_nobody_has_names_the_arm() -> None:
    text = COHORT.replace("[{name: miR-21}, {name: miR-1246}, {name: miR-223}]",
                          "[{name: CA125, kind: protein, unit: activity_unit}]")  # fmt: skip
    text = text.replace("assay: rt_qpcr", "assay: none").replace("isolation: exoquick_plasma", "isolation: none")
    with pytest.raises(EvidenceError, match=r"arm 'usual'"):
        run_screening(load_screening(text), draws=0, people=40, progress=False)


def test_a_row_that_answers_many_questions_goes_by_its_own_words() -> None:
    from exocosm.bench.numbers import bench_numbers
    from exocosm.screening.people import StagedNumbers
    from exocosm.workflow.asked_values import drawn_values
    from exocosm.workflow.screening_arm import answer_of

    numbers = bench_numbers(draws=2)
    for fluid in ("plasma", "serum"):
        text = COHORT.replace("colorectal cancer", "lung cancer")
        study = load_screening(text.replace("fluid: plasma", f"fluid: {fluid}"))
        only = {"auc": study.file.metrics["auc"]}
        for draw in range(2):
            answer_of(study.tests["exact"], only, StagedNumbers.alike(numbers.drawn(draw)), 40, 1)
    assumed = [name for name, (pin, _) in drawn_values(numbers.ledger).items() if pin.value.id == "reported-fold-any"]
    assert assumed and all(name.startswith("reported_fold human any cancer mirna (miR-") for name in assumed)
    assert len(set(assumed)) == len(assumed)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fluid: serum", "fluid: serumm", "did you mean 'serum'"),
        ("  volume: 0.5 mL\n", "", "how much of the fluid is taken"),
        ("cancer: colorectal cancer", "cancer: colon cancer", "nothing is known of 'colon cancer'"),
        ("stage: I,", "stage: early,", "has no stage 'early'; known: I, II, III, IV"),
    ],
)
def test_what_cannot_be_run_is_told_without_running(old: str, new: str, said: str) -> None:
    text = (EXAMPLES / "colorectal_serum.yaml").read_text()
    assert table_studies.load(text).validate() == ()
    problems = table_studies.load(text.replace(old, new)).validate()
    assert any(said in one.message and one.where == "all arms" for one in problems)
