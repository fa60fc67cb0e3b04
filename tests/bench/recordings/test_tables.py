"""Wide tables, and tables of any instrument by a mapping of their columns."""

from __future__ import annotations

import re
from pathlib import Path

import made_files as made
import numpy as np
import pytest

from exocosm.bench.recordings import mapped_table, wide_table
from exocosm.bench.recordings.contract import AS_MEASURED, UNKNOWN, Recording, RecordingError
from exocosm.bench.recordings.mapping import checked_mapping, load_mapping
from exocosm.documents.safe_yaml import read_yaml
from exocosm.errors import CheckError, InputError

LONG = """Program X
Version;3

Sample;Run;Lower;Upper;Count;Dil
A;1;50,0;60,0;5;10
A;1;60,0;70,5;9;10
A;1;70,5;80,5;0;10
A;2;50,0;60,0;6;10
A;2;60,0;70,5;8;10
A;2;70,5;80,5;0;10
B;1;50,0;60,0;1;20
B;1;60,0;70,5;0;20
"""
BINS = {
    "instrument": "trps",
    "rows": "bins",
    "size": {"low": "Lower", "high": "Upper", "unit": "nm"},
    "value": {"column": "Count", "unit": "particle/mL"},
    "sample": "Sample",
    "replicate": {"column": "Run"},
    "dilution": {"column": "Dil"},
    "concentrations": "diluted sample",
}
PARTICLES = {"instrument": "flow", "rows": "particles", "size": {"column": "d", "unit": "um"}}


def mapped(text: str | bytes, mapping: dict[str, object], name: str = "t.csv") -> tuple[Recording, ...]:
    content = text if isinstance(text, bytes) else text.encode()
    return mapped_table.read(content, name, checked_mapping(mapping))


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), ("\t", "."), ("\t", ",")])
def test_wide_table(delimiter: str, decimal: str) -> None:
    content = made.wide(delimiter, decimal, bins=400)
    assert wide_table.can_read(content.decode()[:20000], "x")
    recordings = wide_table.read(content, "w.csv")
    assert [(r.sample, len(r.replicates)) for r in recordings] == [("a_500", 3), ("blank", 1)]
    amount = made.videos(4, 400, 1e8)[1]
    for position, replicate in enumerate([*recordings[0].replicates, *recordings[1].replicates]):
        assert replicate.histogram is not None
        np.testing.assert_array_equal(replicate.histogram.amount, amount[:, position])
        np.testing.assert_allclose(replicate.histogram.low_nm, np.arange(400))
    assert recordings[0].dilution is None and recordings[0].concentrations == UNKNOWN
    assert any("taken as nm" in note for note in recordings[0].notes)


def test_wide_table_with_row_numbers_averages_and_units() -> None:
    lines = ['"","size [nm]","x (particles/mL)","y (particles/mL)","Standard Error"']
    lines += [f'"{k}",{10 * k},{k},{2 * k},1' for k in (1, 2, 3)] + ['"4",40,0,0,1', ""]
    (one, two) = wide_table.read("\n".join(lines).encode(), "w.csv")
    assert one.sample.startswith("x") and two.sample.startswith("y")
    assert one.replicates[0].histogram is not None and one.replicates[0].histogram.unit == "particle/mL"
    assert any("'Standard Error' is left out" in note for note in one.notes)


