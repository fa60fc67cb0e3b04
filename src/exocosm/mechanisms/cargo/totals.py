"""How much cargo is where, inside vesicles and out."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, total
from exocosm.network.parts import Assignment, Model


@mechanism("cargo_totals")
def cargo_totals(system: System) -> Model:
    """Names for the cargo in blood and in each organ: all of it, and what is still inside vesicles.

    An organ is what a scalpel takes out: its vessels, interstitium, cells and phagocytes; blood is the large vessels.
    """
    if not system.cargo:
        return Model("cargo_totals")
    assignments: list[Assignment] = []
    everywhere = {"blood": ["venous", "arterial"]}
    for organ in system.organs:
        parts = ["vascular", "interstitial", "cells"] + (["phagocytes"] if organ.phagocytes else [])
        everywhere[organ.name] = [f"{organ.name}.{part}" for part in parts]
    for name, places in everywhere.items():
        inside = [system.carried(c, place) for place in places for c in system.size_classes]
        outside: list[str] = []
        if system.free_cargo:
            outside = [system.free(p) for p in (("venous", "arterial") if name == "blood" else (name,))]
            if name == "tumour" and "tumour_drug" in system.mechanisms:
                outside.append(f"{system.cargo}@tumour.inside")
        unit = system.cargo_unit
        assignments.append(Assignment(f"carried_in.{name}", unit, total(inside), extensive=True))
        assignments.append(Assignment(f"cargo_in.{name}", unit, total([*inside, *outside]), extensive=True))
    return Model("cargo_totals", assignments=tuple(assignments))
