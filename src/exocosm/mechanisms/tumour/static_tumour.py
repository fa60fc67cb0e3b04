"""A tumour of constant size, for experiments of hours."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, needs
from exocosm.network.parts import Assignment, Model


@mechanism("static_tumour")
def static_tumour(system: System) -> Model:
    """The tumour keeps its size: valid for hours, where growth is small beside the spread of sizes."""
    if not system.has("tumour"):
        return Model("static_tumour")
    return Model(
        "static_tumour",
        assignments=(Assignment("tumour_volume", "mL", "tumour_start_volume", extensive=True),),
        parameters=(needs("tumour_start_volume", "mL", extensive=True, organ="tumour"),),
    )
