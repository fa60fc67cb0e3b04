"""What a preparation holds: from particles, protein or drug to the amounts of each, by the measured ratios of its card.

particles [vesicle] -- particles_per_microgram -- protein [mass] -- drug_per_microgram -- drug [mass] -- molar_mass --
drug [amount]; drug_per_particle joins particles and drug directly.  No ratio is ever assumed: a missing one is an error
that says what to measure.  Each ratio becomes a parameter of the model, so its uncertainty is drawn like any other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from exocosm import units
from exocosm.errors import InputError
from exocosm.evidence.pin import Pin
from exocosm.network.parts import Parameter
from exocosm.study.values import own_pin

if TYPE_CHECKING:
    from exocosm.study.schema import Preparation

PARTICLES, PROTEIN, DRUG_MASS, DRUG_AMOUNT = "particles", "protein", "drug mass", "drug amount"
CANONICAL_UNIT = {PARTICLES: "vesicle", PROTEIN: "nanogram", DRUG_MASS: "nanogram", DRUG_AMOUNT: "nanomole"}
# ratio -> (what it is per, what it gives, its dimension as an example unit, how it is measured)
RATIOS = {
    "particles_per_microgram": (
        PROTEIN,
        PARTICLES,
        "vesicle/microgram",
        "count particles and assay protein of one sample",
    ),
    "drug_per_microgram": (PROTEIN, DRUG_MASS, "microgram/microgram", "assay drug and protein of one sample"),
    "drug_per_particle": (
        PARTICLES,
        DRUG_MASS,
        "nanogram/vesicle",
        "assay drug and count particles of one sample",
    ),
    "molar_mass": (DRUG_AMOUNT, DRUG_MASS, "g/mol", "it stands on the label of the compound"),
}


def ratio_parameters(name: str, preparation: Preparation, where: str) -> tuple[dict[str, Parameter], dict[str, Pin]]:
    """(ratio -> parameter, parameter name -> pin) of every ratio on the card; raises InputError for a wrong unit."""
    parameters: dict[str, Parameter] = {}
    pins: dict[str, Pin] = {}
    suffix = name.replace("-", "_")
    for ratio, (_, _, example, _) in RATIOS.items():
        given = getattr(preparation, ratio)
        if given is None:
            continue
        if not units.same_dimension(given.unit, example):
            raise InputError(
                f"{where}.{ratio}: expected a unit such as '{example}', found '{given.unit}' "
                f"({units.show_dimension(given.unit)})"
            )
        parameter = Parameter(f"{ratio}.{suffix}", given.unit, quantity=ratio, per_subject=False)
        parameters[ratio] = parameter
        pins[parameter.name] = own_pin(parameter.name, ratio, given, f"{where}.{ratio}")
    return parameters, pins


def convert_amount(amount: str, given: str, wanted: str, ratios: Mapping[str, str], subject: str) -> str:
    """The expression of `wanted` (a key of CANONICAL_UNIT) in an expression of `given`.

    ratios: ratio -> name of its parameter.  Raises InputError that names what to measure.
    """
    edges: dict[str, list[tuple[str, str]]] = {}
    for ratio, parameter in ratios.items():
        base, counted, _, _ = RATIOS[ratio]
        edges.setdefault(base, []).append((counted, f"({{}}) * {parameter}"))
        edges.setdefault(counted, []).append((base, f"({{}}) / {parameter}"))
    found = {given: amount}
    queue = deque([given])
    while queue and wanted not in found:
        here = queue.popleft()
        for there, form in edges.get(here, []):
            if there not in found:
                found[there] = form.format(found[here])
                queue.append(there)
    if wanted not in found:
        raise InputError(f"{subject}: {given} cannot be turned into {wanted} without {_missing(given, wanted, ratios)}")
    return found[wanted]


def _missing(given: str, wanted: str, ratios: Mapping[str, str]) -> str:
    """The shortest list of ratios that would join the two, with how each is measured."""
    queue: deque[tuple[str, tuple[str, ...]]] = deque([(given, ())])
    seen = {given}
    best: list[tuple[str, ...]] = []
    while queue:
        here, path = queue.popleft()
        if here == wanted:
            best.append(path)
            break
        for ratio, (base, counted, _, _) in RATIOS.items():
            for one, other in ((base, counted), (counted, base)):
                if one == here and other not in seen:
                    seen.add(other)
                    queue.append((other, (*path, ratio)))
    lacking = [ratio for ratio in (best[0] if best else ()) if ratio not in ratios]
    return "; and ".join(f"`{ratio}` on the preparation's card ({RATIOS[ratio][3]})" for ratio in lacking)
