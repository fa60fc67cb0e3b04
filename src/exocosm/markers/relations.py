"""How two names of miRNAs relate, and which of many names is the one that is asked for.

Two names are taken for one only where they stand for the same mature product.  Everything else keeps its own name and
gets a sentence that says what it might be.  A name without species is read as human.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from exocosm.errors import InputError, nearest
from exocosm.markers.mirna_name import MirnaName, parse_mirna
from exocosm.markers.relating import RELATIONS, SAME, listed, relate, withdrawn

MOST_NAMES = 200_000  # among which one is looked for


@dataclass(frozen=True)
class Match:
    """How a name that was found relates to the one that was asked for.

    relation: one of `RELATIONS`.  same: whether both stand for the same mature product (or the same hairpin, where
    both name one).  sentence: why, in plain words.
    """

    asked: str
    found: str
    relation: str
    same: bool
    sentence: str


@dataclass(frozen=True)
class Resolution:
    """What a name is among others.

    verdict: `found`, `ambiguous` or `missing`.  chosen: the one name that is the same, otherwise None.  candidates:
    every related name, best first.
    """

    asked: str
    chosen: str | None
    verdict: str
    candidates: tuple[Match, ...]
    sentence: str

    def with_relation(self, *relations: str) -> tuple[Match, ...]:
        """The candidates that relate so, best first."""
        return tuple(match for match in self.candidates if match.relation in relations)


def relation_of(asked: str, found: str) -> Match:
    """How `found` relates to `asked`; raises InputError if one of them names no miRNA."""
    one, other = parse_mirna(asked), parse_mirna(found)
    relation, same, sentence = relate(one, other)
    return Match(asked, found, relation, same, "; ".join(filter(None, [sentence, withdrawn(one)])))


def resolve(asked: str, among: Iterable[str], accept: Collection[str] = ()) -> Resolution:
    """The name among others that stands for the same mature product as `asked`.

    `chosen` is set only if exactly one name is the same.  accept: further relations that are good enough for the
    caller's purpose (`precursor`, `renamed`, ...); a single candidate of the first of them that there is gets chosen
    then, and the sentence says that it is no more than that.  Names among the others that are no miRNA are passed
    over.  Raises InputError if `asked` is no miRNA, or `accept` holds no relation.
    """
    wanted = parse_mirna(asked)
    for relation in accept:
        if relation not in RELATIONS[:-1]:
            raise InputError(f"there is no relation '{relation}' to accept; {nearest(relation, RELATIONS[:-1])}")
    names = list(among)
    if len(names) > MOST_NAMES:
        raise InputError(f"{len(names)} names are too many to look '{asked}' up in; at most {MOST_NAMES}")
    candidates = []
    for name in names:
        parsed = _parsed(name)
        if parsed is None:
            continue
        relation, same, sentence = relate(wanted, parsed)
        if relation != "different":
            candidates.append(Match(asked, name, relation, same, sentence))
    candidates.sort(key=lambda match: (not match.same, RELATIONS.index(match.relation)))
    chosen, verdict, sentence = _verdict(wanted, candidates, len(names), accept)
    sentence = "; ".join(filter(None, [sentence, withdrawn(wanted)]))
    return Resolution(asked, chosen, verdict, tuple(candidates), sentence)


Verdict = tuple[str | None, str, str]  # the name that is chosen, the word, the sentence


def _verdict(asked: MirnaName, candidates: list[Match], count: int, accept: Collection[str]) -> Verdict:
    same = [match for match in candidates if match.same]
    exact = [match for match in same if match.relation == SAME]
    if len(exact) == 1 or len(same) == 1:
        one = exact[0] if len(exact) == 1 else same[0]
        return one.found, "found", one.sentence
    if same:
        names = listed([match.found for match in same])
        return None, "ambiguous", f"'{asked.text}' stands {len(same)} times: {names}; keep or name one of them"
    for relation in accept:
        fit = [match for match in candidates if match.relation == relation]
        if len(fit) == 1:
            return fit[0].found, "found", f"taken although it is not the same ({relation}): {fit[0].sentence}"
        if fit:
            break
    return _without_choice(asked, candidates, count)


def _without_choice(asked: MirnaName, candidates: list[Match], count: int) -> Verdict:
    """Nothing is the same: what the name might be."""
    if asked.kind in ("cluster", "family") and candidates:
        names = listed([match.found for match in candidates])
        return None, "ambiguous", f"{candidates[0].sentence}; of its members there are {names}"
    close = [match for match in candidates if match.relation not in ("family member", "cluster member")]
    if close:
        names = listed([f"{match.found} ({match.relation})" for match in close])
        sentence = f"'{asked.text}' is not there under this name; it may be {names}. {close[0].sentence}"
        return None, "ambiguous", sentence
    also = f"; related are {listed([f'{match.found} ({match.relation})' for match in candidates])}"
    return None, "missing", f"'{asked.text}' is none of the {count} names{also if candidates else ''}"


@lru_cache(maxsize=65536)
def _parsed(name: str) -> MirnaName | None:
    try:
        return parse_mirna(name)
    except InputError:
        return None
