"""A label loses its signal while the vesicle is still there."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, cell_places, fluid_places, needs
from exocosm.network.parts import Model, Process


@mechanism("label_loss")
def label_loss(system: System) -> Model:
    """A reporter on circulating vesicles loses its signal (inactivation, shedding of the tag) without the vesicle.

    rate = label_inactivation * label carried, everywhere.  It is what makes half-lives by reporter shorter
    than half-lives by residual label of the same vesicles.
    """
    if not (system.size_classes and system.cargo):
        return Model("label_loss")
    processes = tuple(
        Process(
            f"lose_signal_of_{carried}",
            f"label_inactivation * {carried}",
            takes={carried: 1},
            sink="loss of the label's signal",
            mechanism="label_loss",
        )
        for place, _ in (*fluid_places(system), *cell_places(system))
        for size_class in system.size_classes
        for carried in (system.carried(size_class, place),)
    )
    return Model("label_loss", parameters=(needs("label_inactivation", "1/h"),), processes=processes)
