"""The way of many subjects through their schedules, several at a time, one in each lane.

Everything here is written in the subset of Python that `translate` turns into machine code; it also runs as it is, on
NumPy arrays and the plain kernels of `plain.py`, and is then its own oracle.  A lane holds one subject with its own
time, step, place in the schedule and place among the recorded times; a lane that has finished loads the next subject.

Nothing of a lane depends on what stands in the others.  A subject with which anything out of the ordinary happens
(steps refused again and again, numbers that are not finite, amounts below zero, events without end) is given up here
and left to the reference engine, which solves it or says why it cannot be solved.
"""

from __future__ import annotations

from dataclasses import dataclass

from exocosm.engines.cohort.tableau import ORDER
from exocosm.engines.cohort.translate import Floats, Integers, Kernel, isfinite, peek, sqrt, take, view

FINISHED, GIVEN_UP, NO_ROOM = 1, 2, 3  # outcomes; 0: not reached; no room: for what happens to it

_SAFETY = 0.9
_LEAST, _MOST = 0.2, 6.0  # change of the step after one that was accepted
_REFUSED = 0.1  # least change after one that was refused
_EXPONENT = -0.5 / ORDER  # the error is a mean of squares
_BELOW = 1e6  # counts as the error of a step after which an amount is clearly below zero
_REFUSALS = 30  # in a row
_SMALLEST_STEP = 1e-15  # of the time
_SAME = 1e-14  # relative; times closer than this are one
_CASCADE = 100  # events at one moment
_MOST_EVENTS = 10_000  # of one subject
_MOMENT = 1e-10  # of the length of the run: events closer than this are at one moment
_LOOKS = 4  # at the triggers, within a step
_HALVINGS = 60
_FIRST_SHARE = 0.01  # of the way on which the first step changes the state, after Hairer, Norsett and Wanner


@dataclass
class Workspace:
    """All that one thread works on.  Arrays of lanes are [index, lane]; those of a subject are [subject, index].

    kernels: see `kernels.py`.  shared: what all threads read, `queue` (the next subject) and what they write per
    subject.  lanes: what this thread alone uses.
    """

    # kernels
    prepare: Kernel
    slope: Kernel
    step: Kernel
    between: Kernel
    commit: Kernel
    triggers: Kernel
    resets: Kernel
    prepare_plan: Kernel
    observe: Kernel
    give: Kernel
    prepare_tangent: Kernel
    tangent_step: Kernel
    tangent_triggers: Kernel
    tangent_resets: Kernel
    prepare_tangent_plan: Kernel
    tangent_observe: Kernel
    tangent_give: Kernel
    # sizes
    lanes: int
    subjects: int
    states: int
    amounts: int  # the states that are amounts come first
    parameters: int
    observables: int
    times: int
    events: int
    doses: int
    reset_count: int
    directions: int  # parameters by which the derivatives are wanted
    tangent_constants_size: int  # doubles per direction, for all lanes
    tangent_plan_constants_size: int
    tangent_work_size: int
    pours: int  # infusions: doses with a duration, once for each time of giving
    most_steps: int
    most_records: int
    # shared, read
    relative: float
    start: float
    end: float
    table: Floats  # [subject, parameter]
    observe_times: Floats
    tolerance: Floats  # absolute, by state; then the relative one
    direction: Floats  # [direction, parameter], 1 at the parameter of the direction
    direction_parameter: Integers
    no_direction: Floats  # [parameter], all 0
    plan_of: Integers  # by subject: which list of edges is its own
    edge_first: Integers  # by plan: first of its edges; one more at the end
    edge_time: Floats
    edge_margin: Floats  # by plan: how far from an edge a rate that jumps there is still seen
    given_first: Integers  # by edge: first of its doses in `given`; one more at the end
    given: Integers  # dose
    given_pour: Integers  # place among the infusions, -1 for a bolus
    dose_target: Integers
    dose_duration: Floats
    dose_conditional: Integers
    once: Integers  # by event
    reset_first: Integers  # by event: first of its resets; one more at the end
    reset_state: Integers
    # shared, written
    queue: Integers  # next subject
    stop: Integers  # not 0: give up everything
    outcome: Integers  # by subject
    attempts: Integers  # by subject: steps tried
    missing: Integers  # by subject: 1 if an observable was no number
    values: Floats  # [subject, time, observable]
    derivatives: Floats  # [subject, time, observable, direction]
    records: Integers  # how many
    record_subject: Integers
    record_what: Integers  # event, or -1 - dose
    record_happened: Integers
    record_time: Floats
    # lanes
    subject: Integers  # -1: empty
    edge: Integers  # the next one
    seen: Integers  # recorded times done
    fresh: Integers  # 1: the next step is a first one
    last: Integers  # 1: the step ends at the edge
    refusals: Integers
    due: Integers  # 1: a recorded time is within the step
    risen: Integers  # 1: an event happens within the step
    happened: Integers  # events of the subject
    at_moment: Integers
    armed: Integers  # [event, lane]
    done: Integers  # [event, lane]
    rising: Integers  # [event], of one lane
    time: Floats
    h: Floats  # wanted
    length: Floats  # taken
    low: Floats
    high: Floats
    moment: Floats  # of the last event
    theta: Floats  # where in the step an event is
    share: Floats  # where in the step a recorded time is
    mask: Floats
    error: Floats
    error_before: Floats
    length_before: Floats
    worst: Floats
    at: Floats  # times shown to kernels
    zero: Floats  # [lane], all 0
    y: Floats
    new: Floats
    peaks: Floats
    inflow: Floats
    slopes: Floats
    slopes_later: Floats
    slopes_before: Floats  # just before an event
    constants: Floats
    plan_constants: Floats
    work: Floats  # unknowns of the last step, and what only the kernels know
    still: Floats  # as work, all 0: a lane at rest
    state: Floats
    trigger_values: Floats
    before: Floats  # [event], of one lane
    reset_values: Floats
    observed: Floats
    dosing: Floats
    pour_rate: Floats  # [infusion, lane]
    pour_end: Floats
    # lanes, for derivatives: as the fields of the same name, for one direction after the other
    tangent: Floats  # [direction, state, lane]
    tangent_new: Floats
    tangent_peaks: Floats
    tangent_state: Floats
    tangent_inflow: Floats
    tangent_work: Floats
    tangent_constants: Floats
    tangent_plan_constants: Floats
    tangent_scale: Floats  # [direction, lane], 1 / size of the parameter
    tangent_pour_rate: Floats  # [direction, infusion, lane]
    tangent_observed: Floats
    tangent_dosing: Floats  # [direction, dose]
    tangent_reset_values: Floats  # [direction, reset]
    tangent_trigger_values: Floats
    shift: Floats  # [direction], of one lane: derivative of the time of an event
    one: Floats  # 1


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


