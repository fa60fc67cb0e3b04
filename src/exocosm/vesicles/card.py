"""What a preparation of vesicles holds: from particles, protein or drug to the amounts of each, by measured ratios.

particles [vesicle] -- particles_per_microgram -- protein [mass] -- drug_per_microgram -- drug [mass] -- molar_mass --
drug [amount]; drug_per_particle joins particles and drug directly.  No ratio is ever assumed: a missing one is an error
that says what to measure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from exocosm.errors import InputError, nearest

PARTICLES, PROTEIN, DRUG_MASS, DRUG_AMOUNT = "particles", "protein", "drug mass", "drug amount"
CANONICAL_UNIT = {PARTICLES: "vesicle", PROTEIN: "nanogram", DRUG_MASS: "nanogram", DRUG_AMOUNT: "nanomole"}


@dataclass(frozen=True)
class Ratio:
    """A ratio on the card: an amount of `per` times the ratio is the amount of `gives`; `unit` is an example."""

    per: str
    gives: str
    unit: str
    measured_by: str


RATIOS = {
    "particles_per_microgram": Ratio(
        PROTEIN, PARTICLES, "vesicle/microgram", "count particles and assay protein of one sample"
    ),
    "drug_per_microgram": Ratio(
        PROTEIN, DRUG_MASS, "microgram/microgram", "assay drug and protein of one sample"
    ),
    "drug_per_particle": Ratio(
        PARTICLES, DRUG_MASS, "nanogram/vesicle", "assay drug and count particles of one sample"
    ),
    "molar_mass": Ratio(DRUG_AMOUNT, DRUG_MASS, "g/mol", "it stands on the label of the compound"),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step of a conversion: multiply by a ratio of the card, or divide by it."""

    ratio: str
    divide: bool
    reaches: str


def conversion(given: str, wanted: str, ratios: Collection[str], subject: str) -> tuple[Step, ...]:
    """The fewest steps from `given` to `wanted` (keys of CANONICAL_UNIT) by the ratios that are known.

    subject: what is converted, for the message.  Raises InputError that names what to measure.
    """
    for kind in (given, wanted):
        if kind not in CANONICAL_UNIT:
            raise InputError(f"{subject}: '{kind}' is nothing that a card converts; {nearest(kind, CANONICAL_UNIT)}")
    steps = _steps(given, wanted, ratios)
    if steps is not None:
        return steps
    lacking = [step.ratio for step in _steps(given, wanted, RATIOS) or () if step.ratio not in ratios]
    measure = "; and ".join(f"`{name}` on the preparation's card ({RATIOS[name].measured_by})" for name in lacking)
    raise InputError(f"{subject}: {given} cannot be turned into {wanted} without {measure}")


def convert_amount(amount: float, given: str, wanted: str, ratios: Mapping[str, float], subject: str) -> float:
    """An amount of one kind as an amount of another, both in their CANONICAL_UNIT.

    ratios: ratio -> number in canonical units (per nanogram, nanogram/nanomole).  Raises InputError that names what to
    measure.
    """
    for step in conversion(given, wanted, ratios, subject):
        amount = amount / ratios[step.ratio] if step.divide else amount * ratios[step.ratio]
    return amount


def _steps(given: str, wanted: str, ratios: Collection[str]) -> tuple[Step, ...] | None:
    edges: dict[str, list[Step]] = {}
    for name, ratio in RATIOS.items():
        if name in ratios:
            edges.setdefault(ratio.per, []).append(Step(name, False, ratio.gives))
            edges.setdefault(ratio.gives, []).append(Step(name, True, ratio.per))
    found: dict[str, tuple[Step, ...]] = {given: ()}
    queue = deque([given])
    while queue and wanted not in found:
        here = queue.popleft()
        for step in edges.get(here, []):
            if step.reaches not in found:
                found[step.reaches] = (*found[here], step)
                queue.append(step.reaches)
    return found.get(wanted)
