"""ZetaView text, profiles and positions."""

from __future__ import annotations

import made_files as made
import numpy as np
import pytest

from exocosm.bench.recordings import zetaview_positions
from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED, RecordingError
from exocosm.bench.recordings.zetaview import can_read, read

NAME = "20230201_0001_pool_A_size_488.txt"


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_size_distribution(decimal: str, line_end: str) -> None:
    (recording,) = read(made.zetaview(decimal=decimal, line_end=line_end), NAME)
    (replicate,) = recording.replicates
    assert (recording.instrument, recording.kind, recording.sample) == ("zetaview", "size", "pool A")
    assert (recording.dilution, recording.concentrations) == (500.0, AS_MEASURED)
    assert (recording.captured, recording.diluent) == ("2023-02-01 13:59:54", "PBS")
    assert "8.05.12" in recording.software
    assert replicate.histogram is not None
    assert replicate.histogram.amount.sum() == pytest.approx(500 * 2.327e4, rel=1e-3)
    assert replicate.concentration == replicate.histogram.amount.sum()
    assert replicate.other["tracks"].amount.sum() == replicate.reported["valid_tracks"] == 500
    assert replicate.other["logarithmic"].amount.sum() == pytest.approx(replicate.concentration, rel=1e-3)
    np.testing.assert_allclose(replicate.histogram.high_nm, np.arange(1, 201) * 5.0)
    assert (replicate.temperature_c, replicate.viscosity_mpa_s) == (25.06, 0.898624)
    assert recording.settings["Conductivity"].startswith("58")
    assert replicate.messages == () and recording.notes == ()


@pytest.mark.parametrize("delimiter", [";", ","])
def test_saved_again_as_csv(delimiter: str) -> None:
    (recording,) = read(made.zetaview().replace(b"\t", delimiter.encode()), "a.csv")
    assert recording.dilution == 500.0
    assert recording.replicates[0].concentration == pytest.approx(500 * 2.327e4, rel=1e-3)


def test_order_of_the_histograms_does_not_matter() -> None:
    lines = made.zetaview(line_end="\n").decode("latin-1").rstrip("\n").split("\n")
    top = next(k for k, line in enumerate(lines) if line.startswith("Size / nm")) + 1
    middle = next(k for k, line in enumerate(lines) if line.startswith("-1"))
    swapped = [*lines[:top], *lines[middle + 1 :], lines[middle], *lines[top:middle]]
    (recording,) = read(("\n".join(swapped) + "\n").encode("latin-1"), NAME)
    (expected,) = read(made.zetaview(), NAME)
    histogram, before = recording.replicates[0].histogram, expected.replicates[0].histogram
    assert histogram is not None and before is not None
    np.testing.assert_array_equal(histogram.amount, before.amount)


def test_centres_beyond_a_micrometre_are_printed_with_four_digits() -> None:
    lines = made.zetaview(line_end="\n").decode("latin-1").split("\n")
    middle = next(k for k, line in enumerate(lines) if line.startswith("-1"))
    more = [f"{made.exponential(c)}\t" + "\t".join(["0.000E+0"] * 4) for c in np.arange(200, 1200) * 5 + 2.5]
    (recording,) = read("\n".join([*lines[:middle], *more, *lines[middle:]]).encode("latin-1"), NAME)
    histogram = recording.replicates[0].histogram
    assert histogram is not None
    np.testing.assert_allclose(histogram.low_nm, np.arange(1200) * 5.0, atol=1e-9)


def test_no_traces() -> None:
    (recording,) = read(made.zetaview(traces=0), NAME)
    (replicate,) = recording.replicates
    assert replicate.histogram is None and replicate.concentration is None
    assert replicate.reported["valid_tracks"] == 0 and "d50" not in replicate.reported
    assert "no traces" in replicate.messages[0]


def test_checks_of_the_instrument_are_told_in_its_words() -> None:
    (recording,) = read(made.zetaview(drift="too high"), NAME)
    assert recording.messages == ("Particle Drift Check Result: too high",)


def test_a_profile_is_recognised_and_has_no_sizes() -> None:
    (recording,) = read(made.zetaview(kind="Zeta Potential"), "20230201_0002_pool_A_prof_488.txt")
    assert recording.kind == "profile"
    assert recording.replicates[0].histogram is None and recording.replicates[0].concentration is None
    assert "no size distribution" in recording.messages[0]


