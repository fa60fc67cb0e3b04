"""Files with something planted, judged end to end as a person would from the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from exocosm.accuracy.estimate import Estimate
from exocosm.diagnosing import diagnose
from exocosm.diagnosis.diagnosed import Diagnosis
from exocosm.diagnosis.judgement import PanelJudgement
from exocosm.diagnosis.judging import _verdict

Rows = Mapping[str, Sequence[object]]


class Clinic:
    """Writes a table of counts (features in rows) and a file about the samples, and judges them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def judged(
        self, values: np.ndarray, about: Rows, *, names: Sequence[str] | None = None, table: str = "counts.csv",
        line_end: str = "\n", **settings: object,
    ) -> Diagnosis:  # fmt: skip
        """about: column -> value of every sample."""
        names = names or [f"s{number:02d}" for number in range(len(values))]
        lines = [",".join(["", *names])]
        lines += [f"hsa-miR-{300 + i}-5p,{','.join(map(str, row))}" for i, row in enumerate(np.transpose(values))]
        (self.folder / table).write_text(line_end.join(lines) + line_end, newline="")
        rows = [",".join(["sample", *about])]
        rows += [",".join(map(str, cells)) for cells in zip(names, *about.values(), strict=True)]
        (self.folder / "about.csv").write_text(line_end.join(rows) + line_end, newline="")
        given = {"audit_only": True, "workers": 1, "repeats": 1, "permutations": 20, **settings}
        return diagnose(self.folder / table, self.folder / "about.csv", **given)  # type: ignore[arg-type]


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


@pytest.fixture
def mixed() -> list[str]:
    """Twenty of cancer and twenty healthy in a random order."""
    return list(np.random.default_rng(4).permutation(["cancer", "healthy"] * 20))


@pytest.fixture
def counts() -> Callable[..., np.ndarray]:
    """Counts [sample, feature] with biological spread; `fold`: factor of every sample and feature."""

    def draw(samples: int, features: int = 60, seed: int = 1, fold: np.ndarray | float = 1.0) -> np.ndarray:
        random = np.random.default_rng(seed)
        means = np.exp(random.normal(5, 1, features)) * random.gamma(4, 0.25, (samples, features)) * fold
        return random.poisson(means)

    return draw


@pytest.mark.parametrize("without", ["NA", "", "0", "healthy"])
def test_a_stage_that_only_cases_can_have_forbids_nothing(clinic, mixed, counts, without):
    stages = [["I", "II", "III"][place % 3] if one == "cancer" else without for place, one in enumerate(mixed)]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "Stage": stages}).judgements[0]
    assert found.verdict != "refused"
    assert not [one for one in found.audit.of("biological") if one.severity in ("fatal", "caveat")]


def test_a_size_given_for_cases_only_forbids_nothing(clinic, mixed, counts):
    sizes = [1.5 + place / 7 if one == "cancer" else "" for place, one in enumerate(mixed)]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "tumour size (cm)": sizes}).judgements[0]
    assert found.verdict != "refused"
    assert "cases only" in found.audit.of("biological")[0].sentence


def test_an_age_given_for_cases_only_is_a_caveat(clinic, mixed, counts):
    ages = [40 + place if one == "cancer" else "NA" for place, one in enumerate(mixed)]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "age": ages}).judgements[0]
    assert found.verdict == "caveat" and "'age' is given for cases only" in found.headline


def test_columns_that_set_classes_against_one_another_are_no_covariates(clinic, counts):
    # as in a public table of glioblastoma: 12 GBM, 10 glioma, 16 controls
    kinds = ["GBM"] * 12 + ["Glioma"] * 10 + ["Control"] * 16
    about = {
        "Type": kinds,
        "GBMvsCont": ["GBM"] * 12 + ["NA"] * 10 + ["Control"] * 12 + ["NA"] * 4,
        "GBMvsGlioma": ["GBM"] * 12 + ["Glioma"] * 10 + ["NA"] * 16,
        "GliomavsMCont": ["NA"] * 12 + ["Glioma"] * 10 + ["NA"] * 6 + ["Control"] * 10,
    }
    names = [f"GBM{i}" for i in range(1, 13)] + [f"GII-III.{i}" for i in range(1, 11)]
    names += [f"HC{i}" for i in range(1, 17)]
    found = clinic.judged(counts(38), about, names=names, line_end="\r")
    assert found.dataset.roles == dict.fromkeys(["GBMvsCont", "GBMvsGlioma", "GliomavsMCont"], "label")
    assert [one.contrast.name for one in found.judgements] == ["GBM : Control", "Glioma : Control", "GBM : Glioma"]
    assert {one.verdict for one in found.judgements} == {"caveat"}


