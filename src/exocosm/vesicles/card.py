"""The preparation card: what one preparation of vesicles holds per microgram of protein and per particle.

Doses are printed as particles, as micrograms of vesicle protein, or as drug.  One becomes the other only through ratios
measured on the preparation itself; without the ratio the conversion is refused, with the measurement that is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from exocosm.errors import EvidenceError, InputError, nearest
from exocosm.units import convert, same_dimension

MOLECULES_PER_NMOL = 6.02214076e14  # Avogadro's number, exact by the definition of the mole
TARGETS = {"vesicle": "vesicle", "nmol": "drug", "microgram protein": "protein"}
UNIT_OF = {"vesicle": "vesicle", "drug": "nmol", "protein": "microgram protein"}
_MEASURE = {
    frozenset(("vesicle", "protein")): "particles per microgram of protein (particle count and protein of one sample)",
    frozenset(("drug", "protein")): "drug per microgram of protein (drug and protein of one lysed sample)",
    frozenset(("drug", "vesicle")): "drug molecules per particle (drug of a lysed sample of counted particles)",
}


@dataclass(frozen=True)
class Ratio:
    """A ratio on the card with its relative standard error, the instrument, and where it comes from.

    Either `source` (of a measurement) or `assumed` (why it is assumed) is given, never both or neither.
    """

    value: float
    relative_error: float
    instrument: str = ""
    source: str = ""
    assumed: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0):
            raise InputError(f"a ratio on a preparation card is above zero, not {self.value}")
        if not (math.isfinite(self.relative_error) and self.relative_error >= 0):
            raise InputError(
                f"the relative error of a ratio is zero or above, 0.2 for 20 percent, not {self.relative_error}"
            )
        if bool(self.source.strip()) == bool(self.assumed.strip()):
            raise InputError("a ratio on a preparation card says either its source or why it is assumed")


@dataclass(frozen=True)
class PreparationCard:
    """One preparation of vesicles.

    particle: the word for what was prepared, such as `small_ev`.  particles_per_microgram: vesicle per microgram of
    protein.  drug_per_microgram: nmol of drug per microgram of protein.  molecules_per_particle: drug molecules per
    vesicle.  molar_mass: of the drug, g/mol.  purity: vesicles among the particles counted (0..1); it is told in the
    path of a conversion and never applied in silence.  storage: how it was kept.
    """

    name: str
    particle: str
    particles_per_microgram: Ratio | None = None
    drug: str = ""
    molar_mass: float | None = None
    drug_per_microgram: Ratio | None = None
    molecules_per_particle: Ratio | None = None
    purity: Ratio | None = None
    storage: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.particle.strip():
            raise InputError("a preparation card needs a name and the word for its particles, such as small_ev")
        if self.purity is not None and self.purity.value > 1:
            raise InputError(f"card '{self.name}': purity {self.purity.value:g} is a fraction, at most 1")
        if self.molar_mass is not None and not (math.isfinite(self.molar_mass) and self.molar_mass > 0):
            raise InputError(f"card '{self.name}': molar mass {self.molar_mass} g/mol is not above zero")
        drug_fields = [
            each.name
            for each in fields(self)
            if each.name in {"molar_mass", "drug_per_microgram", "molecules_per_particle"}
            and getattr(self, each.name) is not None
        ]
        if drug_fields and not self.drug:
            raise InputError(f"card '{self.name}': {', '.join(drug_fields)} given, but not which drug")


@dataclass(frozen=True)
class _Step:
    """One way from an amount to another: multiply by `factor`."""

    factor: float
    relative_error: float
    words: str


def dose_in(card: PreparationCard, amount: float, unit: str, target: str) -> tuple[float, float, str]:
    """A dose in another measure: the number in `target`, its relative error, and a sentence that tells the way.

    `unit`: `particles` (or `vesicle`); a mass such as `ug` (of protein; `ug protein` says the same); an amount of drug
    such as `nmol`, or a mass of drug, `mg drug` or `mg` with the card's drug name (through its molar mass).
    `target`: `vesicle`, `nmol` (of drug) or `microgram protein`.  Errors of ratios used in a row add in squares.
    Raises EvidenceError if the card lacks the ratio, naming what to measure; InputError or UnitError for a unit or
    target that is none.
    """
    if target not in TARGETS:
        raise InputError(f"a dose is converted to {', '.join(TARGETS)}, not '{target}' ({nearest(target, TARGETS)})")
    if not (math.isfinite(amount) and amount >= 0):
        raise InputError(f"a dose is a number of zero or above, not {amount}")
    start, number, words = _recognised(card, amount, unit)
    end = TARGETS[target]
    sentences = [f"{amount:g} {unit} of '{card.name}' ({card.particle})", *words]
    error = 0.0
    if start != end:
        steps = _steps(card)
        other = next(name for name in UNIT_OF if name not in (start, end))
        direct, first, second = steps.get((start, end)), steps.get((start, other)), steps.get((other, end))
        if direct is not None:
            used = [direct]
        elif first is not None and second is not None:
            used = [first, second]
        else:
            raise EvidenceError(_refusal(card, start, end, other, steps))
        number *= math.prod(step.factor for step in used)
        error = math.hypot(*(step.relative_error for step in used))
        sentences += [step.words for step in used]
        if direct is not None and first is not None and second is not None:
            detour = first.factor * second.factor / direct.factor
            sentences.append(f"by way of {UNIT_OF[other]} the card would give {detour:.3g} times this")
    if card.purity is not None and "vesicle" in (start, end):
        sentences.append(f"purity {card.purity.value:g} is not applied: particles are counted as vesicles")
    return number, error, f"{'; '.join(sentences)}: {number:.6g} {target}, relative error {error:.3g}."


def _recognised(card: PreparationCard, amount: float, unit: str) -> tuple[str, float, list[str]]:
    """What was dosed (vesicle, protein, drug), how much in the unit of UNIT_OF, and words on how it was read."""
    text = unit.strip()
    if text in {"particles", "particle", "vesicles"}:
        return "vesicle", amount, []
    head, _, tail = text.rpartition(" ")
    if head and tail.lower() == "protein":
        return "protein", convert(amount, head, "microgram"), []
    if head and tail.lower() in {"drug", card.drug.lower() or "drug"}:
        return "drug", *_drug_amount(card, amount, head)
    if same_dimension(text, "vesicle"):
        return "vesicle", convert(amount, text, "vesicle"), []
    if same_dimension(text, "nanomole"):
        return "drug", convert(amount, text, "nanomole"), []
    if same_dimension(text, "microgram"):
        return "protein", convert(amount, text, "microgram"), ["the mass is read as protein"]
    raise InputError(
        f"card '{card.name}': a dose in '{unit}' is none that a card converts; "
        "give particles, 'ug protein', 'nmol' or 'mg drug'"
    )


def _drug_amount(card: PreparationCard, amount: float, unit: str) -> tuple[float, list[str]]:
    if same_dimension(unit, "nanomole"):
        return convert(amount, unit, "nanomole"), []
    mass = convert(amount, unit, "nanogram")
    if card.molar_mass is None:
        raise EvidenceError(
            f"card '{card.name}': '{amount:g} {unit}' of drug becomes an amount only with its molar mass; "
            "give molar_mass (g/mol) on the card"
        )
    return mass / card.molar_mass, [f"molar mass of {card.drug} {card.molar_mass:g} g/mol"]  # ng / (ng/nmol)


def _steps(card: PreparationCard) -> dict[tuple[str, str], _Step]:
    steps: dict[tuple[str, str], _Step] = {}
    for ratio, over, under, factor, unit in (
        (card.particles_per_microgram, "vesicle", "protein", 1.0, "particles per microgram protein"),
        (card.drug_per_microgram, "drug", "protein", 1.0, f"nmol {card.drug} per microgram protein"),
        (
            card.molecules_per_particle,
            "drug",
            "vesicle",
            1.0 / MOLECULES_PER_NMOL,
            f"molecules {card.drug} per particle",
        ),
    ):
        if ratio is None:
            continue
        origin = f"source {ratio.source}" if ratio.source else f"assumed: {ratio.assumed}"
        by = f" by {ratio.instrument}" if ratio.instrument else ""
        words = f"{ratio.value:g} {unit}{by} ({origin})"
        steps[under, over] = _Step(ratio.value * factor, ratio.relative_error, words)
        steps[over, under] = _Step(1.0 / (ratio.value * factor), ratio.relative_error, words)
    return steps


def _refusal(card: PreparationCard, start: str, end: str, other: str, steps: dict[tuple[str, str], _Step]) -> str:
    missing = _MEASURE[frozenset((start, end))]
    by_way = [_MEASURE[frozenset(pair)] for pair in ((start, other), (other, end)) if pair not in steps]
    return (
        f"card '{card.name}': {UNIT_OF[start]} cannot become {UNIT_OF[end]}, for the card lacks the ratio, and a ratio "
        f"of another preparation would be a guess.  Measure {missing}; or {' and '.join(by_way)}.  "
        "Put it on the card with its error, or state it as assumed with the reason"
    )
