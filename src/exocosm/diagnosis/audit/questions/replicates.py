"""Are samples in the data twice, and would a model be tested on what it was fitted to?"""

from __future__ import annotations

from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.likeness import alike, repeated_names
from exocosm.diagnosis.audit.wording import counted, some
from exocosm.diagnosis.dataset import Contrast, Dataset

NAME = "replicates"
TITLE = "Duplicates, technical replicates and subjects in both classes"
PLACE = 15
TOGETHER = "They are kept together in every fold and count as one subject."


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Exact and near duplicates, repeats of a subject, subjects in both classes, names that look like repeats."""
    within = dataset.of(contrast)
    subjects, labels = within.subjects.astype(str), within.labels.astype(str)
    found = alike(within)
    findings: list[Finding] = []
    strange = [pair for pair in found.exact if subjects[pair[0]] != subjects[pair[1]]]
    crossed = [pair for pair in found.pairs if labels[pair[0]] != labels[pair[1]]]
    if crossed:
        sentence = (f"{counted(len(crossed), 'pair')} of samples with the same values have different labels "
                    f"({_pairs(crossed)}): one label of each is wrong.")  # fmt: skip
        findings.append(Finding(NAME, "caveat", sentence, {"pairs": len(crossed)}, concerns=_names(crossed),
                                advice="Ask which is right and leave the other out."))  # fmt: skip
    if strange:
        sentence = f"{counted(len(strange), 'pair')} of samples have exactly the same values ({_pairs(strange)})."
        findings.append(Finding(NAME, "caveat", sentence, {"pairs": len(strange)}, advice=TOGETHER,
                                concerns=_names(strange)))  # fmt: skip
    near = [row for row in found.near if subjects[row[0]] != subjects[row[1]]]
    if near:
        told = "; ".join(f"{one} and {other} (r = {r:.3f}, next {nearest:.2f})" for one, other, r, nearest in near[:4])
        sentence = (f"{counted(len(near), 'pair')} of samples are nearly the same, far more than others "
                    f"(correlation above {found.threshold:.2f} without what many share): {told}.")  # fmt: skip
        pairs = [(one, other) for one, other, _, _ in near]
        findings.append(Finding(NAME, "caveat", sentence, {"pairs": len(near), "threshold": found.threshold},
                                advice=TOGETHER + " Say whether they are repeats of one subject.",
                                concerns=_names(pairs)))  # fmt: skip
    findings += _subjects(within, contrast)
    stems = {stem: members for stem, members in repeated_names(within.samples).items()
             if subjects[members].nunique() > 1 and set(members) not in
             [set(labels.index[labels == one]) for one in labels.unique()]}  # fmt: skip
    if stems:
        first = next(iter(stems.values()))
        sentence = (f"Names of {counted(sum(map(len, stems.values())), 'sample')} look like repeats ({some(first)}) "
                    "but count as different subjects.")  # fmt: skip
        findings.append(Finding(NAME, "caveat", sentence, advice="Give the subject of every sample as a column.",
                                concerns=tuple(one for members in stems.values() for one in members)))  # fmt: skip
    if not findings:
        findings.append(Finding(NAME, "fine", "No sample is there twice, as far as names and values tell."))
    return findings


def _subjects(within: Dataset, contrast: Contrast) -> list[Finding]:
    cases = contrast.is_case(within.labels)
    subjects = within.subjects.astype(str)
    findings = []
    both = sorted(set(subjects[cases]) & set(subjects[~cases]))
    if both:
        everyone = len(both) == subjects.nunique()
        sentence = (f"{counted(len(both), 'subject')} of {subjects.nunique()} "
                    f"{'is' if len(both) == 1 else 'are'} in both classes ({some(both)}).")  # fmt: skip
        advice = ("The design is paired: compare within the subject." if everyone
                  else "Leave them out, or compare within the subject. " + TOGETHER)  # fmt: skip
        findings.append(Finding(NAME, "note" if everyone else "caveat", sentence, {"subjects": len(both)},
                                advice=advice, concerns=tuple(both)))  # fmt: skip
    repeats = len(subjects) - subjects.nunique()
    if repeats and not both:
        sentence = f"{len(subjects)} samples are of {subjects.nunique()} subjects. {TOGETHER}"
        findings.append(Finding(NAME, "note", sentence, {"samples": len(subjects), "subjects": subjects.nunique()}))
    return findings


def _pairs(pairs: list[tuple[str, str]]) -> str:
    return some([f"{one} and {other}" for one, other in pairs])


def _names(pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for pair in pairs for name in pair))
