"""What recordings say: dilutions never guessed, samples never merged in silence, what stands out is named."""

from __future__ import annotations

from dataclasses import replace

import made_recordings as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.numbers import bench_numbers
from exocosm.bench.readings.concentrations import DILUTED, UNCLEAR, UNDILUTED
from exocosm.bench.readings.estimates import NOTHING
from exocosm.bench.readings.measured import Readings, readings_of
from exocosm.bench.readings.repeatability import outliers, ratio_of, trend
from exocosm.bench.readings.samples import Described
from exocosm.bench.recordings.contract import UNKNOWN, Histogram, Recording, Replicate
from exocosm.errors import InputError

NUMBERS = bench_numbers()


def read(*recordings: Recording, group_by: str = "sample", **described: object) -> Readings:
    return readings_of(recordings, NUMBERS, Described(**described), group_by)  # type: ignore[arg-type]


def rules(readings: Readings, gravity: str = "warning") -> set[str]:
    return {finding.rule for finding in readings.all_findings if finding.gravity == gravity}


def told(readings: Readings, rule: str) -> str:
    return " | ".join(str(finding) for finding in readings.all_findings if finding.rule == rule)


def test_a_given_dilution_that_the_names_speak_against_is_told() -> None:
    assert "hold '500'" in told(read(made.recording(sample="pool d500"), dilution=200.0), "dilution")
    assert "hold" not in told(read(made.recording(sample="pool d500"), dilution=500.0), "dilution")
    assert "hold" not in told(read(made.recording(sample="pool"), dilution=200.0), "dilution")


def test_a_good_recording_has_no_warnings() -> None:
    found = read(made.recording((1e11, 1.01e11, 0.99e11), dilution=500.0))
    assert not rules(found), found.all_findings
    (sample,) = found.samples
    assert sample.of == UNDILUTED
    assert sample.concentration.value == pytest.approx(1e11)
    assert sample.estimates["d50"].value == pytest.approx(110, rel=0.01)


def test_a_missing_dilution_is_told_and_never_made_up() -> None:
    found = read(made.recording(sample="pool d500", dilution=None))
    (sample,) = found.samples
    assert sample.of == DILUTED
    assert sample.concentration.value == pytest.approx(1e8)
    assert "DILUTED" in told(found, "dilution") and "'500'" in told(found, "dilution")


def test_a_dilution_that_is_given_is_multiplied_once() -> None:
    not_recorded, recorded = made.recording(), made.recording(sample="b", dilution=200.0)
    found = read(not_recorded, recorded, dilution=500.0)
    values = {sample.name: sample.concentration.value for sample in found.samples}
    assert values == pytest.approx({"pool": 5e10, "b": 1e8})
    assert "dilution" not in rules(found)


def test_a_dilution_given_for_a_file_goes_before_the_recorded_one_and_is_told() -> None:
    found = read(made.recording(dilution=200.0, file="a.csv"), dilutions={"a.csv": 400.0})
    (sample,) = found.samples
    assert sample.concentration.value == pytest.approx(2e8)
    assert "records dilution 200, but 400" in told(found, "dilution")


def test_concentrations_as_measured_with_a_recorded_dilution_are_multiplied() -> None:
    found = read(made.recording(dilution=500.0, is_corrected=False))
    assert found.samples[0].concentration.value == pytest.approx(5e10)


def test_where_the_file_does_not_say_what_its_concentration_is_of_that_is_said() -> None:
    unclear = replace(made.recording(), concentrations=UNKNOWN)
    assert read(unclear).samples[0].of == UNCLEAR
    given_one = read(unclear, dilution=10.0)
    assert given_one.samples[0].concentration.value == pytest.approx(1e9)
    assert "does not say" in told(given_one, "dilution")


def test_a_description_of_a_file_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"did you mean 'a\.csv'"):
        read(made.recording(file="a.csv"), dilutions={"A.csv": 5.0})
    with pytest.raises(InputError, match="grouped by sample or file"):
        read(made.recording(), group_by="samples")


