"""Looking a value up: a stated order of falling back, and the path it took as sentences.

A question is a quantity with a context (organism, population, organ, cell, carrier, cargo, label, fluid, device).
Field by field a row is then

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
borrowed from one another; nor is a fluid or a device from any other.  Rows equally far: fewer general fields in the
same order (device, fluid, organism first) win, then a row
without over one with narrower fields, then measured over derived, fitted or constant, then `opened` over `carried`.

Rows that are equal in all of this are conflicting measurements: nothing is picked in silence.

How fast a whole body removes particles is not scaled from one species to another: such a quantity (`NEVER_SCALED`,
`NEVER_SCALED_OF_PARTICLES`) is taken only from a row of the very organism asked for, whatever its method.  Whether it
is of a particle is judged by the carrier of the question and by that of the row.  A row that names no organism does not
count.

How far a row may be trusted is told in one word (`TRUST`): `measured`; `borrowed`, from another context; `derived`, by
a formula; `fitted`; `model`, taken from a published model, no error stated; `assumed`; `constant`, a definition that
nobody is cited for; `user`, the study's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exocosm.errors import EvidenceError, InputError, nearest
from exocosm.evidence.catalogue import Catalogue
from exocosm.evidence.rules import source_keys
from exocosm.evidence.value import CONTEXT, Value

TRUST = ("measured", "borrowed", "derived", "fitted", "model", "assumed", "constant", "user")

# Quantities that start so hold for one species only: no row of another organism is ever taken.
NEVER_SCALED = ("vesicle_clearance", "vesicle_half_life")
# The same for these, if the carrier asked for or that of the row is a particle; a dissolved drug's may be borrowed, and
# says so.  A test holds this list against the names of quantities in the packaged catalogue.
NEVER_SCALED_OF_PARTICLES = (
    "circulation_half_life",
    "clearance",
    "clearance_hepatic",
    "clearance_per_area",
    "clearance_plasma",
    "clearance_renal",
    "distribution_half_life",
    "elimination_half_life",
    "elimination_rate",
    "elimination_rate_constant",
    "fraction_dose_blood_24h",
    "half_life",
    "half_life_first_phase",
    "half_life_plasma",
    "half_life_second_phase",
    "macrophage_independent_clearance",
    "organ_uptake_clearance",
    "uptake_rate_phagocytes",
)

NEVER_BORROWED = ("fluid", "device")
RELAXED_LAST_TO_FIRST = ("device", "fluid", "organism", "carrier", "cargo", "organ", "cell", "label", "population")
RELAXED_BEFORE_ASSUMED = frozenset({"population", "label", "cell"})
ORGANISMS = ("mouse", "rat", "human")
CARRIERS = ("small_ev", "rbc_vesicle", "liposome", "nanoparticle")
DISSOLVED = ("free", "albumin")

_TRUST_OF = {"fitted": "fitted", "derived": "derived"}


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
    good and none is chosen, or if a quantity that is never scaled is known for other organisms only.
    """
    asked = _asked(context)
    question = _question(quantity, asked)
    if isinstance(choose, str):
        raise InputError(f"choose is '{choose}'; give a list of ids or a mapping from quantity to id")
    if is_never_scaled(quantity, asked.get("carrier", "")) and "organism" not in asked:
        raise EvidenceError(f"{question}: this quantity holds for one species only; name the organism in the question")
    if isinstance(choose, Mapping) and quantity in choose:
        return _chosen(catalogue, choose[quantity], quantity, asked, question, own)

    own_matches = [match for match in _matches(own, quantity, asked) if not match.borrowed]
    if own_matches:
        best, ties, _ = _best(own_matches, choose, question, asked)
        path = [f"{quantity}: the study gives its own value {_shown(best.value)}.", *_relations(best, asked), *ties]
        return Found(best.value, tuple(path), "user")

    rows = catalogue.index.get(quantity, ())
    usable = list(_matches(rows, quantity, asked))
    if not usable:
        raise EvidenceError(_nothing(catalogue, quantity, asked, question, rows))
    matches = [match for match in usable if _is_of_the_organism(match.value, asked)]
    if not matches:
        raise EvidenceError(_refusal(question, asked, [match.value for match in usable]))
    best, ties, passed = _best(matches, choose, question, asked)
    path = [f"{quantity}: {_shown(best.value)}.", *_relations(best, asked), *ties]
    if passed:
        path.append(f"Passed over, of lower rank: {', '.join(passed[:6])}{' and others' if len(passed) > 6 else ''}.")
    return Found(best.value, tuple(path), trust_of(best))