@pytest.mark.parametrize("name, spread, is_told", [
    ("Normalized_counts.csv", 40.0, True), ("counts.csv", 40.0, False), ("un-normalized.csv", 40.0, False),
    ("normalised.csv", 1.5, False),
])  # fmt: skip
def test_values_called_normalised_must_be_comparable(clinic, mixed, counts, name, spread, is_told):
    sizes = np.exp(np.linspace(0, np.log(spread), 40))[np.random.default_rng(2).permutation(40)]
    found = clinic.judged(counts(40, fold=sizes[:, None]), {"diagnosis": mixed}, table=name).judgements[0]
    told = [one for one in found.audit.of("comparability") if one.severity == "caveat"]
    assert bool(told) == is_told and all("not comparable as given" in one.sentence for one in told)


def test_one_sample_of_a_class_is_refused_and_nothing_breaks(clinic, counts):
    found = clinic.judged(counts(12), {"diagnosis": ["cancer"] + ["healthy"] * 11}).judgements[0]
    assert found.verdict == "refused" and "1 independent case" in found.headline


@pytest.mark.parametrize("yes, no", [("1", "0"), ("yes", "no"), ("TRUE", "FALSE")])
def test_of_yes_and_no_the_no_is_the_control(clinic, mixed, counts, yes, no):
    labels = [yes if one == "cancer" else no for one in mixed]
    assert clinic.judged(counts(40), {"status": labels}).judgements[0].contrast.name == f"{yes} : {no}"


def test_codes_of_plates_are_technical_whatever_the_column_is_called(clinic, mixed, counts):
    codes = ["P1" if one == "cancer" else "P2" for one in mixed]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "Zuordnung": codes}).judgements[0]
    assert found.verdict == "refused" and "'Zuordnung'" in found.headline


def test_a_column_that_may_be_a_batch_stands_in_the_first_line(clinic, mixed, counts):
    codes = ["3" if one == "cancer" else "7" for one in mixed]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "X1": codes}).judgements[0]
    assert found.verdict == "caveat" and "'X1' and the class are the same division" in found.headline


def test_plates_in_the_names_that_are_the_class_are_refused_unless_a_reason_is_given(clinic, mixed, counts):
    names = [f"{'P1' if one == 'cancer' else 'P2'}_{'ABCDE'[place % 5]}{place // 5}" for place, one in enumerate(mixed)]
    found = clinic.judged(counts(40), {"diagnosis": mixed}, names=names).judgements[0]
    assert found.verdict == "refused" and "P1, P2" in found.headline
    reason = {"names": "P is the number of the protocol of consent"}
    assert clinic.judged(counts(40), {"diagnosis": mixed}, names=names, accept=reason).judgements[0].verdict == "caveat"


def test_plates_in_the_names_that_hold_both_classes_are_no_matter(clinic, mixed, counts):
    names = [f"P{1 + place // 20}_{place:02d}" for place in range(40)]
    found = clinic.judged(counts(40), {"diagnosis": mixed}, names=names).judgements[0]
    assert not found.audit.of("names")


def test_visits_in_the_names_are_no_batches(clinic, counts):
    names = [f"S{place // 2}_visit{1 + place % 2}" for place in range(40)]
    found = clinic.judged(counts(40), {"state": ["before", "after"] * 20}, names=names).judgements[0]
    assert not found.audit.of("names")


def test_controls_from_an_archive_and_cases_from_elsewhere_are_refused(clinic, mixed, counts):
    names = [f"{7000 + 13 * place}-B" if one == "cancer" else f"SRR71{place:05d}" for place, one in enumerate(mixed)]
    found = clinic.judged(counts(40), {"diagnosis": mixed}, names=names).judgements[0]
    assert found.verdict == "refused" and "different sources" in found.headline


