"""Least squares on a resolved study: which values make its metrics meet their measurements, and how sure is that.

The fit is repeated under draws of every other uncertain value, so that the spread of a fitted value holds what is not
known about the rest.  Used by the scripts of this folder; their printed rows stand in the catalogue as `fitted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from exocosm import units
from exocosm.engines.reference import solve
from exocosm.evidence.spread import draw, spread_of
from exocosm.network.compile import compile_model
from exocosm.randomness import generator
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedArm, ResolvedStudy


class Fit:
    """Targets of a study, and the parameters that are moved to meet them (in log space)."""

    def __init__(self, study: str, free: Sequence[str], targets: Sequence[str], seed: int = 1) -> None:
        self.study: ResolvedStudy = resolve(load(Path(study)))
        self.free, self.seed = tuple(free), seed
        self.targets = [m for m in self.study.measurements if m.name in targets]
        outputs = {output.name: output for output in self.study.outputs}
        metrics = {metric.name: metric for metric in self.study.metrics}
        self.readings = []
        for target in self.targets:
            metric = metrics[target.metric]
            self.readings.append((target.arm, outputs[metric.of], metric.at or self.study.arms[0].schedule.end))
        self.compiled = {arm.name: compile_model(arm.model) for arm in self.study.arms}

    def values(self, arm: ResolvedArm, number: int | None) -> dict[str, float]:
        """Central values (number None) or those of one draw, canonical."""
        found = {}
        parameters = {parameter.name for parameter in arm.model.parameters}
        for name, pin in arm.pins.items():
            if name not in parameters:  # correlations are pinned beside the parameters that they join
                continue
            spread = spread_of(pin.value)
            z = 0.0 if number is None else generator("calibration", self.seed, number, pin.value.id).standard_normal()
            found[name] = units.to_canonical(float(draw(spread, z)), pin.value.unit)
        return found

    def predicted(self, values: Mapping[str, Mapping[str, float]], log_free: np.ndarray) -> np.ndarray:
        """The metrics of the targets, in the targets' units."""
        moved = dict(zip(self.free, np.exp(log_free), strict=True))
        results = []
        for (arm_name, output, at), target in zip(self.readings, self.targets, strict=True):
            arm = next(arm for arm in self.study.arms if arm.name == arm_name)
            parameters = {**values[arm_name], **{k: v for k, v in moved.items() if k in arm.pins}}
            solution = solve(
                self.compiled[arm_name], parameters, arm.schedule, self.study.tolerances, observe=[output.expression]
            )
            index = int(np.argmin(np.abs(solution.times - at)))
            results.append(units.from_canonical(float(solution.values[0, index, 0]), target.unit))
        return np.asarray(results)

    def fit(self, number: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Fitted values (canonical) and what is left of each target as log(predicted / measured)."""
        values = {arm.name: self.values(arm, number) for arm in self.study.arms}
        measured = np.asarray([target.values[0] for target in self.targets])
        start = np.log([next(v[name] for v in values.values() if name in v) for name in self.free])

        def misfit(log_free: np.ndarray) -> np.ndarray:
            return np.log(np.maximum(self.predicted(values, log_free), 1e-12) / measured)

        result = least_squares(
            misfit, start, diff_step=1e-2, xtol=1e-4, ftol=1e-6, max_nfev=40, bounds=(start - 9, start + 9)
        )
        return np.exp(result.x), result.fun

    def scores(self, number: int, rows: Sequence[str]) -> np.ndarray:
        """The normal scores that a draw gave to rows of the catalogue."""
        return np.asarray([generator("calibration", self.seed, number, row).standard_normal() for row in rows])

    def report(self, draws: int, unit: Mapping[str, str], related: Sequence[str] = ()) -> None:
        """Print the central fit, the spread of the fitted values over the draws, and how they vary with `related` rows.

        The correlations come from a linear regression of the fitted logarithms on the scores of the related rows, so
        that together they are those of one normal distribution.
        """
        central, left = self.fit()
        print("central fit (everything else at its central value):")
        for name, value in zip(self.free, central, strict=True):
            print(f"  {name} = {units.from_canonical(value, unit[name]):.4g} {unit[name]}")
        for target, misfit in zip(self.targets, left, strict=True):
            print(f"  {target.name}: predicted / measured = {np.exp(misfit):.4f}")
        fitted, scores = [], []
        for number in range(draws):
            values, left = self.fit(number)
            if np.max(np.abs(left)) < 0.05:  # otherwise these other values cannot meet the data
                fitted.append(np.log(values))
                scores.append(self.scores(number, related))
        logs, z = np.asarray(fitted), np.asarray(scores)
        print(f"{len(logs)} of {draws} draws of the other values can meet the data within 5 %:")
        for index, name in enumerate(self.free):
            quantiles = np.quantile(logs[:, index], [0.025, 0.5, 0.975])
            low, middle, high = (units.from_canonical(float(np.exp(q)), unit[name]) for q in quantiles)
            spread = logs[:, index].std(ddof=1)
            print(f"  {name}: median {middle:.4g}, 95 % {low:.4g} .. {high:.4g} {unit[name]}, sd(log) {spread:.3f}")
        design = np.column_stack([np.ones(len(z)), z])
        slopes, *_ = np.linalg.lstsq(design, logs, rcond=None)
        residual = np.cov((logs - design @ slopes).T).reshape(len(self.free), -1)
        covariance = slopes[1:].T @ slopes[1:] + residual
        sd = np.sqrt(np.diag(covariance))
        print("correlation of the logarithms of the fitted values:")
        print(np.array2string(covariance / np.outer(sd, sd), precision=3))
        for row, slope in zip(related, slopes[1:], strict=True):
            print(f"correlation with {row}: {np.array2string(slope / sd, precision=3)}")
