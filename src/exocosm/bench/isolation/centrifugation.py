"""Centrifugation: pellet or supernatant of a spin in a real rotor, with washes, carry-over and losses.

Order of what happens to a particle in a spin: it reaches the wall or not (size, density, rotor, time with ramps); of
what is still in solution a share is drawn into the pellet; of the pellet a share goes with the supernatant when that is
taken off, and a little supernatant stays on the pellet; of a kept pellet a share does not come off the wall again, of a
kept supernatant a share stays on the wall.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from exocosm.bench import media
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.kinds import of_each_kind, share_by_kind
from exocosm.bench.numbers import Numbers
from exocosm.bench.particles import carried_in
from exocosm.bench.rotors import ForceText, Rotor, find_rotor, speed_rpm
from exocosm.bench.sedimentation import effective_minutes, pelleted_fraction, sedimentation_coefficient
from exocosm.bench.settings import Celsius, Minutes, Name, Settings, in_unit
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.vesicles.population import Population, split

Array = NDArray[np.float64]
MAXIMUM_WASHES = 10
NOTHING_ML = 1e-9  # stands for no volume where a specimen must have one
MOST_LEFT_ON = 0.5  # of a supernatant; who takes off less than half has not separated anything
_POUR = re.compile(r"^\s*([0-9.eE+-]{1,20}\s*[A-Za-zµ]{1,20})\s+(?:of\s+)?(\S.{0,199})$")


@dataclass(frozen=True)
class Pour:
    """A volume of a medium."""

    volume_ml: float
    medium: str


def pour(given: Any) -> Pour:
    """A volume of a medium from a text such as `1 mL pbs`."""
    match = None if isinstance(given, Pour) else _POUR.match(str(given))
    if isinstance(given, Pour):
        return given
    if match is None:
        raise ValueError(f"expected a volume and a medium such as '1 mL pbs', found {given!r}")
    volume = in_unit("mL")(match[1])
    if not 0 < volume <= 1e6:
        raise ValueError(f"a volume lies above 0 mL, not {volume:g} mL")
    return Pour(volume, match[2].strip())


PourText = Annotated[Pour, BeforeValidator(pour)]


class CentrifugationSettings(Settings):
    """What a spin needs: rotor, force with its radius (or rpm), time at speed; what is kept and in what it is taken up.

    rotor: a name of the table.  force: `100000 g average`, `10000 g maximum` or `40000 rpm`.  time: at full speed.
    temperature: default that of the sample.  keep: `pellet` or `supernatant`.  resuspend: volume and medium in which
    the pellet is taken up, such as `1 mL pbs`.  wash: how often the pellet is taken up in fresh medium and spun again
    under the same settings.  wash_volume: volume and medium of a wash, default the volume of the spin in the medium of
    `resuspend`.  diluent: added before the spin, such as `9 mL pbs`.  fill: medium with which the tubes are filled up.
    """

    rotor: Name
    force: ForceText
    time: Minutes
    temperature: Celsius | None = None
    keep: Literal["pellet", "supernatant"] = "pellet"
    resuspend: PourText | None = None
    wash: int = Field(default=0, ge=0, le=MAXIMUM_WASHES)
    wash_volume: PourText | None = None
    diluent: PourText | None = None
    fill: Name | None = None


@dataclass(frozen=True)
class Load:
    """A volume in the tubes of a rotor: tubes in a run, runs one after another, how full the tubes are."""

    tubes: int
    runs: int
    fill: float


@lru_cache(maxsize=4096)
def load_rotor(rotor: Rotor, volume_ml: float) -> Load:
    """The fewest runs and tubes that hold a volume, all equally full."""
    needed = math.ceil(volume_ml / rotor.tube_volume_ml * (1.0 - 1e-12))
    runs = math.ceil(needed / rotor.tubes)
    tubes = math.ceil(needed / runs)
    return Load(tubes, runs, min(volume_ml / (tubes * runs * rotor.tube_volume_ml), 1.0))


def kept_in_pellet(pelleted: Array, drawn_in: Array, held: float, left_on: float, resuspended: float) -> Array:
    """Share of particles in a pellet that has been taken up again.

    = ((p held) + (1 - p held) left_on) resuspended, p = pelleted + (1 - pelleted) drawn_in.
    pelleted, drawn_in: by parcel.  held: share of the pellet that is not poured off.  left_on: share of the supernatant
    that stays.  All 1 -> 1.
    """
    stays = (pelleted + (1.0 - pelleted) * drawn_in) * held
    return (stays + (1.0 - stays) * left_on) * resuspended


def kept_in_supernatant(pelleted: Array, drawn_in: Array, held: float, left_on: float, on_wall: float) -> Array:
    """Share of particles in a supernatant that has been taken off: (1 - p held) (1 - left_on) (1 - on_wall)."""
    stays = (pelleted + (1.0 - pelleted) * drawn_in) * held
    return (1.0 - stays) * ((1.0 - left_on) * (1.0 - on_wall))


@isolation("centrifugation", CentrifugationSettings)
def centrifugation(specimen: Specimen, settings: CentrifugationSettings, numbers: Numbers) -> Outcome:
    """Pellet or supernatant of a spin, in swinging buckets or a fixed-angle rotor, with washes and losses."""
    rotor = find_rotor(settings.rotor)
    rpm = speed_rpm(rotor, settings.force)
    temperature = specimen.temperature_c if settings.temperature is None else settings.temperature
    volume, medium = specimen.volume_ml, specimen.medium
    if settings.diluent:
        medium = media.mix_media((medium, volume), (settings.diluent.medium, settings.diluent.volume_ml))
        volume += settings.diluent.volume_ml
    load = load_rotor(rotor, volume)
    if settings.fill:
        full = load.tubes * load.runs * rotor.tube_volume_ml
        medium = media.mix_media((medium, volume), (settings.fill, full - volume)) if full > volume else medium
        volume, load = full, Load(load.tubes, load.runs, 1.0)
    ramps = [
        numbers(name, "min", device=rotor.rotor_class) * rpm / rotor.maximum_rpm
        for name in ("acceleration_time", "braking_time")
    ]
    minutes = effective_minutes(settings.time, *ramps)
    drawn_in = _drawn_in(specimen.population, numbers)
    behind = numbers("residual_volume", "mL", device=rotor.rotor_class)
    residual = behind * load.tubes * load.runs
    held = numbers("pellet_held", "dimensionless", device=rotor.kind)

    def spun(in_medium: str, fill: float) -> Array:
        density, diameter = carried_in(specimen.population, in_medium, temperature, numbers)
        speeds = sedimentation_coefficient(
            diameter,
            density,
            media.density_g_ml(in_medium, temperature, numbers),
            media.viscosity_mpa_s(in_medium, temperature, numbers),
        )
        return pelleted_fraction(speeds, rpm, minutes, rotor, fill)

    pelleted = spun(medium, load.fill)
    left_on = min(residual / volume, MOST_LEFT_ON)
    runs, handled = load.runs, load.runs * load.tubes
    if settings.keep == "supernatant":
        if settings.resuspend or settings.wash:
            raise InputError("a supernatant is neither resuspended nor washed; leave `resuspend` and `wash` out, or "
                             "keep the pellet")  # fmt: skip
        wall = numbers("tube_wall_loss", "dimensionless")
        goes = kept_in_supernatant(pelleted, drawn_in, held, left_on, wall)
        kept_volume, kept_medium = volume * (1.0 - left_on), medium
        discarded = max(volume * left_on, NOTHING_ML)
    else:
        again = settings.resuspend or Pour(volume, medium)
        resuspended = numbers("pellet_resuspended", "dimensionless")
        goes = kept_in_pellet(pelleted, drawn_in, held, left_on, resuspended)
        kept_volume, kept_medium, discarded = again.volume_ml, again.medium, volume
        if settings.wash:
            bath = settings.wash_volume or Pour(volume, again.medium)
            tubs = load_rotor(rotor, bath.volume_ml)
            left_in_bath = min(behind * tubs.tubes * tubs.runs / bath.volume_ml, MOST_LEFT_ON)
            stays = kept_in_pellet(spun(bath.medium, tubs.fill), drawn_in, held, left_in_bath, resuspended)
            goes = goes * stays**settings.wash
            runs += settings.wash * tubs.runs
            handled += settings.wash * tubs.runs * tubs.tubes
            discarded += settings.wash * bath.volume_ml
    product, waste = split(specimen.population, goes, "centrifugation")
    reached = share_by_kind(specimen.population, pelleted)
    hands_on = runs * numbers("hands_on_time", "min", device="centrifugation")
    hands_on += handled * numbers("hands_on_time_per_tube", "min", device="centrifugation")
    return Outcome(
        product=Specimen(product, kept_volume, kept_medium, temperature),
        waste=(Specimen(waste, discarded, medium, temperature),),
        minutes=runs * (settings.time + sum(ramps)) + hands_on,
        hands_on_minutes=hands_on,
        instruction=_instruction(settings, rotor, rpm, temperature, load, volume),
        consumables=(Consumable(rotor.tube_item, float(load.tubes * load.runs)),),
        warnings=_warnings(rotor, load, numbers, residual, volume),
        findings={f"pelleted {kind}": share for kind, share in reached.items()}
        | {f"left {kind}": 1.0 - share for kind, share in reached.items()},
    )


def _drawn_in(population: Population, numbers: Numbers) -> Array:
    """Share of what is in solution that is drawn into the pellet, by parcel."""
    return of_each_kind(population, lambda kind: numbers("co_pelleted_share", "dimensionless", carrier=kind))


def _instruction(
    settings: CentrifugationSettings, rotor: Rotor, rpm: float, temperature: float, load: Load, volume: float
) -> str:
    parts = [f"Add {settings.diluent.volume_ml:.4g} mL {settings.diluent.medium}. "] if settings.diluent else []
    parts += [f"Fill the tubes up with {settings.fill}. "] if settings.fill else []
    each = load.fill * rotor.tube_volume_ml
    parts.append(
        f"Spin {volume:.4g} mL in {_tubes(load)} of {each:.3g} mL{_runs(load)} in the rotor "
        f"{rotor.title} at {rpm:,.0f} rpm ({rotor.force_g(rpm):,.0f} g average, {rotor.force_g(rpm, 'maximum'):,.0f} g "
        f"maximum) for {settings.time:.4g} min at {temperature:g} degC; keep the {settings.keep}"
    )
    if settings.wash:
        bath = settings.wash_volume or Pour(volume, settings.resuspend.medium if settings.resuspend else "")
        parts.append(
            f"; wash {settings.wash} time{'s' if settings.wash > 1 else ''}: take it up in "
            f"{bath.volume_ml:.4g} mL {bath.medium or 'the same medium'} and spin again alike"
        )
        bath_load = load_rotor(rotor, bath.volume_ml)
        if (bath_load.tubes, bath_load.runs) != (load.tubes, load.runs):
            parts.append(f", in {_tubes(bath_load)}{_runs(bath_load)}")
    if settings.resuspend:
        parts.append(f"; resuspend in {settings.resuspend.volume_ml:.4g} mL {settings.resuspend.medium}")
    return "".join(parts) + "."


def _tubes(load: Load) -> str:
    return f"{load.tubes} tube{'s' if load.tubes > 1 else ''}"


def _runs(load: Load) -> str:
    return f", {load.runs} runs one after another" if load.runs > 1 else ""


def _warnings(rotor: Rotor, load: Load, numbers: Numbers, residual: float, volume: float) -> tuple[str, ...]:
    said = []
    if rotor.rotor_class == "ultracentrifuge":
        least = numbers("least_fill", "dimensionless", device="ultracentrifuge")
        if load.fill < least:
            said.append(
                f"tubes of the rotor {rotor.title} are {100 * load.fill:.0f} % full; thin-walled ones collapse below "
                f"some {100 * least:.0f} %: top up (fill: pbs) or use thick-walled tubes"
            )
    if residual > MOST_LEFT_ON * volume:
        said.append(f"{volume:.3g} mL in {load.tubes} tubes is hardly more than what stays behind on a pellet")
    return tuple(said)