def test_dilution_zero_is_not_used() -> None:
    (recording,) = read(made.zetaview(dilution=0.0), NAME)
    assert recording.dilution is None
    assert any("not a positive number" in note for note in recording.notes)


def test_traces_that_are_missing_are_noted() -> None:
    (recording,) = read(made.zetaview().replace(b"Traces:\t500", b"Traces:\t512"), NAME)
    assert recording.notes == ("the histogram holds 500 tracks, the head states 512 traces",)


def test_cut_off_between_and_within_the_histograms() -> None:
    content = made.zetaview()
    separator = content.index(b"-1.000E+0")
    (recording,) = read(content[: separator + 50], NAME)
    assert any("cut off" in note for note in recording.notes)
    (recording,) = read(content[:-40], NAME)
    assert any("cut off" in note for note in recording.notes)
    assert "logarithmic" not in recording.replicates[0].other
    peak = content.index(b"1.025E+2")
    end = content.index(b"\n", peak) + 1
    with pytest.raises(RecordingError, match="of 500 traces: the file was cut off"):
        read(content[:end], NAME)
    with pytest.raises(RecordingError, match=r"line [0-9]+: .*cut off"):
        read(content[: content.index(b"Size Distribution\r\nSize / nm")], NAME)


def test_rows_that_are_missing_are_refused() -> None:
    lines = made.zetaview().split(b"\r\n")
    at = next(k for k, line in enumerate(lines) if line.startswith(b"1.525E+2"))
    with pytest.raises(RecordingError, match="a row is missing"):
        read(b"\r\n".join([*lines[:at], *lines[at + 1 :]]), NAME)


def test_recognised() -> None:
    assert can_read(made.zetaview().decode("latin-1")[:20000], "x")
    assert not can_read(made.positions().decode("latin-1"), "x_11pos.txt")


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_positions(line_end: str) -> None:
    content = made.positions(line_end)
    assert zetaview_positions.can_read(content.decode("latin-1"), "x")
    (recording,) = zetaview_positions.read(content, "20230201_0001_pool_A_size_488_11pos.txt")
    assert (recording.kind, len(recording.replicates)) == ("positions", 11)
    assert recording.sample == "20230201_0001_pool_A_size_488"
    third = recording.replicates[2]
    assert third.messages == ("position left out by the instrument: GRUBBS_SIZE",)
    # the file says itself what the undiluted concentration is, but not by which factor
    assert (recording.concentrations, recording.dilution) == (AS_CORRECTED, None)
    assert (third.concentration, third.reported["diluted_concentration"]) == (4.2e10, 4.2e7)
    assert third.reported["d50"] == 142.0
    assert all(replicate.histogram is None for replicate in recording.replicates)


def test_positions_without_undiluted_concentrations_are_of_the_diluted_sample() -> None:
    lines = made.positions("\n").decode("latin-1").splitlines()
    content = "\n".join("\t".join(c for k, c in enumerate(line.split("\t")) if k != 5) for line in lines) + "\n"
    (recording,) = zetaview_positions.read(content.encode("latin-1"), "a_11pos.txt")
    assert (recording.concentrations, recording.replicates[2].concentration) == (AS_MEASURED, 4.2e7)


def test_a_check_that_was_never_made_is_told_as_such() -> None:
    content = made.zetaview(drift="too high").replace(
        b"Particle Drift Check Result:", b"Particle Drift Checked:\t1904-01-01 05:30:00\r\nParticle Drift Check Result:"
    )
    (recording,) = read(content, "a.txt")
    assert "too high (the file dates this check 1904-01-01" in recording.messages[0]


def test_a_row_with_more_cells_than_columns_is_refused() -> None:
    text = made.zetaview(decimal=",").decode("latin-1").replace("\t", ",")
    with pytest.raises(RecordingError, match="decimal commas"):
        read(text.encode("latin-1"), "a.txt")


def test_commas_behind_lines_of_tabs_are_empty_cells() -> None:
    plain = read(made.zetaview(line_end="\n"), "a.txt")[0]
    (recording,) = read(made.zetaview(line_end=",,,\n"), "a.txt")
    assert (recording.sample, recording.dilution, recording.messages) == ("pool A", 500.0, plain.messages)
    assert recording.replicates[0].concentration == plain.replicates[0].concentration


def test_positions_cut_off() -> None:
    content = made.positions()
    with pytest.raises(RecordingError, match="cut off"):
        zetaview_positions.read(content[: content.index(b"\tSt.Dev.")], "a_11pos.txt")
