"""What is written down on the way: observables and their derivatives, events and decisions.

In the subset of Python that `translate` knows, as the driver.
"""

from __future__ import annotations

from exocosm.engines.cohort.translate import Floats, take, view
from exocosm.engines.cohort.workspace import NO_ROOM, Workspace
from exocosm.engines.limits import RESOLUTION


def tangent_of(w: Workspace, vectors: Floats, direction: int) -> Floats:
    """The vector of one direction among those of all."""
    return view(vectors, direction * w.states * w.lanes)


def end_of_step(w: Workspace, lane: int) -> float:
    """The time at the end of the step; at an edge, the time of the edge itself."""
    if w.subject[lane] >= 0 and w.last[lane] == 1:
        return w.edge_time[w.edge[lane]]
    return w.time[lane] + w.length[lane]


def observe_within(w: Workspace) -> None:
    """Record what is due before the end of the step (or before the event in it).

    What is due at an edge or at an event is recorded later, after all that happens there.
    """
    while True:
        due = False
        for lane in range(w.lanes):
            w.due[lane] = 0
            if w.subject[lane] < 0 or (w.mask[lane] == 0.0 and w.risen[lane] == 0):
                continue
            if w.seen[lane] >= w.times:
                continue
            time = w.observe_times[w.seen[lane]]
            end = end_of_step(w, lane)
            if w.risen[lane] == 1:
                end = w.time[lane] + w.theta[lane] * w.length[lane]
            waits = w.risen[lane] == 1 or w.last[lane] == 1
            if (time < end and not (waits and same_time(time, end))) or (time == end and not waits):
                due = True
                w.due[lane] = 1
                w.at[lane] = time
                w.share[lane] = (time - w.time[lane]) / w.length[lane]
        if not due:
            return
        w.observe(w.share, w.at, w.y, w.new, w.work, w.plan_constants, w.observed)
        for lane in range(w.lanes):
            if w.due[lane] == 1:
                write_down(w, lane)
        for direction in range(w.directions):
            w.tangent_observe(
                w.share, w.at, w.y, w.new, w.work, w.plan_constants, tangent_of(w, w.tangent, direction),
                tangent_of(w, w.tangent_new, direction), view(w.tangent_work, direction * w.tangent_work_size),
                view(w.tangent_plan_constants, direction * w.tangent_plan_constants_size), w.tangent_observed,
            )  # fmt: skip
            for lane in range(w.lanes):
                if w.due[lane] == 1:
                    write_derivatives(w, lane, direction)
        for lane in range(w.lanes):
            w.seen[lane] += w.due[lane]


def write_down(w: Workspace, lane: int) -> None:
    """Keep the observables of a lane under its next recorded time."""
    subject = w.subject[lane]
    values = view(w.values, (subject * w.times + w.seen[lane]) * w.observables)
    observed = view(w.observed, lane)
    lanes = w.lanes
    lost = 0.0  # turns into no number where a value is none
    for observable in range(w.observables):
        value = observed[observable * lanes]
        values[observable] = value
        lost += value - value
    if lost != 0.0:
        w.missing[subject] = 1


def write_derivatives(w: Workspace, lane: int, direction: int) -> None:
    """Keep the derivatives of the observables of a lane by one parameter under its next recorded time."""
    row = (w.subject[lane] * w.times + w.seen[lane]) * w.observables
    for observable in range(w.observables):
        value = w.tangent_observed[observable * w.lanes + lane]
        w.derivatives[(row + observable) * w.directions + direction] = value


def same_time(one: float, other: float) -> bool:
    """Whether two times are too close to go from one to the other."""
    return abs(one - other) <= RESOLUTION * max(abs(one), abs(other))


def record(w: Workspace, subject: int, what: int, time: float, happened: int) -> bool:
    """Write down an event or a decision; False where there is no room."""
    place = take(w.records)
    if place >= w.most_records:
        w.outcome[subject] = NO_ROOM
        return False
    w.record_subject[place] = subject
    w.record_what[place] = what
    w.record_time[place] = time
    w.record_happened[place] = happened
    return True


def observe_now(w: Workspace, lane: int) -> None:
    """Record what is due at this very time, after all that happens at it."""
    looked = False
    while w.seen[lane] < w.times:
        due = w.observe_times[w.seen[lane]]
        if not (due <= w.time[lane] or same_time(due, w.time[lane])):
            return
        w.at[lane] = due
        if not looked or w.at[lane] != w.time[lane]:
            w.observe(w.zero, w.at, w.y, w.y, w.still, w.plan_constants, w.observed)
            looked = True
        write_down(w, lane)
        for direction in range(w.directions):
            tangent = tangent_of(w, w.tangent, direction)
            w.tangent_observe(
                w.zero, w.at, w.y, w.y, w.still, w.plan_constants, tangent, tangent, w.still,
                view(w.tangent_plan_constants, direction * w.tangent_plan_constants_size), w.tangent_observed,
            )  # fmt: skip
            write_derivatives(w, lane, direction)
        w.seen[lane] += 1
