"""`exocosm measure` and `exocosm.measure`: from files to numbers, tables and a page."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import os
from pathlib import Path

import made_files as made
import numpy as np
import pytest
from typer.testing import CliRunner

import exocosm
from exocosm import benchtop
from exocosm.bench.readings.sizes import NAMES
from exocosm.bench.readings.table import csv_line
from exocosm.cli.main import app
from exocosm.errors import CheckError, InputError

BESIDE = Path(__file__).parents[4] / "shared" / "data"
REAL = Path(os.environ.get("EXOCOSM_SHARED_DATA", BESIDE)) / "nta_nanosight_tidynano"
HOSTILE = "<script>alert(1)</script>"


def call(*words: str, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(app, ["measure", *words])
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A NanoSight file with a dilution, one without, a ZetaView file, and one that is none."""
    place = tmp_path / "files"
    place.mkdir()
    (place / "a.csv").write_bytes(made.summary(dilution="1.00e+03"))
    (place / "b.csv").write_bytes(
        made.summary(sample=("Sample Description", "pool B"), names=[f"B {k}" for k in range(3)])
    )
    (place / "z.txt").write_bytes(made.zetaview())
    (place / "notes.docx").write_bytes(b"PK\x03\x04 nothing of an instrument")
    return place


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_files_in_numbers_out(folder: Path) -> None:
    found = exocosm.measure(folder / "a.csv")
    centre, amount = made.videos(3)
    (sample,) = found.readings.samples
    assert sample.name == "pool A"
    assert sample.concentration.value == pytest.approx(amount.sum(axis=0).mean(), rel=0.01)
    assert sample.estimates["mean"].value == pytest.approx(((centre @ amount) / amount.sum(axis=0)).mean())
    assert found.table().query("level == 'replicate'").shape[0] == 3
    assert not found.refused


def test_a_mixed_folder_is_evaluated_and_what_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    out, err = call(str(folder), "-o", str(tmp_path / "out"), "--quiet", code=2)
    assert out == ""
    assert "refused: notes.docx" in err
    assert "1 file could not be read; the other files are evaluated and written" in err
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        "report.html",
        "summary.csv",
        "distributions.csv",
        "findings.csv",
        "checklist.csv",
        "sources.bib",
    }
    summary = rows(tmp_path / "out" / "summary.csv")
    by_sample = {row["sample"]: row for row in summary if row["level"] == "sample"}
    assert by_sample["pool B"]["concentration_of"] == "diluted sample"
    assert [row for row in rows(tmp_path / "out" / "findings.csv") if row["gravity"] == "refused"]


def test_tables_hold_every_bin_that_holds_particles(folder: Path, tmp_path: Path) -> None:
    exocosm.measure(folder / "a.csv", tmp_path / "out", report=False)
    assert not (tmp_path / "out" / "report.html").exists()
    table = rows(tmp_path / "out" / "distributions.csv")
    _, amount = made.videos(3)
    assert len(table) == (amount > 0).sum()
    assert sum(float(row["value"]) for row in table) == pytest.approx(amount.sum(), rel=1e-6)


def test_a_dilution_series_of_files(tmp_path: Path) -> None:
    for factor, total in ((200, 5e10), (500, 5e10), (1000, 1.5e11)):  # the last is three times too high
        content = made.summary(dilution=str(factor), total=total, names=[f"d{factor} {k}" for k in range(3)])
        (tmp_path / f"{factor}.csv").write_bytes(content)
    found = exocosm.measure(tmp_path, tmp_path / "out")
    line = found.readings.samples[0].linearity
    assert line is not None
    assert [broken.name for broken in line.broken] == ["1:1000"]
    assert {row["agrees"] for row in rows(tmp_path / "out" / "dilutions.csv")} == {"true", "false"}
    assert "breaks the line" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


