"""How the outputs of a study hang on its values: derivatives and elasticities of the central run.

A value is a row of evidence, as in the influence analysis: all parameters that stand on it move together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm import units
from exocosm.engines import cohort
from exocosm.engines.cohort.layout import comparison_parameters
from exocosm.engines.contract import Array, Sensitivities, Status
from exocosm.engines.plan import plan_run
from exocosm.errors import ExocosmError, InputError, SolveError, nearest
from exocosm.network.compile import compile_model
from exocosm.study.resolved import Output, ResolvedArm, ResolvedStudy
from exocosm.workflow.chunks import with_times
from exocosm.workflow.plan import observe_times, outputs_of
from exocosm.workflow.sampling import Sampling, central, sampling_of, uncertain_symbols

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "arm", "output", "unit", "time", "output_value", "value_name", "row", "value", "value_unit", "derivative",
    "elasticity",
)  # fmt: skip
FADED = 1e-3  # of its peak; an output below that is not worth ranking


def sensitivities(
    study: ResolvedStudy,
    arm: str | None = None,
    by: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> pd.DataFrame:
    """COLUMNS of every arm, output, recorded time (hours) and value: derivatives of the central run, by solving.

    derivative: d output / d value, in unit per value_unit.  elasticity: d ln output / d ln value; NaN where output or
    value is 0.  Both are NaN where the engine gives none (`engines.cohort.sensitivities`).
    arm: None for all.  by: names of values (None: those of each arm that are uncertain; the derivative by one that
    sets the time at which a rate jumps is NaN then).  outputs: None for all; an arm whose model lacks one skips it.
    Errors: InputError for names that the study lacks; SolveError where no code can be generated, or a run fails.
    """
    import pandas as pd

    sampling = sampling_of(study)
    arms = [one for one in study.arms if arm in (None, one.name)]
    if not arms:
        raise InputError(
            f"study '{study.name}' has no arm '{arm}'; {nearest(str(arm), [one.name for one in study.arms])}"
        )
    asked_outputs = _known(study, "output", outputs, {name for one in arms for name in outputs_of(one, study.outputs)})
    asked_values = _known(study, "value", by, {name for one in arms for name in _parameters(sampling, one.name)})
    tables = []
    for one in arms:
        shown = [output for output in study.outputs if output.name in outputs_of(one, study.outputs)]
        shown = [output for output in shown if asked_outputs is None or output.name in asked_outputs]
        if asked_values is None:
            values = [symbol.name for symbol in uncertain_symbols(sampling, one.name)]
        else:
            values = [name for name in asked_values if name in _parameters(sampling, one.name)]
        if shown and values:
            try:
                tables.append(_table(study, sampling, one, shown, values, asked_values is None))
            except ExocosmError as problem:
                raise SolveError(f"study '{study.name}', central run of arm '{one.name}': {problem}") from problem
    if not tables:
        default = "no value is uncertain in an arm that has these outputs; name values with `by`"
        named = "no arm has both the values and the outputs that were asked for"
        raise InputError(f"study '{study.name}': {default if asked_values is None else named}")
    return pd.concat(tables, ignore_index=True)


def strongest(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The rows with the largest |elasticity|, each output at its last recorded time with FADED of its peak or more."""
    size, curve = table["output_value"].abs(), [table["arm"], table["output"]]
    seen = table[(size >= FADED * size.groupby(curve).transform("max")) & table["elasticity"].notna()]
    last = seen[seen["time"] == seen.groupby(["arm", "output"])["time"].transform("max")]
    order = last["elasticity"].abs().sort_values(ascending=False, kind="stable")
    return last.loc[order.index].head(count)


def _known(study: ResolvedStudy, kind: str, names: Sequence[str] | None, known: Iterable[str]) -> list[str] | None:
    """The names that were asked for, once each; raises InputError with all that are not known."""
    if names is None:
        return None
    asked = list(dict.fromkeys([names] if isinstance(names, str) else names))
    known = set(known)
    wrong = [f"there is no {kind} '{name}'; {nearest(name, known)}" for name in asked if name not in known]
    if wrong:
        raise InputError(f"study '{study.name}': {'; '.join(wrong)}")
    return asked


