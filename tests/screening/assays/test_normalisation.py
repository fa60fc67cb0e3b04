"""Normalisation: shared losses cancel, the biology of a reference does not."""

from __future__ import annotations

import numpy as np
import pytest
from tube_contents import MIRNAS, content_of, numbers

from exocosm.errors import InputError
from exocosm.screening.assays.normalisation import normalised
from exocosm.screening.assays.reading import Reading
from exocosm.screening.assays.registry import find_assay
from exocosm.screening.assays.tube import tube_to_signal
from exocosm.screening.people import People

PEOPLE = 40
PCR = ("rt_qpcr", "digital_pcr", "small_rna_sequencing")


def reading(assay: str, people: People, method: str, references: tuple[str, ...] = (), amount: object = 1e7) -> Reading:
    settings = find_assay(assay).Settings(normalisation=method, references=list(references))
    content = content_of(MIRNAS, amount, people.number)
    return tube_to_signal(content, numbers(), people, assay=assay, volume=1.0, settings=settings)


@pytest.mark.parametrize("assay", PCR)
def test_what_extraction_loses_cancels_exactly_with_the_spike_in(assay: str) -> None:
    only_isolation = People(PEOPLE, still=frozenset({"biology", "preanalytics", "assay"}))
    plain = reading(assay, only_isolation, "none")
    spiked = reading(assay, only_isolation, "spike_in")
    if assay != "small_rna_sequencing":  # reads are shares already
        assert np.ptp(plain.signal[:, 0]) > 0.3
    assert np.ptp(spiked.signal, axis=0) == pytest.approx(0.0, abs=1e-3 if assay == "digital_pcr" else 1e-9)
    assert not spiked.censored.any()


def test_what_isolation_loses_of_vesicles_does_not_cancel() -> None:
    only_isolation = People(PEOPLE, still=frozenset({"biology", "preanalytics", "assay"}))
    settings = find_assay("rt_qpcr").Settings(normalisation="spike_in")
    found = tube_to_signal(content_of(MIRNAS, 1e7, PEOPLE), numbers(), only_isolation, assay="rt_qpcr", volume=1.0,
                           protocol="sec_plasma", settings=settings)  # fmt: skip
    assert np.ptp(found.signal[:, 0]) > 0.3
    reference = normalised(
        tube_to_signal(content_of(MIRNAS, 1e7, PEOPLE), numbers(), only_isolation, assay="rt_qpcr", volume=1.0,
                       protocol="sec_plasma"), "reference", ["miR-21-5p"])  # fmt: skip
    assert np.ptp(reference.signal, axis=0) == pytest.approx(0.0, abs=1e-9)  # it went the same way


def test_a_reference_brings_its_own_biology() -> None:
    amounts = np.full((PEOPLE, 3), 1e7)
    amounts[::2, 2] *= 4.0
    found = reading(
        "rt_qpcr", People(PEOPLE, still=frozenset({"isolation", "assay"})), "reference", ("miR-21-5p",), amounts
    )
    assert found.signal[1, 0] - found.signal[0, 0] == pytest.approx(2.0)
    assert found.signal[:, 2] == pytest.approx(0.0)
    assert "miR-21-5p" in found.unit


def test_a_sample_whose_reference_is_not_seen_has_failed() -> None:
    amounts = np.full((2, 3), 1e7)
    amounts[1, 2] = 0.0
    found = reading("rt_qpcr", People(2), "reference", ("miR-21-5p",), amounts)
    assert list(found.failed) == [False, True]
    assert found.censored[1].all()
    assert not found.censored[0].any()
    assert np.all(np.isfinite(found.signal))


def test_the_total_of_reads() -> None:
    plain, shared = (reading("small_rna_sequencing", People(5), method) for method in ("none", "total"))
    assert shared.signal == pytest.approx(plain.signal - plain.apart["total"][:, None])
    assert np.all(shared.signal < 0)


def test_what_was_not_read_cannot_be_taken_off() -> None:
    plain = reading("rt_qpcr", People(1), "none")
    for method, references, told in (
        ("total", (), "read no total"),
        ("reference", (), "name the `references`"),
        ("reference", ("miR-21",), "did you mean 'miR-21-5p'"),
        ("spike_in", ("miR-21-5p",), "go with"),
    ):
        with pytest.raises(InputError, match=told):
            normalised(plain, method, references)  # type: ignore[arg-type]