def test_labels_without_a_header_lose_no_sample_where_a_rule_matches_the_names(tmp_path, counts):
    names = [f"X{place}.plasma" for place in range(1, 13)]
    lines = [",".join(["", *names])]
    lines += [f"hsa-miR-{300 + i}-5p,{','.join(map(str, row))}" for i, row in enumerate(counts(12).T)]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    (tmp_path / "labels.csv").write_text(
        "\n".join(f"{i}-plasma,{'case' if i % 2 else 'healthy'}" for i in range(1, 13))
    )
    found = diagnose(tmp_path / "table.csv", tmp_path / "labels.csv", audit_only=True)
    assert found.dataset.classes == {"case": 6, "healthy": 6}


def test_before_treatment_is_what_after_is_compared_with(clinic, counts):
    about = {"timepoint": ["before", "after"] * 12, "patient": [f"N{place // 2}" for place in range(24)]}
    found = clinic.judged(counts(24), about, label_column="timepoint")
    assert found.judgements[0].contrast.name == "after : before"
    assert found.dataset.subjects.nunique() == 12


def test_a_file_in_which_most_last_cells_are_empty_is_read(clinic, tmp_path, mixed, counts):
    batches = [f"B{place % 3}" if place % 5 == 0 else "" for place in range(40)]
    rows = [f"s{place:02d},{batch}" for place, batch in enumerate(batches)]
    (tmp_path / "batches.csv").write_text("sample,batch\n" + "\n".join(rows) + "\n")
    found = clinic.judged(counts(40), {"diagnosis": mixed}, covariates=[tmp_path / "batches.csv"])
    assert found.dataset.covariates["batch"].notna().sum() == 8


def test_spike_ins_are_no_markers(tmp_path, mixed):
    names = [f"s{place:02d}" for place in range(40)]
    features = [f"hsa-miR-{300 + i}-5p" for i in range(15)] + [
        "U6",
        "cel-miR-39-3p",
        "UniSp6",
        "UniSp2",
        "ath-miR-159a",
    ]
    cycles = np.random.default_rng(3).normal(27, 2, (20, 40)).round(2)
    lines = [",".join(["assay", *names])]
    lines += [f"{name},{','.join(map(str, row))}" for name, row in zip(features, cycles, strict=True)]
    (tmp_path / "ct.csv").write_text("\n".join(lines))
    (tmp_path / "labels.csv").write_text("sample,class\n" + "\n".join(map(",".join, zip(names, mixed, strict=True))))
    found = diagnose(tmp_path / "ct.csv", tmp_path / "labels.csv", audit_only=True)
    assert list(found.dataset.values.columns) == features[:16]
    told = next(note for note in found.dataset.notes if note.what == "spike-ins")
    assert told.names == tuple(features[16:])


def test_of_a_worm_its_own_mirnas_are_no_spike_ins():
    from exocosm.diagnosis.tables.features import spike_ins

    assert not spike_ins(["cel-miR-39-3p", "cel-let-7-5p", "cel-miR-54-3p"])
    assert spike_ins(["cel-miR-39-3p", *(f"mmu-miR-{i}-5p" for i in range(20, 30))]) == [0]


@pytest.mark.parametrize("donors", [["EC0022"] * 24, ["D1", "D2"] * 12])
def test_many_tubes_of_one_or_two_people_are_no_people(clinic, counts, donors):
    about = {"class": ["cancer", "healthy"] * 12, "Donor": donors}
    found = clinic.judged(counts(24), about, label_column="class").judgements[0]
    assert found.verdict == "refused" and "1 independent case and 1 independent control" in found.headline


def _panel(auc: Estimate, within: Estimate | None, permuted: Sequence[float]) -> PanelJudgement:
    """A panel as nested cross-validation and its null may have found it."""
    p = (1 + sum(one >= auc.value for one in permuted)) / (1 + len(permuted))
    null = SimpleNamespace(permuted=np.array(permuted), p=p, within_p=p, smallest_p=1 / (1 + len(permuted)))
    result = SimpleNamespace(auc=auc, within_strata=within)
    return PanelJudgement("penalised", "", result, null, None, None, ())  # type: ignore[arg-type]