def test_wide_table_that_does_not_say_what_it_counts() -> None:
    (recording,) = wide_table.read(b"diameter_nm,x\n10,1\n20,5\n30,0\n", "w.csv")
    assert recording.replicates[0].histogram is not None and recording.replicates[0].histogram.unit == "unknown"
    assert any("does not say what its amounts are" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("label", "factor"),
    [
        ("Concentration (E6 particles/ml)", 1e6),
        ("Concentration / E6 particles ml-1", 1e6),
        ("Concentration (10^8 particles / mL)", 1e8),
        ("Concentration (x 10^6 particles/mL)", 1e6),
        ("Concentration (1e6 particles/mL)", 1e6),
        ("Concentration (particles/mL)", 1.0),
        ("EV2 1 (particles/mL)", 1.0),
    ],
)
def test_powers_of_ten_in_the_names_of_columns(label: str, factor: float) -> None:
    (recording,) = wide_table.read(f"Size (nm),{label}\n10,2\n20,3\n30,0\n".encode(), "EV 7.csv")
    histogram = recording.replicates[0].histogram
    assert histogram is not None and histogram.unit == "particle/mL"
    assert histogram.amount.tolist() == [2 * factor, 3 * factor, 0]
    assert recording.sample == (label if label.startswith("EV2") else "EV 7")


def test_only_the_name_that_tidynano_writes_stands_for_particles_per_ml() -> None:
    for name, unit in (("particle_size", "particle/mL"), ("Particle Size (nm)", "unknown")):
        (recording,) = wide_table.read(f"{name},pool\n10,2\n20,3\n30,0\n".encode(), "a.csv")
        assert recording.replicates[0].histogram.unit == unit  # type: ignore[union-attr]


def test_micrometres() -> None:
    (recording,) = wide_table.read("diameter_µm,x\n0.10,1\n0.20,5\n0.30,0\n".encode("latin-1"), "w.csv")
    histogram = recording.replicates[0].histogram
    assert histogram is not None
    np.testing.assert_allclose(histogram.centre_nm, [100, 200, 300])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("size_nm,a\n1,5,2\n2,5,3\n", "3 cells for 2 columns: decimal commas"),
        ("size_nm a b\n1 1 2 3\n2 2 3 4\n".replace(" ", "\t"), "4 cells for 3 columns"),  # names of rows, as R writes
        ("particle_size,x\n1,2\n2,a\n3,0\n", "line 3: 'a' stands where"),
        ("particle_size,x\n1,2\n2,-1\n3,0\n", "line 3: a negative amount"),
        ("particle_size,x\n1,2\n2,NaN\n3,0\n", "line 3: 'NaN'"),
        ("particle_size,x\n1,2\n1,3\n3,0\n", "line 3: size 1 nm does not follow"),
        ("particle_size,x,y\n1,2,3\n2,3,4\n3,0", "line 4: the file ends in the middle of a row"),
        ("particle_size,x\n1,2\n", "fewer than two rows"),
        ("particle_size,Group,count\n1,A,3\n2,B,4\n", "line 2: 'A' stands where"),
        ("particle_size,Sample,Counts\n1,12,3\n2,12,4\n", "column 'Sample' describes rows"),
        ("Size (nm),CSD (particles/mL/nm)\n1,2\n2,3\n", "per nm, not per bin"),
        ("Size (nm),Intensity\n1,2\n2,3\n", "is no number of particles"),
        ("Diameter (nm),Volume (nm^3)\n1,2\n2,3\n", "is no number of particles"),
        ("Size (nm),a (E6 particles/ml),b (particles/ml)\n1,2,3\n2,3,4\n", "different powers of ten"),
        ("Size (nm),million particles/ml\n1,2\n2,3\n", "a factor that is not understood"),
        ("particle_size,percent undersize\n1,3\n2,4\n", "is no amount of particles"),
        ("particle_size;x\n1;1,000\n2;2,000\n3;0\n", "may be a decimal number or thousands"),
    ],
)
def test_wide_tables_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(RecordingError) as refused:
        wide_table.read(text.encode(), "w.csv")
    assert words in str(refused.value)


def test_signs_of_a_table_that_was_cut_off_are_noted() -> None:
    content = made.wide(bins=400)
    rows = content.split(b"\n")
    (recording, _) = wide_table.read(b"\n".join(rows[:105]), "w.csv")
    assert any("have not fallen off" in note for note in recording.notes)
    assert any("no line end" in note for note in recording.notes)
    (recording, _) = wide_table.read(content + b"\n", "w.csv")
    assert not any("fallen" in note or "line end" in note for note in recording.notes)


