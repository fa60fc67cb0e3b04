"""The preparation card of a study: each ratio on it is a parameter, so its uncertainty is drawn like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exocosm import units
from exocosm.errors import InputError
from exocosm.evidence.pin import Pin
from exocosm.network.parts import Parameter
from exocosm.study.values import own_pin
from exocosm.vesicles.card import RATIOS, conversion

if TYPE_CHECKING:
    from exocosm.study.schema import Preparation


def ratio_parameters(name: str, preparation: Preparation, where: str) -> tuple[dict[str, Parameter], dict[str, Pin]]:
    """(ratio -> parameter, parameter name -> pin) of every ratio on the card; raises InputError for a wrong unit."""
    parameters: dict[str, Parameter] = {}
    pins: dict[str, Pin] = {}
    suffix = name.replace("-", "_")
    for ratio, definition in RATIOS.items():
        given = getattr(preparation, ratio)
        if given is None:
            continue
        if not units.same_dimension(given.unit, definition.unit):
            raise InputError(
                f"{where}.{ratio}: expected a unit such as '{definition.unit}', found '{given.unit}' "
                f"({units.show_dimension(given.unit)})"
            )
        parameter = Parameter(f"{ratio}.{suffix}", given.unit, quantity=ratio, per_subject=False)
        parameters[ratio] = parameter
        pins[parameter.name] = own_pin(parameter.name, ratio, given, f"{where}.{ratio}")
    return parameters, pins


def converted(amount: str, given: str, wanted: str, ratios: Mapping[str, str], subject: str) -> str:
    """The expression of an amount of `wanted` in an expression of an amount of `given`, both in canonical units.

    ratios: ratio -> name of its parameter.  Raises InputError that names what to measure.
    """
    for step in conversion(given, wanted, ratios, subject):
        amount = f"({amount}) {'/' if step.divide else '*'} {ratios[step.ratio]}"
    return amount
