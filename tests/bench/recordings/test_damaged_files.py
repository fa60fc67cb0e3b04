"""Files that were cut off or damaged are read rightly, read with a note, or refused: never wrong, never a traceback."""

from __future__ import annotations

from functools import cache

import made_files as made
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.recordings.contract import Recording, RecordingError
from exocosm.bench.recordings.registry import read_content

SMALL = {"bins": 400, "weightings": made.WEIGHTINGS, "diffusion": True}
NAMES = {
    "nanosight": "a.csv",
    "plain": "a.csv",
    "german": "a.csv",
    "zetaview": "a_size_488.txt",
    "particles": "a_ParticleData.csv",
    "tracks": "a_AllTracks.csv",
    "positions": "a_11pos.txt",
    "wide": "a.csv",
}
INSERTED = (b",", b";", b"\t", b'"', b"\r", b"\n", b"-", b"1e999", b"NaN", b"_", b"[Results]\n", b"\xb2")
BEGINNINGS = (
    "",
    "NTA Experiment Summary File\n[Size Data]\n[Results]\n",
    "ZetaView S/N:\t1\n",
    "Use\tPosition\n",
    "Particle ID,Size/nm,Included\n",
    "particle_size,a\n1,2\n",
)
CUT = ("cut off", "no line end", "left out")


@cache
def content(kind: str) -> bytes:
    return {
        "nanosight": lambda: made.summary(dilution=100, **SMALL),
        "plain": lambda: made.summary(made.Vendor(trailing=0), table=False, bins=400),
        "german": lambda: made.summary(made.GERMAN_EXCEL, bins=400),
        "zetaview": made.zetaview,
        "particles": made.particle_data,
        "tracks": lambda: made.particle_data(tracks=True),
        "positions": made.positions,
        "wide": lambda: made.wide(bins=400) + b"\n",
    }[kind]()


@cache
def whole(kind: str) -> tuple[Recording, ...]:
    return read_content(content(kind), NAMES[kind])


def attempt(data: bytes, kind: str) -> tuple[Recording, ...] | None:
    """Recordings, or None if the file is refused with its name and what to do."""
    try:
        return read_content(data, NAMES[kind])
    except RecordingError as error:
        assert str(error).startswith(NAMES[kind])
        assert "; " in str(error)
        return None


@pytest.mark.parametrize("kind", ["nanosight", "plain", "german", "zetaview"])
@settings(max_examples=60)
@given(data=st.data())
def test_a_file_that_was_cut_off_gives_all_particles_or_none(kind: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content(kind)) - 1))
    read = attempt(content(kind)[:cut], kind)
    if read is None:
        return
    (recording,), (full,) = read, whole(kind)
    assert (recording.dilution, recording.concentrations) == (full.dilution, full.concentrations)
    lost = False
    for found, expected in zip(recording.replicates, full.replicates, strict=True):
        assert found.histogram is not None and expected.histogram is not None
        bins = len(found.histogram.amount)
        np.testing.assert_array_equal(found.histogram.amount, expected.histogram.amount[:bins])
        assert not expected.histogram.amount[bins:].any()
        assert dict(found.reported).items() <= dict(expected.reported).items()
        for key, histogram in found.other.items():
            length = len(histogram.amount)
            np.testing.assert_array_equal(histogram.amount, expected.other[key].amount[:length])
            lost = lost or length < len(expected.other[key].amount)
        if found.percentiles_nm is not None:
            np.testing.assert_array_equal(found.percentiles_nm, expected.percentiles_nm)
        lost = lost or set(found.other) != set(expected.other) or found.percentiles_nm is None
    if lost and kind in ("nanosight", "zetaview") and len(content(kind)) - cut > 2000:
        assert any(word in note for note in recording.notes for word in CUT), recording.notes


@pytest.mark.parametrize("kind", ["particles", "tracks"])
@settings(max_examples=60)
@given(data=st.data())
def test_particles_of_a_file_that_was_cut_off_are_the_first_ones(kind: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content(kind)) - 1))
    read = attempt(content(kind)[:cut], kind)
    if read is None:
        return
    found, expected = read[0].replicates[0], whole(kind)[0].replicates[0]
    assert found.diameters_nm is not None and expected.diameters_nm is not None
    assert found.included is not None and expected.included is not None
    np.testing.assert_array_equal(found.diameters_nm, expected.diameters_nm[: len(found.diameters_nm)])
    np.testing.assert_array_equal(found.included, expected.included[: len(found.included)])


@settings(max_examples=60)
@given(cut=st.integers(0, 12_000))
def test_wide_tables_that_were_cut_off_lose_rows_or_show_it(cut: int) -> None:
    data = content("wide")
    read = attempt(data[: len(data) - 1 - cut % (len(data) - 1)], "wide")
    for recording, full in zip(read or (), whole("wide"), strict=False):
        for found, expected in zip(recording.replicates, full.replicates, strict=True):
            assert found.histogram is not None and expected.histogram is not None
            rows = len(found.histogram.amount)
            if not np.array_equal(found.histogram.amount, expected.histogram.amount[:rows]):
                np.testing.assert_array_equal(found.histogram.amount[:-1], expected.histogram.amount[: rows - 1])
                assert any("no line end" in note for note in recording.notes)


def _sound(recording: Recording) -> None:
    assert recording.checksum and recording.format and recording.replicates
    assert recording.dilution is None or 0 < recording.dilution < np.inf
    for replicate in recording.replicates:
        assert all(np.isfinite(value) for value in replicate.reported.values())
        assert replicate.concentration is None or 0 <= replicate.concentration < np.inf
        for histogram in [*replicate.other.values(), *([replicate.histogram] if replicate.histogram else [])]:
            assert len(histogram.centre_nm) == len(histogram.amount) == len(histogram.low_nm) >= 2
            assert np.isfinite(histogram.amount).all() and (histogram.amount >= 0).all()
            assert (np.diff(histogram.centre_nm) > 0).all() and (histogram.low_nm < histogram.high_nm).all()
        if replicate.diameters_nm is not None:
            assert np.isfinite(replicate.diameters_nm).all() and (replicate.diameters_nm > 0).all()


@pytest.mark.parametrize("kind", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_damage_gives_something_sound_or_a_reason(kind: str, data: st.DataObject) -> None:
    body = bytearray(content(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        match data.draw(st.sampled_from(["replace", "insert", "remove", "repeat", "lines"])):
            case "replace":
                body[at : at + 1] = data.draw(st.binary(min_size=1, max_size=3))
            case "insert":
                body[at:at] = data.draw(st.sampled_from(INSERTED))
            case "remove":
                del body[at : at + data.draw(st.integers(1, 3000))]
            case "repeat":
                body[at:at] = body[at : at + data.draw(st.integers(1, 3000))]
            case "lines":
                body[:] = body.replace(b"\r\n", data.draw(st.sampled_from([b"\r", b"\n", b"\n\r", b"\r\n\r\n"])))
    for recording in attempt(bytes(body), kind) or ():
        _sound(recording)


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    attempt(data, "wide")


@settings(max_examples=150)
@given(st.sampled_from(BEGINNINGS), st.text(max_size=300))
def test_any_text_behind_a_beginning(start: str, text: str) -> None:
    for recording in attempt((start + text).encode("utf-8", "ignore"), "wide") or ():
        _sound(recording)
