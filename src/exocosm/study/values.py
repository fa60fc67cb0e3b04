"""The number behind every parameter: the study's own, the chosen row, or the catalogue's best; pinned with its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exocosm import units
from exocosm.errors import EvidenceError, ExocosmError, nearest
from exocosm.evidence.catalogue import Catalogue
from exocosm.evidence.derived import IN_WORDS, is_in_words
from exocosm.evidence.joint import correlate, joint_groups
from exocosm.evidence.lookup import find, match, trust_of
from exocosm.evidence.pin import Pin
from exocosm.evidence.rules import LEVELS, correlated_ids, row_faults
from exocosm.evidence.value import CONTEXT, Value
from exocosm.network.parts import Parameter

if TYPE_CHECKING:
    from exocosm.documents.fields import OwnValue

CORRELATION = "correlation"  # the quantity of rows that say how two others vary together


def own_row(id: str, quantity: str, given: OwnValue) -> Value:
    """A value written in a study file as a row of evidence, with what follows from it filled in.

    A range without a kind is `assumed_range` for an assumed value, else `between_study_range`.  A spread without a
    distribution is lognormal if value and limits are positive, else normal (uniform for a range).
    """
    method = str(given.method)
    kind = given.spread_kind
    if kind is None:
        kind = "none" if given.low is None else "assumed_range" if method == "assumed" else "between_study_range"
    distribution = given.distribution
    if distribution is None:
        if kind == "none" and not given.between_subject_cv:
            distribution = "fixed"
        elif min(given.value, given.value if given.low is None else given.low) > 0:
            distribution = "lognormal"
        else:
            distribution = "uniform" if given.low is not None else "normal"
    instrument = f"measured by {given.instrument}" if given.instrument else ""
    return Value(
        id=id,
        quantity=quantity,
        value=given.value,
        unit=given.unit,
        spread_kind=kind,
        spread=given.spread,
        low=given.low,
        high=given.high,
        n=given.n,
        distribution=distribution,
        between_subject_cv=given.between_subject_cv,
        method=method,
        source=given.source or "",
        locator=given.locator or "",
        basis=given.basis or "",
        formula=_in_words(given) if method == "derived" else "",
        note="; ".join(part for part in (given.note, instrument) if part),
    )


def _in_words(given: OwnValue) -> str:
    """A study's own derivation as the formula of a row: told in words, never recomputed."""
    words = (given.formula or given.note or "").strip()
    return words if is_in_words(words) else f"{IN_WORDS} {words}"


def own_pin(name: str, quantity: str, given: OwnValue, place: str) -> Pin:
    """The pin of a value that the study gives; `place` says where in the file it stands.

    The place is the id of the row: what stands in two places is two unknowns, what many parameters take from one place
    is one.
    """
    row = own_row(f"study:{place}", quantity, given)
    constant = "model" if row.source else "constant"
    trust = {"model_constant": constant, "assumed": "assumed"}.get(row.method, "user")
    origin = ", ".join(part for part in (f"{row.source} {row.locator}".strip(), row.formula) if part) or "no source"
    path = f"{quantity}: the study gives {row.value:g} {row.unit} ({row.method}, {origin}), in {place}."
    return Pin(name, row, (path,), trust)


def constant_pin(name: str, value: float, unit: str, why: str) -> Pin:
    """The pin of a number that defines the model or the experiment and has no uncertainty."""
    # with the number in its id: arms that are dosed differently stand on different rows
    row = Value(
        id=f"study:{name} = {value:g} {unit}", quantity=name, value=value, unit=unit, method="model_constant", note=why
    )
    return Pin(name, row, (f"{name}: {value:g} {unit}, {why}.",), "constant")


class OwnValues:
    """Values that a study gives by the name of a parameter or of a quantity, and which of them were used."""

    def __init__(self, given: Mapping[str, OwnValue], place: tuple[str, ...]) -> None:
        self.given, self.place = given, place
        self.used: set[str] = set()
        self.known: set[str] = set()

    def pin(self, parameter: Parameter) -> Pin | None:
        """The pin of a parameter if a value is given for its name or else for its quantity."""
        quantity = parameter.quantity or parameter.name
        self.known |= {parameter.name, quantity}
        key = self.key(parameter)
        if key is None:
            return None
        self.used.add(key)
        return own_pin(parameter.name, quantity, self.given[key], ".".join((*self.place, key)))

    def key(self, parameter: Parameter) -> str | None:
        """The key under which a value for a parameter is given: its name, or else its quantity."""
        return next((key for key in (parameter.name, parameter.quantity) if key in self.given), None)

    def unused(self) -> list[tuple[str, str]]:
        """(key, message) of every value that no parameter asked for."""
        return [
            (key, f"no parameter or quantity of the model is called '{key}'; {nearest(key, self.known)}")
            for key in self.given
            if key not in self.used
        ]