def test_videos_with_other_settings_are_no_replicates() -> None:
    videos = [made.video(f"v {k:02d}", settings={"Camera Level": level}) for k, level in enumerate(["10", "10", "15"])]
    found = read(made.recording(replicates=videos))
    assert [len(result.measurement.replicates) for result in found.measurements] == [2, 1]
    assert {result.measurement.part for result in found.measurements} == {"Camera Level 10", "Camera Level 15"}
    assert "not 3 replicates of one" in told(found, "parts")


def test_a_file_joined_from_several_experiments_is_taken_apart_by_the_names_of_its_videos() -> None:
    videos = [made.video(f"{stem}_{k:02d}") for stem in ("std_1", "std_2") for k in range(3)]
    found = read(made.recording(replicates=videos))
    assert [result.name for result in found.measurements] == ["pool, std_1", "pool, std_2"]
    assert found.samples[0].concentration.how.startswith("no interval: 2 measurements")


def test_names_of_videos_that_tell_the_time_do_not_divide_a_file() -> None:
    videos = [made.video(f"EV 2023-02-0{k} 10-00-0{k}") for k in range(1, 4)]
    assert len(read(made.recording(replicates=videos)).measurements) == 1


def test_samples_named_almost_alike_are_kept_apart_and_named() -> None:
    found = read(made.recording(sample="EV A"), made.recording(sample="ev_a"))
    assert len(found.samples) == 2
    assert "'EV A' and 'ev_a'" in told(found, "names")
    joined = read(made.recording(sample="EV A", file="1.csv"), made.recording(sample="ev_a", file="2.csv"),
                  samples={"1.csv": "EV A", "2.csv": "EV A"})  # fmt: skip
    assert len(joined.samples) == 1 and len(joined.measurements) == 2


def test_the_same_bytes_count_once() -> None:
    one = made.recording(file="a.csv", checksum="same")
    found = read(one, replace(one, file="copy.csv"))
    assert len(found.measurements) == 1
    assert "same bytes as a.csv" in told(found, "twin")


def test_a_file_that_is_given_twice_counts_once() -> None:
    one = made.recording(file="a.csv")
    found = read(one, replace(one))
    assert len(found.measurements) == 1
    assert "is given twice" in told(found, "twin")


def test_what_is_said_of_a_name_that_two_files_have_is_refused() -> None:
    files = [made.recording(file=f"day{k}/a.csv", sample=f"s{k}") for k in (1, 2)]
    with pytest.raises(InputError, match=r"2 files that were read have this name: day1/a.csv, day2/a.csv"):
        read(*files, dilutions={"a.csv": 500.0})
    assert read(*files, dilutions={"day2/a.csv": 500.0}).samples[1].of == UNDILUTED


def test_a_list_of_particles_of_a_video_that_is_there_already_is_shown_and_not_counted() -> None:
    summary = made.recording((1e11, 1e11, 1e11), dilution=10.0, file="exp.csv")
    video = summary.replicates[0].name
    listed = Recording("nanosight", "particles", f"{video}_ParticleData.csv", "x", video,
                       (Replicate(video, diameters_nm=np.full(2000, 300.0)),), kind="particles")  # fmt: skip
    for files in ((summary, listed), (listed, summary)):
        (sample,) = read(*files).samples
        assert len(sample.measurements) == 2
        assert sample.estimates["d50"].value == pytest.approx(110, rel=0.01)
        assert sample.concentration.value == pytest.approx(1e11)


def test_a_list_of_particles_that_was_cut_off_is_told_and_one_of_other_particles_is_another_video() -> None:
    summary = made.recording(replicates=[made.video(f"run_0{k}", 1e8) for k in range(3)], file="exp.csv")
    diameters = np.random.default_rng(2).lognormal(np.log(110), 0.25, 2000)

    def listed(sizes: np.ndarray) -> Recording:
        video = Replicate("run_00", diameters_nm=sizes, included=np.ones(sizes.size, bool))
        return Recording("nanosight", "p", "run_00_ParticleData.csv", "x", "run_00", (video,), kind="particles")

    assert "valid tracks" not in told(read(summary, listed(diameters)), "twin")
    short = read(summary, listed(diameters[:700]))
    assert "lists 700 counted particles, exp.csv states 2000 valid tracks" in told(short, "twin")
    assert len(short.samples) == 1
    other = read(summary, listed(2 * diameters[:700]))
    assert [sample.name for sample in other.samples] == ["pool", "run_00"]


