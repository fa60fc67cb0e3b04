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
    "Warnings and runs that did not finish",
    "Methods",
    "Sources",
    "Recipe",
    "Arms, doses and preparations",
    "Values",
    "Models and the study file",
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
    assert "Therapeutic index: Drug in exosomes" in first
    assert "8 values: 2 measured, 1 fitted, 1 derived, 1 borrowed and 3 assumed" in first
    assert "Besides: 1 definition or dose." in first
    assert "rat heart; used for mouse" in first
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
    assert "8 values: 1 measured, 1 fitted, 1 derived, 2 borrowed and 3 assumed" in page
    assert "Correlations: 1" in page


def test_contrasts_and_what_ifs_answer_in_one_block_with_what_the_words_mean() -> None:
    result = invented.result()
    contrasts = tuple(
        replace(each, matters=3.0) if each.name == "therapeutic_index" else each for each in result.study.contrasts
    )
    study = replace(result.study, contrasts=contrasts, answer=("targeting", "therapeutic_index", "growth"))
    page = render_report(replace(result, study=study))
    assert page.count('<section class="answer') == 1
    answer = page[page.index('<section class="answer') : page.index('id="thin"')]
    assert "gain that matters" in answer
    assert "it reaches 3, the least that matters, in" in answer
    assert "Therapeutic index: Exposure of the tumour for the same exposure of the heart." in answer
    assert answer.index("Tumour volume at the end:") < answer.index("How much targeting would pay off?:")
    assert re.search(r"takes Therapeutic index against [^<]+ to 3 \(95\u00a0% of draws:", answer)
    only = render_report(replace(result, study=replace(study, answer=("targeting",))))
    assert "breaks even at a targeting gain of" in only[: only.index('id="thin"')]
    assert "Which values move the answer: Therapeutic index" in only


def test_constants_with_a_source_are_not_called_definitions() -> None:
    result = invented.result()
    dose = result.values[result.values["name"] == "dose_1"]
    cited = dose.assign(name="flow", row="flow", source="Dog2011", trust="model")
    page = render_report(replace(result, values=pd.concat([result.values, cited], ignore_index=True)))
    assert "Besides: 1 constant of published models and tables, most from Dog 2011 (1); 1 definition or dose." in page
    assert "Published constants: 1" in page
    assert "Definitions: 1" in page


def test_a_source_without_author_is_named_by_its_title_in_quotes() -> None:
    result = invented.result()
    long = BIBLIOGRAPHY.replace("  author = {Dog, Dan},\n", "").replace(
        "Organ weights", "Organ weights " + "of mice " * 9
    )
    page = render_report(replace(result, bibliography=long))
    assert "“Organ weights of mice of mice of mice of …” 2011" in page


def test_comparisons_stand_by_study_under_their_own_titles() -> None:
    result = invented.result()
    titled = result.comparisons.assign(title=result.comparisons["what"] + ", measured by Able")
    page = render_report(replace(result, comparisons=titled))
    assert "Tumour at 4 h, measured by Able" in page
    assert "one more animal" in page
    points = [titled[titled["verdict"] == "overlay"].assign(what=f"at {number} h") for number in range(5)]
    many = render_report(replace(result, comparisons=pd.concat([titled, *points], ignore_index=True)))
    assert "the last of 6 points; median factor off, over all: 1.1" in many
    assert many.count('<span class="tag overlay">') == 1


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
