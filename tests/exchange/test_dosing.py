"""Schedules as moments."""

from __future__ import annotations

from exocosm.engines.contract import Dose, Schedule
from exocosm.exchange.dosing import Added, Moment, Switched, dosing


def test_boluses_at_one_time_are_one_moment() -> None:
    done = dosing(Schedule(9.0, (), (Dose("x", "1", (0.0, 2.0)), Dose("y", "2", (2.0,), condition="x > 1"))))
    assert done.moments == (
        Moment(0.0, (Added("x", "1", ""),), ()),
        Moment(2.0, (Added("x", "1", ""), Added("y", "2", "x > 1")), ()),
    )


def test_an_infusion_that_ends_as_the_next_begins_keeps_one_line() -> None:
    done = dosing(Schedule(9.0, (), (Dose("x", "1", (0.0, 2.0), duration=2.0),)))
    assert done.lines == ("x",)
    assert [moment.switched for moment in done.moments] == [
        (Switched(0, "1", "", 2.0),),
        (Switched(0, "1", "", 2.0),),
        (Switched(0),),
    ]


def test_overlapping_infusions_have_lines_of_their_own() -> None:
    doses = (Dose("x", "1", (0.0, 1.0, 3.0), duration=2.0), Dose("y", "1", (0.0,), duration=1.0))
    assert dosing(Schedule(9.0, (), doses)).lines == ("x", "x", "y")


def test_no_schedule() -> None:
    assert dosing(None).moments == ()
