"""The answer to the study's question: one block from the contrasts and what-ifs that the study names as its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from exocosm.report import verdict
from exocosm.report.canvas import looks
from exocosm.report.numbers import readable, unit_text
from exocosm.report.tables import records
from exocosm.trajectory import evaluation
from exocosm.trajectory.break_even import what_if_curve
from exocosm.trajectory.summary import contrast_table

if TYPE_CHECKING:
    from exocosm.study.resolved import ResolvedStudy, WhatIf
    from exocosm.trajectory.result import Result


@dataclass(frozen=True)
class Said:
    """One part of the answer: what it is about, what that means (the study's own words), the answer."""

    title: str
    says: str
    answer: verdict.Answer
    is_what_if: bool = False


@dataclass(frozen=True)
class Block:
    """The whole answer.  parts: one per contrast or what-if; is_named: whether the study names them."""

    verdict: str
    headline: str
    parts: tuple[Said, ...]
    is_named: bool

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The answer in sentences: the first contrast, the others, the what-ifs."""
        groups: dict[str, list[str]] = {}
        for number, part in enumerate(self.parts):
            kind = "what-if" if part.is_what_if else "first" if not number else "others"
            groups.setdefault(kind, []).append(part.answer.numbers)
        return tuple(" ".join(group) for group in groups.values())


def asked_contrasts(study: ResolvedStudy) -> tuple[str, ...]:
    """The contrasts that the answer is about: those named, and those the named what-ifs watch; else the first one."""
    watched = {each.name: each.contrast for each in study.what_ifs}
    known = {each.name for each in study.contrasts}
    direct = [name for name in study.answer if name in known]
    named = dict.fromkeys([*direct, *(watched[name] for name in study.answer if name in watched)])
    return tuple(named) or tuple(each.name for each in study.contrasts[:1])


def block(result: Result) -> Block | None:
    """The answer of a result; None if the study compares no arms."""
    study = result.study
    what_ifs = {each.name: each for each in study.what_ifs}
    contrasts = {each.name for each in study.contrasts}
    named = [name for name in study.answer if name in what_ifs or name in contrasts]
    first = [name for name in named if name in contrasts]
    parts = []
    for name in [*first, *(name for name in named if name not in first)] or asked_contrasts(study):
        if name in what_ifs:
            numbers = moved(result, what_ifs[name])
            parts.append(Said(numbers.title, what_ifs[name].asks, verdict.what_if_answer(numbers), True))
            continue
        found = compared(result, name)
        if found is not None:
            parts.append(Said(verdict.subject(found.title), found.says.rstrip("."), verdict.answer(found)))
    if not parts:
        return None
    return Block(parts[0].answer.verdict, parts[0].answer.headline, tuple(parts), bool(named))


def compared(result: Result, name: str) -> verdict.Compared | None:
    """A contrast of a result in numbers; None if the arms lack its metric."""
    table = contrast_table(result)
    rows = records(table[table["contrast"] == name])
    if not rows:
        return None
    row = rows[0]
    contrast = next(each for each in result.study.contrasts if each.name == name)
    arms, written = looks(result.study), prose(result.study)
    typical = result.contrasts.loc[result.contrasts["contrast"] == name, "typical"].to_numpy(float)
    known = typical[~np.isnan(typical)]
    sign = 1.0 if contrast.better == "higher" else -1.0
    gain, loss = verdict.thresholds(contrast.how, contrast.better, contrast.matters)
    return verdict.Compared(
        title=str(row["title"]),
        arm=verdict.in_sentence(arms[contrast.arm].title, written),
        against=verdict.in_sentence(arms[contrast.against].title, written),
        how=contrast.how,
        better=contrast.better,
        unit=str(row["unit"]),
        median=row["median"],
        low=row["low"],
        high=row["high"],
        animals_low=row["animals_low"],
        animals_high=row["animals_high"],
        draws=len(known),
        draws_better=int((sign * (known - evaluation.neutral(contrast)) > 0).sum()),
        draws_asked=result.study.draws,
        animals=result.trajectories.sizes["animal"] - 1,
        says=contrast.says,
        matters=gain,
        draws_reach=int((sign * (known - gain) >= 0).sum()),
        draws_lose=int((sign * (known - loss) <= 0).sum()),
    )


def moved(result: Result, what_if: WhatIf) -> verdict.Moved:
    """A what-if of a result in numbers."""
    curve = what_if_curve(result, what_if.name)
    even, study = curve.break_even, result.study
    contrast = next(each for each in study.contrasts if each.name == what_if.contrast)
    titles = {arm.name: arm.title or arm.name for arm in study.arms}
    other = contrast.against if what_if.arm == contrast.arm else contrast.arm
    watched = verdict.in_sentence(verdict.subject(contrast.title or contrast.name), prose(study))
    watched += f" against {verdict.in_sentence(titles[other], prose(study))}"
    total = len(even.per_draw)
    return verdict.Moved(
        title=what_if.title or readable(what_if.name),
        vary=_kind(study, what_if),
        unit=what_if.unit,
        first=float(curve.values[0]),
        last=float(curve.values[-1]),
        goal=watched,
        threshold=what_if.threshold,
        low=even.low,
        median=even.median,
        high=even.high,
        draws=total - round(even.missing * total) if total else 0,
        already=round(even.already * total) if total else 0,
        never=round(even.never * total) if total else 0,
    )


def _kind(study: ResolvedStudy, what_if: WhatIf) -> str:
    """What is moved, in words; what the study has at a plain 1 and moves up is a gain."""
    arm = next(each for each in study.arms if each.name == what_if.arm)
    pin = arm.pins.get(what_if.vary)
    is_gain = pin is not None and pin.value.value == 1.0 == min(what_if.over) and not unit_text(what_if.unit)
    return "gain" if is_gain else readable(what_if.vary)


def prose(study: ResolvedStudy) -> str:
    """What the study says in sentences and titles: to know which words it writes small."""
    texts = [study.question, study.title]
    texts += [text for each in study.contrasts for text in (each.title, each.says)]
    texts += [text for each in study.what_ifs for text in (each.title, each.asks)]
    texts += [each.title for each in study.metrics] + [each.title for each in study.outputs]
    return " ".join(texts)
