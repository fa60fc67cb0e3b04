"""Real exports of 100 nm beads (tidyNano, MIT).  They are not part of the repository; without them nothing is tested.

The folder is named by the environment variable EXOCOSM_SHARED_DATA, or stands beside the repository as shared/data.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED
from exocosm.bench.recordings.registry import read_recordings

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("EXOCOSM_SHARED_DATA", ROOT.parent / "shared" / "data")) / "nta_nanosight_tidynano"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real files are not at {FOLDER}")


def test_combined_experiment_of_twelve_videos_without_dilution() -> None:
    recordings = read_recordings(FOLDER / "beads.csv")
    assert [recording.sample for recording in recordings] == [
        "std_10000_yes_2", "std_10000_no_2", "std_10000_yes_1", "std_10000_no_1",
    ]  # fmt: skip
    assert [len(recording.replicates) for recording in recordings] == [3, 3, 3, 3]
    assert {(recording.dilution, recording.concentrations) for recording in recordings} == {(None, AS_MEASURED)}
    assert recordings[0].software.startswith("NTA 3.2")
    assert recordings[0].replicates[0].concentration == 1.43e9
    assert recordings[3].replicates[2].reported["valid_tracks"] == 4866
    assert not any(replicate.messages for recording in recordings for replicate in recording.replicates)
    assert len(recordings[0].notes) == 1, recordings[0].notes  # that experiments are joined: nothing disagrees


def test_five_videos_with_dilution_and_warnings() -> None:
    (recording,) = read_recordings(FOLDER / "beads2.csv")
    assert [r.name for r in recording.replicates] == [f"stdv34_0{k}" for k in range(5)]
    assert (recording.dilution, recording.concentrations) == (1e4, AS_CORRECTED)
    assert (recording.sample, recording.diluent) == ("100nmbeads", "PBS")
    assert "Vibration detected: Moderate vibration" in recording.replicates[0].messages
    assert len(recording.notes) == 1, recording.notes


@pytest.mark.parametrize(("name", "edge"), [("beads.csv", "low_nm"), ("beads2.csv", "high_nm")])
def test_histograms_agree_with_what_the_instrument_says_of_them(name: str, edge: str) -> None:
    """NTA 3.4 reads D10, D50, D90 at the upper edges of bins, NTA 3.2 at the lower ones: 1 nm less."""
    for replicate in (one for recording in read_recordings(FOLDER / name) for one in recording.replicates):
        histogram = replicate.histogram
        assert histogram is not None and replicate.percentiles_nm is not None
        total = histogram.amount.sum()
        mean = histogram.centre_nm @ histogram.amount / total
        spread = np.sqrt((histogram.centre_nm - mean) ** 2 @ histogram.amount / total)
        assert total == pytest.approx(replicate.concentration, rel=0.005)
        assert mean == pytest.approx(replicate.reported["mean"], abs=0.06)
        assert spread == pytest.approx(replicate.reported["sd"], abs=0.06)
        cumulative = np.cumsum(histogram.amount) / total
        for share, key in ((0.1, "d10"), (0.5, "d50"), (0.9, "d90")):
            own = np.interp(share, cumulative, getattr(histogram, edge))
            assert own == pytest.approx(replicate.reported[key], abs=0.06)
            assert replicate.percentiles_nm[round(100 * share)] == replicate.reported[key]
        assert histogram.centre_nm[np.argmax(histogram.amount)] == pytest.approx(replicate.reported["mode"], abs=0.6)