@dataclass(frozen=True)
class Unpinned:
    """A parameter without a value that may be used, and why; path: where in the file the value stands, if it does."""

    parameter: str
    message: str
    path: tuple[str, ...] = ()


def pin_parameters(
    parameters: Sequence[Parameter],
    context: Mapping[str, str],
    own: Sequence[OwnValues],
    written: Mapping[str, Pin],
    use: Mapping[str, str],
    catalogue: Callable[[], Catalogue],
) -> tuple[dict[str, Pin], list[Unpinned], set[str]]:
    """The pin of every parameter, the parameters that have none, and the keys of `use` that were needed.

    Order: `own` (the arm's `set`, then the study's `values`), what is written at the parameter, `use`, the catalogue.
    """
    pins: dict[str, Pin] = {}
    lacking: list[Unpinned] = []
    chosen: set[str] = set()
    for parameter in parameters:
        # every holder is asked, so that a value hidden by an arm's own still counts as used
        given = [pin for pin in [holder.pin(parameter) for holder in own] if pin is not None]
        try:
            if given:
                pin = given[0]
            elif parameter.name in written:
                pin = written[parameter.name]
            elif parameter.value is not None:
                pin = constant_pin(
                    parameter.name, parameter.value, parameter.unit, parameter.note or "a constant of the model"
                )
            else:
                pin = _looked_up(parameter, context, use, chosen, catalogue)
            pins[parameter.name] = _checked(pin, parameter)
        except ExocosmError as problem:
            paths = [(*holder.place, key) for holder in own if (key := holder.key(parameter)) is not None]
            lacking.append(Unpinned(parameter.name, str(problem), paths[0] if paths else ()))
    return pins, lacking, chosen


def _looked_up(
    parameter: Parameter,
    context: Mapping[str, str],
    use: Mapping[str, str],
    chosen: set[str],
    catalogue: Callable[[], Catalogue],
) -> Pin:
    quantity = parameter.quantity or parameter.name
    asked = {key: word for key, word in {**context, **parameter.context}.items() if key in CONTEXT and word}
    choose = None
    for key in (parameter.name, quantity):
        if key in use:
            chosen.add(key)
            choose = {quantity: use[key]}
            break
    found = find(catalogue(), quantity, asked, choose=choose)
    return Pin(parameter.name, found.value, tuple(found.path), found.trust)


def _checked(pin: Pin, parameter: Parameter) -> Pin:
    faults = row_faults(pin.value) if pin.value.id.startswith("study:") else ()
    if faults:
        raise EvidenceError("; ".join(faults))
    if not units.same_dimension(pin.value.unit, parameter.unit):
        raise EvidenceError(
            f"the value stands in '{pin.value.unit}' ({units.show_dimension(pin.value.unit)}), the model needs "
            f"'{parameter.unit}' ({units.show_dimension(parameter.unit)})"
        )
    return pin


def correlation_pins(pins: Mapping[str, Pin], catalogue: Callable[[], Catalogue]) -> dict[str, Pin]:
    """Row id -> pin of every catalogue row that correlates two rows which are both pinned.

    They are no parameters of the model: only the drawing of values reads them.  The catalogue is asked only if a pinned
    row is of a joint group.  Raises EvidenceError for correlations that contradict one another.
    """
    joined = {pin.value.id: pin for pin in pins.values() if pin.value.joint}
    if not joined:
        return {}
    found = {}
    for row in catalogue().index.get(CORRELATION, ()):
        ends = [joined[id] for id in correlated_ids(row) if id in joined]
        if len(ends) == 2:
            if row.id in pins:
                raise EvidenceError(f"the correlation '{row.id}' has the name of a parameter; rename the parameter")
            found[row.id] = _correlation_pin(row, ends)
    groups = joint_groups([*(pin.value for pin in joined.values()), *(pin.value for pin in found.values())])
    for group in groups.values():
        for level in LEVELS:
            correlate(group, [0.0] * len(group.ids), level)
    return found


def _correlation_pin(row: Value, ends: Sequence[Pin]) -> Pin:
    alone = match(row, {})
    borrowed = any(pin.trust == "borrowed" for pin in ends)
    trust = "borrowed" if borrowed or alone is None else trust_of(alone)
    level = "between animals" if row.label == "between_subject" else "in what is not known of them"
    path = (
        f"{ends[0].name} and {ends[1].name} are drawn together: their rows '{ends[0].value.id}' and "
        f"'{ends[1].value.id}' correlate {level} by {row.value:g} ('{row.id}', {row.method}, "
        f"{f'{row.source} {row.locator}'.strip() or 'no source'})."
    )
    return Pin(row.id, row, (path,), trust)
