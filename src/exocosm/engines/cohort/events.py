"""What the model does by itself at a moment: finding events within a step, and letting them happen.

In the subset of Python that `translate` knows, as the driver.
"""

from __future__ import annotations

from exocosm.engines.cohort.jumps import is_rising, keep_slope_before, look
from exocosm.engines.cohort.recording import end_of_step, record, tangent_of
from exocosm.engines.cohort.translate import isfinite, view
from exocosm.engines.cohort.workspace import Workspace
from exocosm.engines.limits import CASCADE, MOMENT, MOST_EVENTS, NEGATIVE

_LOOKS = 4  # at the triggers, within a step
_HALVINGS = 60


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
    for event in range(w.events):  # noqa: SIM110  (the subset has no generators)
        if is_rising(w, lane, event):
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


def newly_true(w: Workspace, lane: int) -> bool:
    """Let happen what is true now and was not; False: given up."""
    w.triggers(w.time, w.y, w.constants, w.trigger_values)
    for event in range(w.events):
        w.rising[event] = 1 if is_rising(w, lane, event) else 0
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
        if w.time[lane] - w.moment[lane] > MOMENT * (w.end - w.start):
            w.moment[lane] = w.time[lane]
            w.at_moment[lane] = 0
        w.at_moment[lane] += count
        w.happened[lane] += count
        if w.at_moment[lane] > CASCADE or w.happened[lane] > MOST_EVENTS:
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
                    if not isfinite(value) or (state < w.amounts and value < -NEGATIVE * w.tolerance[state]):
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