def tangent_of(w: Workspace, vectors: Floats, direction: int) -> Floats:
    """The vector of one direction among those of all."""
    return view(vectors, direction * w.states * w.lanes)


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


def find_events(w: Workspace) -> None:
    """Which lanes meet an event within the step, and where: risen and theta.

    Triggers are looked at at the end of each quarter of a step, since steps are long.
    """
    for quarter in range(1, _LOOKS + 1):
        share = float(quarter) / _LOOKS
        for lane in range(w.lanes):
            w.at[lane] = w.time[lane] + share * w.length[lane]
            if w.risen[lane] == 0:
                w.theta[lane] = share
        if quarter < _LOOKS:
            w.between(w.theta, w.y, w.new, w.work, w.state)
            w.triggers(w.at, w.state, w.constants, w.trigger_values)
        else:
            for lane in range(w.lanes):
                w.at[lane] = end_of_step(w, lane)
            w.triggers(w.at, w.new, w.constants, w.trigger_values)
        for lane in range(w.lanes):
            if w.mask[lane] == 1.0:
                if any_risen(w, lane):
                    w.risen[lane] = 1
                    w.mask[lane] = 0.0  # it goes on from the event, not from the end of the step
                else:
                    rearm(w, lane)
    found = False
    for lane in range(w.lanes):
        if w.risen[lane] == 1:
            locate(w, lane)
            found = True
    if found:
        for direction in range(w.directions):
            w.between(
                w.theta, tangent_of(w, w.tangent, direction), tangent_of(w, w.tangent_new, direction),
                view(w.tangent_work, direction * w.tangent_work_size), tangent_of(w, w.tangent_state, direction),
            )  # fmt: skip


def rearm(w: Workspace, lane: int) -> None:
    """Events that are false now wait for their next turn."""
    for event in range(w.events):
        place = event * w.lanes + lane
        if w.trigger_values[place] < 0.0:
            w.armed[place] = 1


def any_risen(w: Workspace, lane: int) -> bool:
    """Whether an event of the lane that waits for its turn is true."""
    for event in range(w.events):
        place = event * w.lanes + lane
        if w.trigger_values[place] > 0.0 and w.armed[place] == 1 and w.done[place] == 0:
            return True
    return False


