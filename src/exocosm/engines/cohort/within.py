"""States between the ends of a step."""

from __future__ import annotations

from exocosm.engines.cohort import tableau
from exocosm.engines.cohort.instructions import Function


class Within:
    """States at theta of the last step: (1 - theta) y + theta new + sum_j w_j U_j, with

    w_j = theta (1 - theta) (H_1j + theta (H_2j + theta H_3j)).  `alike` lends its weights: same step, same theta.
    """

    def __init__(
        self, function: Function, size: int, y: str = "%y", new: str = "%new", work: str = "%work",
        alike: Within | None = None,
    ) -> None:  # fmt: skip
        self.function, self.size = function, size
        self._y, self._new, self._work = y, new, work
        self.theta = function.load("%theta", 0)
        self.rest = function.subtract(function.number(1.0), self.theta)
        self.weights: list[str] = alike.weights if alike else self._weights()

    def _weights(self) -> list[str]:
        function = self.function
        common = function.multiply(self.theta, self.rest)
        weights = []
        for first, second, third in zip(*tableau.CURVE_WEIGHTS, strict=True):
            inner = function.multiply_add(self.theta, function.number(third), function.number(second))
            inner = function.multiply_add(self.theta, inner, function.number(first))
            weights.append(function.multiply(common, inner))
        return weights

    def state(self, row: int | str) -> str:
        """The operand of one state; row: its number, or an operand."""
        function = self.function
        value = function.multiply(self.rest, function.load(self._y, row))
        value = function.multiply_add(self.theta, function.load(self._new, row), value)
        for number, weight in enumerate(self.weights):
            unknown = function.load(self._work, function.shifted(row, number * self.size))
            value = function.multiply_add(weight, unknown, value)
        return value