def test_videos_that_are_only_named_alike_are_counted() -> None:
    """Programs call videos run_00, run_01 ... in every folder: two patients must not become one."""
    one, other = ([made.video(f"run_0{k}", c * (1 + k / 50), median) for k in range(3)]
                  for c, median in ((1e8, 110), (4e8, 140)))  # fmt: skip
    found = read(
        made.recording(sample="patient 1", replicates=one), made.recording(sample="patient 2", replicates=other)
    )
    assert [sample.name for sample in found.samples] == ["patient 1", "patient 2"]
    assert found.samples[1].estimates["d50"].value == pytest.approx(140, rel=0.01)
    assert "named like some of patient 1" in told(found, "twin")
    assert "twin" in rules(found)


def test_a_video_in_two_files_is_one_if_its_numbers_are_the_same_up_to_a_factor() -> None:
    videos = [made.video(f"run_0{k}", 1e8 * (1 + k / 50)) for k in range(3)]
    more = [made.video(f"run_0{k}", 1e11 * (1 + k / 50)) for k in range(3)]
    found = read(
        made.recording(sample="a", replicates=videos), made.recording(sample="b", replicates=more, dilution=1e3)
    )
    assert [sample.name for sample in found.samples] == ["a"]
    assert found.samples[0].measurements[1].measurement.repeats == "a None.csv"


def test_a_video_that_was_processed_again_is_not_counted_twice() -> None:
    first = [made.video(f"run_0{k}", 1e8, 110) for k in range(3)]
    again = [made.video(f"run_0{k}", 2e8, 90) for k in range(3)]
    files = [
        made.recording(replicates=videos, file=name, captured="10:00")
        for videos, name in ((first, "1.csv"), (again, "2.csv"))
    ]
    (sample,) = read(*files).samples
    assert sample.concentration.value == pytest.approx(1e8)
    (sample,) = read(files[0], replace(files[1], captured="11:00")).samples  # another time, another video
    assert sample.concentration.value == pytest.approx(1.5e8)


@pytest.mark.parametrize(
    ("sample", "settings", "hint"),
    [
        ("20210401 EMT1 d20 2021-04-01 15-28-16", {}, "20"),
        ("EMT1 2021-04-01 15-28-16", {}, ""),
        ("20250228_0018_EV_F6-1000_size_488", {}, "1000"),
        ("EV_size_488_11pos", {}, ""),
        ("EV", {"Diluent": "PBS 1/100"}, "100"),
        ("EV", {"Diluent": "10x diluida"}, "10"),
        ("EV", {"Sample Description": "d200"}, "200"),
        ("EV", {"Diluent": "PBS 1x"}, ""),
        ("CD81 24h", {}, ""),
        ("std_10000_yes", {}, "10000"),
    ],
)
def test_what_may_be_a_dilution_is_found_and_not_used(sample: str, settings: dict[str, str], hint: str) -> None:
    videos = [made.video(f"v 0{k}") for k in range(3)]
    found = read(made.recording(sample=sample, file="a.csv", replicates=videos, settings=settings))
    assert found.samples[0].of == DILUTED
    assert (f"'{hint}'" in told(found, "dilution")) if hint else ("remarks hold" not in told(found, "dilution"))


def test_group_by_file_takes_each_file_alone() -> None:
    files = [made.recording(file=f"{k}.csv") for k in range(3)]
    assert len(read(*files).samples) == 1
    assert len(read(*files, group_by="file").samples) == 3


def test_a_sample_of_several_measurements_takes_each_as_one() -> None:
    files = [made.recording((c,) * 5, dilution=10.0, file=f"{c}.csv") for c in (0.9e11, 1e11, 1.1e11)]
    (sample,) = read(*files).samples
    assert sample.concentration.how == "t over 3 measurements"
    assert sample.concentration.high - sample.concentration.value == pytest.approx(4.303 * 1e10 / 3**0.5, rel=1e-3)