def test_few_permutations_do_not_hide_a_panel_that_beats_all_of_them():
    found = _panel(Estimate(0.95, 0.85, 1.0), None, [0.5] * 10)
    assert found.is_better_than_chance
    assert _verdict([found])[0] == "told apart"
    assert "the least that 10 permutations can show" in _verdict([found])[1]
    assert not _panel(Estimate(0.95, 0.85, 1.0), None, [0.5] * 9 + [0.96]).is_better_than_chance


def test_few_pairs_within_batches_are_not_taken_for_handling():
    plain = Estimate(0.90, 0.80, 0.96)
    assert _verdict([_panel(plain, Estimate(0.86, 0.45, 0.98), [0.5] * 30)])[0] == "told apart"
    assert _verdict([_panel(plain, Estimate(0.60, 0.45, 0.75), [0.5] * 30)])[0] == "only between batches"


@pytest.mark.slow
def test_noise_is_seen_as_noise(clinic, mixed, counts):
    found = clinic.judged(counts(40, 30, seed=2), {"diagnosis": mixed}, audit_only=False, permutations=0).judgements[0]
    assert found.verdict == "nothing seen" and found.model is not None
    for panel in found.panels:
        assert panel.result.auc.low < 0.5 < panel.result.auc.high


@pytest.mark.slow
def test_a_known_panel_is_found_and_carried_by_its_own_features(clinic, mixed, counts):
    fold = np.ones((40, 30))
    fold[np.array(mixed) == "cancer", :4] = 4.0
    found = clinic.judged(counts(40, 30, fold=fold), {"diagnosis": mixed}, audit_only=False, permutations=0)
    judged = found.judgements[0]
    assert judged.verdict == "told apart" and judged.panels[0].result.auc.low > 0.7
    assert {name for name, _ in judged.panels[0].selected[:4]} == {f"hsa-miR-{300 + i}-5p" for i in range(4)}


@pytest.mark.slow
def test_copies_of_samples_stay_in_one_fold(clinic, counts):
    # noise, every tube counted twice: folds that part the copies would find the classes again
    once = counts(20, 200, seed=5)
    twice = np.random.default_rng(6).poisson(np.repeat(once, 2, axis=0))
    labels = list(np.repeat(["cancer", "healthy"] * 10, 2))
    names = [f"t{number}" for number in np.random.default_rng(7).permutation(40)]
    found = clinic.judged(twice, {"diagnosis": labels}, names=names, audit_only=False, permutations=0).judgements[0]
    assert found.audit.of("replicates")[0].severity == "caveat"
    assert found.audit.groups.nunique() == 20
    for panel in found.panels:
        assert panel.result.auc.low < 0.6


@pytest.mark.parametrize("number", [0, 7])
def test_a_table_in_which_nothing_varies_is_refused_and_nothing_breaks(clinic, mixed, number):
    found = clinic.judged(np.full((40, 30), number), {"diagnosis": mixed}).judgements[0]
    assert found.verdict == "refused"


def test_days_under_any_name_are_of_handling(clinic, mixed, counts):
    days = ["2019-03-12" if one == "cancer" else "2019-04-15" for one in mixed]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "Entnahme": days}).judgements[0]
    assert found.verdict == "refused" and "'Entnahme'" in found.headline
    about = {"diagnosis": mixed, "date of birth": days}
    assert clinic.judged(counts(40), about).dataset.roles["date of birth"] == "biological"


def test_cases_of_spring_and_controls_of_summer_are_refused_though_hardly_two_share_a_day(clinic, mixed, counts):
    days = [f"2019-0{3 if one == 'cancer' else 5}-{1 + place % 25:02d}" for place, one in enumerate(mixed)]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "collection date": days}).judgements[0]
    assert found.verdict == "refused" and "2019-03-02 to 2019-03-22 and" in found.headline


def test_days_that_are_mixed_forbid_nothing(clinic, mixed, counts):
    days = [f"2019-03-{1 + place % 25:02d}" for place in range(40)]
    found = clinic.judged(counts(40), {"diagnosis": mixed, "collection date": days}).judgements[0]
    assert found.verdict == "clear"


def test_empty_samples_are_not_taken_for_repeats(clinic, mixed, counts):
    values = counts(40)
    values[:5] = 0
    found = clinic.judged(values, {"diagnosis": mixed}).judgements[0]
    assert found.audit.groups.nunique() == 40
    assert any("Nothing was found in s00, s01" in one.sentence for one in found.audit.of("comparability"))
