"""The page of a protocol design: what to do first, or which goal stands in the way and what could be reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from exocosm.bench.design.answer import Design, Relaxed
from exocosm.bench.design.examine import Examined
from exocosm.bench.design.goals import COLUMN, GOALS_OF_PURITY, MEASURES, Bound, Goals
from exocosm.report.isolation import assumed_in_words, capital, moved_by
from exocosm.report.isolation_figures import front_picture, kind_in_words, title_of
from exocosm.report.numbers import counted, interval, listed, percent, quantity, readable, shown, unit_text
from exocosm.report.page import Page, Section, Table, write_page
from exocosm.report.pinned import value_rows

MOST_DETAILED = 3  # protocols written out as steps
MOST_REFUSED = 5
LIKELY = 0.5  # share of the draws from which on the answer is yes
Instructions = Sequence[Sequence[str]]
_OWNED = {"rotors": "other rotors", "methods": "other methods", "devices": "other columns, filters, beads or kits"}


def write_design(found: Design, sample: str, instructions: Instructions, bibliography: str, path: str | Path) -> Path:
    """Write the page of a design to a file, whole or not at all; returns the path."""
    return write_page(design_page(found, sample, instructions, bibliography), path)


def design_page(found: Design, sample: str, instructions: Instructions, bibliography: str) -> Page:
    """The page of a design.  sample: in words; instructions: the steps of the first protocols, ready for the bench."""
    goals = found.goals
    pins = {pin.value.id: pin for one in found.examined for pin in one.pins}
    first = ["Do this first", "The second to try", "The third to try"]
    if not found.reach.can_be:
        first = ["A protocol that comes close", "Another that comes close", "A third that comes close"]
    sections = [
        *(
            Section(title, f"protocol-{place}", _about(one, goals), steps=list(steps))
            for place, (title, one, steps) in enumerate(zip(first, found.examined, instructions, strict=False), 1)
        ),
        Section("What is traded against what", "front", pictures=[front_picture(found)], tables=[_table(found)]),
        Section("What matters most", "influence", [_HOW_MOVED], _matters(found)),
        Section("What was tried", "tried", _tried(found)),
    ]
    return Page(
        title=goals.title or readable(goals.name),
        eyebrow="Designed by simulation with exocosm; nothing was isolated",
        headline=headline(found),
        question=f"{sample}: {goals_in_words(goals)}",
        tone="better" if found.reach.can_be else "worse",
        numbers=answer(found),
        sections=sections,
        values=value_rows(pins.values()),
        bibliography=bibliography,
        recipe=[
            ("sample", sample),
            ("design space", found.screened.space.name),
            ("draws of what is not known", str(found.draws)),
            ("seed", str(found.seed)),
        ],
    )


_HOW_MOVED = (
    "For each protocol the goal that fails most often (or, if none fails, what is traded first), and the values that "
    "move it most, by rank over the draws."
)


def headline(found: Design) -> str:
    """The answer in one line."""
    reach = found.reach
    if reach.can_be:
        best = found.examined[0]
        word = "Yes" if best.chance >= LIKELY else "Perhaps"
        return f"{word}: {best.label}, which reaches the goals in {percent(best.chance)} of the draws"
    if reach.relaxed:
        return f"The goals cannot be reached together; what limits is the {_what(reach.relaxed[0].bound)}"
    missed = listed([_what(each.bound) for each in reach.nearest])
    return f"The goals cannot be reached, nor with any one of them given up; what is missed: {missed}"


def answer(found: Design) -> list[str]:
    """The answer in sentences."""
    tried = f"{len(found.screened.places):,} protocols were tried"
    if found.reach.can_be:
        best = found.examined[0]
        said = [
            f"{tried}; {found.reach.number:,} reach every goal with each value at its centre.",
            described(best, found.goals),
        ]
        said += [sentence for sentence in (_weakest(best, found.goals), _purest(found)) if sentence]
        return [*said, assumed_in_words(best.pins)]
    said = [f"{tried}, and none reaches every goal with each value at its centre."]
    said += _more_sample(found)
    if found.reach.relaxed:
        ways = [_way(each, found.goals) for each in found.reach.relaxed]
        said.append(f"Giving way in one thing alone, all else as asked, is enough: {'; or '.join(ways)}.")
    if found.reach.nearest:
        ways = [_way(each, found.goals) for each in found.reach.nearest]
        said.append(f"The protocol that is nearest to all goals at once would mean {listed(ways)}.")
    for field, number in found.reach.foreign:
        said.append(f"With {_OWNED[field]} than yours {number:,} of the protocols tried would reach them.")
    return said


def _more_sample(found: Design) -> list[str]:
    """That the sample holds too little, where it does."""
    asked = next((bound.limit for bound in found.goals.bounds if bound.measure.name == "yield"), 0.0)
    values = found.screened.values[found.screened.done]
    got, shares = values[:, COLUMN["yield"]], values[:, COLUMN["recovery"]]
    if not (shares > 0).any() or asked <= got.max():
        return []
    at = int(shares.argmax())
    whole = got[at] / shares[at]
    kind = kind_in_words(found.goals.kind)
    return [
        f"The sample holds {shown(whole, 2)} {kind}, and no protocol recovers more than {percent(shares[at])} of them: "
        f"for {shown(asked, 2)} it must be {shown(asked / got[at], 2)} times as large, or more."
    ]


def described(one: Examined, goals: Goals) -> str:
    """A protocol by its measures, with 95 % of what is not known."""
    names = ["yield", *(name for name in goals.objectives if name not in ("yield", "time", "cost"))]
    parts = []
    for name in dict.fromkeys(names):
        low, high = one.interval(name)
        title = title_of(name, goals.kind)
        parts.append(f"{title}: {_amount(name, one.value(name))} (95 %: {interval(low, high, '', 2)})")
    takes = f"{_with_range(one, 'time')} in all, {_with_range(one, 'hands_on')} hands-on"
    return f"{capital('; '.join(parts))}. It takes {takes}, and {_with_range(one, 'cost')}."


def _with_range(one: Examined, name: str) -> str:
    """`4.4 h (95 %: 3.1 to 6)`."""
    low, high = one.interval(name)
    factor, unit = (
        (60.0, "h") if MEASURES[name].unit == "min" and one.value(name) >= 120 else (1.0, MEASURES[name].unit)
    )
    ends = f" (95 %: {interval(low / factor, high / factor, '', 2)})" if low != high else ""
    return quantity(one.value(name) / factor, unit, 2) + ends


def _purest(found: Design) -> str:
    """The protocol that is best in the first purity that is traded, where that is not the one to try first."""
    name = next((each for each in found.goals.objectives if each in GOALS_OF_PURITY), "")
    if not name or len(found.examined) < 2:
        return ""
    sign = -1.0 if MEASURES[name].better == "more" else 1.0
    at = min(range(len(found.examined)), key=lambda place: sign * found.examined[place].value(name))
    one = found.examined[at]
    if one.value(name) == found.examined[0].value(name):
        return ""
    low, high = one.interval(name)
    word = "Most" if MEASURES[name].better == "more" else "Least"
    return (
        f"{word} {title_of(name, found.goals.kind)} among those listed: {_amount(name, one.value(name))} (95 %: "
        f"{interval(low, high, '', 2)}) with number {at + 1}, {one.label}, which reaches the goals in "
        f"{percent(one.chance)} of the draws."
    )


def goals_in_words(goals: Goals) -> str:
    """`at least 10⁹ small ev, at most 50 euro, within 8 h`."""
    return listed([f"{'at least' if bound.measure.better == 'more' else 'at most'} {_bounded(bound, goals)}"
                   for bound in goals.bounds]) or "no goals but the best"  # fmt: skip


def _bounded(bound: Bound, goals: Goals) -> str:
    title = title_of(bound.measure.name, goals.kind)
    amount = _amount(bound.measure.name, bound.limit)
    return f"{amount} {title}" if bound.measure.unit in ("particle", "dimensionless") else f"{amount} ({title})"


def _what(bound: Bound) -> str:
    words = {"yield": "yield", "time": "time", "hands_on": "hands-on time", "cost": "money"}
    return words.get(bound.measure.name, readable(bound.measure.name))


def _way(each: Relaxed, goals: Goals) -> str:
    name, asked = each.bound.measure.name, each.bound.limit
    times = f" ({shown(each.factor, 2)} times {'less' if each.bound.measure.better == 'more' else 'more'})"
    by = times if math.isfinite(each.factor) else ""
    return f"{_what(each.bound)} of {_amount(name, each.value)} instead of {_amount(name, asked)}{by}"


def _amount(name: str, value: float) -> str:
    unit = MEASURES[name].unit
    if unit == "min" and value >= 120:
        return quantity(value / 60.0, "h", 3)
    return quantity(value, "" if unit in ("particle", "dimensionless") else unit, 2 if name == "yield" else 3)


def _weakest(one: Examined, goals: Goals) -> str:
    """Which goal fails most often, and what moves it."""
    if not one.chance_of or min(one.chance_of) == 1:
        return ""
    at = one.chance_of.index(min(one.chance_of))
    said = f"The goal that fails most often is the {_what(goals.bounds[at])}, kept in {percent(one.chance_of[at])}."
    if one.influences:
        said += f" What moves it most: {moved_by(one.influences[0])}."
    return said


def _about(one: Examined, goals: Goals) -> list[str]:
    chances = [f"{_what(bound)} {percent(chance)}" for bound, chance in zip(goals.bounds, one.chance_of, strict=True)]
    said = [f"{capital(one.label)}.", described(one, goals)]
    if chances:
        said.append(f"Reaches all goals in {percent(one.chance)} of the draws; one by one: {listed(chances)}.")
    said.append(f"In {percent(one.robust)} of the draws none of the other protocols listed betters it.")
    return said


def _table(found: Design) -> Table:
    goals = found.goals
    names = tuple(dict.fromkeys(["yield", *goals.objectives, "hands_on", "product_volume"]))
    units = {name: unit_text(MEASURES[name].unit) for name in names}
    heads = [readable(name) + (f", {units[name]}" if units[name] not in ("", "particle") else "") for name in names]
    rows = []
    for place, one in enumerate(found.examined, 1):
        cells = []
        for name in names:
            low, high = one.interval(name)
            cells.append(shown(one.value(name), 2) + (f" ({interval(low, high, '', 2)})" if low != high else ""))
        rows.append([f"{place}. {one.label}", percent(one.chance), percent(one.robust), *cells])
    note = "In brackets: 95 % of what is not known. Reaches the goals, stays on the front: shares of the draws."
    heads = ["Protocol", "Reaches the goals", "Stays on the front", *heads]
    return Table(heads, rows, "The front, in the order in which to try", note=note)


def _matters(found: Design) -> list[str]:
    points = []
    for place, one in enumerate(found.examined, 1):
        if one.influences:
            title = title_of(one.judged_by, found.goals.kind)
            points.append(f"{place}. {title}: {listed([moved_by(each) for each in one.influences[:2]])}.")
    return points


def _tried(found: Design) -> list[str]:
    screened = found.screened
    space = screened.space
    every = "all" if len(screened.places) == space.size else f"a sample of {len(screened.places):,}"
    stages = ", ".join(f"{readable(stage.name)} ({len(stage.choices)})" for stage in space.stages)
    said = [
        f"{every.capitalize()} of the {space.size:,} protocols of the design space “{readable(space.name)}”: {stages}."
    ]
    outside = int((screened.done & ~screened.sound).sum())
    if outside:
        said.append(f"{counted(outside, 'protocol')} with a step outside what its method is made for were left out.")
    refused = list(screened.refused.items())[:MOST_REFUSED]
    said += [f"{number:,} cannot be done: {reason}" for reason, number in refused]
    return said


def protocol_rows(found: Design) -> list[dict[str, object]]:
    """The examined protocols as rows of a table: measures with 95 %, chances, what moves them."""
    rows = []
    for place, one in enumerate(found.examined, 1):
        row: dict[str, object] = {"place": place, "protocol": one.label, "reaches_the_goals": one.chance,
                                  "stays_on_the_front": one.robust}  # fmt: skip
        for name in MEASURES:
            low, high = one.interval(name)
            row |= {name: one.value(name), f"{name}_low": low, f"{name}_high": high}
        row["judged_by"] = one.judged_by
        row["moved_most_by"] = "; ".join(each.pin.value.id for each in one.influences[:3])
        rows.append(row)
    return rows


def protocol_file(name: str, one: Examined, instructions: Sequence[str]) -> str:
    """A designed protocol as a protocol file, with its steps for the bench as comments."""
    import yaml

    steps = [{tried.step.method: dict(tried.words)} for tried in one.steps]
    content = {"exocosm": 1, "kind": "protocol", "name": name, "title": one.label[:300], "steps": steps}
    spoken = "".join(f"# {number}. {' '.join(text.split())}\n" for number, text in enumerate(instructions, 1))
    return spoken + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