def test_diluted_and_undiluted_concentrations_are_not_averaged() -> None:
    found = read(made.recording(file="a.csv"), made.recording(file="b.csv", dilution=100.0))
    assert found.samples[0].concentration == NOTHING
    assert "not averaged" in told(found, "dilution")


def test_a_broken_dilution_is_found_among_files() -> None:
    truth = {100.0: 0.5e11, 300.0: 1e11, 1000.0: 1.01e11, 3000.0: 0.98e11}
    files = [made.recording((c, 1.01 * c, 0.99 * c), dilution=d, file=f"{d}.csv") for d, c in truth.items()]
    found = read(*files)
    line = found.samples[0].linearity
    assert line is not None
    assert [broken.name for broken in line.broken] == ["1:100"]
    assert "1:100 breaks the line" in told(found, "linearity")


def test_two_instruments_are_compared_and_not_averaged() -> None:
    one = made.recording((1e11, 1.05e11, 0.95e11), dilution=10.0, file="n.csv")
    other = made.recording((2e11, 2.1e11, 1.9e11), dilution=10.0, file="z.txt", instrument="zetaview")
    (sample,) = read(one, other).samples
    by = {overall.instrument: overall.concentration.value for overall in sample.overall}
    assert by == pytest.approx({"nanosight": 1e11, "zetaview": 2e11})
    ratio = next(ratio for ratio in sample.ratios if ratio.quantity == "concentration")
    assert ratio.value == pytest.approx(0.5, rel=0.01)
    assert ratio.low < 0.5 < ratio.high < 1 and ratio.is_different


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"reported": {"particles_per_frame": 3.0}}, "least_particles_per_frame"),
        ({"reported": {"particles_per_frame": 400.0}}, "most_particles_per_frame"),
        ({"reported": {"valid_tracks": 50.0, "completed_tracks": 100.0}}, "least_tracks"),
        ({"reported": {"valid_tracks": 2000.0, "completed_tracks": 90_000.0}}, "least_share_of_valid_tracks"),
        ({"concentration": 1e11, "histogram": made.histogram(1e11)}, "most_concentration_in_tube"),
        ({"concentration": 1e5, "histogram": made.histogram(1e5)}, "least_concentration_in_tube"),
        ({"viscosity_mpa_s": 1.3}, "most_viscosity_difference"),
        ({"median": 60.0}, "smallest_trusted_diameter"),
        ({"histogram": made.histogram(median=900.0)}, "most_share_in_last_bins"),
        ({"reported": {"mean": 150.0}}, "agreement"),
        ({"messages": ["Vibration detected: Severe vibration"]}, "instrument"),
    ],
)
def test_what_is_wrong_with_a_video_is_told(changes: dict, rule: str) -> None:
    good = read(made.recording(replicates=[made.video(f"v {k:02d}") for k in range(3)]), dilution=1.0)
    assert rule not in rules(good)
    bad = read(made.recording(replicates=[made.video(f"v {k:02d}", **changes) for k in range(3)]), dilution=1.0)
    assert rule in rules(bad), bad.all_findings


def test_a_temperature_that_moves_is_told() -> None:
    videos = [made.video(f"v {k:02d}", temperature_c=t) for k, t in enumerate([20.0, 21.0, 23.0])]
    assert "from 20.0 to 23.0" in told(read(made.recording(replicates=videos)), "most_temperature_range")


def test_videos_that_scatter_and_the_one_that_stands_out_are_named() -> None:
    found = read(made.recording((1e8, 1.03e8, 0.97e8, 1.01e8, 2.5e8)))
    assert "scatters by" in told(found, "most_cv_between_videos")
    assert "None 04 stands out: its concentration is 2.49 times" in told(found, "largest_robust_score")


def test_close_videos_are_no_outliers_however_close_the_others_are() -> None:
    values = np.array([1.0, 1.0001, 0.9999, 1.05])
    assert not outliers(values, "x", largest_score=3.5, smallest_change=0.25)
    assert outliers(values * [1, 1, 1, 1.5], "x", largest_score=3.5, smallest_change=0.25)[0].index == 3