def locate(w: Workspace, lane: int) -> None:
    """The first moment of the step, to the last bit of time, at which an event of the lane is true: bisection.

    Leaves theta and, in `state`, the state there; lanes located before keep theirs.
    """
    above = w.theta[lane]
    below = above - 1.0 / _LOOKS
    for _turn in range(_HALVINGS):
        middle = 0.5 * (below + above)
        look(w, lane, middle)
        if any_risen(w, lane):
            above = middle
        else:
            below = middle
        if (above - below) * w.length[lane] <= 1e-16 * max(abs(w.time[lane]), w.length[lane]):
            break
    if w.directions > 0:
        look(w, lane, above)
        keep_slope_before(w, lane, below)
    look(w, lane, above)


def look(w: Workspace, lane: int, theta: float) -> None:
    """State and triggers at theta of the step."""
    w.theta[lane] = theta
    w.between(w.theta, w.y, w.new, w.work, w.state)
    w.at[lane] = w.time[lane] + theta * w.length[lane]
    w.triggers(w.at, w.state, w.constants, w.trigger_values)


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
    return abs(one - other) <= _SAME * max(abs(one), abs(other))


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
        if states[place] < -1e3 * (w.tolerance[state] + w.relative * w.peaks[place]):
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


def dose(w: Workspace, lane: int, edge: int) -> bool:
    """Give what is due; all conditions and amounts are read from the state before any dose of this moment."""
    time = w.time[lane]
    for pour in range(w.pours):
        place = pour * w.lanes + lane
        if w.pour_end[place] <= time:
            w.pour_rate[place] = 0.0
            for direction in range(w.directions):
                w.tangent_pour_rate[direction * w.pours * w.lanes + place] = 0.0
    if w.given_first[edge + 1] > w.given_first[edge]:
        subject = w.subject[lane]
        w.give(view(w.time, lane), view(w.y, lane), view(w.table, subject * w.parameters), w.dosing)
        for direction in range(w.directions):
            w.tangent_give(
                view(w.time, lane), view(w.y, lane), view(w.table, subject * w.parameters),
                view(tangent_of(w, w.tangent, direction), lane), view(w.direction, direction * w.parameters),
                view(w.tangent_dosing, direction * w.doses),
            )  # fmt: skip
        for number in range(w.given_first[edge], w.given_first[edge + 1]):
            one = w.given[number]
            if w.dose_conditional[one] == 1:
                happens = w.dosing[w.doses + one] != 0.0
                if not record(w, subject, -1 - one, time, 1 if happens else 0):
                    return False
                if not happens:
                    continue
            amount = w.dosing[one]
            if not isfinite(amount) or amount < 0.0:
                return False
            target = w.dose_target[one] * w.lanes + lane
            pour = w.given_pour[number]
            if pour >= 0:
                w.pour_rate[pour * w.lanes + lane] = amount / w.dose_duration[one]
                w.pour_end[pour * w.lanes + lane] = time + w.dose_duration[one]
                for direction in range(w.directions):
                    change = w.tangent_dosing[direction * w.doses + one] / w.dose_duration[one]
                    w.tangent_pour_rate[(direction * w.pours + pour) * w.lanes + lane] = change
            else:
                w.y[target] = w.y[target] + amount
                w.peaks[target] = max(w.peaks[target], w.y[target])
                for direction in range(w.directions):
                    place = direction * w.states * w.lanes + target
                    w.tangent[place] = w.tangent[place] + w.tangent_dosing[direction * w.doses + one]
    if w.pours > 0:
        pour_in(w, lane)
    return True


def pour_in(w: Workspace, lane: int) -> None:
    """The inflow of every state from the infusions that run."""
    for state in range(w.states):
        w.inflow[state * w.lanes + lane] = 0.0
        for direction in range(w.directions):
            w.tangent_inflow[(direction * w.states + state) * w.lanes + lane] = 0.0
    for number in range(w.given_first[w.edge_first[1]]):  # every plan gives the same doses in the same order
        pour = w.given_pour[number]
        if pour >= 0:
            target = w.dose_target[w.given[number]] * w.lanes + lane
            w.inflow[target] = w.inflow[target] + w.pour_rate[pour * w.lanes + lane]
            for direction in range(w.directions):
                place = direction * w.states * w.lanes + target
                rate = w.tangent_pour_rate[(direction * w.pours + pour) * w.lanes + lane]
                w.tangent_inflow[place] = w.tangent_inflow[place] + rate


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


