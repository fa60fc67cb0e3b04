"""Kinds of numbers, and which of them say 'not detected'."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import InputError


def test_counts_keep_their_zeros_as_numbers(made, said) -> None:
    values = made.counts
    values[:5] = 0
    data = made.read(made.table(values))
    assert data.kind == "counts" and not data.censored.to_numpy().any()
    assert f"{(values == 0).sum()} of 360" in said(data, "undetected")


def test_kinds_are_recognised_and_told(made, said) -> None:
    counts = made.counts
    linear, log = np.round(counts * 1.37 + 0.01, 3), np.round(np.log2(counts + 1.0), 3)
    assert made.read(made.table(linear)).kind == "expression"
    assert made.read(made.table(log)).kind == "log_expression"
    estimated = counts.astype(float)
    estimated[0] += 0.5
    data = made.read(made.table(estimated))
    assert data.kind == "counts" and "estimated counts" in said(data, "kind")
    proteins = [f"P{number}" for number in range(10000, 10030)]
    assert made.read(made.table(linear * 1e6, rows=proteins)).kind == "protein_intensities"
    assert made.read(made.table(np.round(np.log2(linear * 1e6 + 1), 2), rows=proteins)).kind == "log_expression"


def test_what_was_done_to_the_numbers_is_told_as_far_as_it_shows(made, said) -> None:
    scaled = np.round(np.random.default_rng(1).normal(0, 1, (30, 12)), 3)
    assert "centred" in said(made.read(made.table(scaled)), "normalised")
    shares = made.counts / made.counts.sum(axis=0) * 1e6
    assert "adds up to 1,000,000" in said(made.read(made.table(shares)), "normalised")
    random = np.random.default_rng(1)
    same = np.stack([random.permutation(np.linspace(2, 15, 60)) for _ in range(12)], axis=1)
    rows = [f"hsa-miR-{number}-3p" for number in range(100, 160)]
    assert "quantile" in said(made.read(made.table(same, rows=rows)), "normalised")


def test_an_asked_kind_is_taken_and_what_speaks_against_it_told(made) -> None:
    data = made.read(made.table(), kind="expression")
    note = next(note for note in data.notes if note.what == "kind")
    assert data.kind == "expression" and note.serious and "would be counts" in note.sentence
    with pytest.raises(InputError, match="did you mean 'counts'"):
        made.read(made.table(), kind="count")


@pytest.mark.parametrize("last", [35.0, 40.0, 45.0])
def test_the_last_cycle_is_recognised(made, last, said) -> None:
    values = made.cycles()
    at = values == 40
    values = np.minimum(values, last - 0.01)
    values[at] = last
    data = made.read(made.table(values))
    assert data.kind == "ct"
    assert np.array_equal(data.censored.to_numpy(), at.T) and (data.values.to_numpy()[at.T] == last).all()
    assert f"{last:g} cycles stand {at.sum()} times" in said(data, "undetected")


@pytest.mark.parametrize("word", ["Undetermined", "ND", "No Ct", "not detected", "0", "999"])
def test_words_and_codes_for_no_cycle(made, word) -> None:
    values = made.cycles()
    at = values == 40
    written = values.astype(object)
    written[at] = word
    data = made.read(made.table(written))
    assert data.kind == "ct" and np.array_equal(data.censored.to_numpy(), at.T)
    assert np.isnan(data.values.to_numpy()[at.T]).all()


def test_limits_with_a_sign_keep_their_number(made) -> None:
    values = made.cycles().astype(object)
    at = values == 40
    values[at] = ">40"
    data = made.read(made.table(values))
    assert np.array_equal(data.censored.to_numpy(), at.T)


def test_empty_cells_of_cycles_are_undetected_only_where_nothing_else_is(made) -> None:
    values = made.cycles().astype(object)
    at = values == 40
    values[at] = "NA"
    data = made.read(made.table(values), kind="ct")
    assert np.array_equal(data.censored.to_numpy(), at.T)
    assert any(note.what == "undetected" and note.serious for note in data.notes)
    values = made.cycles().astype(object)
    values[0, 0] = "NA"
    data = made.read(made.table(values))
    assert not data.censored.iloc[0, 0] and np.isnan(data.values.iloc[0, 0])


def test_several_piles_are_told_and_can_be_decided(made) -> None:
    values = made.cycles()
    values[:2] = 33.5
    data = made.read(made.table(values))
    assert any(note.serious and "33.5 (24 times)" in note.sentence for note in data.notes)
    assert not data.censored.to_numpy()[:, :2].any()
    told = made.read(made.table(values), undetected="33.5")
    assert told.censored.to_numpy()[:, :2].all() and (told.values.to_numpy() <= 33.5).all()
    with pytest.raises(InputError, match="a number or 'NA'"):
        made.read(made.table(values), undetected="many")


def test_cycles_beyond_the_last_are_not_detected_either(made) -> None:
    values = made.cycles()
    values[0, 0] = 40.7
    data = made.read(made.table(values))
    assert data.censored.iloc[0, 0] and data.values.iloc[0, 0] == 40


def test_minus_infinity_of_a_logarithm_is_not_detected(made) -> None:
    values = np.round(np.log2(made.counts + 1.0), 3).astype(object)
    values[2, 3] = "-Inf"
    data = made.read(made.table(values))
    assert data.kind == "log_expression" and data.censored.iloc[3, 2] and np.isnan(data.values.iloc[3, 2])
    assert data.censored.to_numpy().sum() == 1


def test_logarithms_of_intensities_are_no_cycles(made) -> None:
    values = np.round(np.log2(made.counts * 1e6 + 1e5), 3)
    genes = [
        f"{letter}{other}D{place}" for place, (letter, other) in enumerate(zip("ABCDEF" * 5, "GHIJK" * 6, strict=True))
    ]
    data = made.read(made.table(values, rows=genes, corner="gene"))
    assert data.kind == "log_expression"
    assert any(note.what == "kind" and note.serious and "cycles" in note.sentence for note in data.notes)


def test_whole_cycles_are_cycles_if_they_pile_up_at_the_last(made) -> None:
    data = made.read(made.table(np.round(made.cycles()).astype(int)))
    assert data.kind == "ct" and data.censored.to_numpy().any()
