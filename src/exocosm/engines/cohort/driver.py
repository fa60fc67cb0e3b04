"""The way of many subjects through their schedules, several at a time, one in each lane.

Everything here is written in the subset of Python that `translate` turns into machine code; it also runs as it is, on
NumPy arrays and the plain kernels of `plain.py`, and is then its own oracle.  A lane holds one subject with its own
time, step, place in the schedule and place among the recorded times; a lane that has finished loads the next subject.

Nothing of a lane depends on what stands in the others.  A subject with which anything out of the ordinary happens
(steps refused again and again, numbers that are not finite, amounts below zero, events without end) is given up here
and left to the reference engine, which solves it or says why it cannot be solved.
"""

from __future__ import annotations

from exocosm.engines.cohort.dosing import dose, pour_in
from exocosm.engines.cohort.events import any_risen, find_events, locate, newly_true, rearm, settle
from exocosm.engines.cohort.jumps import (
    any_on_level,
    is_rising,
    keep_slope_before,
    leave_event,
    look,
    only_touches,
    reach_event,
)
from exocosm.engines.cohort.recording import (
    end_of_step,
    observe_now,
    observe_within,
    record,
    same_time,
    tangent_of,
    write_derivatives,
    write_down,
)
from exocosm.engines.cohort.tableau import ORDER
from exocosm.engines.cohort.translate import Floats, isfinite, peek, sqrt, take, view
from exocosm.engines.cohort.workspace import FINISHED, GIVEN_UP, Workspace
from exocosm.engines.limits import NEGATIVE

_SAFETY = 0.75
_LEAST, _MOST = 0.2, 6.0  # change of the step after one that was accepted
_REFUSED = 0.1  # least change after one that was refused
_EXPONENT = -0.5 / ORDER  # the error is a mean of squares
_BELOW = 1e6  # counts as the error of a step after which an amount is clearly below zero
_REFUSALS = 30  # in a row
_SMALLEST_STEP = 1e-15  # of the time
_FIRST_SHARE = 0.01  # of the way on which the first step changes the state, after Hairer, Norsett and Wanner


def run(w: Workspace) -> None:
    """Solve subjects until the queue is empty."""
    active = 0
    for lane in range(w.lanes):
        w.subject[lane] = -1
        w.time[lane] = w.start
        w.length[lane] = 1.0
        if load_next(w, lane):
            active += 1
    while active > 0 and peek(w.stop) == 0:
        first_steps(w)
        for lane in range(w.lanes):
            choose_length(w, lane)
        w.step(
            w.time, w.length, w.low, w.high, w.y, w.constants, w.inflow, w.tolerance, w.work, w.new, w.error, w.worst
        )
        for direction in range(w.directions):
            w.tangent_step(
                w.time, w.length, w.low, w.high, w.y, w.constants, tangent_of(w, w.tangent, direction),
                view(w.tangent_constants, direction * w.tangent_constants_size),
                tangent_of(w, w.tangent_inflow, direction), w.tolerance, view(w.tangent_scale, direction * w.lanes),
                w.work, view(w.tangent_work, direction * w.tangent_work_size),
                tangent_of(w, w.tangent_new, direction), w.error,
            )  # fmt: skip
        accepted = judge(w)
        if accepted:
            if w.events > 0:
                find_events(w)
            observe_within(w)
            w.commit(w.mask, w.y, w.new, w.peaks)
            for direction in range(w.directions):
                tangent = tangent_of(w, w.tangent, direction)
                w.commit(w.mask, tangent, tangent_of(w, w.tangent_new, direction), w.tangent_peaks)
        for lane in range(w.lanes):
            if w.subject[lane] >= 0 and not advance(w, lane):
                active -= 1


def load_next(w: Workspace, lane: int) -> bool:
    """Put the next subject into a lane and bring it past the first edge; False if there is none left."""
    while True:
        subject = take(w.queue)
        if subject >= w.subjects:
            w.subject[lane] = -1
            w.time[lane] = w.start
            w.length[lane] = 1.0
            return False
        if w.outcome[subject] != 0:
            continue  # given up beforehand
        w.subject[lane] = subject
        w.prepare(view(w.table, subject * w.parameters), view(w.constants, lane), view(w.y, lane))
        w.prepare_plan(view(w.table, subject * w.parameters), view(w.plan_constants, lane))
        for direction in range(w.directions):
            load_direction(w, lane, direction)
        w.time[lane] = w.start
        w.edge[lane] = w.edge_first[w.plan_of[subject]]
        w.seen[lane] = 0
        w.refusals[lane] = 0
        w.happened[lane] = 0
        w.at_moment[lane] = 0
        w.moment[lane] = w.start - 1.0 - abs(w.start)
        for pour in range(w.pours):
            w.pour_rate[pour * w.lanes + lane] = 0.0
        sound = True
        for state in range(w.states):
            value = w.y[state * w.lanes + lane]
            w.inflow[state * w.lanes + lane] = 0.0
            w.peaks[state * w.lanes + lane] = max(value, 0.0)
            if not isfinite(value) or (state < w.amounts and value < 0.0):
                sound = False
        if sound:
            if w.events > 0:
                w.triggers(w.time, w.y, w.constants, w.trigger_values)
                for event in range(w.events):
                    # an event that is true already at the start waits until it has been false
                    place = event * w.lanes + lane
                    w.armed[place] = 0 if w.trigger_values[place] > 0.0 else 1
                    w.done[place] = 0
            if pass_edge(w, lane):
                if w.subject[lane] >= 0:
                    return True
            else:
                give_up(w, subject)
        else:
            give_up(w, subject)


