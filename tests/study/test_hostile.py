"""Whatever stands in a study file, what comes out is a study or an ExocosmError."""

from __future__ import annotations

import contextlib
import copy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exocosm.errors import ExocosmError
from exocosm.evidence.catalogue import catalogue_of
from exocosm.evidence.value import Value
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.stored import resolved_from_dict, resolved_to_dict

SOUND = (Path(__file__).parent / "sound.yaml").read_text()
CATALOGUE = catalogue_of([Value("only", "only", 1.0, "1/h", method="assumed", low=0.5, high=2.0,
                                spread_kind="assumed_range", distribution="lognormal")])  # fmt: skip
WORDS = st.sampled_from(
    ["is", "cell", "medium", "uptake", "1 h", "2 d", "100 vesicle", "-1 mL", "{organ}", "{size}", "time", "auc", "@",
     "a@b", "uptake * medium", "medium / 0", "exp(1000)", "cell > 3", "../x", "other.yaml", "mouse", "1e400", "nan", ""]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10) | WORDS, inner, max_size=4),
    max_leaves=20,
)
BASE = yaml.safe_load(SOUND)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in nested data."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(deeper for key, one in inner for deeper in paths(one, (*path, key)))]


def attempt(text: str) -> None:
    with contextlib.suppress(ExocosmError):
        study = resolve(load(text + "\n"), CATALOGUE)
        assert resolved_from_dict(resolved_to_dict(study)) == study


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_any_tree(tree: Any) -> None:
    attempt(yaml.safe_dump(tree))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    attempt(text)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([path for path in paths(BASE) if path]), TREES)
def test_a_sound_study_with_anything_in_one_place(path: tuple[Any, ...], tree: Any) -> None:
    data = copy.deepcopy(BASE)
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = tree
    attempt(yaml.safe_dump(data))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(paths(resolved_to_dict(resolve(load(SOUND))))[1:]), TREES)
def test_a_stored_study_with_anything_in_one_place(path: tuple[Any, ...], tree: Any) -> None:
    data = copy.deepcopy(resolved_to_dict(resolve(load(SOUND))))
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = tree
    with contextlib.suppress(ExocosmError):
        resolved_from_dict(data)
