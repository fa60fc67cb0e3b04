"""NanoSight summaries: what stands in the file stands in the recording, in every spelling of the file."""

from __future__ import annotations

import made_files as made
import numpy as np
import pytest

from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED, UNKNOWN, Recording, RecordingError
from exocosm.bench.recordings.nanosight_summary import can_read, read


def only(content: bytes, name: str = "a-ExperimentSummary.csv") -> Recording:
    (recording,) = read(content, name)
    return recording


def amounts(recording: Recording) -> np.ndarray:
    return np.column_stack([r.histogram.amount for r in recording.replicates if r.histogram is not None])


def test_everything_that_the_file_says() -> None:
    recording = only(made.summary(dilution="1.00e+03", warnings=[("Vibration detected", ["No", "Minor", "No"])]))
    centre, amount = made.videos(3)
    assert recording.instrument == "nanosight"
    assert (recording.sample, recording.software, recording.operator) == ("pool A", "NTA 3.4 Build 3.4.4", "nobody")
    assert (recording.captured, recording.diluent) == ("10:00:00  01/02/2023", "PBS")
    assert (recording.dilution, recording.concentrations, recording.kind) == (1000.0, AS_CORRECTED, "size")
    assert [r.name for r in recording.replicates] == ["pool A 00", "pool A 01", "pool A 02"]
    np.testing.assert_array_equal(amounts(recording), amount)
    first = recording.replicates[0]
    assert first.histogram is not None
    np.testing.assert_array_equal(first.histogram.centre_nm, centre)
    np.testing.assert_allclose(first.histogram.high_nm - first.histogram.low_nm, 1.0)
    assert first.histogram.low_nm[0] == 0.0
    assert first.concentration == pytest.approx(amount[:, 0].sum(), rel=0.01)
    assert (first.temperature_c, first.viscosity_mpa_s) == (22.5, 0.94)
    assert first.reported["valid_tracks"] == 1500 and first.reported["completed_tracks"] == 4321
    assert first.reported["mean"] == pytest.approx((centre @ amount[:, 0]) / amount[:, 0].sum(), abs=0.06)
    np.testing.assert_array_equal(first.percentiles_nm, made.percentiles(centre, amount)[:, 0])
    assert first.settings["Min Track Length"] == "Auto"
    assert [r.messages for r in recording.replicates] == [(), ("Vibration detected: Minor",), ()]
    assert len(recording.checksum) == 64
    assert not [note for note in recording.notes if "cut off" in note or "adds up" in note]


@pytest.mark.parametrize(
    "vendor",
    [
        made.GERMAN_EXCEL,
        made.Vendor(delimiter="\t"),
        made.Vendor(line_end="\r"),
        made.Vendor(line_end="\n"),
        made.Vendor(line_end="\r\r\n"),
        made.Vendor(encoding="utf-8"),
        made.Vendor(encoding="utf-8-sig"),
        made.Vendor(encoding="utf-16"),
        made.Vendor(encoding="utf-16-le"),
        made.Vendor(encoding="utf-16-be"),
        made.Vendor(trailing=0),
        made.Vendor(trailing=2000),
    ],
    ids=str,
)
def test_spellings_of_the_same_file_are_the_same(vendor: made.Vendor) -> None:
    options = {"dilution": 500, "weightings": made.WEIGHTINGS, "bins": 400}
    expected = only(made.summary(**options))
    found = only(made.summary(vendor, **options))
    np.testing.assert_array_equal(amounts(found), amounts(expected))
    assert found.dilution == expected.dilution
    assert set(found.replicates[0].other) == {"surface", "volume"}
    for a, b in zip(found.replicates, expected.replicates, strict=True):
        assert dict(a.reported) == dict(b.reported)
        assert a.concentration == b.concentration
        np.testing.assert_array_equal(a.percentiles_nm, b.percentiles_nm)
        np.testing.assert_array_equal(a.other["volume"].amount, b.other["volume"].amount)
    assert found.notes == expected.notes


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_any_number_of_videos(count: int) -> None:
    np.testing.assert_array_equal(amounts(only(made.summary(count=count))), made.videos(count)[1])


def test_all_weightings_and_diffusion() -> None:
    recording = only(made.summary(weightings=made.WEIGHTINGS, diffusion=True))
    other = recording.replicates[1].other
    assert set(other) == {"surface", "volume", "diffusion", "diffusion_surface", "diffusion_volume"}
    assert (other["surface"].unit, other["volume"].unit) == ("nm^2/mL", "nm^3/mL")
    assert (other["surface"].axis, other["diffusion"].axis) == ("nm", "1e4 nm^2/s")
    np.testing.assert_array_equal(other["diffusion"].amount, made.videos(3)[1][:, 1])
    assert other["diffusion"].centre_nm[1] == pytest.approx(6.0)


