"""ParticleData and AllTracks: a diameter per particle, and which of them count."""

from __future__ import annotations

import made_files as made
import numpy as np
import pytest

from exocosm.bench.recordings.contract import RecordingError
from exocosm.bench.recordings.nanosight_particles import read

SIZES = 60.25 + np.arange(40)
COUNTED = np.arange(40) % 5 != 4


@pytest.mark.parametrize(
    "vendor", [made.AS_EXPORTED, made.GERMAN_EXCEL, made.Vendor(line_end="\r", encoding="utf-16")], ids=str
)
@pytest.mark.parametrize(("tracks", "kind"), [(False, "particles"), (True, "tracks")])
def test_particles(vendor: made.Vendor, tracks: bool, kind: str) -> None:
    (recording,) = read(made.particle_data(vendor, tracks=tracks), "pool A 00_ParticleData.csv")
    (replicate,) = recording.replicates
    assert recording.kind == kind
    assert (recording.sample, replicate.name) == ("pool A 00", "pool A 00")
    np.testing.assert_allclose(replicate.diameters_nm, SIZES)
    np.testing.assert_array_equal(replicate.included, COUNTED)
    assert replicate.histogram is None and replicate.concentration is None and recording.dilution is None


def test_particles_without_size_that_were_not_counted_are_left_out_with_a_note() -> None:
    content = made.particle_data().replace(b"5,64.25,", b"5,NaN,")
    (recording,) = read(content, "a_ParticleData.csv")
    assert recording.replicates[0].diameters_nm is not None
    assert len(recording.replicates[0].diameters_nm) == 39
    assert any(note.startswith("1 particles") for note in recording.notes)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"\r\n7,66.25,", b"\r\n7,NaN,", "counted has no size"),
        (b"\r\n7,66.25,", b"\r\n7,many,", "line 8: 'many'"),
        (b"\r\n7,66.25,", b"\r\n6,66.25,", "stands twice"),
        (b"\r\n7,66.25,", b"\r\nx,66.25,", "line 8: 'x' is no Particle ID"),
        (b"17,True\r\n8,", b"17,Perhaps\r\n8,", "line 8: 'perhaps'"),
        (b"17,True\r\n8,", b"17\r\n8,", "line 8: the row has 6 of 7 cells"),
        (b",Included in distribution?", b"", "no column 'Included"),
    ],
)
def test_what_is_refused(old: bytes, new: bytes, words: str) -> None:
    content = made.particle_data()
    assert old in content
    with pytest.raises(RecordingError) as refused:
        read(content.replace(old, new), "a_ParticleData.csv")
    assert words in str(refused.value)


def test_a_file_that_ends_within_a_row_is_refused() -> None:
    content = made.particle_data()
    for cut in (3, 6, 9, 15):
        with pytest.raises(RecordingError, match=r"cut off|True nor False"):
            read(content[:-cut], "a_ParticleData.csv")


def test_no_particles() -> None:
    with pytest.raises(RecordingError, match="no row follows"):
        read(made.particle_data(count=0), "a_ParticleData.csv")
