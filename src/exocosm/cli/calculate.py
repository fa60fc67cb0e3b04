"""`exocosm calculate`: one question, one number with its range, and the assumption that matters most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exocosm.cli.options import Json, reported

if TYPE_CHECKING:
    from exocosm.bench.calculators.estimate import Estimate
    from exocosm.evidence.pin import Pin

calculate = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Instant calculators for the bench."
)

Rotor = Annotated[str, typer.Argument(metavar="ROTOR", help="a rotor, such as 'SW 41 Ti' (exocosm list rotors)")]
Speed = Annotated[str, typer.Argument(metavar="SPEED", help="'100000 g average', '10000 g maximum' or '40000 rpm'")]
Minutes = Annotated[str, typer.Argument(metavar="TIME", help="time at full speed, such as '70 min'")]
Medium = Annotated[str, typer.Option("--medium", help="what is spun: pbs, plasma ...")]
Temperature = Annotated[str, typer.Option("--temperature", help="such as '4 degC'")]
Diameter = Annotated[float, typer.Option("--diameter", help="of the vesicles, nm")]


@calculate.command()
@reported
def spin(
    rotor: Rotor,
    speed: Speed,
    time: Minutes,
    to_rotor: Annotated[str, typer.Argument(metavar="YOUR_ROTOR", help="the rotor that is to do the same")],
    to_speed: Annotated[str | None, typer.Option("--speed", help="in your rotor [default: the same force]")] = None,
    keep: Annotated[str, typer.Option("--keep", help="'same cut-off' or 'same fraction'")] = "same cut-off",
    diameter: Diameter = 100.0,
    medium: Medium = "pbs",
    temperature: Temperature = "4 degC",
    json: Json = False,
) -> None:
    """Move a published spin to your rotor.

    Example: exocosm calculate spin "SW 32 Ti" "100000 g average" "70 min" "Type 70 Ti"
    """
    from exocosm.bench.calculators.spin import move_spin
    from exocosm.bench.rotors import find_rotor

    moved = move_spin(
        rotor, speed, _minutes(time), to_rotor, to_speed, keep=keep, diameter_nm=diameter, medium=medium,
        temperature_c=_celsius(temperature),
    )  # fmt: skip
    range_ = _range(moved.low_minutes, moved.high_minutes)
    _say(
        json, moved, moved.pins,
        f"{find_rotor(moved.to_rotor).title}: {moved.rpm:,.0f} rpm ({moved.force_g_average:,.0f} g average, "
        f"{moved.force_g_maximum:,.0f} g maximum) for {moved.minutes:.3g} min{range_}, in {medium} at "
        f"{temperature}.",
        "Cut-off, the diameter from which on all vesicles are pelleted: "
        f"{moved.cutoff_before_nm:.3g} nm before, {moved.cutoff_after_nm:.3g} nm after; of "
        f"vesicles of {diameter:g} nm {moved.share_before:.0%} are pelleted before, {moved.share_after:.0%} after.",
        f"By K-factors it would be {moved.minutes_by_k_factor:.3g} min, with a cut-off of "
        f"{moved.cutoff_by_k_factor_nm:.3g} nm. {moved.limits}",
    )  # fmt: skip


@calculate.command()
@reported
def pelleted(
    rotor: Rotor,
    speed: Speed,
    time: Minutes,
    diameters: Annotated[
        str, typer.Option("--diameters", metavar="NM,NM,...", help="of the vesicles, nm")
    ] = "50,100,200",
    medium: Medium = "pbs",
    temperature: Temperature = "4 degC",
    json: Json = False,
) -> None:
    """Tell what share of vesicles a spin pellets, by size.

    Example: exocosm calculate pelleted "Type 70 Ti" "100000 g average" "70 min" --medium plasma
    """
    from exocosm.bench.calculators import spin as spins

    sizes = _sizes(diameters)
    found = spins.pelleted(
        rotor, speed, _minutes(time), sizes, medium=medium, temperature_c=_celsius(temperature)
    )  # fmt: skip
    lines = [
        f"{size:g} nm: {share:.1%} pelleted (95 %: {low:.1%} to {high:.1%})"
        for size, share, low, high in zip(found.diameters_nm, found.shares, found.low, found.high, strict=True)
    ]
    value, low, high = found.cutoff_nm
    cut_off = f"All vesicles of {value:.3g} nm (95 %: {low:.3g} to {high:.3g}) or more are pelleted"
    _say(json, found, found.pins, f"In {medium} at {temperature}:", *lines, f"{cut_off}.")


@calculate.command(name="k-factor")
@reported
def k_factor(
    rotor: Rotor,
    speed: Speed,
    to_rotor: Annotated[str, typer.Option("--to", help="another rotor: how wrong K-factors are between the two")] = "",
    json: Json = False,
) -> None:
    """Compute the K-factor of a rotor at a speed, and say when not to use it.

    Example: exocosm calculate k-factor "SW 41 Ti" "40000 rpm" --to "Type 70 Ti"
    """
    from exocosm.bench.calculators import spin as spins
    from exocosm.bench.rotors import find_rotor

    found = spins.k_factor(rotor, speed)
    lines = [
        f"K = {found.k_hour_svedberg:.4g} h S for {find_rotor(found.rotor).title} at {found.rpm:,.0f} rpm "
        f"({found.force_g_average:,.0f} g average, {found.force_g_maximum:,.0f} g maximum): hours until particles of "
        "1 S are pelleted from the whole tube.",
        f"{found.limits[:1].upper()}{found.limits[1:]}.",
    ]
    if to_rotor:
        lines.append(spins.k_factor_limits(rotor, to_rotor))
    _say(json, found, (), *lines)


@calculate.command(name="cells-per-dose")
@reported
def cells_per_dose(
    dose: Annotated[str, typer.Argument(metavar="DOSE", help="'1e11 vesicle', or '100 microgram' (of protein)")],
    time: Annotated[str, typer.Argument(metavar="TIME", help="how long the cells release, such as '48 h'")],
    recovery: Annotated[
        float | None, typer.Option("--recovery", help="share that the preparation keeps, 0 to 1 [default: assumed]")
    ] = None,
    json: Json = False,
) -> None:
    """Count the cells that a dose of vesicles takes.

    Example: exocosm calculate cells-per-dose "1e11 vesicle" "48 h" --recovery 0.3
    """
    from exocosm.bench.calculators import doses

    found = doses.cells_per_dose(dose, _minutes(time) / 60.0, recovery)
    parts = {"vesicles": found.vesicles, "released": found.released, "prepared": found.prepared, "cells": found.cells}
    _estimates(json, parts, "cells")


@calculate.command()
@reported
def purity(
    particles: Annotated[float, typer.Argument(metavar="PARTICLES", help="counted particles, such as 5e10")],
    protein: Annotated[str, typer.Argument(metavar="PROTEIN", help="in the same volume, such as '12 microgram'")],
    json: Json = False,
) -> None:
    """Read particles per microgram of protein as what it is worth.

    Example: exocosm calculate purity 5e10 "12 microgram"
    """
    from exocosm.bench.calculators.purity import purity_of

    found = purity_of(particles, _amount(protein, "microgram", "'12 microgram'"))
    lines = [f"{found.ratio:.3g} particles per microgram.", *found.reading]
    if found.published:
        listed = ", ".join(f"{pin.value.value:.2g} ({pin.value.population}; {pin.trust})" for pin in found.published)
        lines.append(f"Thresholds that are quoted, none of them measured: {listed}.")
    _say(json, found, found.published, *lines)


@calculate.command()
@reported
def shedding(
    size: Annotated[str, typer.Argument(metavar="SIZE", help="of a tumour: '10 mm' (diameter), '1 mL' or '1 g'")],
    json: Json = False,
) -> None:
    """Estimate the vesicles that a tumour adds to a millilitre of blood.

    Example: exocosm calculate shedding "10 mm"
    """
    from exocosm.bench.calculators.shedding import shed_vesicles

    found = shed_vesicles(size)
    parts = {"cells of the tumour": found.cells, "released by it": found.released, "in plasma": found.in_plasma,
             "in whole blood": found.in_blood, "share of all small EVs of plasma": found.among}  # fmt: skip
    _estimates(json, parts, "in whole blood")


def _estimates(json: bool, parts: dict[str, Estimate], main: str) -> None:
    """Numbers with their ranges, and what moves the main one most."""
    from exocosm.cli.printing import as_json

    if json:
        typer.echo(as_json({name.replace(" ", "_"): each.to_dict() for name, each in parts.items()}))
        return
    for name, each in parts.items():
        spread = f" (95 %: {each.low:.2g} to {each.high:.2g})" if each.low != each.high else ""
        typer.echo(f"{name}: {each.value:.3g}{_unit(each.unit)}{spread}")
    for influence in parts[main].influences[:3]:
        row = influence.pin.value
        typer.echo(
            f"rests on {row.quantity.replace('_', ' ')} = {row.value:g}{_unit(row.unit)}, {influence.pin.trust} "
            f"({influence.share:.0%} of the spread): {row.source or row.note or row.id}"
        )


def _unit(unit: str) -> str:
    return "" if unit == "dimensionless" else f" {unit}"


def _range(low: float, high: float) -> str:
    """Nothing where both ends read alike: what is not known falls out of the comparison."""
    ends = f"{low:.3g}", f"{high:.3g}"
    return f" (95 %: {ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""


def _say(json: bool, found: Any, pins: Sequence[Pin], *lines: str) -> None:
    from dataclasses import asdict

    from exocosm.cli.printing import as_json, without_unknown

    if not json:
        typer.echo("\n".join(line for line in lines if line))
        return
    content = {name: value for name, value in asdict(found).items() if name not in ("pins", "published")}
    content["values"] = [
        {"row": pin.value.id, "value": pin.value.value, "unit": pin.value.unit, "trust": pin.trust} for pin in pins
    ]
    typer.echo(as_json(without_unknown(content)))


def _minutes(text: str) -> float:
    return _amount(text, "min", "'70 min'")


def _amount(text: str, unit: str, example: str) -> float:
    from exocosm.bench.settings import in_unit
    from exocosm.errors import InputError

    try:
        return in_unit(unit)(text)
    except ValueError as problem:
        raise InputError(f"expected an amount such as {example}: {problem}") from None


def _celsius(text: str) -> float:
    from exocosm.bench.settings import celsius
    from exocosm.errors import InputError

    try:
        return celsius(text)
    except ValueError as problem:
        raise InputError(str(problem)) from None


def _sizes(text: str) -> list[float]:
    from exocosm.errors import InputError

    try:
        sizes = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"expected diameters in nm such as 50,100,200, found '{text[:80]}'") from None
    if len(sizes) > 100:
        raise InputError(f"{len(sizes)} diameters; at most 100 are told at a time")
    return sizes