@given(st.lists(st.floats(1, 100), min_size=1, max_size=8))
def test_equal_or_few_videos_have_no_outlier_and_a_trend_needs_every_step(values: list[float]) -> None:
    array = np.array(values)
    limits = {"largest_score": 3.5, "smallest_change": 0.25}
    assert not outliers(np.full(array.size, array[0]), "x", **limits)
    if array.size < 4:
        assert trend(array) == 0
    else:
        assert trend(np.sort(array)[::-1]) <= 0 <= trend(np.sort(array))


def test_a_count_that_falls_from_video_to_video_is_told() -> None:
    found = read(made.recording((1.4e8, 1.25e8, 1.1e8, 0.95e8, 0.8e8)))
    assert "falls from each of videos to the next" in told(found, "smallest_notable_change")


def test_the_ratio_of_two_measurements_by_hand() -> None:
    ratio = ratio_of("a", np.array([2.0, 2.0, 2.0]), "b", np.array([1.0, 1.0]), "x")
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2, 2, 2))
    assert np.isnan(ratio_of("a", np.array([2.0]), "b", np.array([1.0, 1.1]), "x").low)
    assert np.isnan(ratio_of("a", np.array([]), "b", np.array([1.0]), "x").value)


def test_positions_that_the_instrument_left_out_are_in_no_number() -> None:
    places = [Replicate(f"position {k}", concentration=1e7 if k else 9e9, settings={"Use": "X" if k else ""})
              for k in range(4)]  # fmt: skip
    cell = Recording("zetaview", "positions", "a_11pos.txt", "x", "a", tuple(places), dilution=100.0,
                     concentrations="diluted sample", kind="positions")  # fmt: skip
    (sample,) = read(cell).samples
    assert sample.concentration.value == pytest.approx(1e9)
    assert sample.concentration.how == "t over 3 positions"


def test_a_check_that_was_never_made_is_a_note() -> None:
    """ZetaView writes 'too high' of a drift check that it dates 1904 into sound files."""
    never = "Particle Drift Check Result: too high (the file dates this check 1904-01-01, as if it had never been made)"
    videos = [made.video(f"v{k}", messages=[never]) for k in range(3)]
    found = read(made.recording(replicates=videos, dilution=10.0))
    assert "instrument" not in rules(found) and "instrument" in rules(found, "note")
    videos = [made.video(f"v{k}", messages=["Particle Drift Check Result: too high"]) for k in range(3)]
    assert "instrument" in rules(read(made.recording(replicates=videos, dilution=10.0)))


def test_where_all_positions_were_left_out_that_is_said() -> None:
    positions = [Replicate(f"position {k}", concentration=1e7, settings={"Use": ""}) for k in range(3)]
    found = read(made.recording(replicates=positions, instrument="zetaview", kind="positions"))
    assert "left out all of its 3 positions" in told(found, "concentration")


def test_a_concentration_that_holds_an_unstated_dilution_is_not_multiplied_again() -> None:
    one = made.recording((1e10, 1.1e10, 1.2e10), file="a.csv", is_corrected=True, instrument="zetaview")
    found = read(one, dilutions={"a.csv": 500.0})
    assert found.samples[0].concentration.value == pytest.approx(1.1e10)
    assert "500 was given for it" in told(found, "dilution")
    assert found.measurements[0].concentration.dilution is None
    assert "dilution" not in rules(read(one, dilution=500.0))


def test_half_a_bin_between_stated_and_own_percentiles_is_no_warning() -> None:
    """ZetaView states its median at the centres of its bins of 5 nm, which is 2.5 nm less."""
    centre = np.arange(200) * 5 + 2.5
    amount = np.zeros(200)
    amount[6:9] = 10.0
    bins = Histogram(centre, centre - 2.5, centre + 2.5, amount)
    videos = [
        made.video(f"v{k}", 1e8, histogram=bins, reported={"d50": stated}) for k, stated in enumerate([35, 35, 35])
    ]
    assert "agreement" not in rules(read(made.recording(replicates=videos)))
    videos = [made.video(f"v{k}", 1e8, histogram=bins, reported={"d50": 32.0}) for k in range(3)]
    assert "agreement" in rules(read(made.recording(replicates=videos)))


def test_no_recordings_no_samples() -> None:
    found = read()
    assert found.samples == () and found.all_findings == ()
