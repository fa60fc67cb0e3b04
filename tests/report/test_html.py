from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import invented
import pandas as pd
import pytest
from invented_study import BIBLIOGRAPHY

from exocosm.errors import InputError
from exocosm.report.html import render_report, write_report

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> & \' "'
HEADINGS = (
    "How thin the data are",
    "Figures",
    "Predicted against measured",
    "Values",
    "Arms, doses and preparations",
    "Warnings and runs that did not finish",
    "Methods",
    "Sources",
    "Recipe",
)
VOID = {"meta", "br", "link", "img", "input", "hr", "path", "use", "rect"}


class Reader(html.parser.HTMLParser):
    """The tags of a page with their attributes, whether they nest, and the text of its headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def test_the_sections_stand_in_their_order(page: str) -> None:
    assert tuple(Reader(page).headings) == HEADINGS


def test_the_page_is_well_nested_and_every_anchor_leads_somewhere(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in reader.tags:
        if tag == "a" and str(attrs["href"]).startswith("#"):
            assert str(attrs["href"])[1:] in ids


def test_nothing_is_loaded_and_no_script_runs(page: str) -> None:
    for tag, attrs in Reader(page).tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "form", "base", "image"}
        assert not [name for name in attrs if name.startswith("on") or name in {"src", "srcset", "data"}]
        if tag == "a":
            assert re.match(r"(https?://|#)", str(attrs["href"]))
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_the_answer_and_the_thinness_stand_before_the_figures(page: str) -> None:
    first = page[: page.index('id="figures"')]
    assert "Therapeutic index: with Drug in exosomes" in first
    assert "2 measured, 1 borrowed (1 across species), 1 derived, 1 fitted and 3" in first
    assert "gain (targeting gain), 0.2 to 9" in first
    assert "Measure gain (targeting gain) in the mouse (4T1 in BALB/c)" in first
    assert "30 draws" in first
    assert "6 animals" in first


def test_a_value_that_several_arms_found_by_different_paths_is_counted_once() -> None:
    result = invented.result()
    again = result.values[result.values["name"] == "volume.liver"].assign(
        arms="free", trust="borrowed", path="Borrowed across carrier: asked for free, the row is for liposome."
    )
    correlation = again.assign(name="corr", row="corr", quantity="correlation", trust="fitted")
    page = render_report(replace(result, values=pd.concat([result.values, again, correlation], ignore_index=True)))
    # the value is now borrowed, for one arm borrowed it; the correlation is none
    assert "8 values: 1 measured, 2 borrowed (1 across particle, 1 across species), 1 derived, 1 fitted" in page
    assert "Correlations: 1" in page


def test_every_figure_has_a_caption(page: str) -> None:
    reader = Reader(page)
    tags = [tag for tag, _ in reader.tags]
    assert tags.count("figure") == tags.count("figcaption") == tags.count("svg") >= 10


def test_values_show_trust_path_and_a_link_to_the_source(page: str) -> None:
    assert "Borrowed across organism: asked for mouse, the row is for rat." in page
    assert '<a href="https://doi.org/10.1234/abcd" rel="noopener noreferrer">Able et al. 2001</a>' in page
    assert "taken as exact" in page
    assert "Unknown1" in page  # a source that the bibliography lacks is printed, not linked


def test_failures_warnings_equations_and_recipe_are_told(page: str) -> None:
    for text in (
        "step too small",
        "preparation &#39;spare&#39; is not used in any arm",
        "release_rate * drug@heart",
        "study hash",
        "1e-05",
        "NTA",
    ):
        assert text in page


def test_texts_of_others_are_escaped() -> None:
    result = invented.result()
    study = result.study
    arms = tuple(replace(arm, title=HOSTILE, doses_in_words=(HOSTILE,), mechanisms=(HOSTILE,)) for arm in study.arms)
    hostile_study = replace(
        study,
        title=HOSTILE,
        question=HOSTILE,
        population=HOSTILE,
        text=HOSTILE,
        warnings=(HOSTILE,),
        arms=arms,
        outputs=tuple(replace(each, title=HOSTILE) for each in study.outputs),
        metrics=tuple(replace(each, title=HOSTILE) for each in study.metrics),
        contrasts=tuple(replace(each, title=HOSTILE, says=HOSTILE) for each in study.contrasts),
        what_ifs=tuple(replace(each, title=HOSTILE) for each in study.what_ifs),
        measurements=tuple(replace(each, title=HOSTILE, source=HOSTILE) for each in study.measurements),
        preparations={HOSTILE: {HOSTILE: HOSTILE}},
    )
    hostile = replace(
        result,
        study=hostile_study,
        recipe={HOSTILE: HOSTILE, "warnings": [HOSTILE]},
        values=result.values.assign(note=HOSTILE, path=HOSTILE, source=HOSTILE, locator=HOSTILE, basis=HOSTILE),
        comparisons=result.comparisons.assign(what=HOSTILE, note=HOSTILE, source=HOSTILE),
        statuses=result.statuses.assign(message=HOSTILE, state=HOSTILE, process=HOSTILE),
        bibliography=BIBLIOGRAPHY.replace("Organ weights", "<script>alert(3)</script>"),
    )
    page = render_report(hostile)
    test_nothing_is_loaded_and_no_script_runs(page)
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page


def test_a_result_with_nothing_in_it_still_has_a_report() -> None:
    result = invented.result()
    study = replace(
        result.study, contrasts=(), what_ifs=(), answer=(), measurements=(), metrics=(), draws=0, preparations={}
    )
    empty = replace(
        result,
        study=study,
        trajectories=result.trajectories * float("nan"),
        bibliography="",
        recipe={},
        **{
            name: getattr(result, name).iloc[:0]
            for name in ("metrics", "contrasts", "what_if", "influence", "comparisons", "values", "statuses")
        },
    )
    page = render_report(empty)
    assert "This study compares no arms" in page
    assert "No run gave a number to draw" in page


def test_equal_results_give_equal_pages(page: str) -> None:
    assert render_report(invented.result()) == page


def test_the_report_is_written_whole(page: str, tmp_path: Path) -> None:
    path = write_report(invented.result(), tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == page
    with pytest.raises(InputError):
        write_report(invented.result(), tmp_path)


@pytest.mark.skipif(
    shutil.which("chromium") is None, reason="there is no browser called 'chromium' here to open it with"
)
def test_a_browser_opens_the_report_without_complaint(page: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    ran = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr",
            "--v=0",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    assert said == []
    assert ran.stdout.count("<figure") == page.count("<figure")
    assert ran.stdout.count("<svg") == page.count("<svg") >= 10