def load_direction(w: Workspace, lane: int, direction: int) -> None:
    """Initial derivatives by one parameter, for the subject that was put into a lane."""
    p = view(w.table, w.subject[lane] * w.parameters)
    dp = view(w.direction, direction * w.parameters)
    size = abs(p[w.direction_parameter[direction]])
    w.tangent_scale[direction * w.lanes + lane] = 1.0 / size if size > 0.0 else 1.0
    constants = view(w.tangent_constants, direction * w.tangent_constants_size + lane)
    w.prepare_tangent(p, dp, constants, view(tangent_of(w, w.tangent, direction), lane))
    w.prepare_tangent_plan(p, dp, view(w.tangent_plan_constants, direction * w.tangent_plan_constants_size + lane))
    for state in range(w.states):
        w.tangent_inflow[(direction * w.states + state) * w.lanes + lane] = 0.0
    for pour in range(w.pours):
        w.tangent_pour_rate[(direction * w.pours + pour) * w.lanes + lane] = 0.0


def choose_length(w: Workspace, lane: int) -> None:
    """The next step: as wanted, or to the edge, or half the way where a whole step would leave a crumb."""
    if w.subject[lane] < 0:
        return
    left = w.edge_time[w.edge[lane]] - w.time[lane]
    length = w.h[lane]
    w.last[lane] = 0
    if length >= 0.999 * left:
        length = left
        w.last[lane] = 1
    elif 2.0 * length > left:
        length = 0.5 * left
    w.length[lane] = length


def first_steps(w: Workspace) -> None:
    """The length of a first step, from the first and second derivative of the state, for lanes that need one.

    Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), section II.4: h0 changes the state by
    a hundredth of itself; the slope a step h0 later tells the curvature; then h^5 max(|f|, |y''|) = 0.01.
    """
    wanted = False
    for lane in range(w.lanes):
        w.at[lane] = min(max(w.time[lane], w.low[lane]), w.high[lane])
        if w.subject[lane] >= 0 and w.fresh[lane] == 1:
            wanted = True
    if not wanted:
        return
    w.slope(w.at, w.y, w.constants, w.inflow, w.slopes)
    for lane in range(w.lanes):
        small = 0.0
        if w.subject[lane] >= 0 and w.fresh[lane] == 1:
            size = scaled_size(w, lane, w.y)
            speed = scaled_size(w, lane, w.slopes)
            small = 1e-6
            if size > 1e-5 and speed > 1e-5:
                small = _FIRST_SHARE * size / speed
            small = min(small, w.edge_time[w.edge[lane]] - w.time[lane])
            w.h[lane] = small
        w.at[lane] = min(max(w.time[lane] + small, w.low[lane]), w.high[lane])
        for state in range(w.states):
            place = state * w.lanes + lane
            w.new[place] = w.y[place] + small * w.slopes[place]
    w.slope(w.at, w.new, w.constants, w.inflow, w.slopes_later)
    for lane in range(w.lanes):
        if w.subject[lane] >= 0 and w.fresh[lane] == 1:
            small = w.h[lane]
            for state in range(w.states):
                place = state * w.lanes + lane
                w.slopes_later[place] = w.slopes_later[place] - w.slopes[place]
            steep = max(scaled_size(w, lane, w.slopes), scaled_size(w, lane, w.slopes_later) / small)
            h = max(1e-6, small * 1e-3)
            if steep > 1e-15 and isfinite(steep):
                h = (_FIRST_SHARE / steep) ** (1.0 / ORDER)
            w.h[lane] = min(100.0 * small, h)
            w.fresh[lane] = 0
            w.error_before[lane] = 0.0


def scaled_size(w: Workspace, lane: int, vector: Floats) -> float:
    """Root mean square of a vector in units of the tolerance."""
    total = 0.0
    for state in range(w.states):
        place = state * w.lanes + lane
        share = vector[place] / (w.tolerance[state] + w.relative * abs(w.y[place]))
        total += share * share
    return sqrt(total / w.states)


