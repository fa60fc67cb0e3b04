"""What the experimenter gives: doses at once, infusions, and their derivatives.

In the subset of Python that `translate` knows, as the driver.
"""

from __future__ import annotations

from exocosm.engines.cohort.recording import record, tangent_of
from exocosm.engines.cohort.translate import isfinite, view
from exocosm.engines.cohort.workspace import Workspace


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
