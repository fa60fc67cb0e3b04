"""Sex, age, columns of unknown meaning, and what is not known at all."""

from __future__ import annotations

import numpy as np

from exocosm.diagnosis.audit.run import audit


def test_a_disease_of_men_is_a_caveat_that_says_whom_to_compare(planted, cancer):
    sex = ["male"] * 30 + ["male", "female"] * 15
    found = audit(planted(covariates={"sex": sex}, roles={"sex": "biological"}), cancer)
    told = [one for one in found.of("biological") if one.severity == "caveat"]
    assert len(told) == 1
    assert "All cases are 'male': only the 15 controls that are so" in told[0].sentence
    assert found.verdict == "caveat"


def test_men_against_women_is_refused_unless_accepted_with_a_reason(planted, cancer):
    data = planted(covariates={"sex": ["male"] * 30 + ["female"] * 30}, roles={"sex": "biological"})
    assert audit(data, cancer).verdict == "refused"
    reason = "prostate against ovary: the sexes differ by nature"
    accepted = audit(data, cancer, accept={"biological": reason})
    assert accepted.verdict == "caveat"
    assert reason in accepted.headline


def test_older_cases_are_told_by_the_auc_of_age(planted, cancer):
    random = np.random.default_rng(2)
    age = [*random.normal(66, 8, 30).round(), *random.normal(55, 8, 30).round()]
    found = audit(planted(covariates={"age": age}, roles={"age": "biological"}), cancer)
    told = next(one for one in found.of("biological") if one.severity == "caveat")
    assert 0.75 < told.numbers["auc"] < 0.95
    assert told.numbers["auc_low"] < told.numbers["auc"] < told.numbers["auc_high"]


def test_an_unknown_column_that_is_the_class_is_asked_about(planted, cancer):
    found = audit(planted(covariates={"source": ["K"] * 30 + ["L"] * 30}, roles={"source": "unknown"}), cancer)
    told = found.of("other_columns")[0]
    assert told.severity == "caveat"
    assert "says the class in other words, or it is a batch" in told.sentence
    assert "role label or technical" in told.advice


def test_columns_that_are_the_label_are_named_and_not_compared(planted, cancer):
    found = audit(planted(covariates={"stage": ["II"] * 30 + ["none"] * 30}, roles={"stage": "label"}), cancer)
    told = found.of("other_columns")
    assert [one.severity for one in told] == ["note"]
    assert told[0].concerns == ("stage",)


def test_where_nothing_is_known_of_handling_the_audit_says_that_it_cannot_say(planted, cancer):
    found = audit(planted(), cancer)
    assert found.verdict == "caveat"
    assert "cannot be excluded" in found.headline
    assert found.strata is None
    assert found.can == {"single": True, "panel": True}