def keep_slope_before(w: Workspace, lane: int, theta: float) -> None:
    """Keep the rates of a lane just before an event, where one may jump.

    Goes back from the event until every trigger that rises is clearly false: at a level itself, to the last bit, a
    rate may be on either side.
    """
    for event in range(w.events):
        place = event * w.lanes + lane
        w.rising[event] = 0
        if w.trigger_values[place] > 0.0 and w.armed[place] == 1 and w.done[place] == 0:
            w.rising[event] = 1
    back = 1e-16
    before = theta
    look(w, lane, before)
    while before > 0.0 and any_on_level(w, lane):
        before = max(0.0, theta - back)
        back *= 8.0
        look(w, lane, before)
    w.at[lane] = min(max(w.at[lane], w.low[lane]), w.high[lane])
    w.slope(w.at, w.state, w.constants, w.inflow, w.slopes)
    for state in range(w.states):
        w.slopes_before[state * w.lanes + lane] = w.slopes[state * w.lanes + lane]


def any_on_level(w: Workspace, lane: int) -> bool:
    """Whether a trigger that is about to rise is not clearly false."""
    for event in range(w.events):  # noqa: SIM110  (the subset has no generators)
        if w.rising[event] == 1 and not w.trigger_values[event * w.lanes + lane] < 0.0:
            return True
    return False


def reach_event(w: Workspace, lane: int) -> bool:
    """Derivatives at the moment of an event: shift is that of the moment, tangent goes along with it.

    With g the trigger: shift = -(g_y S + g_p) / (g_t + g_y f); S becomes S + f shift.  False where there is no
    derivative: the trigger only touches zero, or events rise together that move apart when a parameter changes.
    """
    p = view(w.table, w.subject[lane] * w.parameters)
    time = view(w.time, lane)
    y = view(w.y, lane)
    slope = view(w.slopes_before, lane)
    w.triggers(w.time, w.y, w.constants, w.trigger_values)
    for direction in range(w.directions):
        for state in range(w.states):
            place = (direction * w.states + state) * w.lanes + lane
            w.tangent[place] = w.tangent_state[place]
    first = True
    for event in range(w.events):
        place = event * w.lanes + lane
        if not (w.trigger_values[place] > 0.0 and w.armed[place] == 1 and w.done[place] == 0):
            continue
        w.tangent_triggers(time, y, p, w.one, slope, w.no_direction, w.tangent_trigger_values)
        steepness = w.tangent_trigger_values[event]
        if not isfinite(steepness) or steepness == 0.0 or only_touches(w, lane, event, steepness):
            return False
        for direction in range(w.directions):
            dy = view(tangent_of(w, w.tangent, direction), lane)
            w.tangent_triggers(
                time, y, p, w.zero, dy, view(w.direction, direction * w.parameters), w.tangent_trigger_values
            )
            shift = -w.tangent_trigger_values[event] / steepness
            if not first and abs(shift - w.shift[direction]) > 1e-6 * max(abs(shift), abs(w.shift[direction])):
                return False
            w.shift[direction] = shift
        first = False
    for direction in range(w.directions):
        for state in range(w.states):
            place = (direction * w.states + state) * w.lanes + lane
            w.tangent[place] = w.tangent[place] + w.slopes_before[state * w.lanes + lane] * w.shift[direction]
    return True


def only_touches(w: Workspace, lane: int, event: int, steepness: float) -> bool:
    """Whether a trigger turns round within the time that the error of the state leaves open.

    Seen from its steepness that time later, which then differs by more than a tenth.  Uses `new` of the lane.
    """
    p = view(w.table, w.subject[lane] * w.parameters)
    for state in range(w.states):
        place = state * w.lanes + lane
        w.new[place] = w.tolerance[state] + w.relative * abs(w.y[place])
    new = view(w.new, lane)
    w.tangent_triggers(view(w.time, lane), view(w.y, lane), p, w.zero, new, w.no_direction, w.tangent_trigger_values)
    open_time = abs(w.tangent_trigger_values[event] / steepness)
    for state in range(w.states):
        place = state * w.lanes + lane
        w.new[place] = w.y[place] - open_time * w.slopes_before[place]
    w.at[lane] = w.time[lane] - open_time
    # the rates turn with the state: a trigger that is a state of its own shows it in them
    w.slope(w.at, w.new, w.constants, w.inflow, w.slopes_later)
    w.tangent_triggers(
        view(w.at, lane), new, p, w.one, view(w.slopes_later, lane), w.no_direction, w.tangent_trigger_values
    )
    later = w.tangent_trigger_values[event]
    return not abs(later - steepness) <= 0.1 * abs(steepness)


