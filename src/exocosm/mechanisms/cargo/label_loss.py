"""A label loses its signal while the vesicle is still there."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, cell_places, ends, fluid_places, needs
from exocosm.network.parts import Model


@mechanism("label_loss")
def label_loss(system: System) -> Model:
    """A reporter on circulating vesicles loses its signal (inactivation, shedding of the tag) without the vesicle.

    rate = label_inactivation * label carried, everywhere.  It is what makes half-lives by reporter shorter
    than half-lives by residual label of the same vesicles.
    """
    if not (system.size_classes and system.cargo):
        return Model("label_loss")
    places = [place for place, _ in (*fluid_places(system), *cell_places(system))]
    carried = [system.carried(size_class, place) for place in places for size_class in system.size_classes]
    processes = ends("lose_signal_of", "label_loss", "label_inactivation", carried, "loss of the label's signal")
    return Model("label_loss", parameters=(needs("label_inactivation", "1/h"),), processes=processes)
