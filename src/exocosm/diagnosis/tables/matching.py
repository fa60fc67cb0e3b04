"""Ids of two files brought together: exactly, or by one rule that is declared for the whole file; never by likeness."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from exocosm.diagnosis.dataset import Note
from exocosm.diagnosis.tables.sheet import Sheet
from exocosm.errors import nearest

_MOST_STEPS = 4  # that one rule may be made of
_SHOWN = 6  # ids in a sentence
_MANY = 4000  # names of both sides, above which a rule is one step only
_LONGEST = 80  # letters of a name that are shown and compared
_COMPARED = 2000  # names among which the nearest is looked for
_COLUMNS = 60  # of a sheet in which ids are looked for
_PREFIX_SHARE = 0.8  # of the ids that must begin alike
_EXTENSIONS = re.compile(
    r"(?:\.(?:bam|sam|cram|sorted|dedup|fastq|fq|gz|txt|csv|tsv|cel|raw|mzml|counts?|htseq|results|genes|isoforms|d|wiff|"
    r"xlsx?|out|tab|bed|sf|aligned|trimmed|aligned\.sortedbycoord\.out))+\Z",
    re.IGNORECASE,
)
_ACCESSION = re.compile(r"(GSM\d+)[\W_]+(.+)\Z", re.IGNORECASE)

Rule = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True)
class Match:
    """pairs: name in the table -> name in the file.  rule: how they were equated, '' if they are the same."""

    pairs: dict[str, str]
    rule: str = ""


@dataclass(frozen=True)
class _Step:
    words: str
    table: Rule
    file: Rule
    cuts: str = ""  # whose names lose a beginning or an end that they share


def matched(table: Sequence[str], file: Sequence[str]) -> Match:
    """The most pairs that equality or one rule gives.

    A rule must leave the names of each side different from each other and keep every pair that is equal as it stands.
    """
    present = set(table)
    exact = {name: name for name in dict.fromkeys(file) if name in present}
    reachable = min(len(present), len(set(file)))
    best = Match(exact)
    if len(exact) == reachable:
        return best
    others = list(dict.fromkeys(file))
    names = list(dict.fromkeys(table))
    if _bound(names, others) <= len(exact):
        return best
    steps = [step for step in _steps(names, others) if step.table(names) != names or step.file(others) != others]
    most = _MOST_STEPS if len(names) + len(others) <= _MANY else 1
    for count in range(1, min(most, len(steps)) + 1):
        for chosen in itertools.combinations(steps, count):
            if len({step.cuts for step in chosen} - {""}) > 1:
                continue  # S1 and P1 are not the same because both are a 1
            pairs = _paired(names, others, chosen)
            if pairs is None or len(pairs) <= len(best.pairs):
                continue
            if any(pairs.get(name) != name for name in exact):
                continue
            best = Match(pairs, "; ".join(step.words for step in chosen))
            if len(pairs) == reachable:
                return best
    return best


def _bound(table: Sequence[str], file: Sequence[str]) -> int:
    """How many pairs a rule can give at most: rules leave out, so one name of a pair holds the letters of the other."""
    left, right = [_letters(name) for name in table], [_letters(name) for name in file]
    whole_left, whole_right = "\n".join(left), "\n".join(right)
    return sum(name in whole_left for name in right if name) + sum(name in whole_right for name in left if name)


def _letters(name: str) -> str:
    short = re.sub(r"[\W_]+", "", _without_zeros(_without_path([name]))[0]).casefold()
    return re.sub(r"\Ax(?=\d)", "", short)


def best_column(sheet: Sheet, names: Sequence[str]) -> tuple[str, Match]:
    """The column of a sheet that names the most of the samples, with the match; the first of equals."""
    best = (sheet.columns[0], Match({}))
    present = set(names)
    looked = sheet.columns[:_COLUMNS]
    # equal names first: a column in which all are found ends the search
    for column in sorted(looked, key=lambda one: -len(present & set(sheet.column(one)))):
        cells = [cell for cell in sheet.column(column) if cell]
        if len(set(cells)) < 2 and len(sheet.rows) > 1:
            continue
        found = matched(names, cells)
        if len(found.pairs) > len(best[1].pairs):
            best = (column, found)
        if len(best[1].pairs) == min(len(set(names)), len(sheet.rows)):
            break
    return best


def bridged(sheet: Sheet, names: Sequence[str], bridges: Sequence[Sheet]) -> tuple[str, Match]:
    """As `best_column`; if nobody is found, by other names that another sheet gives the samples (title, accession)."""
    best = best_column(sheet, names)
    if best[1].pairs:
        return best
    for bridge in bridges:
        key, own = best_column(bridge, names)
        place = bridge.columns.index(key)
        for other in range(len(bridge.columns)) if own.pairs else ():
            called = {row[place]: row[other] for row in bridge.rows if row[other]}
            if other == place or len(set(called.values())) < len(called):
                continue
            column, found = best_column(sheet, list(called.values()))
            pairs = {
                name: found.pairs[called[line]] for name, line in own.pairs.items() if called.get(line) in found.pairs
            }
            if len(pairs) > len(best[1].pairs):
                told = f"by '{bridge.columns[other]}' of '{Path(bridge.name).name}'"
                best = (column, Match(pairs, f"{told}; {found.rule}" if found.rule else told))
    return best


def match_notes(what: str, match: Match, table: Sequence[str], file: Sequence[str], name: str) -> list[Note]:
    """The rule that was used, and who is left over on either side with the nearest name on the other."""
    name = Path(name).name
    notes = []
    if match.rule:
        left, right = next(iter(match.pairs.items()))
        changed = [(one, other) for one, other in match.pairs.items() if one != other]
        if changed:
            left, right = changed[0]
        numbered = all(other.isdigit() for other in match.pairs.values())
        sentence = (
            f"{what} of '{name}' were matched to {len(match.pairs)} samples of the table by one rule: {match.rule} "
            f"(for instance '{right}' is '{left}')"
        )
        if numbered:
            sentence += "; they are plain numbers: see that they number samples, not lines"
        notes.append(Note("matching", sentence, serious=numbered))
    alone = [one for one in dict.fromkeys(table) if one not in match.pairs]
    taken = set(match.pairs.values())
    left_over = [one for one in dict.fromkeys(file) if one and one not in taken]
    if alone:
        notes.append(
            Note(
                "unmatched",
                f"{len(alone)} of {len(set(table))} samples of the table have no line in '{name}': "
                + listed(alone, left_over),
                tuple(alone),
            )
        )
    if left_over:
        notes.append(
            Note(
                "unmatched",
                f"{len(left_over)} names in '{name}' are no sample of the table: " + listed(left_over, alone),
                tuple(left_over),
            )
        )
    return notes


def listed(names: Sequence[str], others: Sequence[str]) -> str:
    """The first few names, with the nearest of the others for each where there is one alike."""
    parts = []
    for name in names[:_SHOWN]:
        short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
        near = nearest(short, [other[:_LONGEST] for other in others]) if 0 < len(others) <= _COMPARED else ""
        parts.append(f"{short} ({near})" if near.startswith("did") else short)
    return ", ".join(parts) + (", ..." if len(names) > _SHOWN else "")


def _paired(table: list[str], file: list[str], steps: Sequence[_Step]) -> dict[str, str] | None:
    left, right = table, file
    for step in steps:
        left, right = step.table(left), step.file(right)
    keys = dict(zip(right, file, strict=True))
    if len(keys) != len(file) or len(set(left)) != len(left) or "" in keys:
        return None
    return {name: keys[key] for name, key in zip(table, left, strict=True) if key in keys}


def _steps(table: list[str], file: list[str]) -> list[_Step]:
    """All single changes, in the order in which they are applied when several are."""
    both = [
        _Step("paths and file endings left out", _without_path, _without_path),
        _Step("accession GSM... in the table left out, the name behind it kept", _behind_accession, _same),
        _Step("only the accession GSM... of the table's names used", _accession, _same),
        _Step("accession GSM... in the file left out, the name behind it kept", _same, _behind_accession),
        _Step("only the accession GSM... of the file's names used", _same, _accession),
    ]
    cut: Rule
    for words, names, of_table in (("the table's", table, True), ("the file's", file, False)):
        for prefix in _prefixes(names):
            cut = _without_prefix(prefix)
            both.append(
                _Step(
                    f"'{prefix}' before {words} names left out",
                    *((cut, _same, "table") if of_table else (_same, cut, "file")),
                )
            )
        suffix = _suffix(names)
        if suffix:
            cut = _without_suffix(suffix)
            both.append(
                _Step(
                    f"'{suffix}' behind {words} names left out",
                    *((cut, _same, "table") if of_table else (_same, cut, "file")),
                )
            )
    both += [
        _Step("the X that R sets before a digit left out", _without_x, _without_x),
        _Step("'-', '_', '.' and spaces taken as the same", _plain_separators, _plain_separators),
        _Step("capital letters taken as small ones", _folded, _folded),
        _Step("zeros before numbers left out", _without_zeros, _without_zeros),
    ]
    return both


def _same(names: Sequence[str]) -> list[str]:
    return list(names)


def _without_path(names: Sequence[str]) -> list[str]:
    return [_EXTENSIONS.sub("", name.replace("\\", "/").rstrip("/").rpartition("/")[2]) for name in names]


def _accession(names: Sequence[str]) -> list[str]:
    return [found[1] if (found := _ACCESSION.match(name)) else name for name in names]


def _behind_accession(names: Sequence[str]) -> list[str]:
    return [found[2] if (found := _ACCESSION.match(name)) else name for name in names]


def _without_x(names: Sequence[str]) -> list[str]:
    return [re.sub(r"\AX(?=[\d._-])", "", name) for name in names]


def _plain_separators(names: Sequence[str]) -> list[str]:
    return [re.sub(r"[\W_]+", ".", name).strip(".") for name in names]


def _folded(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]


def _without_zeros(names: Sequence[str]) -> list[str]:
    return [re.sub(r"(?<!\d)0+(?=\d)", "", name) for name in names]


def _without_prefix(prefix: str) -> Rule:
    return lambda names: [name.removeprefix(prefix) for name in names]


def _without_suffix(suffix: str) -> Rule:
    return lambda names: [name.removesuffix(suffix) for name in names]


def _prefixes(names: Sequence[str]) -> list[str]:
    """What the names begin with in common: up to a separator, or letters before a number."""
    if len(names) < 2:
        return []
    common = _shared(names)
    whole = re.match(r".*[\W_]", common, re.DOTALL)
    letters = re.match(r"[^\W\d_]+(?=\d)", names[0])
    found = [whole[0]] if whole else []
    if letters and all(re.match(re.escape(letters[0]) + r"\d", name) for name in names):
        found.append(letters[0])
    starts = Counter(start[0] for name in names if (start := re.match(r"[^\W_]+[\W_]+", name)))
    if starts:
        first, count = starts.most_common(1)[0]
        if count >= _PREFIX_SHARE * len(names):
            found.append(first)
    return list(dict.fromkeys(found))


def _shared(names: Sequence[str]) -> str:
    """The letters with which all names begin."""
    low, high = min(names), max(names)
    size = next((place for place, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))
    return low[:size]


def _suffix(names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    common = _shared([name[::-1] for name in names])[::-1]
    found = re.search(r"[\W_].*\Z", common, re.DOTALL)
    return found[0] if found else ""
