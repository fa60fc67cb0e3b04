"""Looking a value up: a stated order of falling back, and the path it took as sentences.

A question is a quantity with a context (organism, population, organ, cell, carrier, cargo, label).  Field by field a
row is then

- *equal*: it names what was asked;
- *narrower*: it names something where the question names nothing;
- *general*: it names nothing where the question names something;
- *borrowed*: it names something else.  Every borrowed field is named in the path and makes the trust `borrowed`.

The order, best first:

1. the study's own values with no borrowed field;
2. rows that are not assumed, no borrowed field;
3. rows that are not assumed, borrowed in population, label or cell only;
4. assumed rows, no borrowed field;
5. rows that are not assumed, borrowed in organ, cargo, carrier or organism (alone or besides those of step 3);
6. assumed rows with any borrowed field.

Within a step the fields are relaxed in the order population, label, cell, organ, cargo, carrier, organism: rows are
compared first by how far they are borrowed in organism, then in carrier, and so on down to population; the fewer and
the lesser the better.  A carrier is borrowed along small_ev - rbc_vesicle - liposome - nanoparticle - any other, an
organism along mouse - rat - human, then any other.  A dissolved carrier (free drug, albumin) and a particle are never
borrowed from one another.  Rows equally far: fewer general fields in the same order (organism first) win, then a row
without over one with narrower fields, then measured over derived, fitted or constant, then `opened` over `carried`.

Rows that are equal in all of this are conflicting measurements: nothing is picked in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exocosm.errors import EvidenceError, InputError, nearest
from exocosm.evidence.catalogue import Catalogue
from exocosm.evidence.value import CONTEXT, Value

TRUST = ("measured", "borrowed", "derived", "fitted", "assumed", "constant", "user")

# Quantities that start so hold for one species only: no row of another organism is ever taken.
NEVER_SCALED = ("vesicle_clearance", "vesicle_half_life")
# The same for these, if the carrier asked for is a particle; a dissolved drug's may be borrowed, and says so.
NEVER_SCALED_OF_PARTICLES = (
    "circulation_half_life",
    "clearance",
    "clearance_plasma",
    "distribution_half_life",
    "elimination_half_life",
    "half_life",
    "half_life_plasma",
    "macrophage_independent_clearance",
    "organ_uptake_clearance",
)

RELAXED_LAST_TO_FIRST = ("organism", "carrier", "cargo", "organ", "cell", "label", "population")
RELAXED_BEFORE_ASSUMED = frozenset({"population", "label", "cell"})
ORGANISMS = ("mouse", "rat", "human")
CARRIERS = ("small_ev", "rbc_vesicle", "liposome", "nanoparticle")
DISSOLVED = ("free", "albumin")

_TRUST_OF = {"fitted": "fitted", "derived": "derived", "assumed": "assumed", "model_constant": "constant"}


@dataclass(frozen=True)
class Found:
    """A row, the sentences that say how it was reached, and how far it may be trusted (a word of `TRUST`)."""

    value: Value
    path: tuple[str, ...]
    trust: str


@dataclass(frozen=True)
class Match:
    """How a row stands to a question: names of the fields in each relation, and its rank (smaller is better)."""

    value: Value
    borrowed: tuple[str, ...]
    general: tuple[str, ...]
    narrower: tuple[str, ...]
    rank: tuple[tuple[int, ...], ...]


def find(
    catalogue: Catalogue,
    quantity: str,
    context: Mapping[str, str],
    own: Sequence[Value] = (),
    choose: Mapping[str, str] | Collection[str] | None = None,
) -> Found:
    """The best row for a quantity in a context, by the order in the description of this module.

    `own`: the study's own values.  `choose`: a mapping quantity -> id takes that row whatever its rank; a collection
    of ids decides only between rows of equal rank.

    Raises InputError for an unknown context field; EvidenceError if nothing is found, if conflicting rows are equally
    good and none is chosen, or if a quantity of NEVER_SCALED is known for other organisms only.
    """
    asked = _asked(context)
    question = _question(quantity, asked)
    if isinstance(choose, str):
        raise InputError(f"choose is '{choose}'; give a list of ids or a mapping from quantity to id")
    never_scaled = is_never_scaled(quantity, asked)
    if never_scaled and "organism" not in asked:
        raise EvidenceError(f"{question}: this quantity holds for one species only; name the organism in the question")
    if isinstance(choose, Mapping) and quantity in choose:
        return _chosen(catalogue, choose[quantity], quantity, asked, question, own, never_scaled)

    own_matches = [match for match in _matches(own, quantity, asked) if not match.borrowed]
    if own_matches:
        best, ties, _ = _best(own_matches, choose, question)
        path = [f"{quantity}: the study gives its own value {_shown(best.value)}.", *_relations(best, asked), *ties]
        return Found(best.value, tuple(path), "user")

    rows = catalogue.index.get(quantity, ())
    matches = list(_matches(rows, quantity, asked))
    if never_scaled:
        matches = [match for match in matches if "organism" not in match.borrowed]
        if rows and not matches:
            raise EvidenceError(_refusal(question, asked, rows))
    if not matches:
        raise EvidenceError(_nothing(catalogue, quantity, asked, question, rows))
    best, ties, passed = _best(matches, choose, question)
    path = [f"{quantity}: {_shown(best.value)}.", *_relations(best, asked), *ties]
    if passed:
        path.append(f"Passed over, of lower rank: {', '.join(passed[:6])}{' and others' if len(passed) > 6 else ''}.")
    return Found(best.value, tuple(path), trust_of(best))


def is_never_scaled(quantity: str, context: Mapping[str, str]) -> bool:
    """Whether a quantity of this context may come from the organism asked for only: whole-body removal of particles."""
    carrier = context.get("carrier", "").casefold()
    is_particle = bool(carrier) and carrier not in DISSOLVED
    return quantity.startswith(NEVER_SCALED) or (is_particle and quantity in NEVER_SCALED_OF_PARTICLES)


def trust_of(match: Match) -> str:
    """The word for how far a catalogue row may be trusted here; an assumption stays one, borrowed or not."""
    if match.value.method == "assumed":
        return "assumed"
    return "borrowed" if match.borrowed else _TRUST_OF.get(match.value.method, "measured")


def match(value: Value, context: Mapping[str, str]) -> Match | None:
    """How a row stands to a question, or None if it may not be used for it at all."""
    borrowed, general, narrower, distances = [], [], [], []
    for field in RELAXED_LAST_TO_FIRST:
        asked, given = context.get(field, "").casefold(), getattr(value, field).casefold()
        distance = 0
        if asked and given and asked != given:
            if field == "carrier" and (asked in DISSOLVED) != (given in DISSOLVED):
                return None
            distance = _distance(field, asked, given)
            borrowed.append(field)
        elif asked and not given:
            general.append(field)
        elif given and not asked:
            narrower.append(field)
        distances.append(distance)
    assumed = value.method == "assumed"
    if not borrowed:
        step = 4 if assumed else 2
    elif assumed:
        step = 6
    else:
        step = 3 if RELAXED_BEFORE_ASSUMED.issuperset(borrowed) else 5
    rank = (
        (step, *distances),
        tuple(int(field in general) for field in RELAXED_LAST_TO_FIRST),
        (int(bool(narrower)),),  # in which field is no merit: two such rows are in conflict
        (0 if value.method.startswith("measured") else 1, 0 if value.status == "opened" else 1),
    )
    return Match(value, tuple(borrowed), tuple(general), tuple(narrower), rank)


def _distance(field: str, asked: str, given: str) -> int:
    chain = {"organism": ORGANISMS, "carrier": CARRIERS}.get(field)
    if chain is None:
        return 1
    if asked in chain and given in chain:
        return abs(chain.index(asked) - chain.index(given))
    return len(chain)


def _asked(context: Mapping[str, str]) -> dict[str, str]:
    for field in context:
        if field not in CONTEXT:
            raise InputError(f"'{field}' is no field of a context ({nearest(field, CONTEXT)})")
    return {field: str(word).strip() for field, word in context.items() if word}


def _question(quantity: str, asked: Mapping[str, str]) -> str:
    where = ", ".join(f"{field} {asked[field]}" for field in CONTEXT if field in asked)
    return f"{quantity} for {where}" if where else quantity


def _matches(rows: Sequence[Value], quantity: str, asked: Mapping[str, str]) -> Iterator[Match]:
    for row in rows:
        if row.quantity == quantity and (found := match(row, asked)) is not None:
            yield found


def _best(
    matches: Sequence[Match], choose: Collection[str] | None, question: str
) -> tuple[Match, tuple[str, ...], tuple[str, ...]]:
    """The best match, sentences about a tie that was decided, and the ids of the rows passed over, best first."""
    ordered = sorted(matches, key=lambda found: (found.rank, found.value.id))
    equals = [found for found in ordered if found.rank == ordered[0].rank]
    passed = tuple(found.value.id for found in ordered[len(equals) :])
    if len(equals) == 1:
        return equals[0], (), passed
    wanted = () if choose is None or isinstance(choose, Mapping) else choose
    chosen = [found for found in equals if found.value.id in wanted]
    if len(chosen) == 1:
        others = ", ".join(found.value.id for found in equals if found is not chosen[0])
        return chosen[0], (f"Chosen by the study over the equally good {others}.",), passed
    listed = "\n".join(f"  {_shown(found.value)}" for found in (chosen or equals))
    raise EvidenceError(
        f"{question}: {len(chosen or equals)} rows are equally good and differ; none is picked in silence\n{listed}\n"
        f"choose one in the study: `use: {equals[0].value.id}`, or give the study's own value with its source"
    )


def _chosen(
    catalogue: Catalogue,
    id: str,
    quantity: str,
    asked: Mapping[str, str],
    question: str,
    own: Sequence[Value],
    never_scaled: bool,
) -> Found:
    mine = {value.id: value for value in own}
    row = mine[id] if id in mine else catalogue.row(id)
    if row.quantity != quantity:
        rows = (*catalogue.index.get(quantity, ()), *own)
        known = nearest(id, [value.id for value in rows if value.quantity == quantity])
        raise EvidenceError(f"{question}: the chosen row '{id}' measures {row.quantity}, not {quantity} ({known})")
    found = match(row, asked)
    if found is None:
        raise EvidenceError(
            f"{question}: the chosen row '{id}' is for {row.carrier}; particle and dissolved are not exchanged"
        )
    if never_scaled and "organism" in found.borrowed:
        raise EvidenceError(_refusal(question, asked, (row,)))
    path = (f"{quantity}: the study chose {_shown(row)}.", *_relations(found, asked))
    return Found(row, path, "user" if id in mine else trust_of(found))


def _shown(value: Value) -> str:
    """A row in half a sentence: id, number, method and source."""
    origin = f"{value.source} {value.locator}".strip() if value.source else "no source"
    status = f", {value.status}" if value.status else ""
    return f"'{value.id}' = {value.value:g} {value.unit} ({value.method}, {origin}{status})"


def _relations(found: Match, asked: Mapping[str, str]) -> list[str]:
    sentences = [
        f"Borrowed across {field}: asked for {asked[field]}, the row is for {getattr(found.value, field)}."
        for field in found.borrowed
    ]
    sentences += [f"General in {field}: asked for {asked[field]}, the row names none." for field in found.general]
    sentences += [
        f"Narrower in {field}: the row is for {getattr(found.value, field)}, the question names none."
        for field in found.narrower
    ]
    return sentences


def _refusal(question: str, asked: Mapping[str, str], rows: Sequence[Value]) -> str:
    known = ", ".join(f"{row.id} ({row.organism})" for row in rows[:8])
    return (
        f"{question}: known only for other organisms: {known}. Clearance of vesicles is never scaled from one "
        f"species to another by body weight alone, so none of them is taken. Give the study's own value for "
        f"{asked['organism']} with a source, or with method assumed and a wide range, or run the study in an organism "
        "that was measured"
    )


def _nothing(
    catalogue: Catalogue, quantity: str, asked: Mapping[str, str], question: str, rows: Sequence[Value]
) -> str:
    if rows:
        known = ", ".join(f"{row.id} ({row.carrier})" for row in rows[:8])
        return (
            f"{question}: the rows known are for a dissolved carrier where a particle was asked, or the other way "
            f"round: {known}. These are not borrowed from one another; give the study's own value for "
            f"{asked.get('carrier', 'its carrier')}"
        )
    return (
        f"{question}: the catalogue has no row of this quantity; {nearest(quantity, catalogue.index)} "
        "Give the study's own value with a source, or with method assumed and a range"
    )
