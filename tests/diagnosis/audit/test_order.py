"""Orders of samples: accession numbers by class, run order, names and the file."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.diagnosis.audit.orderings import runs_of
from exocosm.diagnosis.audit.run import audit
from exocosm.errors import InputError

GSE39833 = [f"GSM{number}" for number in (*range(980035, 980123), *range(980024, 980035))]  # 88 cases, 11 controls
REASON = "accessions were given by class after randomised runs"


def test_accessions_by_class_as_in_gse39833_are_refused(planted, cancer):
    found = audit(planted(88, 11, names=GSE39833), cancer)
    assert found.verdict == "refused"
    assert "11 controls (GSM980024 to GSM980034), then 88 cases (GSM980035 to GSM980122)" in found.headline
    assert found.findings[0].numbers["runs"] == 2
    assert found.findings[0].numbers["runs_expected"] == pytest.approx(20.6, abs=0.05)
    assert found.findings[0].numbers["p_runs"] < 1e-4


def test_an_accepted_reason_is_quoted_and_the_contrast_judged(planted, cancer):
    found = audit(planted(88, 11, names=GSE39833), cancer, accept={"order": REASON})
    assert found.verdict == "caveat"
    assert REASON in found.headline
    with pytest.raises(InputError, match="needs a reason"):
        audit(planted(88, 11, names=GSE39833), cancer, accept={"order": "ok"})


def test_accessions_by_class_are_a_caveat_where_batches_are_known(planted, cancer):
    batch = ["A", "B", "C"] * 33
    found = audit(planted(88, 11, names=GSE39833, covariates={"batch": batch}, roles={"batch": "technical"}), cancer)
    told = next(one for one in found.of("order") if "accession" in one.sentence)
    assert told.severity == "caveat"
    assert found.verdict == "caveat"


def test_accessions_in_another_column_are_found(planted, cancer):
    data = planted(88, 11, covariates={"geo": GSE39833}, roles={"geo": "identity"})
    assert audit(data, cancer).verdict == "refused"


def test_pools_hidden_in_the_accessions_are_a_caveat_where_batches_are_known(planted, cancer):
    # pools follow one another by accession, and each holds mostly one class
    places = [*range(45, 60), *range(10, 25), *range(0, 10), *range(25, 45)]
    names = [f"GSM{7000 + place}" for place in places]
    given = {"batch": ["A", "B", "C"] * 20}
    found = audit(planted(names=names, covariates=given, roles={"batch": "technical"}), cancer)
    told = next(one for one in found.of("order") if "accession" in one.sentence)
    assert told.severity == "caveat"
    assert "pools" in told.advice
    assert found.verdict == "caveat"


def test_mixed_accessions_are_fine(planted, cancer):
    names = [f"GSM{980024 + i}" for i in np.random.default_rng(4).permutation(60)]
    told = [one for one in audit(planted(names=names), cancer).of("order") if "accession" in one.sentence]
    assert [one.severity for one in told] == ["fine"]


def test_numbers_in_front_of_names_that_say_the_class_are_a_caveat(planted, cancer):
    names = [f"{i + 1:02d}_{'MDA' if i < 12 else 'MCF10'}_{i % 3}" for i in range(24)]
    told = next(one for one in audit(planted(12, 12, names=names), cancer).of("order") if "numbers in" in one.sentence)
    assert told.severity == "caveat"
    assert "12 cases (01_MDA_0 to 12_MDA_2)" in told.sentence


def test_a_run_order_by_class_is_refused_and_a_drift_a_caveat(planted, cancer):
    by_class = planted(covariates={"run order": list(range(60))}, roles={"run order": "technical"})
    assert audit(by_class, cancer).findings[0].severity == "fatal"
    late = np.argsort(np.argsort(np.r_[np.arange(30) + 14, np.arange(30)] + np.linspace(0, 0.5, 60)))
    drift = planted(covariates={"run order": list(late)}, roles={"run order": "technical"})
    told = next(one for one in audit(drift, cancer).of("order") if "run order" in one.sentence)
    assert told.severity == "caveat"
    assert "cases come later" in told.sentence


def test_names_that_say_the_class_make_a_sorted_file_a_note(planted, cancer):
    names = [f"cancer{i}" for i in range(1, 13)] + [f"control{i}" for i in range(1, 13)]
    told = audit(planted(12, 12, names=names), cancer).of("order")
    assert [one.severity for one in told] == ["note"]
    assert "by hand" in told[0].sentence


def test_numbers_in_names_that_are_all_alike_are_an_order(planted, cancer):
    names = [f"plasma_{i:03d}" for i in range(24)]
    assert audit(planted(12, 12, names=names), cancer).verdict == "refused"


@given(st.integers(1, 6), st.integers(1, 6))
def test_the_probability_of_so_few_runs_is_exact(n, m):
    counts = []
    for chosen in combinations(range(n + m), n):
        row = np.zeros(n + m, bool)
        row[list(chosen)] = True
        counts.append(int(1 + (row[1:] != row[:-1]).sum()))
    order = np.array([True] * n + [False] * m)
    assert runs_of(order).count == 2
    assert runs_of(order).p == pytest.approx(np.mean(np.array(counts) <= 2))
    mixed = np.random.default_rng(n * 7 + m).permutation(order)
    assert runs_of(mixed).p == pytest.approx(np.mean(np.array(counts) <= runs_of(mixed).count))
    assert runs_of(mixed).expected == pytest.approx(np.mean(counts))
