"""The kinds of field in a study file: names, expressions, quantities, values; and the base of its sections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from exocosm.documents.quantity import hours, quantity, unit_text
from exocosm.errors import UnitError
from exocosm.evidence.value import DISTRIBUTIONS, METHODS, SPREAD_KINDS

MAXIMUM_TEXT = 20_000


class Section(BaseModel):
    """Base of every section: strict types, no unknown keys, no infinities."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        str_max_length=MAXIMUM_TEXT,
        populate_by_name=False,
        regex_engine="python-re",
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_given(cls, given: Any) -> Any:
        """A key left empty counts as not written; so does a whole empty section."""
        if given is None:
            return {}
        if isinstance(given, dict):
            return {key: value for key, value in given.items() if value is not None}
        return given


def _as_value_error(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check(given: Any) -> Any:
        try:
            return function(given)
        except UnitError as problem:
            raise ValueError(str(problem)) from None

    return check


def _check_quantity(given: Any) -> str:
    quantity(given)
    return str(given)


def _check_time(given: Any) -> str:
    hours(given)
    return str(given)


def _number_to_text(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return repr(given)
    return given


def _one_to_list(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


def _stoichiometry(given: Any) -> Any:
    """`medium` -> {medium: 1}; [a, b] -> {a: 1, b: 1}."""
    if isinstance(given, str):
        return {given: 1.0}
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        return {name: float(given.count(name)) for name in given}
    return given


def _coefficient(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    if isinstance(given, str):
        return given
    raise ValueError(f"expected a number or an expression, found {given!r}")


def _mechanism(given: Any) -> Any:
    """`name` or {name: {option: value}} -> {name: ..., options: ...}."""
    if isinstance(given, str):
        return {"name": given, "options": {}}
    if isinstance(given, dict) and len(given) == 1:
        name, options = next(iter(given.items()))
        return {"name": name, "options": {} if options is None else options}
    return given


# A name as it may stand in an expression; {index} is a template index, '@' joins species and place.
PART_NAME = r"[A-Za-z_{][A-Za-z0-9_.@{}]*"
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=80)]
PartName = Annotated[str, StringConstraints(pattern=rf"^{PART_NAME}$", max_length=120)]
ShortText = Annotated[str, Field(max_length=300)]
Expression = Annotated[str, BeforeValidator(_number_to_text), Field(min_length=1, max_length=4000)]
QuantityText = Annotated[str, BeforeValidator(_as_value_error(_check_quantity))]
TimeText = Annotated[str, BeforeValidator(_as_value_error(_check_time))]
TimeList = Annotated[list[TimeText], BeforeValidator(_one_to_list), Field(max_length=20_000)]
UnitText = Annotated[str, AfterValidator(_as_value_error(unit_text))]
WordList = Annotated[list[Word], BeforeValidator(_one_to_list)]
Coefficient = Annotated[Any, BeforeValidator(_coefficient), Field(json_schema_extra={"type": ["number", "string"]})]
Stoichiometry = Annotated[dict[PartName, Coefficient], BeforeValidator(_stoichiometry)]
Option = Annotated[Any, BeforeValidator(lambda given: _plain_option(given))]
Method = Literal[METHODS]  # type: ignore[valid-type]
SpreadKind = Literal[SPREAD_KINDS]  # type: ignore[valid-type]
Distribution = Literal[DISTRIBUTIONS]  # type: ignore[valid-type]


def _plain_option(given: Any) -> Any:
    plain = given if isinstance(given, list) else [given]
    if len(plain) > 100 or not all(item is None or isinstance(item, str | int | float | bool) for item in plain):
        raise ValueError(f"expected a number, a word, or a list of them, found {given!r}"[:300])
    return given


class MechanismChoice(Section):
    """A mechanism by name, with its options."""

    name: Word
    options: dict[Word, Option] = Field(default={})


Mechanism = Annotated[MechanismChoice, BeforeValidator(_mechanism)]


class Provenance(Section):
    """The columns of a value other than its number: what its spread is, how it was found, where it stands."""

    spread_kind: SpreadKind | None = None
    spread: float | None = Field(default=None, ge=0)
    low: float | None = None
    high: float | None = None
    n: int | None = Field(default=None, ge=1)
    distribution: Distribution | None = None
    between_subject_cv: float | None = Field(default=None, ge=0, le=10)
    method: Method | None = None  # required, but with a message that explains it
    source: ShortText | None = None
    locator: ShortText | None = None
    basis: str | None = None
    formula: ShortText | None = None
    instrument: ShortText | None = None
    note: str | None = None


def check_provenance(given: Provenance, value: float | None) -> None:
    """A value has a source, or is assumed within a range, or is a constant of the model; raises ValueError."""
    if (given.low is None) != (given.high is None):
        raise ValueError("give both low and high, or neither")
    if given.low is not None and given.high is not None:
        if given.low > given.high:
            raise ValueError(f"low {given.low:g} is above high {given.high:g}")
        if value is not None and not given.low <= value <= given.high:
            raise ValueError(f"the value {value:g} lies outside its own range {given.low:g} to {given.high:g}")
    if given.method is None:
        raise ValueError(
            "a value needs its `method` and `source`; without a source it is `method: assumed` with `low` and `high` "
            "(the range you would bet on, 95 %), or `method: model_constant` if it defines the model; "
            f"methods: {', '.join(METHODS)}"
        )
    if given.method == "assumed" and given.low is None:
        raise ValueError("`method: assumed` needs `low` and `high`, the range you would bet on (95 %)")
    if given.method == "derived" and not (given.formula or given.note or "").strip():
        raise ValueError(
            "`method: derived` needs a `formula` or a `note` that says in words what the value was derived from and how"
        )
    if given.formula and given.method != "derived":
        raise ValueError(f"a `formula` belongs to `method: derived`, not to '{given.method}'; put remarks in `note`")
    if given.method not in ("assumed", "model_constant", "derived") and not given.source:
        raise ValueError(
            f"a value of method '{given.method}' needs its `source` (for your own data, name the notebook)"
        )
    if given.spread is not None and given.spread_kind is None:
        raise ValueError(f"`spread` needs its `spread_kind`: {', '.join(SPREAD_KINDS[1:])}")


class OwnValue(Provenance):
    """A user's own value of a quantity or parameter."""

    value: float
    unit: UnitText

    @model_validator(mode="after")
    def _has_provenance(self) -> OwnValue:
        check_provenance(self, self.value)
        return self
