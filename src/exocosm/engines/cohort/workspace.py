"""What the driver works on: one record, the same in Python and in machine code."""

from __future__ import annotations

from dataclasses import dataclass

from exocosm.engines.cohort.translate import Floats, Integers, Kernel

FINISHED, GIVEN_UP, NO_ROOM = 1, 2, 3  # outcomes; 0: not reached; no room: for what happens to it


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
