"""The `model` section of a study file: a body, and the user's own places, species, processes and so on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from exocosm.documents.fields import (
    Expression,
    Mechanism,
    Option,
    OwnValue,
    PartName,
    Provenance,
    Section,
    ShortText,
    Stoichiometry,
    UnitText,
    Word,
    check_provenance,
)

MAXIMUM_PARTS = 5000


class PlaceText(Section):
    """Where species are."""

    volume: Expression
    open: bool = False
    note: ShortText = ""


class SpeciesText(Section):
    """Something countable in a place."""

    place: PartName
    unit: UnitText
    initial: Expression = "0"
    substance: ShortText = ""
    absolute_tolerance: float | None = Field(default=None, gt=0)
    note: ShortText = ""


class VariableText(Section):
    """A number that is no amount and follows a rate rule."""

    unit: UnitText = "dimensionless"
    rate: Expression = "0"
    initial: Expression = "0"
    absolute_tolerance: float | None = Field(default=None, gt=0)
    note: ShortText = ""


class AssignmentText(Section):
    """A name for an expression."""

    is_: Expression = Field(alias="is")
    unit: UnitText
    extensive: bool = False
    note: ShortText = ""


class ParameterText(Provenance):
    """A parameter of an own model: with its value, or with the quantity to look up."""

    value: float | None = None
    unit: UnitText
    quantity: Word | None = None
    context: dict[Word, ShortText] = Field(default={})
    extensive: bool = False
    per_subject: bool = True

    @model_validator(mode="after")
    def _value_or_quantity(self) -> ParameterText:
        if self.value is not None:
            if self.quantity is not None:
                raise ValueError("give either `value` or `quantity` (to look it up), not both")
            check_provenance(self, self.value)
            return self
        given = [name for name in Provenance.model_fields if getattr(self, name) is not None and name != "note"]
        if given:
            raise ValueError(f"`{given[0]}` describes a value, but there is no `value`; add it, or remove `{given[0]}`")
        return self

    def own_value(self) -> OwnValue | None:
        """The value written here, if any."""
        if self.value is None:
            return None
        names = [*Provenance.model_fields, "value", "unit"]
        return OwnValue(**{name: getattr(self, name) for name in names})


class ProcessText(Section):
    """Consumes and gives species at one rate."""

    rate: Expression
    takes: Stoichiometry = Field(default={})
    gives: Stoichiometry = Field(default={})
    kind: Literal["local", "transport"] = "local"
    source: ShortText = ""
    sink: ShortText = ""
    note: ShortText = ""


class FlowText(Section):
    """A stream of fluid between two places."""

    source: PartName
    target: PartName
    rate: Expression
    fluid: ShortText = "plasma"


class EventText(Section):
    """What happens at once when a condition becomes true."""

    when: Expression
    do: Annotated[dict[PartName, Expression], Field(min_length=1)]
    once: bool = False
    note: ShortText = ""


def _index_items(given: Any) -> Any:
    return [str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in given]


IndexItem = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=40)]
IndexList = Annotated[
    list[IndexItem],
    BeforeValidator(lambda given: _index_items(given) if isinstance(given, list) else given),
    Field(min_length=1, max_length=1000),
]


class ModelText(Section):
    """A body joined from mechanisms, or own parts, or both."""

    body: Word | None = None
    preset: Word | None = None
    mechanisms: list[Mechanism] = Field(default=[])
    options: dict[Word, Option] = Field(default={})
    places: dict[PartName, PlaceText] = Field(default={}, max_length=MAXIMUM_PARTS)
    species: dict[PartName, SpeciesText] = Field(default={}, max_length=MAXIMUM_PARTS)
    variables: dict[PartName, VariableText] = Field(default={}, max_length=MAXIMUM_PARTS)
    assignments: dict[PartName, AssignmentText] = Field(default={}, max_length=MAXIMUM_PARTS)
    parameters: dict[PartName, ParameterText] = Field(default={}, max_length=MAXIMUM_PARTS)
    processes: dict[PartName, ProcessText] = Field(default={}, max_length=MAXIMUM_PARTS)
    flows: dict[PartName, FlowText] = Field(default={}, max_length=MAXIMUM_PARTS)
    events: dict[PartName, EventText] = Field(default={}, max_length=MAXIMUM_PARTS)
    for_each: dict[Word, IndexList] = Field(default={}, max_length=5)

    @model_validator(mode="after")
    def _has_something(self) -> ModelText:
        if self.body is None and not (self.species or self.variables):
            raise ValueError("there is nothing to simulate: give a `body`, or own `places` and `species`")
        if self.body is None and (self.preset or self.mechanisms or self.options):
            raise ValueError(
                "`preset`, `mechanisms` and `options` belong to a body: give `body`, for example `body: mouse`"
            )
        return self
