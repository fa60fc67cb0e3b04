from __future__ import annotations

import json

import pytest

from exocosm.errors import CheckError
from exocosm.study.load import form_of
from exocosm.study.screening_load import load_screening
from exocosm.study.screening_schema import screening_study_schema

GOOD = """
exocosm: 1
kind: screening
name: a
screening:
  cancer: prostate cancer
  fluid: serum
  volume: 1 mL
  panel: table1:prostate cancer
  handling: {minutes_to_spin: 30, haemolysis: none}
  assay: {rt_qpcr: {normalisation: spike_in}}
arms:
  first: {}
  second: {fluid: urine, isolation: ultrafiltration_urine, assay: digital_pcr, test: {every: 2 year}}
metrics:
  auc: {of: auc}
"""


def test_arms_take_over_what_they_do_not_say() -> None:
    study = load_screening(GOOD)
    first, second = study.tests["first"], study.tests["second"]
    assert (first.fluid, second.fluid) == ("serum", "urine")
    assert first.assay == "rt_qpcr" and first.assay_settings.normalisation == "spike_in"
    assert second.assay == "digital_pcr" and second.protocol is not None and first.protocol is None
    assert first.handling == second.handling and first.handling.minutes_to_spin == 30
    assert second.use.every == pytest.approx(730.5)
    assert [analyte.name for analyte in first.analytes] == ["miR-107", "miR-141", "miR-375", "miR-574-3p"]
    assert form_of(GOOD) == "screening"


def test_of_a_panel_the_markers_of_the_fluid_count() -> None:
    text = GOOD.replace("prostate cancer", "glioblastoma")
    serum = load_screening(text).tests["first"]
    csf = load_screening(text.replace("fluid: serum", "fluid: cerebrospinal fluid")).tests["first"]
    assert [one.name for one in serum.analytes] == ["miR-320", "miR-574-3p"]
    assert [one.name for one in csf.analytes] == ["miR-21"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("fluid: serum", "fluid:"), "has no `fluid`"),
        (("panel: table1:prostate cancer", "panel: table1:prostrate"), "prostate cancer"),
        (("rt_qpcr: {norm", "rt_qpc: {norm"), "there is no assay 'rt_qpc'"),
        (("normalisation: spike_in", "normalisation: spike"), "normalisation"),
        (("minutes_to_spin: 30", "minutes: 30"), "minutes"),
        (("ultrafiltration_urine", "ultrafiltration_urin"), "there is no protocol"),
        (("{of: auc}", "{of: area}"), "auc"),
        (("{of: auc}", "{of: lead_time}"), "every"),
        (("{of: auc}", "{of: positive_predictive_value}"), "prevalence"),
        (("{of: auc}", "{of: diameter_at_cut_off}"), "cut_off"),
        (("{of: auc}", "{of: panel_auc}"), "budget"),
        (("{of: auc}", "{of: auc, marker: miR-999}"), "no marker 'miR-999'"),
        (("{of: auc}", "{of: detection}"), "diameter"),
        (("kind: screening", "kind: study"), "kind: screening"),
        (("cancer: prostate cancer", "cancer:"), "names no `cancer`"),
        (("  panel:", "  markers: [{name: a}]\n  panel:"), "either `panel`"),
    ],
)
def test_faults_are_told_with_their_place(change: tuple[str, str], told: str) -> None:
    with pytest.raises(CheckError) as caught:
        load_screening(GOOD.replace(*change))
    assert told in str(caught.value) and "line" in str(caught.value)


def test_markers_may_be_ones_own_and_stand_once() -> None:
    text = GOOD.replace("panel: table1:prostate cancer", "markers: [{name: miR-141}, {name: PSA, kind: protein}]")
    assert [one.kind for one in load_screening(text).tests["first"].analytes] == ["mirna", "protein"]
    with pytest.raises(CheckError, match="stands twice"):
        load_screening(text.replace("{name: PSA, kind: protein}", "{name: miR-141}"))


def test_the_schema_for_editors_is_plain_json() -> None:
    found = json.loads(json.dumps(screening_study_schema()))
    assert found["properties"]["screening"] and "exocosm" in found["title"]
