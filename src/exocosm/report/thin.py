"""How thin the data are, in the first lines: what was measured, in what, by whom; what borrowed, what assumed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exocosm.report import ground, sentences, verdict
from exocosm.report.numbers import counted, interval, listed, quantity, readable
from exocosm.report.sensitivity import influence_rows
from exocosm.report.tables import Row

if TYPE_CHECKING:
    from exocosm.trajectory.result import Result

MOST_LISTED = 5
BORROWED = ("borrowed",)
WORDS = {"small_ev": "small EVs", "remainder": "rest of the body", "liposome": "liposomes"}
_BORROWED = re.compile(r"Borrowed across (\w+): asked for ([^,]+(?:, [^,]+)*?), the row is for ([^.]+?)\.(?:\s|$)")


@dataclass(frozen=True)
class Basis:
    """One value of the short lists: its name, its number, in what it was found, how, and whose it is."""

    name: str
    number: str
    where: str
    how: str
    citations: tuple[ground.Citation, ...]


@dataclass(frozen=True)
class Listed:
    """A short list: its heading, the entries that move the answer most, and how many more stand in the tables."""

    title: str
    rows: tuple[Basis, ...]
    more: int


def first_lines(result: Result) -> tuple[str, ...]:
    """Sentences on how many values stand on what, the most important first."""
    values = ground.distinct_values(result)
    if not values:
        return ("No value is listed with this result.",)
    counts = ground.counts(values)
    free = [row for row in values if row["trust"] not in ("constant", "correlation")]
    parts = (
        sentences.thinness(counts),
        _apart(values, result),
        sentences.without_spread(sum(row["low"] == row["high"] for row in free), len(free)),
    )
    return tuple(part for part in parts if part)


def _apart(values: Sequence[Row], result: Result) -> str:
    """Whose constants were taken over, and how many definitions there are."""
    constants = [row for row in values if row["trust"] == "model"]
    definitions = sum(row["trust"] == "constant" for row in values)
    sources = ground.sources_of(result)
    whose = Counter(each.name for row in constants for each in ground.citations(row["source"], "", sources))
    most = listed([f"{name} ({number})" for name, number in whose.most_common(2)])
    others = " and others" if len(whose) > 2 else ""
    return sentences.apart(len(constants), f"{most}{others}", definitions)


def short_lists(result: Result, contrast: str) -> tuple[Listed, ...]:
    """What was measured, and what was borrowed: the values that move a contrast most first."""
    values = ground.distinct_values(result)
    rank = {(row["value_name"], row["row"]): place for place, row in enumerate(influence_rows(result, contrast))}
    sources = ground.sources_of(result)

    def chosen(title: str, kinds: tuple[str, ...]) -> Listed:
        rows = [row for row in values if row["trust"] in kinds]
        rows.sort(
            key=lambda row: (
                not str(row["method"]).startswith("measured") and kinds != BORROWED,
                rank.get((row["name"], row["row"]), len(rank)),
                str(row["name"]),
            )
        )
        found = tuple(
            Basis(
                name=readable(row["name"]),
                number=quantity(row["value"], row["unit"], 2),
                where=_found_in(row),
                how=ground.method_words(row),
                citations=ground.citations(row["source"], "", sources),
            )
            for row in rows[:MOST_LISTED]
        )
        return Listed(title, found, len(rows) - len(found))

    lists = (
        chosen("Measured, or fitted to measurements", ("measured", "user", "fitted")),
        chosen("Borrowed from another particle, species or tumour", BORROWED),
    )
    return tuple(each for each in lists if each.rows)


def _found_in(row: Row) -> str:
    """In what a value was found: `rat tumour`, `Doxil-like PEG-liposome`; and what it stands in for here."""
    across = {field: (asked, found) for field, asked, found in _BORROWED.findall(str(row["path"]))}
    fields = {name: str(row.get(name) or "") for name in ("organism", "organ", "carrier", "cargo")}
    fields = {name: WORDS.get(text, readable(text)) for name, text in fields.items()}
    named = across["population"][1] if "population" in across else ""
    place = " ".join(part for part in (fields["organism"], fields["organ"]) if part)
    parts = [named, place, fields["carrier"] if fields["carrier"].lower() not in named.lower() else ""]
    text = ", ".join(part for part in parts if part) or fields["cargo"]
    wanted = listed([WORDS.get(asked, readable(asked)) for asked, _ in across.values()])
    return f"{text or 'a system that is not named'}; used for {wanted}" if wanted else text


def assumptions(result: Result, contrast: str, title: str) -> tuple[str, ...]:
    """The assumed values that move the contrast most, as sentences."""
    rows = [row for row in influence_rows(result, contrast) if row["trust"] == "assumed"]
    return tuple(
        sentences.assumption(
            row["label"],
            interval(row.get("value_low", float("nan")), row.get("value_high", float("nan")), row.get("unit", ""), 3),
            title,
            sentences.moved(row["low"], row["high"], row["centre"], row["neutral"]),
        )
        for row in rows[: ground.MOST_NAMED]
    )


def numbers_of_runs(result: Result) -> str:
    """How many draws and animals stand behind the intervals."""
    animals = result.trajectories.sizes["animal"] - 1
    group = counted(animals, "animal") if animals else "no animals besides the typical one"
    draws = counted(result.study.draws, "draw")
    told = f"{draws} of what is not known; each with the typical animal and {group}, per arm."
    return " ".join(part for part in (told, verdict.rough(result.study.draws)) if part)
