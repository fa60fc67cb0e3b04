from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import invented
import matplotlib
import numpy as np
import pandas as pd
import pytest

from exocosm.report import figures, forest, prediction, sensitivity
from exocosm.report.canvas import UNTREATED, Picture, looks
from exocosm.report.numbers import is_dose_share
from exocosm.trajectory.break_even import what_if_curve
from exocosm.trajectory.summary import Band, Summary, TimeCourse

RESULT = invented.result()


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    found = [*figures.time_courses(RESULT), figures.share_courses(RESULT), forest.dose_shares(RESULT)]
    found += [forest.metrics(RESULT), *forest.contrasts(RESULT), *sensitivity.what_ifs(RESULT)]
    found += [*sensitivity.influences(RESULT, RESULT.study.answer), prediction.predictions(RESULT)]
    assert all(found)
    return [picture for picture in found if picture is not None]


def test_every_figure_is_sound_svg_with_a_label_and_a_caption_with_numbers(pictures: list[Picture]) -> None:
    assert len(pictures) == 11
    for picture in pictures:
        root = ElementTree.fromstring(picture.svg)
        assert root.get("role") == "img"
        assert root.get("aria-label") == picture.title
        assert re.search(r"\d", picture.caption)
        assert "95 %" in picture.caption


def test_ids_are_unique_over_the_page_and_every_reference_resolves(pictures: list[Picture]) -> None:
    ids = [name for picture in pictures for name in re.findall(r'\bid="([^"]+)"', picture.svg)]
    assert len(ids) == len(set(ids))
    for picture in pictures:
        used = set(re.findall(r'href="#([^"]+)"', picture.svg)) | set(re.findall(r"url\(#([^)]+)\)", picture.svg))
        assert used <= set(ids)


def test_figures_are_the_same_each_time_and_leave_the_settings_alone() -> None:
    before = dict(matplotlib.rcParams)
    first, second = sensitivity.what_ifs(RESULT), sensitivity.what_ifs(invented.result())
    assert first == second
    assert dict(matplotlib.rcParams) == before


def test_an_arm_has_one_colour_and_the_untreated_arm_is_grey(pictures: list[Picture]) -> None:
    found = looks(RESULT.study)
    assert found["vehicle"].colour == UNTREATED
    assert len({look.colour for look in found.values()}) == len(found)
    course = next(picture for picture in pictures if picture.name == "course-0")
    for look in found.values():
        assert look.colour.lower() in course.svg.lower()


def test_dollar_signs_and_odd_letters_in_titles_are_drawn_as_they_are() -> None:
    arms = tuple(replace(arm, title="$\\frac{1}{ $ 薬 \x07 --> <b>") for arm in RESULT.study.arms)
    odd = replace(RESULT, study=replace(RESULT.study, arms=arms))
    for picture in figures.time_courses(odd):
        ElementTree.fromstring(picture.svg)
        assert "-->" not in picture.svg


def test_calibrated_numbers_are_drawn_apart(pictures: list[Picture]) -> None:
    assert "1 lies inside" in prediction.summary(RESULT)
    assert "1 other number was used to set values" in prediction.summary(RESULT)


def test_values_are_ranked_by_how_far_they_move_the_contrast() -> None:
    rows = sensitivity.influence_rows(RESULT, "therapeutic_index")
    reaches = [row["reach"] for row in rows]
    assert reaches == sorted(reaches, reverse=True)
    assert rows[0]["label"] == "gain (targeting gain)"
    assert (rows[0]["value_low"], rows[0]["value_high"]) == (0.2, 9.0)


def test_a_value_that_bends_a_contrast_is_ranked_by_how_far_it_bends_it() -> None:
    centre = sensitivity.influence_rows(RESULT, "therapeutic_index")[0]["centre"]
    bent = RESULT.influence["value_name"] == "leak"
    low, high = (RESULT.influence[end].where(~bent, centre + by) for end, by in (("low", 50.0), ("high", 50.1)))
    changed = RESULT.influence.assign(low=low, high=high, swing=(high - low).abs())
    first = sensitivity.influence_rows(replace(RESULT, influence=changed), "therapeutic_index")[0]
    assert first["value_name"] == "leak"
    assert first["reach"] == pytest.approx(50.1)