class _Reader(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_stands_alone_and_runs_nobodys_code(tmp_path: Path) -> None:
    content = made.summary(sample=("Sample Description", HOSTILE), names=[HOSTILE, "b", "c"])
    (tmp_path / "a.csv").write_bytes(content)
    exocosm.measure(tmp_path / "a.csv", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    reader = _Reader(page)
    ids = {attrs["id"] for _, attrs in reader.tags if "id" in attrs}
    for tag, attrs in reader.tags:
        assert tag not in {"script", "link", "img", "iframe", "object"}
        assert not [name for name in attrs if name.startswith("on") or name == "src"]
        if tag == "a" and str(attrs.get("href")).startswith("#"):
            assert str(attrs["href"])[1:] in ids
    exocosm.measure(tmp_path / "a.csv", tmp_path / "again")
    assert (tmp_path / "again" / "report.html").read_text(encoding="utf-8") == page


def test_a_page_of_files_that_cannot_be_read_is_written_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("nothing\n", encoding="utf-8")
    found = exocosm.measure(tmp_path / "x.csv", tmp_path / "out")
    assert len(found.refused) == 1 and not found.readings.samples
    assert "Refused: x.csv" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_dilutions_as_people_write_them(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "files.csv"
    table.write_text("file;sample;dilution\nb.csv;pool A;1:500\n", encoding="utf-8")
    out, _ = call(str(folder / "a.csv"), str(folder / "b.csv"), "--table", str(table), "--json")
    content = json.loads(out)
    (sample,) = [row for row in content["summary"] if row["level"] == "sample"]
    assert sample["sample"] == "pool A" and sample["concentration_of"] == "undiluted sample"
    out, _ = call(str(folder / "b.csv"), "--dilution", "b.csv=2", "--json")
    value = json.loads(out)["summary"][0]["concentration"]
    out, _ = call(str(folder / "b.csv"), "--dilution", "1:2", "--json")
    assert json.loads(out)["summary"][0]["concentration"] == value == pytest.approx(2.1e9, rel=0.01)


@pytest.mark.parametrize(
    "words",
    [
        ("--dilution", "none"),
        ("--dilution", "0"),
        ("--dilution", "nan"),
        ("--dilution", "c.csv=5"),
        ("--group-by", "day"),
        ("--table", "missing.csv"),
        ("--mapping", "missing.yaml"),
        ("--answers", "missing.yaml"),
        ("--fluid", "lava"),
    ],
)
def test_what_is_written_wrongly_is_refused_in_words(folder: Path, words: tuple[str, str]) -> None:
    _, err = call(str(folder / "a.csv"), *words, code=2)
    assert err.startswith("exocosm: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "file\na.csv\n",
        "name,dilution\na,5\n",
        "file,dilution\na.csv,x\n",
        "file,sample\na,1\na,2\n",
        "file,sample\n,x\n",
    ],
)
def test_faulty_tables_of_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        benchtop.read_file_table(tmp_path / "t.csv")


def test_no_files_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no files are given"):
        exocosm.measure([])
    with pytest.raises(InputError, match="holds no files"):
        exocosm.measure(tmp_path)


def test_another_instrument_by_its_mapping(tmp_path: Path) -> None:
    lines = ["Diameter,Sample,Run", *(f"{100 + k % 20},s,{1 + k % 3}" for k in range(300))]
    (tmp_path / "trps.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    mapping = {"instrument": "trps", "rows": "particles", "size": {"column": "Diameter", "unit": "nm"},
               "sample": "Sample", "replicate": "Run"}  # fmt: skip
    found = exocosm.measure(tmp_path / "trps.csv", mapping=mapping)
    assert found.readings.samples[0].estimates["mean"].value == pytest.approx(110, abs=0.6)
    with pytest.raises(CheckError):
        exocosm.measure(tmp_path / "trps.csv", mapping={"rows": "particles"})


def test_a_cell_that_a_spreadsheet_would_run_is_text() -> None:
    assert csv_line(["=1+1", "@x", 'a "b", c', None, float("nan"), -1.5]) == '\'=1+1,\'@x,"a ""b"", c",,,-1.5'


@pytest.mark.skipif(not REAL.is_dir(), reason="the real NanoSight exports are not on this machine")
def test_real_exports_give_the_instruments_own_numbers() -> None:
    found = exocosm.measure([REAL / "beads.csv", REAL / "beads2.csv"])
    assert [len(sample.measurements) for sample in found.readings.samples] == [1, 1, 1, 1, 1]
    for result in found.readings.measurements:
        for k, replicate in enumerate(result.measurement.replicates):
            own = dict(zip(NAMES, result.sizes[k], strict=True))
            assert own["mean"] == pytest.approx(replicate.reported["mean"], abs=0.06)
            assert own["sd"] == pytest.approx(replicate.reported["sd"], abs=0.06)
            assert own["mode"] == pytest.approx(replicate.reported["mode"], abs=0.6)
            # NTA 3.2 states percentiles at the lower end of the bin, 3.4 as here
            shift = 1.0 if "3.2" in result.measurement.recording.software else 0.0
            for name in ("d10", "d50", "d90"):
                assert own[name] - shift == pytest.approx(replicate.reported[name], abs=0.06)
    assert "agreement" not in {finding.rule for finding in found.findings}
    beads = found.readings.samples[-1]
    assert beads.estimates["mode"].low < 100 < beads.estimates["mode"].high  # they are 100 nm beads
    assert np.isclose(beads.concentration.value, 6.09e12, rtol=1e-3)


def test_with_a_fluid_the_model_says_which_kinds_were_counted_and_shares_sum_to_one(folder: Path) -> None:
    found = exocosm.measure([folder / "a.csv", folder / "z.txt"], fluid="plasma")
    assert {one.instrument.split()[0] for one in found.particles} == {"NanoSight", "ZetaView"}
    for one in found.particles:
        assert sum(one.by_kind.values()) + one.unexplained == pytest.approx(1)
        assert 0 <= one.vesicles < 0.5  # a count of raw plasma is mostly lipoprotein
    assert found.values and not {pin.value.id for pin in found.values} & {pin.value.id for pin in found.limits}
    assert not exocosm.measure(folder / "a.csv").particles


def test_an_unknown_protocol_is_refused(folder: Path) -> None:
    _, err = call(str(folder / "a.csv"), "--fluid", "plasma", "--protocol", "magic", code=2)
    assert "magic" in err


def test_results_within_the_folder_are_not_read_the_second_time(folder: Path) -> None:
    first = exocosm.measure(folder, folder / "results", report=False)
    again = exocosm.measure(folder, folder / "results", report=False)
    assert [str(error) for error in again.refused] == [str(error) for error in first.refused]