def test_order_of_the_blocks_does_not_matter() -> None:
    recording = only(made.summary(weightings=("Volume", "Surface Area", "Number")))
    np.testing.assert_array_equal(amounts(recording), made.videos(3)[1])
    assert set(recording.replicates[0].other) == {"surface", "volume"}


@pytest.mark.parametrize("cell", ["Not recorded", "", "n/a"])
def test_a_dilution_that_is_not_recorded(cell: str) -> None:
    recording = only(made.summary(dilution=cell))
    assert (recording.dilution, recording.concentrations) == (None, AS_MEASURED)


@pytest.mark.parametrize("cell", ["0", "-5", "1:1000", "NaN", "about 10"])
def test_a_dilution_that_is_no_positive_number_is_not_guessed(cell: str) -> None:
    recording = only(made.summary(dilution=cell))
    assert (recording.dilution, recording.concentrations) == (None, UNKNOWN)
    assert any(cell in note for note in recording.notes)


def test_a_file_without_a_row_for_dilution() -> None:
    rows = [row for row in made.summary_rows() if not str(row[:1]).startswith("['Dilution")]
    recording = only(made.AS_EXPORTED.encode(rows))
    assert (recording.dilution, recording.concentrations) == (None, UNKNOWN)


def test_videos_of_several_dilutions_are_recordings_of_their_own() -> None:
    recordings = read(made.summary(dilution=["1.00E+002", "Not recorded", "100"]), "a.csv")
    assert [(r.dilution, [v.name for v in r.replicates]) for r in recordings] == [
        (100.0, ["pool A 00", "pool A 02"]),
        (None, ["pool A 01"]),
    ]


@pytest.mark.parametrize("label", ["Concentration (particles / ml)", "Concentration (Particles/ml)"])
def test_both_spellings_of_concentration(label: str) -> None:
    recording = only(made.summary(concentration_label=label))
    assert recording.replicates[0].concentration == pytest.approx(1e9, rel=0.01)


def test_concentration_in_millions() -> None:
    rows = made.summary_rows()
    for row in rows:
        if row and str(row[0]).startswith("Concentration (Particles"):
            row[0] = "Concentration (E6 Particles / ml)"
            row[1:] = [1000.0, 1050.0, 1100.0]
    assert only(made.AS_EXPORTED.encode(rows)).replicates[1].concentration == pytest.approx(1.05e9)


def test_summary_of_one_video() -> None:
    recording = only(made.summary(count=1, single=True))
    np.testing.assert_array_equal(amounts(recording), made.videos(1)[1])


def test_names_with_commas_quotes_and_twins() -> None:
    recording = only(made.summary(names=["a,b", "c d (µ) é", "a,b"]))
    assert [r.name for r in recording.replicates] == ["a,b", "c d (µ) é", "a,b (3)"]


def test_combined_experiments_name_their_program_in_the_second_line() -> None:
    rows = made.summary_rows()
    next(row for row in rows if row[:1] == ["Software Version"])[1] = "Unknown"
    assert only(made.AS_EXPORTED.encode(rows)).software == "NTA 3.4 Build 3.4.4"


def joined(remark: str, names: list[str], **options: object) -> list[list[object]]:
    rows = made.summary_rows(4, names=names, sample=("Sample Name", ""), **options)  # type: ignore[arg-type]
    next(row for row in rows if row[:1] == ["Remarks"])[1] = remark
    return rows


def test_experiments_that_were_joined_are_samples_of_their_own() -> None:
    names = ["std_no_1_00", "std_no_1_01", "std_no_00", "std_no_01"]
    remark = "Created from combined experiments: std_no_.nano, std_no_1_.nano"
    recordings = read(made.AS_EXPORTED.encode(joined(remark, names)), "all.csv")
    assert [(one.sample, [r.name for r in one.replicates]) for one in recordings] == [
        ("std_no_1", names[:2]), ("std_no", names[2:]),
    ]  # fmt: skip
    assert any("2 experiments are joined" in note for note in recordings[0].notes)


def test_joined_experiments_of_a_sample_that_is_named_or_of_other_videos_stay_together() -> None:
    names = ["a_00", "a_01", "b_00", "b_01"]
    remark = "Created from combined experiments: a_.nano, b_.nano"
    rows = joined(remark, names)
    next(row for row in rows if row[:1] == ["Sample Name"])[1] = "pool A"
    assert only(made.AS_EXPORTED.encode(rows)).sample == "pool A"
    other = joined(remark.replace("b_", "c_"), names)
    assert len(only(made.AS_EXPORTED.encode(other)).replicates) == 4


