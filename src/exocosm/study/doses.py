"""From `give: 3 mg/kg, of: doxorubicin` to amounts of species at times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exocosm import units
from exocosm.documents.quantity import hours, quantity
from exocosm.engines.contract import Dose
from exocosm.errors import InputError, nearest
from exocosm.evidence.pin import Pin
from exocosm.network.parts import Model, Parameter
from exocosm.study.card import converted, ratio_parameters
from exocosm.study.plan import dose_times
from exocosm.study.values import constant_pin
from exocosm.vesicles.card import CANONICAL_UNIT, DRUG_AMOUNT, DRUG_MASS, PARTICLES, PROTEIN

if TYPE_CHECKING:
    from exocosm.study.schema import DoseText, Preparation

LABEL = "label"  # a cargo that is counted in injected doses
LARGEST_DOSE = 1e30  # in canonical units: beyond all that can be given, and far from where numbers overflow
_PER_WEIGHT = re.compile(r"(.+)/\s*([A-Za-zµμ]+)\s*")


@dataclass(frozen=True)
class Given:
    """What the dosing lines of an arm need besides the model: a card, a cargo, and the doors of a body."""

    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    has_body: bool = True
    preparation_name: str = ""
    preparation: Preparation | None = None
    cargo: str = ""


@dataclass
class Dosing:
    """What dosing lines come to: doses, the parameters in their amounts with pins, and sentences."""

    doses: list[Dose] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    pins: dict[str, Pin] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def add(self, parameter: Parameter, pin: Pin | None = None) -> str:
        """Register a parameter once; its name."""
        self.parameters.setdefault(parameter.name, parameter)
        if pin is not None:
            self.pins[parameter.name] = pin
        return parameter.name


def add_dose(dosing: Dosing, number: int, text: DoseText, model: Model, given: Given, end: float) -> None:
    """Add one dosing line (counted from 1) of an arm to `dosing`; raises InputError that says what is missing."""
    times = dose_times(text, end)
    duration = hours(text.over) if text.over is not None else 0.0
    if duration < 0 or times[-1] + duration > end:
        raise InputError(
            f"an infusion over '{text.over}' from {times[-1]:g} h must end within the simulation ({end:g} h)"
        )
    written = text.give if text.give is not None else str(text.add)
    value, unit = quantity(written)
    if value < 0:
        raise InputError(f"a dose of '{written}' is negative")
    if not units.to_canonical(value, unit) <= LARGEST_DOSE:
        raise InputError(
            f"a dose of '{written}' is more than anyone can give: at most {LARGEST_DOSE:g} in canonical units "
            f"({units.show_dimension(unit)}) is allowed; look at its number and its unit"
        )
    amounts = _added(dosing, number, text, value, unit, model) if text.add is not None else (
        _given(dosing, number, text, value, unit, given, model))  # fmt: skip
    for target, amount in amounts.items():
        dosing.doses.append(Dose(target, amount, times, duration, text.when or "", f"dose {number}: {target}"))
    dosing.words.append(_in_words(text, written, times, duration))


def _dose_parameter(dosing: Dosing, number: int, value: float, unit: str) -> str:
    name = f"dose_{number}"
    pin = constant_pin(name, value, unit, "the dose that the study gives")
    return dosing.add(Parameter(name, unit, quantity="dose", per_subject=False), pin)


def _added(dosing: Dosing, number: int, text: DoseText, value: float, unit: str, model: Model) -> dict[str, str]:
    """An amount added straight to a species of the model."""
    species = {part.name: part for part in model.species}
    target = str(text.to)
    if target not in species:
        raise InputError(f"there is no species '{target}' to add to; {nearest(target, species)}")
    expected = species[target].unit
    if not units.same_dimension(unit, expected):
        raise InputError(f"'{text.add}' cannot be added to '{target}', which is counted in {expected}")
    return {target: _dose_parameter(dosing, number, value, unit)}


def _given(
    dosing: Dosing, number: int, text: DoseText, value: float, unit: str, given: Given, model: Model
) -> dict[str, str]:
    """An amount given to a body, spread over the species behind its doors."""
    route = text.route or "intravenous"
    if route != "intravenous":
        raise InputError(f"the route '{route}' is not in this version; a body is given 'intravenous' doses")
    if not given.has_body:
        raise InputError("`give` needs a body; an own model is dosed by `add: 100 vesicle, to: species`")
    of = str(text.of)
    amount_unit, per_weight = _per_weight(unit)
    kind = _kind(of, amount_unit, given, str(text.give))
    amount = _dose_parameter(dosing, number, value, unit)
    if per_weight:
        weight = Parameter("body_weight", "g", extensive=True)
        present = {parameter.name for parameter in model.parameters}
        amount = f"{amount} * {weight.name if weight.name in present else dosing.add(weight)}"
    if given.preparation is None:
        return _spread(given.entries, "drug", _of_drug(dosing, amount, kind, given), of)
    return _of_preparation(dosing, amount, kind, given, of)


def _per_weight(unit: str) -> tuple[str, bool]:
    """`mg/kg` -> (mg, True): a last division by a mass means per body weight."""
    found = _PER_WEIGHT.fullmatch(unit)
    if found and units.same_dimension(found[2], "kg"):
        return found[1].strip(), True
    return unit, False


def _kind(of: str, unit: str, given: Given, written: str) -> str:
    """Which of particles, protein, drug mass, drug amount (or label) a dose is; raises InputError."""
    known: dict[str, tuple[str, ...]] = {"particles": (PARTICLES,), "protein": (PROTEIN,)}
    if given.cargo:
        known[given.cargo] = (LABEL,) if given.cargo == LABEL else (DRUG_MASS, DRUG_AMOUNT)
    if given.preparation is None:
        if of in ("particles", "protein"):
            raise InputError(
                f"a dose of {of} needs the arm's `preparation` with its card (carrier, particles_per_microgram, ...): "
                f"without it nobody can say how many particles '{written}' is"
            )
        known = {name: kinds for name, kinds in known.items() if name == given.cargo}
    if of not in known:
        raise InputError(f"a dose of '{of}' cannot be given in this arm; {nearest(of, known)}")
    for kind in known[of]:
        expected = "injected_dose" if kind == LABEL else CANONICAL_UNIT[kind]
        if units.same_dimension(unit, expected):
            return kind
    examples = {"particles": "1e11 vesicle", "protein": "100 ug", LABEL: "1 injected_dose"}
    raise InputError(
        f"'{written}' of {of}: the unit is {units.show_dimension(unit)}, "
        f"expected for example '{examples.get(of, '3 mg/kg')}'"
    )


def _of_drug(dosing: Dosing, amount: str, kind: str, given: Given) -> str:
    if kind in (DRUG_AMOUNT, LABEL):
        return amount
    return converted(
        amount, kind, DRUG_AMOUNT, {"molar_mass": _molar_mass(dosing, given.cargo)}, f"a dose of {given.cargo}"
    )


def _of_preparation(dosing: Dosing, amount: str, kind: str, given: Given, of: str) -> dict[str, str]:
    """Vesicles and, if they carry any, their cargo."""
    assert given.preparation is not None
    where = f"preparations.{given.preparation_name}"
    parameters, pins = ratio_parameters(given.preparation_name, given.preparation, where)
    ratios = {ratio: dosing.add(parameter, pins[parameter.name]) for ratio, parameter in parameters.items()}
    if given.cargo and given.cargo != LABEL and "molar_mass" not in ratios:
        ratios["molar_mass"] = _molar_mass(dosing, given.cargo)
    subject = f"a dose of {of} of the preparation '{given.preparation_name}'"
    if kind == LABEL:
        raise InputError(
            f"{subject}: give the number of particles or the protein that was injected (the label follows as one "
            "injected dose each time): how many vesicles are in the blood decides whether uptake saturates"
        )
    amounts = _spread(given.entries, "vesicles", converted(amount, kind, PARTICLES, ratios, subject), of)
    if given.cargo == LABEL:
        pin = constant_pin("injected_label", 1.0, "injected_dose", "each injection counts as one injected dose")
        label = dosing.add(Parameter("injected_label", "injected_dose", per_subject=False), pin)
        amounts |= _spread(given.entries, "cargo", label, of)
    elif given.cargo:
        amounts |= _spread(given.entries, "cargo", converted(amount, kind, DRUG_AMOUNT, ratios, subject), of)
    return amounts


def _molar_mass(dosing: Dosing, cargo: str) -> str:
    return dosing.add(
        Parameter(f"molar_mass.{cargo}", "g/mol", quantity="molar_mass", context={"cargo": cargo}, per_subject=False)
    )


def _spread(entries: Mapping[str, Mapping[str, str]], door: str, amount: str, of: str) -> dict[str, str]:
    """The amount split over the species behind a door of the body."""
    if door not in entries:
        raise InputError(
            f"a dose of {of} has no way into this body: it has no door '{door}' ({nearest(door, entries)}); "
            "a mechanism that follows it may be missing from `model.preset` or `model.mechanisms`, or be in `without`"
        )
    return {
        species: amount if share.strip() in ("1", "1.0") else f"({amount}) * ({share})"
        for species, share in entries[door].items()
    }


def _in_words(text: DoseText, written: str, times: tuple[float, ...], duration: float) -> str:
    what = (
        f"{written} of {text.of}, {text.route or 'intravenous'}"
        if text.give is not None
        else f"{written} into {text.to}"
    )
    shown = ", ".join(f"{time:g}" for time in times[:6]) + (f", ... ({len(times)} times)" if len(times) > 6 else "")
    over = f", over {duration:g} h" if duration else ""
    return f"{what}, at {shown} h{over}" + (f", if {text.when}" if text.when else "")