def test_what_the_solver_leaves_of_a_zero_is_a_zero_and_no_ratio_is_taken_of_it() -> None:
    is_vehicle = RESULT.metrics["arm"] == "vehicle"
    noise = RESULT.metrics["value"].where(~(is_vehicle & (RESULT.metrics["metric"].str.endswith("exposure"))), -1e-15)
    ratio = noise.where(~(is_vehicle & (RESULT.metrics["metric"] == "selectivity")), 33_000.0)
    picture = forest.metrics(replace(RESULT, metrics=RESULT.metrics.assign(value=ratio)))
    assert picture is not None
    assert "Tumour over heart exposure: highest with Drug in liposomes" in picture.caption
    assert "33,000" not in picture.caption


def test_an_arm_without_an_output_is_left_out_of_its_figure() -> None:
    values = RESULT.trajectories.where(
        ~((RESULT.trajectories["arm"] == "vehicle") & (RESULT.trajectories["output"] == "tumour_volume"))
    )
    picture = figures.time_courses(replace(RESULT, trajectories=values))[0]
    assert "Vehicle" not in picture.caption
    assert "Free drug" in picture.caption


def test_an_output_that_is_not_to_be_shown_has_no_figure() -> None:
    outputs = tuple(replace(each, show=each.name != "heart_drug") for each in RESULT.study.outputs)
    titles = [
        each.title for each in figures.time_courses(replace(RESULT, study=replace(RESULT.study, outputs=outputs)))
    ]
    assert len(titles) == len(figures.time_courses(RESULT)) - 1
    assert not [title for title in titles if "heart" in title.lower()]
    hidden = tuple(replace(each, show=not is_dose_share(each.unit, each.name, each.title)) for each in outputs)
    assert figures.share_courses(replace(RESULT, study=replace(RESULT.study, outputs=hidden))) is None


def test_a_logarithmic_axis_ends_five_decades_below_the_highest_median() -> None:
    def course(*numbers: float) -> TimeCourse:
        line = np.array(numbers)
        band = Band(line / 10, line, line * 10)
        return TimeCourse("arm", "output", "", np.arange(len(line)), Summary(line, band, band, band, 0.0))

    deep = course(100.0, 1.0, 1e-9)
    floor = figures._floor([deep])
    assert floor == pytest.approx(1e-3)
    assert figures._floor([course(100.0, 50.0)]) == pytest.approx(5.0)
    assert figures._floor([course(0.0, 0.0)]) is None
    low, high = figures._edges(deep.summary.variability, deep.summary.central, floor, keep=False)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, False, True]
    low, high = figures._edges(deep.summary.uncertainty, deep.summary.central, floor, keep=True)
    assert low.min() > 0
    assert not np.isnan(high).any()


def test_a_what_if_below_the_value_of_the_study_is_read_downwards() -> None:
    what_if = replace(RESULT.study.what_ifs[0], over=(0.1, 0.5, 1.0), vary="gain")
    rows = [("targeting", at, draw, 4.0 - 3.0 * at) for draw in range(4) for at in what_if.over]
    table = pd.DataFrame(rows, columns=["what_if", "value", "draw", "contrast_value"])
    found = what_if_curve(
        replace(RESULT, study=replace(RESULT.study, what_ifs=(what_if,)), what_if=table), what_if.name
    )
    assert found.values.tolist() == [1.0, 0.5, 0.1]
    assert found.break_even.already == 0.0
    assert 0.1 < found.break_even.median < 0.5


def test_nothing_to_draw_is_no_picture() -> None:
    empty = replace(RESULT, comparisons=RESULT.comparisons.iloc[:0], influence=RESULT.influence.iloc[:0])
    assert prediction.predictions(empty) is None
    assert sensitivity.influences(empty, RESULT.study.answer) == []
