"""Calibrations: the rows of the catalogue are what the scripts still print."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from exocosm.evidence.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
FITTED = {
    ("mx1_doxorubicin", "treated_14"): {"kill_half_concentration": "kill-half-concentration-dox"},
    ("morishita2015", "half, liver, spleen, lung"): {
        f"phagocyte_clearance.{organ}": f"blood-facing-uptake-{organ}"
        for organ in ("liver", "spleen", "lung", "remainder")
    },
}


@pytest.fixture(scope="module")
def fitting() -> Any:
    """The module of the calibrations folder."""
    spec = importlib.util.spec_from_file_location("fitting", ROOT / "calibrations" / "fitting.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("study", "targets"), FITTED)
def test_the_central_fit_is_the_row_of_the_catalogue(fitting: Any, study: str, targets: str) -> None:
    rows = load_catalogue().by_id
    stored = FITTED[study, targets]
    fit = fitting.Fit(str(ROOT / f"examples/predictions/{study}.yaml"), list(stored), targets.split(", "))
    found, left = fit.fit()
    assert left == pytest.approx(0.0, abs=1e-3)
    unit = {"kill_half_concentration": "nmol/mL"}
    values = [fitting.units.from_canonical(v, unit.get(n, "mL/h/cell")) for n, v in zip(stored, found, strict=True)]
    assert values == pytest.approx([rows[id].value for id in stored.values()], rel=0.01)
