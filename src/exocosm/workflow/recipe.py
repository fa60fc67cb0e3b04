"""What a run of a bench or a screening was made from, so that it can be made again."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from exocosm.bench.numbers import Ledger
from exocosm.bench.refusals import reasons_counted
from exocosm.evidence.catalogue import Catalogue
from exocosm.study.bench_load import BenchStudy
from exocosm.study.screening_load import ScreeningStudy
from exocosm.trajectory.expectations import Verdict
from exocosm.workflow.plan import versions


def recipe_of(
    study: BenchStudy | ScreeningStudy,
    catalogue: Catalogue,
    ledger: Ledger,
    sizes: Mapping[str, int],
    failed: Sequence[str],
    verdict: Verdict | None,
) -> dict[str, Any]:
    """The recipe of a run: what was asked, of which values, by which program.

    sizes: seed, draws and the like, by name.  failed: why arms could not be done in single draws.
    """
    pins = {name: asdict(pin.value) for (name, _), pin in sorted(ledger.pins.items())}
    return {
        "study": study.name,
        "study_hash": hashlib.sha256(study.text.encode()).hexdigest(),
        "values_hash": hashlib.sha256(json.dumps(pins, sort_keys=True).encode()).hexdigest(),
        "knowledge_hash": catalogue.hash,
        "versions": versions("reference"),
        **sizes,
        "could_not_be_done": reasons_counted(failed),
        "verdict": None if verdict is None else asdict(verdict),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