def test_decimal_commas_between_commas_are_refused() -> None:
    rows = made.summary(made.Vendor(decimal=",", trailing=0)).replace(b'"', b"")
    with pytest.raises(RecordingError, match=r"cells for .* columns: decimal commas"):
        read(rows, "a.csv")


def test_blank_rows_in_quotes_and_blanks_around_commas() -> None:
    plain = made.summary(made.Vendor(trailing=0)).decode("latin-1").split("\r\n")
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in plain)
    spaced = "\r\n".join(line.replace(",", " , ") for line in plain)
    for text in (quoted, spaced):
        np.testing.assert_array_equal(amounts(only(text.encode("latin-1"))), made.videos(3)[1])


@pytest.mark.parametrize("word", ["d200", "1:200", "200x", "200", "dil 200"])
def test_a_description_that_is_a_dilution_names_no_sample(word: str) -> None:
    recording = only(made.summary(sample=("Sample Description", word)))
    assert recording.sample == "made up"
    assert recording.settings["Sample Description"] == word
    assert recording.dilution is None


def test_remarks_may_hold_line_ends() -> None:
    content = made.summary().replace(b"Remarks,,", b'Remarks,"first line\r\nsecond, line",')
    recording = only(content)
    assert "second" in recording.settings["Remarks"]
    np.testing.assert_array_equal(amounts(recording), made.videos(3)[1])


def test_what_excel_adds_is_taken_off() -> None:
    content = made.summary(made.GERMAN_EXCEL)
    np.testing.assert_array_equal(amounts(only(b"sep=;\r\n" + content)), made.videos(3)[1])
    lines = made.summary().split(b"\r\n")
    undivided = b"\r\n".join(b'"' + line + b'"' if line else line for line in lines)
    np.testing.assert_array_equal(amounts(only(undivided)), made.videos(3)[1])


def test_a_histogram_of_the_average_alone_is_refused_with_the_reason() -> None:
    rows = made.summary_rows(count=1)
    start = next(k for k, row in enumerate(rows) if str(row[:1]).startswith("['Bin centre"))
    for row in rows[start : start + 1001]:
        del row[1]
    with pytest.raises(RecordingError, match="has only 'Concentration average'"):
        only(made.AS_EXPORTED.encode(rows))


def test_a_video_without_numbers_is_said() -> None:
    rows = made.summary_rows()
    start = next(k for k, row in enumerate(rows) if str(row[:1]).startswith("['Bin centre"))
    for row in rows[start + 1 : start + 1001]:
        row[2] = "NaN"
    recording = only(made.AS_EXPORTED.encode(rows))
    assert recording.replicates[1].histogram is None
    assert recording.replicates[1].messages == ("the file has no distribution of this video",)
    np.testing.assert_array_equal(amounts(recording), made.videos(3)[1][:, [0, 2]])


def test_numbers_that_disagree_are_noted() -> None:
    rows = made.summary_rows()
    for row in rows:
        if row and str(row[0]).startswith("Concentration (Particles"):
            row[2] = 9.9e8
        if row[:1] == ["Mean"]:
            row[3] = 150.0
    notes = " ".join(only(made.AS_EXPORTED.encode(rows)).notes)
    assert "pool A 01: the histogram adds up to" in notes
    assert "pool A 02: the mean of the histogram" in notes
    assert "pool A 00" not in notes


def test_a_column_average_that_is_no_average_is_noted() -> None:
    rows = made.summary_rows()
    start = next(k for k, row in enumerate(rows) if str(row[:1]).startswith("['Bin centre"))
    for row in rows[start + 1 : start + 1001]:
        row[4] = 0
    assert any("average" in note for note in only(made.AS_EXPORTED.encode(rows)).notes)


def edited(change) -> bytes:  # type: ignore[no-untyped-def]
    """A made file whose histogram's rows (index 0 is the first bin) were changed."""
    rows = made.summary_rows()
    start = next(k for k, row in enumerate(rows) if str(row[:1]).startswith("['Bin centre")) + 1
    change(rows, start)
    return made.AS_EXPORTED.encode(rows)


def swap(rows, start) -> None:  # type: ignore[no-untyped-def]
    filename = next(row for row in rows if row[:1] == ["Filename"])
    filename[1], filename[2] = filename[2], filename[1]