def leave_event(w: Workspace, lane: int) -> None:
    """Derivatives at a fixed time again, just after the event: S - f shift, with the rates of after."""
    for each in range(w.lanes):
        w.at[each] = min(max(w.time[each], w.low[each]), w.high[each])
    w.slope(w.at, w.y, w.constants, w.inflow, w.slopes)
    for direction in range(w.directions):
        for state in range(w.states):
            place = (direction * w.states + state) * w.lanes + lane
            w.tangent[place] = w.tangent[place] - w.slopes[state * w.lanes + lane] * w.shift[direction]
        w.shift[direction] = 0.0


def newly_true(w: Workspace, lane: int) -> bool:
    """Let happen what is true now and was not; False: given up."""
    w.triggers(w.time, w.y, w.constants, w.trigger_values)
    for event in range(w.events):
        place = event * w.lanes + lane
        w.rising[event] = 0
        if w.trigger_values[place] > 0.0 and w.armed[place] == 1 and w.done[place] == 0:
            w.rising[event] = 1
    rearm(w, lane)
    return settle(w, lane)


def settle(w: Workspace, lane: int) -> bool:
    """Let the rising events of a lane happen, and those that they turn true in their wake, until no more do.

    All events of one moment read the state before any of them; later ones in the model win.  False: given up.
    """
    subject = w.subject[lane]
    while True:
        count = 0
        for event in range(w.events):
            count += w.rising[event]
        if count == 0:
            return True
        if w.time[lane] - w.moment[lane] > _MOMENT * (w.end - w.start):
            w.moment[lane] = w.time[lane]
            w.at_moment[lane] = 0
        w.at_moment[lane] += count
        w.happened[lane] += count
        if w.at_moment[lane] > _CASCADE or w.happened[lane] > _MOST_EVENTS:
            return False
        w.triggers(w.time, w.y, w.constants, w.trigger_values)
        for event in range(w.events):
            w.before[event] = w.trigger_values[event * w.lanes + lane]
        w.resets(view(w.time, lane), view(w.y, lane), view(w.table, subject * w.parameters), w.reset_values)
        for direction in range(w.directions):
            w.tangent_resets(
                view(w.time, lane), view(w.y, lane), view(w.table, subject * w.parameters), view(w.shift, direction),
                view(tangent_of(w, w.tangent, direction), lane), view(w.direction, direction * w.parameters),
                view(w.tangent_reset_values, direction * w.reset_count),
            )  # fmt: skip
        for event in range(w.events):
            if w.rising[event] == 1:
                if not record(w, subject, event, w.time[lane], 1):
                    return False
                w.done[event * w.lanes + lane] = w.once[event]
                for reset in range(w.reset_first[event], w.reset_first[event + 1]):
                    state = w.reset_state[reset]
                    value = w.reset_values[reset]
                    if not isfinite(value) or (state < w.amounts and value < -1e3 * w.tolerance[state]):
                        return False
                    w.y[state * w.lanes + lane] = value
                    w.peaks[state * w.lanes + lane] = max(w.peaks[state * w.lanes + lane], value)
                    for direction in range(w.directions):
                        change = w.tangent_reset_values[direction * w.reset_count + reset]
                        w.tangent[(direction * w.states + state) * w.lanes + lane] = change
        w.triggers(w.time, w.y, w.constants, w.trigger_values)
        for event in range(w.events):
            place = event * w.lanes + lane
            value = w.trigger_values[place]
            if w.rising[event] == 1:
                # at a located root the value is zero but for rounding: only a changed one tells that it is false
                w.armed[place] = 1 if value != w.before[event] and not value > 0.0 else 0
                w.rising[event] = 0
            elif value > 0.0 and w.armed[place] == 1 and w.done[place] == 0:
                w.rising[event] = 1
                w.armed[place] = 0
            elif value < 0.0:
                w.armed[place] = 1


FUNCTIONS = (
    run, tangent_of, load_next, load_direction, choose_length, first_steps, scaled_size, judge, find_events, rearm,
    any_risen, locate, look, end_of_step, observe_within, write_down, write_derivatives, same_time, advance,
    give_up, too_negative, pass_edge, dose, pour_in, record, observe_now, keep_slope_before, any_on_level,
    reach_event, only_touches, leave_event, newly_true, settle,
)  # fmt: skip
