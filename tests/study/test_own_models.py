"""The example studies of models that nobody published, run through the reference engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_from_papers import course, run

from exocosm.network.compile import compile_model
from exocosm.study.load import load
from exocosm.study.resolve import resolve

FOLDER = Path(__file__).parents[2] / "examples" / "own_models"


def test_vesicles_by_size() -> None:
    path = FOLDER / "vesicles_by_size.yaml"
    study, solution = run(path)
    compiled = compile_model(study.arms[0].model)
    assert len(compiled.states) == 31 and len(compiled.events) == 1
    assert len(path.read_text().splitlines()) < 150
    assert [event.name for event in solution.events] == ["surgery"]
    _, untreated = run(path, arm=1)
    assert untreated.events == ()
    last = (solution.times[-1],)
    small, large = (
        course(study, solution, name, last) / course(study, untreated, name, last) for name in ("small", "large")
    )
    assert np.all(small < 1e-3) and np.all(large < small * 1.01)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_models_with_assumed_numbers_are_called_made_up(path: Path) -> None:
    study = resolve(load(path))
    if any(pin.trust == "assumed" for arm in study.arms for pin in arm.pins.values()):
        assert "made-up" in study.title.lower()
