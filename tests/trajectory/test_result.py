from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from exocosm.errors import InputError
from exocosm.trajectory import plots
from exocosm.trajectory.result import FILES, TABLES, load_result


def test_saved_and_loaded_is_the_same(tiny_result, tmp_path):
    saved = tiny_result.save(tmp_path / "out")
    assert sorted(each.name for each in saved.folder.iterdir()) == sorted(FILES)
    loaded = load_result(saved.folder)
    assert loaded.trajectories.equals(tiny_result.trajectories)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(tiny_result, name), check_dtype=False)
    assert loaded.recipe == tiny_result.recipe
    assert loaded.study.arms[0].pins == tiny_result.study.arms[0].pins
    assert loaded.bibliography == tiny_result.bibliography
    assert loaded.folder == tmp_path / "out"


def test_damage_and_absence_are_named(tiny_result, tmp_path):
    tiny_result.save(tmp_path)
    (tmp_path / "contrasts.csv").unlink()
    with pytest.raises(InputError, match=r"contrasts\.csv missing"):
        load_result(tmp_path)
    tiny_result.save(tmp_path)
    for name in ("trajectories.nc", "resolved.json", "recipe.json"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 3])
        with pytest.raises(InputError, match=re.escape(name)):
            load_result(tmp_path)
        (tmp_path / name).write_bytes(whole)
    load_result(tmp_path)


def test_the_tidy_table_has_every_number_once(tiny_result):
    table = tiny_result.table()
    assert table.columns.tolist() == ["arm", "draw", "animal", "time", "output", "value", "unit"]
    assert len(table) == tiny_result.trajectories["value"].size
    assert set(table["unit"]) == {"nmol/mL", "pmol"}


def test_noncompartmental_numbers_of_an_arm(tiny_result):
    found = tiny_result.noncompartmental("plain", "plasma", 100.0)
    # two compartments, all elimination from plasma: CL = k V
    assert found.clearance == pytest.approx(0.6 * 1.5, rel=0.2)


def test_every_figure_has_units_and_legends(tiny_result):
    import matplotlib

    course = tiny_result.plot("plasma")
    assert [axis.get_title() for axis in course.axes] == ["Plain", "Targeted"]
    assert course.axes[0].get_ylabel() == "Plasma (nmol/mL)"
    assert course.axes[0].get_xlabel() == "time (h)"
    figures = (
        course,
        tiny_result.plot("tissue", ("plain",)),
        plots.plot_what_if(tiny_result, "targeting"),
        plots.plot_contrasts(tiny_result),
        plots.plot_influence(tiny_result, "more"),
        plots.plot_comparisons(tiny_result),
    )
    for figure in figures:
        assert figure.axes[0].get_legend() is not None
        assert figure.axes[0].get_xlabel()
        figure.canvas.draw()
    assert any(text.get_text() == "measured: Seen" for text in figures[1].axes[0].get_legend().get_texts())
    assert "pyplot" not in dir(matplotlib) or not matplotlib.pyplot.get_fignums()


def test_without_a_name_the_first_shown_output_is_plotted(tiny_result):
    from dataclasses import replace

    assert tiny_result.plot().axes[0].get_ylabel() == "Plasma (nmol/mL)"
    plasma, tissue = tiny_result.study.outputs
    shown = replace(tiny_result, study=replace(tiny_result.study, outputs=(replace(plasma, show=False), tissue)))
    assert shown.plot().axes[0].get_ylabel() == "Tissue (pmol)"
    hidden = tuple(replace(output, show=False) for output in (plasma, tissue))
    hidden_result = replace(tiny_result, study=replace(tiny_result.study, outputs=hidden))
    assert hidden_result.plot().axes[0].get_ylabel() == "Plasma (nmol/mL)"


def test_what_cannot_be_plotted_is_said(tiny_result):
    with pytest.raises(InputError, match="plasma"):
        tiny_result.plot("plasm")
    with pytest.raises(InputError, match="targeting"):
        plots.plot_what_if(tiny_result, "nothing")
    with pytest.raises(InputError):
        plots.plot_comparisons(tiny_result, "overlay")
    with pytest.raises(InputError, match="gain_in_tissue"):
        plots.plot_influence(tiny_result, "gain")


def test_an_arm_that_lacks_an_output_is_nan_and_leaves_no_panel(tiny_result):
    from dataclasses import replace

    data = tiny_result.trajectories.copy(deep=True)
    data["value"].loc[{"arm": "plain", "output": "tissue"}] = np.nan
    data["central"].loc[{"arm": "plain", "output": "tissue"}] = np.nan
    lacking = replace(tiny_result, trajectories=data)
    assert len(lacking.plot("tissue").axes) == 1
    assert "tissue" not in set(lacking.table().query("arm == 'plain'")["output"])