def test_bins_by_mapping() -> None:
    a, b = mapped(LONG, BINS)
    assert (a.instrument, a.sample, a.dilution, a.concentrations) == ("trps", "A", 10.0, AS_MEASURED)
    assert (b.sample, b.dilution) == ("B", 20.0)
    assert [r.name for r in a.replicates] == ["1", "2"]
    histogram = a.replicates[1].histogram
    assert histogram is not None
    np.testing.assert_allclose(histogram.amount, [6, 8, 0])
    np.testing.assert_allclose(histogram.high_nm, [60, 70.5, 80.5])
    np.testing.assert_allclose(histogram.centre_nm, [55, 65.25, 75.5])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_mapped_tables_in_other_encodings(encoding: str) -> None:
    text = LONG.replace("A;", "µ²;").replace("\n", "\r")
    assert mapped(text.encode(encoding), BINS)[0].sample == "µ²"


def test_amounts_per_nanometre_radii_and_units() -> None:
    text = "r,n\n10,2\n20,3\n30,0\n"
    mapping = {
        "instrument": "x",
        "rows": "bins",
        "size": {"column": "r", "unit": "nm", "is": "radius"},
        "value": {"column": "n", "unit": "particle/L", "per": "nm"},
        "dilution": {"number": 7},
        "sample": {"text": "pool"},
    }
    (recording,) = mapped(text, mapping)
    histogram = recording.replicates[0].histogram
    assert histogram is not None
    np.testing.assert_allclose(histogram.centre_nm, [20, 40, 60])
    np.testing.assert_allclose(histogram.amount, np.array([2, 3, 0]) * 1e-3 * 20)
    assert (recording.sample, recording.dilution) == ("pool", 7.0)


def test_bins_from_large_to_small_are_turned_round() -> None:
    mapping = {**BINS, "size": {"column": "d", "unit": "nm"}, "value": {"column": "n", "unit": "particle"}}
    for key in ("sample", "replicate", "dilution"):
        mapping.pop(key)
    histogram = mapped("d,n\n30,0\n20,3\n10,2\n", mapping)[0].replicates[0].histogram
    assert histogram is not None and histogram.unit == "particle"
    np.testing.assert_allclose(histogram.amount, [2, 3, 0])


def test_a_column_per_sample_by_mapping() -> None:
    mapping = {
        "instrument": "flow",
        "rows": "bins",
        "size": {"column": "particle_size", "unit": "nm"},
        "value": {"column": "*", "unit": "particle"},
        "dilution": {"number": 50},
        "concentrations": "undiluted sample",
    }
    recordings = mapped(made.wide(bins=400), mapping)
    assert [(r.sample, r.dilution, r.instrument) for r in recordings] == [("a_500", 50, "flow"), ("blank", 50, "flow")]
    assert recordings[0].replicates[0].histogram is not None
    assert recordings[0].replicates[0].histogram.unit == "particle"


def test_particles_by_mapping() -> None:
    mapping = {
        **PARTICLES,
        "included": {"column": "ok", "yes": "1"},
        "concentration": {"number": 5, "unit": "particle/uL"},
    }
    (recording,) = mapped("id,d,ok\n1,0.1,1\n2,0.25,0\n", mapping)
    (replicate,) = recording.replicates
    assert recording.kind == "particles"
    np.testing.assert_allclose(replicate.diameters_nm, [100, 250])
    np.testing.assert_array_equal(replicate.included, [True, False])
    assert replicate.concentration == 5000.0


def test_lines_of_units_and_summaries_around_the_table() -> None:
    text = "Report\nd,x\n(um),-\n0.1,1\n0.2,1\n\nMean,0.15\n"
    (recording,) = mapped(text, {**PARTICLES, "data_line": 4})
    np.testing.assert_allclose(recording.replicates[0].diameters_nm, [100, 200])
    assert any("line 7" in note for note in recording.notes)
    with pytest.raises(RecordingError, match="line 3: '\\(um\\)' stands where"):
        mapped(text, PARTICLES)


