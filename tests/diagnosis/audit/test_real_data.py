"""The audit of public data sets that may lie beside the repository: the verdicts of docs/diagnosis_audit.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exocosm.diagnosis.audit.run import audit
from exocosm.diagnosis.dataset import Contrast, Dataset

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
PLASMA = DATA / "mirna_gse71008_plasma_ev"
PROTEOME = DATA / "proteomics_tnbc_exosome_pxd012162"
CYCLES = DATA / "qpcr_ct_thomou2017_exosome"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not beside the repository")
HEALTHY, COLON, PROSTATE, PANCREAS = "Healthy Control", "Colorectal Cancer", "Prostate Cancer", "Pancreatic Cancer"


@pytest.fixture(scope="module")
def plasma() -> Dataset:
    from exocosm.diagnosis.tables.read import read_dataset

    sheets = [PLASMA / "scirep_batch.txt", PLASMA / "phenotype_GSE71008.txt"]
    return read_dataset(PLASMA / "miR.count.csv", PLASMA / "scirep_classes.txt", covariates=sheets)


@pytest.mark.parametrize("other", [HEALTHY, COLON, PROSTATE])
def test_pancreatic_cancer_has_a_batch_and_a_depth_of_its_own(plasma, other):
    found = audit(plasma, Contrast((PANCREAS,), (other,)))
    assert found.verdict == "refused"
    assert "'RNA Isolation batch'" in found.headline
    assert "0 of 6 cases" in found.headline
    assert any(one.severity == "fatal" for one in found.of("depth"))
    assert found.informative["pairs_within_strata"] == 0


def test_colorectal_cancer_can_be_compared_within_batches(plasma):
    found = audit(plasma, Contrast((COLON,), (HEALTHY,)))
    assert found.verdict == "caveat"
    assert {one.check for one in found.findings if one.severity == "caveat"} == {"order"}
    assert found.strata.name == "RNA Isolation batch"
    assert found.informative["share_of_cases"] == 1.0
    assert found.informative["share_of_controls"] == 1.0
    assert found.can == {"single": True, "panel": True}
    shifts = found.of("shifts")[0].numbers
    assert shifts["RNA Isolation batch"] > 10 * abs(shifts["class"])


def test_prostate_cancer_differs_by_sex_age_and_blood_cells(plasma):
    found = audit(plasma, Contrast((PROSTATE,), (HEALTHY,)))
    assert found.verdict == "caveat"
    assert {one.check for one in found.findings if one.severity == "caveat"} == {"biological", "order", "blood_cells"}
    assert "only the 25 controls that are so" in found.headline
    assert not [one for one in found.of("technical") if one.severity != "fine"]


def test_the_pools_that_the_accessions_hide_go_with_the_class_and_move_nothing(plasma):
    """Accessions follow one another in eight blocks of 24, each with three samples of every isolation batch."""
    numbers = plasma.covariates["DataSetSampleId"].str[3:].astype(int)
    pools = ((numbers - 1825068) // 24).astype(str)
    data = replace(plasma, covariates=plasma.covariates.assign(pool=pools), roles={**plasma.roles, "pool": "technical"})
    found = audit(data, Contrast((COLON,), (HEALTHY,)))
    told = next(one for one in found.of("technical") if one.concerns == ("pool",))
    assert told.severity == "caveat"
    assert told.numbers["cases_with_partner"] == 1.0
    assert abs(found.of("shifts")[0].numbers["pool"]) < 0.01


def test_three_cultures_against_three_are_refused():
    from exocosm.diagnosis.tables.read import read_dataset

    data = read_dataset(PROTEOME / "filtered_protein_groups.csv", PROTEOME / "sample_metadata.csv")
    found = audit(data, Contrast(("Tumor",), ("Normal",)))
    assert found.verdict == "refused"
    assert "3 independent cases and 3 independent controls" in found.headline


def test_four_people_against_four_give_no_panel():
    from exocosm.diagnosis.tables.read import read_dataset

    data = read_dataset(CYCLES / "human-Ct.csv", "by-name")
    found = audit(data, Contrast(("HIV",), ("control",)))
    assert found.verdict == "caveat"
    assert found.can == {"single": True, "panel": False}
    assert {one.check for one in found.findings if one.severity == "caveat"} == {"depth", "size", "unknowns"}
