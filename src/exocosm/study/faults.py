"""Faults of arms as problems of the file: told once, at the line that is to be mended, however many arms have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exocosm.errors import Problem
from exocosm.study.load import Study
from exocosm.study.parts_schema import ModelText

SECTIONS = {
    "place": "places",
    "species": "species",
    "variable": "variables",
    "assignment": "assignments",
    "parameter": "parameters",
    "process": "processes",
    "flow": "flows",
    "event": "events",
}
MOST_NAMED = 6  # arms, or copies of a template
_PART = re.compile(rf"({'|'.join(SECTIONS)}) '([^']*)'(?:, (\w+)(?: '([^']*)')?)?")
_KEY_OF = {"expression": "is"}  # fields that the file calls otherwise
_NUMBER = r"\d+(?:\.\d+)?(?:e[-+]?\d+)?"


@dataclass(frozen=True)
class Fault:
    """What is wrong in one arm.

    place: where in the arm's model, as the checks of the network say it ("process 'uptake', rate"); at: the line and
    path, where the fault lies in a line of its own.
    """

    arm: str
    kind: str
    message: str
    place: str = ""
    at: str = ""


@dataclass(frozen=True)
class _Written:
    """A part of a model as the study file writes it: its path there, and the name of the copy at fault."""

    path: tuple[str, ...]
    copy: str
    is_template: bool


def problems_of(study: Study, faults: Iterable[Fault]) -> list[Problem]:
    """Every fault once.

    Equal faults of several arms are one; so are those of the copies of a template which differ only in what the
    template fills in, and in numbers.  What lies in a part that the study writes stands at that part's line.
    """
    own = _OwnParts(study)
    groups: dict[tuple[object, ...], list[tuple[Fault, _Written | None]]] = {}
    for fault in faults:
        written = None if fault.at else own.written(fault.place)
        told: tuple[object, ...] = (fault.at, fault.place, fault.message)
        if written is not None:
            told = (written.path, own.without_items(fault.message) if written.is_template else fault.message)
        groups.setdefault((fault.kind, *told), []).append((fault, written))
    return [_problem(study, group) for group in groups.values()]


def _problem(study: Study, group: Sequence[tuple[Fault, _Written | None]]) -> Problem:
    fault, written = group[0]
    if fault.at:
        return Problem(fault.kind, fault.at, fault.message)
    arms = list(dict.fromkeys(each.arm for each, _ in group))
    if written is not None:
        where = study.where(*written.path)
        remarks = [_in_arms(arms, len(study.file.arms))]
        if written.is_template:
            remarks.insert(0, f"for '{written.copy}'")
            copies = list(dict.fromkeys(each.copy for _, each in group if each is not None))
            remarks.append(
                f"and {len(copies) - 1} more of the same template: {_some(copies[1:])}" if copies[1:] else ""
            )
    else:
        where = ", ".join(part for part in (study.where("arms", fault.arm), fault.place) if part)
        remarks = [f"also {_in_arms(arms[1:], 0)}" if arms[1:] else ""]
    told = "; ".join(remark for remark in remarks if remark)
    return Problem(fault.kind, where, f"{fault.message} ({told})" if told else fault.message)


def _in_arms(arms: Sequence[str], all_of_them: int) -> str:
    if len(arms) == all_of_them:
        return "in every arm" if len(arms) > 1 else ""
    return f"in arm{'s' if len(arms) > 1 else ''} {_some(arms)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


class _OwnParts:
    """The parts that a study writes, and what their templates fill in."""

    def __init__(self, study: Study) -> None:
        self.model: ModelText = study.file.model
        self.lines = study.document.lines
        index = self.model.for_each
        self.templates = {
            section: [(name, _copies_of(name, index)) for name in getattr(self.model, section) if "{" in name]
            for section in SECTIONS.values()
        }
        items = sorted({item for items in index.values() for item in items}, key=len, reverse=True)
        self.filled_in = re.compile(f"(?:{'|'.join([_NUMBER, *map(re.escape, items)])})+")

    def written(self, place: str) -> _Written | None:
        """The part that a place of the network's checks names; None if the study does not write it."""
        found = _PART.fullmatch(place)
        if found is None:
            return None
        kind, copy, field, inner = found.groups()
        section = SECTIONS[kind]
        name = copy if copy in getattr(self.model, section) else self._template_of(section, copy)
        if name is None:
            return None
        path: tuple[str, ...] = ("model", section, name)
        for key in (_KEY_OF.get(field, field), inner):
            if key and (*path, key) in self.lines:
                path = (*path, key)
        return _Written(path, copy, name != copy)

    def _template_of(self, section: str, copy: str) -> str | None:
        return next((name for name, copies in self.templates[section] if copies.fullmatch(copy)), None)

    def without_items(self, message: str) -> str:
        """A message without what a template fills in, and without numbers: equal for the copies of one line."""
        return self.filled_in.sub("#", message)


def _copies_of(name: str, index: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """The names of the copies of a template."""
    pattern = re.escape(name)
    for each, items in index.items():
        pattern = pattern.replace(re.escape(f"{{{each}}}"), f"(?:{'|'.join(map(re.escape, items))})")
    return re.compile(pattern)
