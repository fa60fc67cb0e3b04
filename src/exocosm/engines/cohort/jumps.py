"""How derivatives go through an event, whose time changes with the parameters too.

In the subset of Python that `translate` knows, as the driver.
"""

from __future__ import annotations

from exocosm.engines.cohort.recording import tangent_of
from exocosm.engines.cohort.translate import isfinite, view
from exocosm.engines.cohort.workspace import Workspace


def look(w: Workspace, lane: int, theta: float) -> None:
    """State and triggers at theta of the step."""
    w.theta[lane] = theta
    w.between(w.theta, w.y, w.new, w.work, w.state)
    w.at[lane] = w.time[lane] + theta * w.length[lane]
    w.triggers(w.at, w.state, w.constants, w.trigger_values)


def is_rising(w: Workspace, lane: int, event: int) -> bool:
    """Whether an event of the lane that waits for its turn is true."""
    place = event * w.lanes + lane
    return w.trigger_values[place] > 0.0 and w.armed[place] == 1 and w.done[place] == 0


def keep_slope_before(w: Workspace, lane: int, theta: float) -> None:
    """Keep the rates of a lane just before an event, where one may jump.

    Goes back from the event until every trigger that rises is clearly false: at a level itself, to the last bit, a
    rate may be on either side.
    """
    for event in range(w.events):
        w.rising[event] = 1 if is_rising(w, lane, event) else 0
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
        if not is_rising(w, lane, event):
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
