"""The kernels of a model in plain NumPy, for one lane: the reference form of the method.

`driver.run` on these kernels, in Python as it stands, is the cohort engine without a line of generated code.  It is
slow and stays as the oracle of the fast form; what each kernel does is said in `kernels.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exocosm.engines.cohort import tableau
from exocosm.engines.cohort.equations import system_of
from exocosm.engines.cohort.translate import Floats
from exocosm.engines.limits import NEGATIVE
from exocosm.engines.plan import Plan
from exocosm.network.program import program

Kernels = dict[str, Callable[..., None]]


def plain_kernels(plan: Plan) -> tuple[Kernels, int, int, int]:
    """The kernels by name, and the sizes per lane of constants, constants of the plan, and `work`."""
    model = plan.model
    size, given = len(model.states), len(model.parameters)
    system = system_of(model)
    _, by_time = program(system.lowering, {"by_time": list(system.by_time.values())})
    rows = list(system.by_time)
    places = tuple(zip(*model.jacobian_pattern, strict=True)) if model.jacobian_pattern else ((), ())
    stage_weights = [np.array(row) for row in tableau.STAGE_WEIGHTS]
    rate_weights = [np.array(row) for row in tableau.RATE_WEIGHTS]
    curve_weights = np.array(tableau.CURVE_WEIGHTS)

    def prepare(p: Floats, c: Floats, y: Floats) -> None:
        c[:given] = p[:given]
        y[:size] = model.initial(p[:given].tolist())

    def prepare_plan(p: Floats, q: Floats) -> None:
        q[:given] = p[:given]

    def slope(t: Floats, y: Floats, c: Floats, inflow: Floats, f: Floats) -> None:
        f[:size] = model.bind(c.tolist()).rhs(float(t[0]), y.tolist()) + inflow

    def step(
        t: Floats, h: Floats, low: Floats, high: Floats, y: Floats, c: Floats, inflow: Floats, tolerance: Floats,
        work: Floats, new: Floats, error: Floats, worst: Floats,
    ) -> None:  # fmt: skip
        bound, unknowns, length = model.bind(c.tolist()), work.reshape(tableau.STAGES, size), h[0]

        def moment(share: float) -> float:
            return float(min(max(t[0] + share * length, low[0]), high[0]))

        matrix = np.eye(size) / (length * tableau.GAMMA)
        matrix[places] -= bound.jacobian(moment(0.0), y.tolist())
        drift = np.zeros(size)
        drift[rows] = by_time(c.tolist())[0](moment(0.0), y.tolist())
        for number in range(tableau.STAGES):
            stage = y + stage_weights[number] @ unknowns[: len(stage_weights[number])]
            right = bound.rhs(moment(tableau.ALPHA[number]), stage.tolist()) + inflow
            right += rate_weights[number] @ unknowns[:number] / length
            right += tableau.GAMMA_SUMS[number] * length * drift
            try:
                unknowns[number] = np.linalg.solve(matrix, right)
            except np.linalg.LinAlgError:
                unknowns[number] = np.nan
        new[:] = stage + unknowns[-1]
        allowed = tolerance[:-1] + tolerance[-1] * np.maximum(np.abs(y), np.abs(new))
        error[0] = np.mean((unknowns[-1] / allowed) ** 2)
        amounts = slice(0, plan.amounts)
        worst[0] = np.min(new[amounts] + NEGATIVE * allowed[amounts], initial=0.0)

    def between(theta: Floats, y: Floats, new: Floats, work: Floats, state: Floats) -> None:
        k1, k2, k3 = curve_weights @ work.reshape(tableau.STAGES, size)
        share = theta[0]
        state[:] = (1 - share) * y + share * (new + (1 - share) * (k1 + share * (k2 + share * k3)))

    def commit(mask: Floats, y: Floats, new: Floats, peaks: Floats) -> None:
        if mask[0] > 0.0:
            y[:] = new
        np.maximum(peaks, y, out=peaks)

    def triggers(t: Floats, y: Floats, c: Floats, values: Floats) -> None:
        values[:] = model.bind(c.tolist()).triggers(float(t[0]), y.tolist())

    def resets(t: Floats, y: Floats, p: Floats, values: Floats) -> None:
        state, given_values = y[:size].tolist(), p[:given].tolist()
        values[:] = [one for event in model.events for one in event.reset(float(t[0]), state, given_values).values()]

    def observe(theta: Floats, t: Floats, y: Floats, new: Floats, work: Floats, q: Floats, values: Floats) -> None:
        state = np.empty(size)
        between(theta, y, new, work, state)
        values[:] = plan.observer(q.tolist())(float(t[0]), state.tolist())

    def give(t: Floats, y: Floats, p: Floats, values: Floats) -> None:
        time, state, numbers = float(t[0]), y[:size].tolist(), p[:given].tolist()
        doses = plan.planned_doses
        values[:] = [dose.amount(time, state, numbers) for dose in doses] + [
            dose.condition(time, state, numbers) if dose.condition else 1.0 for dose in doses
        ]

    functions = (prepare, slope, step, between, commit, triggers, resets, prepare_plan, observe, give)
    return {one.__name__: one for one in functions}, given, given, tableau.STAGES * size
