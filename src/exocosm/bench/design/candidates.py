"""The space of protocols that are tried: stages, what may be done in each, and with which settings; all of it data.

A design space is a file of `knowledge/designs`.  Its stages follow one another; of each stage one option is taken: a
row of steps, or nothing.  A setting written as `{try: [a, b]}` stands for several; `{try: rotors}` for every rotor that
the lab owns, `{try: ultracentrifuge rotors}` for those of a class, and with `first` instead of `try` for the first of
them that does the step without a warning, or does it at all; small centrifuges go first.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.design import owned
from exocosm.bench.design.goals import Goals
from exocosm.bench.isolation.registry import find_method
from exocosm.bench.numbers import Numbers
from exocosm.bench.protocol import Step, step_settings
from exocosm.documents.checked import check_header, checked, open_document
from exocosm.documents.fields import Section, ShortText, Slug, Word
from exocosm.errors import CheckError, InputError, Problem, nearest
from exocosm.randomness import generator

FOLDER = Path(__file__).resolve().parent.parent.parent / "knowledge" / "designs"
ROTORS = "rotors"
MOST_OPTIONS = 20_000  # of one stage, after every `try` is written out
MOST_STAGES = 12
_CLASSES = ("microfuge", "benchtop", "high_speed", "ultracentrifuge")  # of rotors, what is at hand first
MOST_IN_TURN = 100  # of one step
MOST_SIZE = 10**15  # of a space
_DECIMAL = re.compile(r"\b0 (\d+)\b")  # of a word such as `filter_0_22_um`

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Tried:
    """A step, and its settings as they would stand in a protocol file."""

    step: Step
    words: Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """Steps in a row, each as the settings that are tried in turn until one can be done; label: what is special."""

    steps: tuple[tuple[Tried, ...], ...]
    label: str = ""


@dataclass(frozen=True)
class Stage:
    """One after another, one choice of each stage is taken."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Space:
    """All protocols that a lab could try.  shares: of the sample, that go in."""

    name: str
    title: str
    shares: tuple[float, ...]
    stages: tuple[Stage, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of choices of every stage; the first is the share of the sample."""
        return (len(self.shares), *(len(stage.choices) for stage in self.stages))

    @property
    def size(self) -> int:
        """Number of candidates."""
        size = 1
        for number in self.shape:
            size *= number
        return size

    def label(self, place: Sequence[int]) -> str:
        """A candidate in a few words."""
        parts = [stage.choices[at].label for stage, at in zip(self.stages, place[1:], strict=True)]
        share = self.shares[place[0]]
        taken = "" if share == 1 else f" (of {share:.0%} of the sample)"
        return " → ".join(part for part in parts if part) + taken


def places(space: Space, most: int, seed: int) -> Places:
    """Which candidates are tried, [candidate, stage]: all, or `most` of them drawn without replacement.

    In the order of the space, so that neighbours share their first steps.
    """
    if most < 1:
        raise InputError(f"at least one candidate is tried, not {most}")
    numbers = np.arange(min(space.size, most), dtype=np.int64)
    if space.size > most:
        numbers = np.sort(generator(seed, "protocol candidates", space.name).choice(space.size, most, replace=False))
    return np.column_stack(np.unravel_index(numbers, space.shape)).astype(np.int64)


class StageText(Section):
    """A stage of a design file."""

    name: Word
    optional: bool = False
    options: list[list[dict[Word, Any]]] = Field(min_length=1, max_length=100)


class SpaceFile(Section):
    """A file of `knowledge/designs`, version 1."""

    exocosm: Literal[1]
    kind: Literal["design_space"]
    name: Slug
    title: ShortText = ""
    fluids: list[Word] = Field(default=[])  # empty: any
    shares: list[Annotated[float, Field(gt=0, le=1, strict=False)]] = Field(default=[1.0], min_length=1, max_length=10)
    stages: list[StageText] = Field(min_length=1, max_length=MOST_STAGES)


def space_names() -> tuple[str, ...]:
    """The design spaces that are shipped."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def space_for(fluid: str) -> str:
    """The shipped design space for a fluid: the one that names it, else the one for any."""
    fallback = ""
    for name in space_names():
        fluids = _open(name)[1].fluids
        if fluid in fluids:
            return name
        fallback = fallback or ("" if fluids else name)
    if not fallback:
        raise InputError(f"no design space is for {fluid}; name one of {', '.join(space_names())}")
    return fallback


def space_summary(name: str) -> dict[str, str]:
    """What a shipped design space is for: its title, fluids and stages, in words."""
    file = _open(name)[1]
    fluids = ", ".join(file.fluids) or "any other fluid"
    return {"title": file.title, "fluids": fluids, "stages": ", ".join(stage.name for stage in file.stages)}


def _open(source: str | Path) -> tuple[Any, SpaceFile]:
    if isinstance(source, str) and "\n" not in source and not source.endswith((".yaml", ".yml")):
        if source not in space_names():
            raise InputError(f"there is no design space '{source}'; {nearest(source, space_names())}")
        source = FOLDER / f"{source}.yaml"
    opened = open_document(source, "design space")
    check_header(opened, {"design_space": ""}, default="design_space")
    return opened, checked(opened.document, SpaceFile, opened.subject)


def read_space(source: str | Path, goals: Goals, numbers: Numbers) -> Space:
    """A design space by its shipped name or from a file, within what the lab of the goals owns.

    Raises CheckError for faults of the file, InputError if nothing is left of a stage that must be.
    """
    opened, file = _open(source)
    classes = owned.rotor_classes()
    rotors = {name: word for name, word in classes.items() if goals.rotors is None or name in goals.rotors}
    foreign = set() if goals.devices is None else set(owned.known_devices(numbers)) - set(goals.devices)
    foreign |= set(classes) - set(rotors)
    stages, problems = [], []
    for number, stage in enumerate(file.stages):
        choices = [Choice(())] if stage.optional else []
        for place, option in enumerate(stage.options):
            path = ("stages", number, "options", place)
            where = f"line {opened.document.line(path)}, stages[{number}].options[{place}]"
            try:
                choices += _choices(option, goals, rotors, foreign)
            except InputError as problem:
                problems.append(Problem("option", where, str(problem)))
            if len(choices) > MOST_OPTIONS:
                problems.append(Problem("size", where, f"more than {MOST_OPTIONS} options when written out"))
                break
        if not choices and not problems:
            raise InputError(
                f"design space '{file.name}', stage '{stage.name}': nothing that the lab owns can do it; "
                "own more rotors, methods or devices, or take another design space"
            )
        stages.append(Stage(stage.name, tuple(choices)))
    if problems:
        raise CheckError(opened.subject, problems)
    space = Space(file.name, file.title, tuple(file.shares), tuple(stages))
    if space.size > MOST_SIZE:
        raise InputError(f"design space '{file.name}' has {space.size:.1g} candidates; at most {MOST_SIZE:.1g}")
    return space


def _choices(
    option: Sequence[Mapping[str, Any]], goals: Goals, rotors: Mapping[str, str], foreign: set[str]
) -> list[Choice]:
    """An option written out: every combination of what its settings try."""
    per_step: list[list[tuple[tuple[Tried, ...], str]]] = []
    for written in option:
        if len(written) != 1:
            raise InputError("a step is one method with its settings, such as `- centrifugation: {time: 10 min, ...}`")
        method, settings = next(iter(written.items()))
        find_method(method)
        if settings is not None and not isinstance(settings, dict):
            raise InputError(f"the settings of {method} are a mapping, not {settings!r}"[:300])
        if goals.methods is not None and method not in goals.methods:
            return []
        written_out = _step(method, settings or {}, rotors, foreign)
        per_step.append(list(itertools.islice(written_out, MOST_OPTIONS + 1)))
    found = []
    for combination in itertools.islice(itertools.product(*per_step), MOST_OPTIONS + 1):
        label = " → ".join(label for _, label in combination if label)
        found.append(Choice(tuple(tried for tried, _ in combination), label))
    return found


def _step(
    method: str, settings: Mapping[str, Any], rotors: Mapping[str, str], foreign: set[str]
) -> Iterator[tuple[tuple[Tried, ...], str]]:
    """(settings that are tried in turn, label) for every combination of one step."""
    tried: dict[str, list[Any]] = {}
    fixed: dict[str, Any] = {}
    in_turn: dict[str, list[Any]] = {}
    for name, given in settings.items():
        if isinstance(given, dict) and len(given) == 1 and next(iter(given)) in ("try", "first"):
            word, listed = next(iter(given.items()))
            values = _rotors(listed, rotors) if isinstance(listed, str) else listed
            if not isinstance(values, list):
                raise InputError(f"{method}, {name}: `{word}` is followed by a list or by `rotors`, not by {listed!r}")
            (tried if word == "try" else in_turn)[name] = [
                one for one in values if not (isinstance(one, str) and one in foreign)
            ]
        elif isinstance(given, str) and given in foreign:
            return
        else:
            fixed[name] = given
    for values in itertools.product(*tried.values()):
        special = dict(zip(tried, values, strict=True))
        steps = []
        for others in itertools.islice(itertools.product(*in_turn.values()), MOST_IN_TURN):
            words = {**fixed, **special, **dict(zip(in_turn, others, strict=True))}
            words = {name: word for name, word in words.items() if word is not None}
            steps.append(Tried(Step(method, step_settings(method, words)), words))
        if steps:
            yield tuple(steps), _label(method, fixed, special)


def _rotors(listed: str, rotors: Mapping[str, str]) -> list[str] | None:
    """`rotors`, `ultracentrifuge rotors` -> the lab's, small centrifuges first; None for other words."""
    if listed == ROTORS:
        return sorted(rotors, key=lambda name: _CLASSES.index(rotors[name]))
    word = listed.removesuffix(f" {ROTORS}")
    return [name for name in rotors if rotors[name] == word] if word in _CLASSES else None


def _label(method: str, fixed: Mapping[str, Any], special: Mapping[str, Any]) -> str:
    """`size exclusion (qev original 70nm, collect ml 2.5 to 4)`: the method and what tells it from its like."""
    shown = [_words(name, word) for name, word in special.items() if word]
    if not shown:
        shown = [_words(name, fixed[name]) for name in ("force", "time", "filter") if name in fixed]
    return method.replace("_", " ") + (f" ({', '.join(shown)})" if shown else "")


def _words(name: str, setting: Any) -> str:
    """A setting as it is read: `spin_filter_0_45_um` -> `spin filter 0.45 um`, `wash 1`, [2.5, 4.0] -> `2.5 to 4`."""
    if isinstance(setting, list) and not all(isinstance(one, int | float) for one in setting):
        return " + ".join(str(one) for one in setting)
    if isinstance(setting, str):
        if name == "rotor":
            return owned.rotor_titles().get(setting, setting)
        return _DECIMAL.sub(r"0.\1", setting.replace("_", " "))
    numbers = " to ".join(f"{one:g}" for one in (setting if isinstance(setting, list) else [setting]))
    return f"{name.replace('_', ' ')} {numbers}"