@pytest.mark.parametrize(
    ("text", "mapping", "words"),
    [
        ("Sample;Run;Lower;Uper;Count;Dil\n", BINS, "'Upper': did you mean 'Uper'?"),
        (LONG.replace("9;10", "9;0", 1), BINS, "line 6: a dilution factor of 0"),
        (LONG.replace(";9;", ";nine;", 1), BINS, "line 6: 'nine' stands where"),
        (LONG.replace(";9;", ";-9;", 1), BINS, "line 6: a negative number"),
        (LONG.replace("A;2", "A;1"), BINS, "line 8: the size does not follow"),
        (LONG.replace("60,0;70,5", "40,0;50,5", 1), BINS, "line 6: the size does not follow"),
        (LONG.replace("60,0;5;10", "50,0;5;10", 1), BINS, "line 5: the bin's edges"),
        (LONG[:-12], BINS, "cut off"),
        (LONG.replace("B;1;50", "\nB;1;50"), BINS, "an empty row stands within the table"),
        ("d,d\n1,2\n", PARTICLES, "two columns are called 'd'"),
        ("d,x\n", PARTICLES, "no rows follow"),
        ("d,x\n0,1\n", PARTICLES, "line 2: a particle without size"),
        ("d,ok\n1,a\n1,b\n1,c\n", {**PARTICLES, "included": {"column": "ok", "yes": "a"}}, "more than two words"),
        (
            "d,c\n1,5\n2,6\n",
            {**PARTICLES, "concentration": {"column": "c", "unit": "particle/mL"}},
            "line 3: column 'c' changes",
        ),
    ],
)
def test_mapped_tables_that_are_refused(text: str, mapping: dict[str, object], words: str) -> None:
    with pytest.raises(RecordingError) as refused:
        mapped(text, mapping)
    assert words in str(refused.value)


def test_everything_wrong_with_a_mapping_is_said_at_once() -> None:
    with pytest.raises(CheckError) as refused:
        checked_mapping(
            {
                "instrument": 3,
                "rows": "boxes",
                "sizes": 2,
                "size": {"unit": "inch", "low": "a"},
                "value": {"column": "a", "unit": "b", "per": "c"},
                "dilution": {"number": -1},
                "sample": {"column": "s", "text": "t"},
                "header_line": 0,
                "delimiter": "pipe",
            }
        )
    where = {problem.where for problem in refused.value.problems}
    assert where >= {"instrument", "rows", "sizes", "size", "size.unit", "value.unit", "value.per", "dilution.number"}
    assert where >= {"sample", "header_line", "delimiter"}
    assert "did you mean 'size'?" in str(refused.value)


@pytest.mark.parametrize(
    "data", [None, [], "text", {}, {"rows": ["bins"]}, {"size": 4}, {"size": {"column": {}}}, {3: 4}]
)
def test_what_is_no_mapping(data: object) -> None:
    with pytest.raises(CheckError):
        checked_mapping(data)


def test_the_mapping_in_the_documentation_is_sound() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "instrument_files.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert checked_mapping(read_yaml(block, "page").data).instrument == "trps"


def test_mappings_in_files(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "trps.yaml"
    path.write_text("instrument: trps\nrows: particles\nsize: {column: d, unit: nm}\n", encoding="utf-8")
    assert load_mapping(path).size == "d"
    path.write_text('{"instrument": "x", "rows": "particles", "size": {"column": "e", "unit": "nm"}}', encoding="utf-8")
    assert load_mapping(path).size == "e"
    path.write_text("rows: particles\n", encoding="utf-8")
    with pytest.raises(CheckError, match=r"trps\.yaml"):
        load_mapping(path)
    with pytest.raises(InputError):
        load_mapping(tmp_path / "none.yaml")