def judge(w: Workspace) -> bool:
    """Which lanes have made their step (mask 1), and the wanted length of the next; True if any has."""
    any_accepted = False
    for lane in range(w.lanes):
        w.mask[lane] = 0.0
        w.risen[lane] = 0
        w.theta[lane] = 1.0
        subject = w.subject[lane]
        if subject < 0:
            continue
        w.attempts[subject] += 1
        error = w.error[lane]
        if error <= 1.0 and w.worst[lane] < 0.0 and too_negative(w, lane, w.new):
            error = _BELOW  # the step went round a corner at zero without seeing it
        if error <= 1.0:
            w.mask[lane] = 1.0
            any_accepted = True
            factor = _MOST
            if error > 1e-12:
                factor = _SAFETY * error**_EXPONENT
                if w.error_before[lane] > 0.0:
                    trend = w.length[lane] / w.length_before[lane] * (error / w.error_before[lane]) ** _EXPONENT
                    factor = factor * min(2.0, max(0.5, trend))
                factor = min(_MOST, max(_LEAST, factor))
            w.error_before[lane] = max(error, 1e-12)
            w.length_before[lane] = w.length[lane]
            if w.refusals[lane] > 0:
                factor = min(factor, 1.0)  # a length that was just refused is not tried again at once
            w.h[lane] = w.length[lane] * factor
            w.refusals[lane] = 0
        else:
            factor = _REFUSED
            if isfinite(error):
                factor = max(_REFUSED, _SAFETY * error**_EXPONENT)
            w.h[lane] = w.length[lane] * factor
            w.refusals[lane] += 1
    return any_accepted


def advance(w: Workspace, lane: int) -> bool:
    """What follows a step: the event or edge at its end, the next subject.  False if the lane is empty now."""
    subject = w.subject[lane]
    if w.mask[lane] == 0.0 and w.risen[lane] == 0:
        tiny = w.h[lane] <= _SMALLEST_STEP * abs(w.time[lane]) or w.h[lane] < 1e-290
        if w.refusals[lane] > _REFUSALS or tiny or w.attempts[subject] >= w.most_steps:
            give_up(w, subject)
            return load_next(w, lane)
        return True
    sound = True
    if w.risen[lane] == 1:
        w.time[lane] = w.time[lane] + w.theta[lane] * w.length[lane]
        for state in range(w.states):
            place = state * w.lanes + lane
            w.y[place] = w.state[place]
            w.peaks[place] = max(w.peaks[place], w.y[place])
        sound = not too_negative(w, lane, w.y)
        if sound and w.directions > 0:
            sound = reach_event(w, lane)
        if sound:
            sound = newly_true(w, lane)
        if sound and w.directions > 0:
            leave_event(w, lane)
        if sound:
            observe_now(w, lane)
            w.fresh[lane] = 1
            if w.time[lane] >= w.edge_time[w.edge[lane]] or same_time(w.time[lane], w.edge_time[w.edge[lane]]):
                sound = pass_edge(w, lane)
    else:
        w.time[lane] = end_of_step(w, lane)
        if w.last[lane] == 1:
            sound = pass_edge(w, lane)
        elif w.attempts[subject] >= w.most_steps:
            sound = False
    if not sound:
        give_up(w, subject)
        return load_next(w, lane)
    if w.subject[lane] < 0:
        return load_next(w, lane)
    return True


def give_up(w: Workspace, subject: int) -> None:
    """Leave a subject to the reference engine (or, where only room was missing, to another turn)."""
    if w.outcome[subject] == 0:
        w.outcome[subject] = GIVEN_UP


def too_negative(w: Workspace, lane: int, states: Floats) -> bool:
    """Whether an amount is clearly below zero: a rate does not stop when nothing is left to take."""
    for state in range(w.amounts):
        place = state * w.lanes + lane
        if states[place] < -NEGATIVE * (w.tolerance[state] + w.relative * w.peaks[place]):
            return True
    return False


def pass_edge(w: Workspace, lane: int) -> bool:
    """What happens at an edge: doses, the events they set off, records; then on to the next edge.

    False if the subject must be given up.  After the last edge the subject has finished and the lane is empty.
    """
    subject = w.subject[lane]
    edge = w.edge[lane]
    w.time[lane] = w.edge_time[edge]
    if not dose(w, lane, edge):
        return False
    if w.events > 0 and not newly_true(w, lane):
        return False
    observe_now(w, lane)
    if edge + 1 == w.edge_first[w.plan_of[subject] + 1]:
        w.outcome[subject] = FINISHED
        w.subject[lane] = -1
        return True
    margin = w.edge_margin[w.plan_of[subject]]
    margin = min(margin, 0.01 * (w.edge_time[edge + 1] - w.edge_time[edge]))
    w.edge[lane] = edge + 1
    w.low[lane] = w.edge_time[edge] + margin
    w.high[lane] = w.edge_time[edge + 1] - margin
    w.fresh[lane] = 1
    return True


FUNCTIONS = (
    run, tangent_of, load_next, load_direction, choose_length, first_steps, scaled_size, judge, find_events, rearm,
    is_rising, any_risen, locate, look, end_of_step, observe_within, write_down, write_derivatives, same_time, advance,
    give_up, too_negative, pass_edge, dose, pour_in, record, observe_now, keep_slope_before, any_on_level,
    reach_event, only_touches, leave_event, newly_true, settle,
)  # fmt: skip
