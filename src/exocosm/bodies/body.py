"""A body: organs from a table, joined with the mechanisms of a study into one Model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exocosm.bodies.organs import organ_table
from exocosm.bodies.physiology import physiology
from exocosm.errors import InputError
from exocosm.mechanisms.registry import find_mechanism
from exocosm.mechanisms.system import SizeClass, System, needs
from exocosm.network.parts import Assignment, Model
from exocosm.vesicles.sizes import lognormal_sizes

OPTIONS = ("size_classes", "tumour")


@dataclass(frozen=True)
class Body:
    """The assembled model and the doors through which something enters it.

    entries: what is given -> {species: share}, the share an expression in parameters (shares of a door sum to 1):
      "vesicles"  vesicles, in number       (with their cargo: give the amount of cargo through "cargo" as well)
      "cargo"     cargo inside the vesicles, in its own unit
      "drug"      the same substance outside vesicles
    Doors exist only where the model has the species.  All of them lead into venous blood (intravenous).
    """

    model: Model
    entries: Mapping[str, Mapping[str, str]]
    mechanisms: tuple[str, ...]


def assemble(
    organism: str,
    mechanisms: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    carrier: str = "",
    cargo: str = "",
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Body:
    """Join the organ table of an organism and the named mechanisms into one model.

    carrier: empty when nothing is given in vesicles; then the model holds no vesicles.
    cargo: the drug or label that is followed; empty when nothing is given.  A cargo named `label` is counted in
    injected doses, every other in nmol.
    options: size_classes (1 to 5, see `vesicles.sizes`), tumour (false: none).
    """
    for option in options:
        if option not in OPTIONS:
            raise InputError(f"a body has no option '{option}'; known: {', '.join(OPTIONS)}")
    names = tuple(name for name, _ in mechanisms)
    organs = organ_table(organism, tumour=bool(options.get("tumour", True)))
    count = options.get("size_classes", 1)
    if not isinstance(count, int) or isinstance(count, bool):
        raise InputError(f"size_classes is {count!r}; give a whole number")
    classes = tuple(SizeClass(f"s{i}", score, share) for i, (score, share) in enumerate(lognormal_sizes(count), 1))
    system = System(
        organism=organism,
        organs=organs,
        size_classes=classes if carrier else (),
        cargo=cargo,
        cargo_unit="injected_dose" if cargo == "label" else "nmol",
        free_cargo=bool(cargo) and any(name in names for name in ("free_drug", "free_label")),
        mechanisms=names,
    )
    model = physiology(system) + _sizes(system)
    for name, chosen in mechanisms:
        model = model + find_mechanism(name)(system, **chosen)
    return Body(model.named(f"{organism} body"), _entries(system, model), names)


def _sizes(system: System) -> Model:
    """The diameter of each size class, and the share of the cargo that vesicles of that size carry."""
    if not system.size_classes:
        return Model("sizes")
    assignments = [
        Assignment(f"diameter.{c.name}", "nm", f"vesicle_diameter * vesicle_diameter_gsd ^ ({c.score!r})")
        for c in system.size_classes
    ]
    parameters = [
        needs("vesicle_diameter", "nm", quantity="preparation_diameter", per_subject=False),
        needs("vesicle_diameter_gsd", "dimensionless", per_subject=False),
    ]
    if system.cargo:
        parameters.append(needs("cargo_size_exponent", "dimensionless", per_subject=False))
        weights = [
            f"{c.share!r} * (diameter.{c.name} / vesicle_diameter) ^ cargo_size_exponent" for c in system.size_classes
        ]
        total = " + ".join(weights)
        assignments += [
            Assignment(f"cargo_share.{c.name}", "dimensionless", f"{weight} / ({total})")
            for c, weight in zip(system.size_classes, weights, strict=True)
        ]
    return Model("sizes", assignments=tuple(assignments), parameters=tuple(parameters))


def _entries(system: System, model: Model) -> Mapping[str, Mapping[str, str]]:
    present = {species.name for species in model.species}
    doors: dict[str, dict[str, str]] = {"vesicles": {}, "cargo": {}, "drug": {}}
    for c in system.size_classes:
        doors["vesicles"][system.vesicle(c, "venous")] = repr(c.share)
        if system.cargo:
            doors["cargo"][system.carried(c, "venous")] = f"cargo_share.{c.name}"
    if system.cargo:
        doors["drug"][system.free("venous")] = "1"
    return {name: shares for name, shares in doors.items() if shares and set(shares) <= present}
