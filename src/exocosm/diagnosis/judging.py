"""The judgement of a contrast: audit, then single markers and the published ones, then panels, then one verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.accuracy.estimate import Integers, Truths
from exocosm.diagnosis.audit.run import Audit, audit
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.diagnosis.judgement import (
    LEVEL,
    NOTHING_SEEN,
    ONLY_BETWEEN,
    REFUSED,
    TOLD_APART,
    TOO_FEW,
    Judgement,
    PanelJudgement,
)
from exocosm.diagnosis.kept import Kept
from exocosm.diagnosis.panels.calibration import calibration
from exocosm.diagnosis.panels.decision import decision_curve
from exocosm.diagnosis.panels.folds import subjects_per_class
from exocosm.diagnosis.panels.nested import nested
from exocosm.diagnosis.panels.null import NullResult, permutation_null
from exocosm.diagnosis.panels.steps import Recipe
from exocosm.diagnosis.published import CLOSE, Published, published_beside
from exocosm.diagnosis.scale import comparable
from exocosm.diagnosis.single import single_markers
from exocosm.markers.panels import Panel
from exocosm.markers.relations import resolve

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.diagnosis.panels.final import PanelModel

PENALISED, OTHER, PUBLISHED = "penalised", "forest", "published"
FOREST_SHARE = 10  # permutations of the penalised model for each one of the forest, which is that much slower
MOST_OUTER = 5


@dataclass(frozen=True)
class Asked:
    """How much is computed.  permutations: of the penalised model; the forest gets a tenth.  kept: what is finished."""

    permutations: int = 200
    repeats: int = 5
    audit_only: bool = False
    workers: int = 2
    seed: int = 1
    kept: Kept = field(default_factory=Kept)

    @property
    def jobs(self) -> int:
        """Steps that progress counts."""
        return 100


def judge(
    dataset: Dataset,
    contrast: Contrast,
    panels: Sequence[Panel] = (),
    asked: Asked | None = None,
    *,
    accept: Mapping[str, str] | None = None,
    advance: Callable[[int], None] | None = None,
) -> Judgement:
    """Judge one contrast of a data set.

    A contrast that the audit refuses gets no marker and no model.  panels: published ones to set beside, each also
    judged as a panel of its own.  advance: called with steps done, `asked.jobs` in all.
    """
    how = asked or Asked()
    found = audit(dataset, contrast, accept=accept)
    if found.verdict == "refused":
        return Judgement(contrast, found, REFUSED, found.headline, ())
    if how.audit_only:
        return Judgement(contrast, found, found.verdict, found.headline, ())
    part = dataset.of(contrast)
    is_case = contrast.is_case(part.labels)
    groups = found.groups.loc[part.values.index]
    single = single_markers(
        comparable(part.values, part.kind, part.censored), part.censored, is_case, subjects=groups, strata=found.strata
    )
    published = {panel.id: published_beside(panel.markers, single) for panel in panels}
    if not found.can["panel"]:
        return Judgement(
            contrast, found, TOO_FEW, f"Too few people to judge a panel: {found.reasons['panel']}.",
            (_of_singles(single), found.headline, *_of_published(published)), single, published,
        )  # fmt: skip
    judged = _panels(part, is_case, groups, found, panels, how, advance or (lambda amount: None))
    verdict, headline = _verdict(judged)
    return Judgement(
        contrast, found, verdict, headline,
        (found.headline, *_of_panels(judged), _of_singles(single), *_of_published(published)), single, published,
        judged, _model(part, contrast, is_case, groups, judged[0], how),
    )  # fmt: skip


def _panels(
    part: Dataset, is_case: pd.Series, groups: pd.Series, found: Audit, published: Sequence[Panel], how: Asked,
    advance: Callable[[int], None],
) -> tuple[PanelJudgement, ...]:  # fmt: skip
    """The penalised panel, the other model, and every published panel that has at least one feature here."""
    every = [str(name) for name in part.values.columns]
    wanted: list[tuple[str, str, Recipe, list[str], int]] = [
        (PENALISED, "Penalised logistic regression on what training folds select", Recipe(part.kind), every,
         how.permutations),
        (OTHER, "Random forest on what training folds select", Recipe(part.kind, model="random_forest"), every,
         how.permutations // FOREST_SHARE),
    ]  # fmt: skip
    for panel in published:
        features = features_of(panel, every)
        if features:
            recipe = Recipe(part.kind, least_detected=0.0, sizes=(0,))
            here = sum(bool(features_of(replace(panel, markers=(one,)), every)) for one in panel.markers)
            title = f"Published panel, {panel.title or panel.id} ({here} of {len(panel.markers)} markers are here)"
            wanted.append((f"{PUBLISHED}: {panel.id}", title, recipe, features, how.permutations))
    told = _steps_of(advance, how.jobs, [1 + permutations for *_, permutations in wanted])
    values, censored = part.values.to_numpy(float), part.censored.to_numpy(bool)
    truth: Truths = is_case.to_numpy(bool)
    subjects: Integers = np.unique(groups.astype(str), return_inverse=True)[1].astype(np.int64)
    strata = None if found.strata is None else list(found.strata.loc[part.values.index].astype(str))
    outer = max(min(MOST_OUTER, min(subjects_per_class(truth, subjects)) // 2), 2)
    settings: dict[str, Any] = {"strata": strata, "outer": outer, "seed": how.seed}
    data = _hash(part, truth, subjects)
    judged = []
    for number, (name, title, recipe, features, permutations) in enumerate(wanted):
        # of a published panel only its features may be selected; samples are put on one scale by all that they hold
        columns = None if len(features) == len(every) else [every.index(feature) for feature in features]
        result = nested(values, censored, truth, subjects, recipe, columns=columns, repeats=how.repeats,
                        workers=how.workers, **settings)  # fmt: skip
        told(number, 1)
        null = None
        if permutations:
            make = partial(
                permutation_null, values, censored, truth, subjects, recipe, columns=columns, count=permutations,
                workers=how.workers, progress=partial(_told, told, number), **settings,
            )  # fmt: skip
            key = json.dumps(
                [data, found.contrast.name, recipe.as_dict(), columns, permutations, settings, version("exocosm")]
            )
            null = how.kept.null(key, make)
        prevalence = float(truth.mean())
        judged.append(
            PanelJudgement(
                name,
                title,
                result,
                null,
                calibration(result.scores, truth, subjects),
                decision_curve(result.scores, truth, prevalence, subjects),
                tuple(every),
            )
        )
    return tuple(judged)


def _hash(part: Dataset, truth: Truths, subjects: Integers) -> str:
    """What the numbers hang on: values, what is censored, labels and subjects."""
    digest = hashlib.sha256()
    for array in (part.values.to_numpy(float), part.censored.to_numpy(bool), truth, subjects):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update("\n".join(map(str, part.values.columns)).encode())
    return digest.hexdigest()


def features_of(panel: Panel, features: Sequence[str]) -> list[str]:
    """The columns that stand for the markers of a panel, each once; relations that are not the same are told beside."""
    found: list[str] = []
    for marker in panel.markers:
        if marker.kind == "mirna":
            found += [one.found for one in resolve(marker.name, features).with_relation(*CLOSE)]
        else:
            found += [name for name in features if name.casefold() == marker.name.casefold()]
    return list(dict.fromkeys(found))


def _steps_of(advance: Callable[[int], None], total: int, sizes: Sequence[int]) -> Callable[[int, int], None]:
    """A function of (job, done in it) that tells the whole progress in equal steps."""
    whole, told = sum(sizes), 0

    def tell(job: int, done: int) -> None:
        nonlocal told
        reached = total * (sum(sizes[:job]) + min(done, sizes[job])) // whole
        if reached > told:
            advance(reached - told)
            told = reached

    return tell


def _told(told: Callable[[int, int], None], job: int, done: int, _: int) -> None:
    told(job, 1 + done)


def _model(
    part: Dataset, contrast: Contrast, is_case: pd.Series, groups: pd.Series, judged: PanelJudgement, how: Asked
) -> PanelModel:
    """The penalised model fitted on all samples, with the figures that nested cross-validation found for its recipe."""
    from exocosm.diagnosis.panels.final import final_model

    auc, within = judged.result.auc, judged.result.within_strata
    figures = {"auc": auc.value, "auc_low": auc.low, "auc_high": auc.high}
    if within is not None:
        figures["auc_within_strata"] = within.value
    if judged.null is not None:
        figures["p"] = judged.null.p
    return final_model(
        part.values, part.censored, is_case.to_numpy(bool), list(groups.astype(str)), judged.result.recipe,
        seed=how.seed, title=part.title, case_class=" + ".join(contrast.cases),
        control_class=" + ".join(contrast.controls), judged=figures,
    )  # fmt: skip


def _verdict(judged: Sequence[PanelJudgement]) -> tuple[str, str]:
    """The verdict of the penalised panel and its first line; the other panels stand beside it."""
    first = judged[0]
    auc, within = first.result.auc, first.result.within_strata
    numbers = f"AUC {_estimate(auc)} in people held out"
    if first.null is not None:
        numbers += f", permuted labels {np.mean(first.null.permuted):.2f} (p {_of_null(first.null)})"
    if not first.is_better_than_chance:
        return NOTHING_SEEN, f"No panel is seen to do better than chance: {numbers}."
    if first.disappears_within_strata:
        assert within is not None
        return ONLY_BETWEEN, (
            f"The classes are told apart ({numbers}), but among samples that were handled alike only with AUC "
            f"{_estimate(within)}: what the panel sees may be the handling."
        )
    alike = f", {_estimate(within)} among samples that were handled alike" if within is not None else ""
    if first.is_better_within_strata is False:
        alike += " (too few of them to show it by themselves)"
    return TOLD_APART, f"A panel tells the classes apart: {numbers}{alike}."


def _of_panels(judged: Sequence[PanelJudgement]) -> list[str]:
    found = []
    for one in judged:
        naive = one.result.naive.selected_outside
        text = f"{one.title}: AUC {_estimate(one.result.auc)}"
        if one.result.within_strata is not None:
            text += f", within batches {_estimate(one.result.within_strata)}"
        if one.null is not None:
            text += f", p {_of_null(one.null)}"
        # of a published panel nothing is selected, so that there is nothing to do wrongly
        wrong = (
            ""
            if one.name.startswith(PUBLISHED)
            else f"; with selection outside the folds it would look like {naive:.2f}"
        )
        found.append(f"{text}{wrong}.")
    return found


def _of_singles(single: pd.DataFrame) -> str:
    tested = int(single["p"].notna().sum())
    passed = single[single["q"] <= LEVEL]
    if not len(passed):
        return f"None of {tested} single markers passes the correction for testing so many (q {LEVEL:g})."
    best = passed.iloc[0]
    passing = "passes" if len(passed) == 1 else "pass"
    few = f"{len(passed)} of {tested} single markers {passing} the correction for testing so many (q {LEVEL:g}); first "
    return few + f"{best['feature']}, AUC {best['auc']:.2f} ({best['auc_low']:.2f} to {best['auc_high']:.2f})."


def _of_published(published: Mapping[str, tuple[Published, ...]]) -> list[str]:
    from collections import Counter

    sentences = []
    for panel, each in published.items():
        counted = Counter(one.verdict for one in each)
        parts = ", ".join(f"{number} {verdict}" for verdict, number in counted.most_common())
        sentences.append(f"Published markers of {panel}: {parts}.")
    return sentences


def _estimate(one: Any) -> str:
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"


def _of_null(null: NullResult) -> str:
    """The p of a null, and whether its permutations could have shown a smaller one."""
    if null.p > null.smallest_p + 1e-12:
        return _p(null.p)
    return f"{_p(null.p)}, the least that {null.permuted.size} permutations can show"


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"