def _parameters(sampling: Sampling, arm: str) -> set[str]:
    return {*sampling.arms[arm], *sampling.constants[arm]}


def _table(
    study: ResolvedStudy,
    sampling: Sampling,
    arm: ResolvedArm,
    outputs: Sequence[Output],
    values: Sequence[str],
    leave_out: bool,
) -> pd.DataFrame:
    """The rows of one arm.  leave_out: no derivative where the engine has none, instead of an error."""
    import pandas as pd

    numbers = central(sampling, arm.name)
    moved = {name: _standing_with(sampling, arm.name, name) for name in values}
    found = _solved(study, arm, numbers, outputs, {name for names in moved.values() for name in names}, leave_out)
    times, curves = found.solution.times, found.solution
    rows: dict[str, list[Any]] = {column: [] for column in COLUMNS}
    for output in outputs:
        place, scale = curves.observables.index(output.expression), units.factor(output.unit)
        shown = curves.values[0, :, place] / scale
        for name in values:
            row, unit = _origin(sampling, arm, name)
            factor = units.factor(unit)
            value = float(numbers[name][0]) / factor
            derivative = _sum(found, moved[name], place) * factor / scale
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                elasticity = np.where((shown == 0) | (value == 0), np.nan, derivative * value / shown)
            same = (arm.name, output.name, output.unit, times, shown, name, row, value, unit, derivative, elasticity)
            for column, content in zip(COLUMNS, same, strict=True):
                rows[column].append(np.broadcast_to(np.asarray(content), times.shape))
    return pd.DataFrame({column: np.concatenate(blocks) for column, blocks in rows.items()})


def _standing_with(sampling: Sampling, arm: str, name: str) -> tuple[str, ...]:
    """The parameters of an arm that stand on the same row; a constant of the model stands alone."""
    sampled = sampling.arms[arm]
    if name not in sampled:
        return (name,)
    return tuple(other for other, one in sampled.items() if one.symbol.row == sampled[name].symbol.row)


def _origin(sampling: Sampling, arm: ResolvedArm, name: str) -> tuple[str, str]:
    """(row, unit) of a value; a constant of the model has no row."""
    if name in sampling.arms[arm.name]:
        return sampling.arms[arm.name][name].symbol.row, arm.pins[name].value.unit
    return "", next(one.unit for one in arm.model.parameters if one.name == name)


def _solved(
    study: ResolvedStudy,
    arm: ResolvedArm,
    numbers: Mapping[str, Array],
    outputs: Sequence[Output],
    parameters: set[str],
    leave_out: bool,
) -> Sensitivities:
    """The engine's answer, of the run that `exocosm run` calls central."""
    compiled, schedule = compile_model(arm.model), with_times(arm.schedule, observe_times(study))
    expressions = tuple(dict.fromkeys(output.expression for output in outputs))
    if leave_out:
        plan = plan_run(compiled, numbers, schedule, study.tolerances, expressions)
        parameters = parameters - comparison_parameters(plan)
    found = cohort.sensitivities(
        compiled, numbers, schedule, study.tolerances, by=sorted(parameters), observe=expressions, threads=1
    )
    status = found.solution.statuses[0]
    if status.status is Status.FAILED:
        raise SolveError(f"it fails at {status.time:g} h: {status.message}")
    return found


def _sum(found: Sensitivities, parameters: Iterable[str], place: int) -> Array:
    """Over time, the derivative of an observable when several parameters move together; canonical."""
    if not set(parameters) <= set(found.parameters):
        return np.full(found.solution.times.shape, np.nan)
    return np.asarray(found.values[0, :, place, [found.parameters.index(name) for name in parameters]].sum(axis=0))