def twice(rows, start) -> None:  # type: ignore[no-untyped-def]
    block = next(k for k, row in enumerate(rows) if row[:1] == ["Weighting"])
    rows += rows[block:]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows, start: rows.pop(start + 100), "a row is missing"),
        (lambda rows, start: rows[start + 100].__setitem__(2, "-4"), "negative"),
        (lambda rows, start: rows[start + 100].__setitem__(2, "Infinity"), "'Infinity' stands where"),
        (lambda rows, start: rows[start + 100].__setitem__(2, "1_000"), "'1_000' stands where"),
        (lambda rows, start: rows[start + 100].__setitem__(2, "1,000"), "'1,000' stands where"),
        (lambda rows, start: rows[start + 100].__setitem__(2, "12. Mai"), "'12. Mai' stands where"),
        (lambda rows, start: rows[start + 100].__setitem__(2, ""), "no number in the column of video 2"),
        (lambda rows, start: rows[start + 100].__delitem__(slice(2, None)), "cells"),
        (lambda rows, start: rows[start - 1].pop(1), "columns of videos"),
        (swap, "not in the order of 'Filename:'"),
        (twice, "a second size distribution"),
        (lambda rows, start: rows.__delitem__(slice(start - 8, None)), "no number-weighted size distribution"),
        (lambda rows, start: rows.__delitem__(slice(start, start + 1000)), "no bins follow"),
    ],
)
def test_what_is_refused_and_with_which_words(change, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecordingError, match=r"a\.csv, line [0-9]+: ") as refused:
        read(edited(change), "a.csv")
    assert words in str(refused.value)


def test_the_line_of_a_fault_is_its_line_in_the_file() -> None:
    content = edited(lambda rows, start: rows[start + 100].__setitem__(2, "oops"))
    line = content.split(b"\r\n").index(next(row for row in content.split(b"\r\n") if b"oops" in row)) + 1
    with pytest.raises(RecordingError, match=f"line {line}: 'oops'"):
        read(content, "a.csv")


def test_thousands_and_decimals_are_not_mixed_up() -> None:
    rows = made.summary(made.GERMAN_EXCEL).replace(b"\r\n100,5;", b"\r\n100.5;")
    with pytest.raises(RecordingError, match="both points and commas"):
        read(rows, "a.csv")


def test_other_versions_are_refused_with_a_reason() -> None:
    with pytest.raises(RecordingError, match="layout that is not known"):
        read(b"NTA Experiment Summary File\r\nsomething else\r\n", "a.csv")


def test_recognised_by_content_not_by_name() -> None:
    assert can_read(made.summary().decode("latin-1")[:20000], "whatever.dat")
    assert can_read("\n".join(made.summary().decode("latin-1").splitlines()[3:])[:20000], "x")
    assert not can_read(made.wide().decode(), "a-ExperimentSummary.csv")


@pytest.mark.parametrize("trailing", [0, 1])
def test_a_histogram_whose_last_bin_is_not_empty_is_whole_if_a_line_follows(trailing: int) -> None:
    content = made.summary(made.Vendor(trailing=trailing), bins=120, table=False)
    assert amounts(only(content)).shape == (120, 3)
    last = content.rstrip(b"\r\n,")
    with pytest.raises(RecordingError, match="cut off"):
        only(last[: last.rindex(b"\r\n")])


def test_a_file_that_ends_with_an_empty_bin_lacks_what_comes_behind() -> None:
    def change(rows, start):  # type: ignore[no-untyped-def]
        rows[start + 900][1:4] = [2_000_000] * 3  # 0.2 % of the particles, far beyond the others: 1.6 nm of the mean
        mean = next(row for row in rows if row[:1] == ["Mean"])
        mean[1:4] = [value + 1.6 for value in mean[1:4]]

    content = edited(change)
    with pytest.raises(RecordingError, match="more was to follow"):
        only(content[: content.index(b"\r\n800.5,") + 2])
    plain = content.replace(b" - With Percentiles", b"")
    with pytest.raises(RecordingError, match="more was to follow"):
        only(plain[: plain.index(b"\r\n800.5,") + 2])


def test_a_file_that_ends_with_its_last_bin_is_whole_if_nothing_is_missing() -> None:
    content = made.summary(table=False)
    recording = only(content[: content.index(b"\r\n999.5,") + 2])
    assert amounts(recording).shape == (999, 3)
    assert any("may have been cut off" in note for note in recording.notes)


def test_everything_that_was_cut_off_behind_the_main_histogram_is_named() -> None:
    content = made.summary(weightings=made.WEIGHTINGS)
    recording = only(content[: content.index(b"Surface area conc.")])
    np.testing.assert_array_equal(amounts(recording), made.videos(3)[1])
    assert recording.replicates[0].percentiles_nm is not None
    assert any("announced but not there: size by surface, size by volume" in note for note in recording.notes)
    recording = only(content[: content.index(b"\r\n57,")])
    assert recording.replicates[0].percentiles_nm is None
    assert any("of 101 percentiles of size by number" in note for note in recording.notes)
