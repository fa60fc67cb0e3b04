"""Exposure: the area under the concentration of released drug, as a state of its own."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System
from exocosm.network.parts import Assignment, Model, Variable


@mechanism("drug_exposure")
def drug_exposure(system: System) -> Model:
    """Exposure of tumour, heart and plasma to released drug, integrated with the model rather than from its samples.

    d(exposure)/dt = concentration of drug outside vesicles; nmol/mL -> nmol*h/mL.  Exact between doses, where an area
    from recorded points would depend on how densely they were recorded.
    """
    if not system.cargo:
        return Model("drug_exposure")
    tumour = system.has("tumour")
    released = {"heart": f"concentration({system.free('heart')})", "plasma": f"concentration({system.free('venous')})"}
    if tumour:
        inside = f" + {system.cargo}@tumour.inside" if "tumour_drug" in system.mechanisms else ""
        released["tumour"] = f"({system.free('tumour')}{inside}) / volume(tumour)"
    unit = system.cargo_unit
    return Model(
        "drug_exposure",
        variables=tuple(Variable(f"{where}_exposure", f"{unit}*h/mL", f"{where}_released_drug") for where in released),
        assignments=tuple(Assignment(f"{where}_released_drug", f"{unit}/mL", text) for where, text in released.items()),
    )
