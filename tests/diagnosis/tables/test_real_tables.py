"""Published tables as they were published."""

from __future__ import annotations

import pytest

from exocosm.diagnosis.tables.read import read_dataset


def test_plasma_vesicles_of_cancer_patients(real, said) -> None:
    folder = real / "mirna_gse71008_plasma_ev"
    sheets = [folder / "scirep_batch.txt", folder / "phenotype_GSE71008.txt"]
    data = read_dataset(folder / "miR.count.csv", folder / "scirep_classes.txt", covariates=sheets)
    assert data.values.shape == (191, 1803) and data.kind == "counts" and data.unlabelled == ("Sample_4S8",)
    assert data.classes == {
        "Colorectal Cancer": 99, "Healthy Control": 50, "Pancreatic Cancer": 6, "Prostate Cancer": 36,
    }  # fmt: skip
    assert "192 samples of the table by one rule" in said(data, "matching")
    assert data.covariates.notna().all()["Age"] and data.covariates.loc["Sample_N1", "CRCVsHC"] == "HC"
    assert {name: role for name, role in data.roles.items() if role != "unknown"} == {
        "RNA Isolation batch": "technical", "library prepration day": "technical",
        "gel cut size selection": "technical", "Technology": "technical", "DataSetSampleId": "identity",
        "DataSetId": "identity", "Sex": "biological", "Age": "biological", "CancerType": "label", "CRCVsHC": "label",
        "PCVsHC": "label", "ProCVsHC": "label", "CancerVsHC": "label",
    }  # fmt: skip
    assert set(data.features["kind"]) == {"precursor", "mirna"}


@pytest.mark.parametrize(
    ("name", "shape", "undetected"),
    [
        ("human-Ct.csv", (12, 573), 1761 + 129),
        ("transplant-exo-Ct.csv", (18, 710), 3784 + 186),
        ("WTvsKOserum-exo-ct.csv", (16, 81), 120 + 1),
        ("ADicerKO-4wk-Ct.csv", (6, 381), 340 + 10),
    ],
)
def test_cycles_of_serum_vesicles(real, name, shape, undetected) -> None:
    data = read_dataset(real / "qpcr_ct_thomou2017_exosome" / name, "by-name")
    assert data.kind == "ct" and data.values.shape == shape
    assert data.censored.to_numpy().sum() == undetected and data.values.to_numpy().max() == 40


def test_proteins_of_vesicles_of_two_cell_lines(real, said) -> None:
    folder = real / "proteomics_tnbc_exosome_pxd012162"
    data = read_dataset(folder / "filtered_protein_groups.csv", folder / "sample_metadata.csv")
    assert data.values.shape == (12, 866) and data.kind == "protein_intensities"
    assert data.classes == {"Normal": 6, "Tumor": 6} and data.subjects.nunique() == 6
    assert data.samples[0] == "01_MCF10_1_A" and "LFQ" in said(data, "intensities")
    assert round(float(data.censored.to_numpy().mean()), 3) == 0.414
    assert "CD63" in set(data.features["gene"]) or "CD9" in set(data.features["gene"])