def is_never_scaled(quantity: str, *carriers: str) -> bool:
    """Whether a quantity is the removal of particles by a whole body, which holds for the organism measured only.

    `carriers`: those of the question and of the row, empty where none is named.
    """
    of_particle = any(carrier and carrier.casefold() not in DISSOLVED for carrier in carriers)
    return quantity.startswith(NEVER_SCALED) or (of_particle and quantity in NEVER_SCALED_OF_PARTICLES)


def _is_of_the_organism(row: Value, asked: Mapping[str, str]) -> bool:
    """Whether a catalogue row may answer as far as its organism goes: always, unless its quantity is never scaled."""
    if not is_never_scaled(row.quantity, asked.get("carrier", ""), row.carrier):
        return True
    return bool(row.organism) and row.organism.casefold() == asked.get("organism", "").casefold()


def trust_of(match: Match) -> str:
    """The word for how far a catalogue row may be trusted here; an assumption stays one, borrowed or not."""
    if match.value.method == "assumed":
        return "assumed"
    if match.borrowed:
        return "borrowed"
    if match.value.method == "model_constant":
        return "model" if source_keys(match.value) else "constant"
    return _TRUST_OF.get(match.value.method, "measured")


def match(value: Value, context: Mapping[str, str]) -> Match | None:
    """How a row stands to a question, or None if it may not be used for it at all."""
    borrowed, general, narrower, distances = [], [], [], []
    for field in RELAXED_LAST_TO_FIRST:
        asked, given = context.get(field, "").casefold(), getattr(value, field).casefold()
        distance = 0
        if asked and given and asked != given:
            if field in NEVER_BORROWED:
                return None
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
    matches: Sequence[Match], choose: Collection[str] | None, question: str, asked: Mapping[str, str]
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
    tied = [found.value for found in (chosen or equals)]
    listed = "\n".join(f"  {_shown(row)}" for row in tied)
    raise EvidenceError(
        f"{question}: {len(tied)} rows are equally good and differ; none is picked in silence\n{listed}\n"
        f"{_way_out(tied, asked)}, or give the study's own value with its source"
    )


def _way_out(tied: Sequence[Value], asked: Mapping[str, str]) -> str:
    """What decides between equally good rows: naming the fields that tell them apart, if there are any, or a choice."""
    words = {row.id: {field: getattr(row, field).casefold() for field in CONTEXT if field not in asked} for row in tied}
    fields = [field for field in CONTEXT if len({named.get(field, "") for named in words.values()}) > 1]
    apart = {tuple(named[field] for field in fields) for named in words.values()}
    example = next((row for row in tied if all(words[row.id][field] for field in fields)), None)
    if len(apart) < len(tied) or example is None:
        return f"choose one in the study: `use: {tied[0].id}`"
    named = ", ".join(f"{field}: {getattr(example, field)}" for field in fields)
    return (
        f"the rows differ in {' and '.join(fields)}: name {'it' if len(fields) == 1 else 'them'} in the study "
        f"(`context: {{{named}}}`), or choose one: `use: {example.id}`"
    )


def _chosen(
    catalogue: Catalogue,
    id: str,
    quantity: str,
    asked: Mapping[str, str],
    question: str,
    own: Sequence[Value],
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
    said_by_the_study = id in mine and "organism" not in found.borrowed
    if not (said_by_the_study or _is_of_the_organism(row, asked)):
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
    known = ", ".join(f"{row.id} ({row.organism or 'organism not named'})" for row in rows[:8])
    told = f"{question}: known only for other organisms: {known}. "
    if "organism" not in asked:
        told = f"{question}: {known}. Name the organism in the question: "
    return (
        f"{told}Clearance of vesicles is never scaled from one species to another by body weight alone, so none of "
        f"them is taken. Give the study's own value for {asked.get('organism', 'the organism')} with a source, or with "
        "method assumed and a wide range, or run the study in an organism that was measured"
    )


def _nothing(
    catalogue: Catalogue, quantity: str, asked: Mapping[str, str], question: str, rows: Sequence[Value]
) -> str:
    for field in NEVER_BORROWED:
        words = {getattr(row, field) for row in rows}
        if words and asked.get(field) and not {"", asked[field].casefold()} & {word.casefold() for word in words}:
            return (
                f"{question}: known only for another {field} ({nearest(asked[field], words)}), and a {field} is not "
                "borrowed from another; give the study's own value, with a source or with method assumed and a range"
            )
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
