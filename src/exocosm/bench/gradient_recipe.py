"""How a density gradient is poured, loaded, spun and collected: the settings of the method, as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from exocosm.bench.rotors import ForceText
from exocosm.bench.settings import Celsius, Millilitres, Minutes, Name, Settings, in_unit

MAXIMUM_LAYERS = 20
MAXIMUM_FRACTIONS = 100
_AMOUNT = re.compile(r"^\s*([0-9.]{1,20})\s*(%|M)\s*$")
_LAYER = re.compile(r"^\s*([0-9.eE+-]{1,20}\s*[A-Za-zµ]{1,20})\s+(?:of\s+)?([0-9.]{1,20}\s*(?:%|M))\s*$")
_LINEAR = re.compile(r"^\s*([0-9.]{1,20}\s*(?:%|M))\s+to\s+([0-9.]{1,20}\s*(?:%|M))\s*$")


@dataclass(frozen=True)
class Amount:
    """How much solute: a number of `%` (by mass for sucrose, g in 100 mL for iodixanol) or of `M` (mol/L)."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


@dataclass(frozen=True)
class Layer:
    """A volume of a solution."""

    volume_ml: float
    amount: Amount


def read_amount(given: Any) -> Amount:
    """An amount of solute from `40 %` or `2 M`."""
    match = None if isinstance(given, Amount) else _AMOUNT.match(str(given))
    if isinstance(given, Amount):
        return given
    try:
        if match is not None:
            return Amount(float(match[1]), match[2])
    except ValueError:
        pass
    raise ValueError(f"expected an amount of solute such as '40 %' or '0.5 M', found {given!r}")


def read_layer(given: Any) -> Layer:
    """A layer from a text such as `3 mL 40 %`."""
    match = None if isinstance(given, Layer) else _LAYER.match(str(given))
    if isinstance(given, Layer):
        return given
    if match is None:
        raise ValueError(f"expected a layer such as '3 mL 40 %', found {given!r}")
    volume = in_unit("mL")(match[1])
    if not 0 < volume <= 1e4:
        raise ValueError(f"a layer has a volume above 0 mL, not {volume:g} mL")
    return Layer(volume, read_amount(match[2]))


def read_linear(given: Any) -> tuple[Amount, Amount]:
    """Bottom and top of a linear gradient from a text such as `2 M to 0.25 M`."""
    match = None if isinstance(given, tuple) else _LINEAR.match(str(given))
    if isinstance(given, tuple):
        return given
    if match is None:
        raise ValueError(f"expected the amounts at bottom and top such as '2 M to 0.25 M', found {given!r}")
    return read_amount(match[1]), read_amount(match[2])


def read_window(given: Any) -> tuple[float, float]:
    """Two densities from texts such as [1.10 g/mL, 1.19 g/mL]."""
    if not (isinstance(given, list | tuple) and len(given) == 2):
        raise ValueError(f"expected two densities such as [1.10 g/mL, 1.19 g/mL], found {given!r}")
    low, high = (one if isinstance(one, float) else in_unit("g/mL")(one) for one in given)
    if not 0.9 <= low < high <= 2.0:
        raise ValueError(f"the densities of a window rise, from 0.9 to 2 g/mL at most, not {low:g} to {high:g} g/mL")
    return low, high


LayerText = Annotated[Layer, BeforeValidator(read_layer)]


class DensityGradientSettings(Settings):
    """A gradient, a run and what is collected.

    solute: `sucrose` or `iodixanol`.  layers: from bottom to top, each such as `3 mL 40 %` (percent by mass of sucrose,
    g in 100 mL of iodixanol, or mol/L of sucrose as `0.5 M`); or linear: `2 M to 0.25 M` (bottom to top) with
    gradient_volume.  buffer: what the solute is dissolved in, default `pbs` for iodixanol and `water` for sucrose;
    0.25 M sucrose is `sucrose 8.3 %`.  rotor, force, time, temperature: as for centrifugation.  load: on `top`, or at
    the `bottom` in load_amount of the solute.  load_volume: sample in one tube, default what there is room for.
    collect: two densities between which all is taken, such as [1.10 g/mL, 1.19 g/mL]; or fractions: how many of equal
    volume are taken from top to bottom, and pooled: which of them (1 is the top) are kept.
    """

    solute: Literal["sucrose", "iodixanol"]
    layers: list[LayerText] = Field(default=[], max_length=MAXIMUM_LAYERS)
    linear: Annotated[tuple[Amount, Amount], BeforeValidator(read_linear)] | None = None
    gradient_volume: Millilitres | None = None
    buffer: Name | None = None
    rotor: Name
    force: ForceText
    time: Minutes
    temperature: Celsius | None = None
    load: Literal["top", "bottom"] = "top"
    load_amount: Annotated[Amount, BeforeValidator(read_amount)] | None = None
    load_volume: Millilitres | None = None
    collect: Annotated[tuple[float, float], BeforeValidator(read_window)] | None = None
    fractions: int | None = Field(default=None, ge=2, le=MAXIMUM_FRACTIONS)
    pooled: list[int] = Field(default=[], max_length=MAXIMUM_FRACTIONS)
