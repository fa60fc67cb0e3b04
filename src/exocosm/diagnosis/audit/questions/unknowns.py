"""What does the data set not say, so that the audit cannot look?"""

from __future__ import annotations

from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.grouping import columns_of
from exocosm.diagnosis.dataset import Contrast, Dataset

NAME = "unknowns"
TITLE = "What is not known of the samples"
PLACE = 90


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """A caveat where nothing technical is known, a note where nothing is known of the people."""
    within = dataset.of(contrast)
    roles = {within.roles.get(str(name), "unknown") for name in within.covariates.columns}
    findings: list[Finding] = []
    if "technical" not in roles:
        sentence = ("Nothing is known of how the samples were handled (no batch, day or run order), so that "
                    "differences of handling between cases and controls cannot be excluded.")  # fmt: skip
        advice = "Give the batch, the day and the run order of every sample, from the laboratory's records."
        findings.append(Finding(NAME, "caveat", sentence, advice=advice))
    elif not columns_of(within, "technical"):
        sentence = "All samples of this contrast have the same technical columns: one batch, as far as is told."
        findings.append(Finding(NAME, "fine", sentence))
    if "biological" not in roles:
        sentence = "Nothing is known of the people (age, sex): the audit cannot say whether they differ in that."
        findings.append(Finding(NAME, "note", sentence, advice="Give age and sex of every subject."))
    return findings
