"""The memory and the disk space that a run will need, and what there is of them, known before it begins."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from exocosm.engines.memory import available_memory
from exocosm.errors import InputError
from exocosm.study.resolved import ResolvedStudy
from exocosm.study.stored import resolved_to_dict
from exocosm.trajectory.result import MAXIMUM_BYTES, WHAT_TO_REDUCE
from exocosm.workflow.plan import Plan, observe_times

NUMBER = 8  # bytes of a float
# taken by measurement, rounded up (tests/workflow/test_needs.py measures again)
ROW_IN_MEMORY, ROW_ON_DISK = 300, 90  # bytes of a row of metrics: as a table and its text; as text
BESIDE = 2_000_000  # bytes of the small tables
COPIES_OF_CURVES = 5  # of one output of one arm, while metrics are taken from it
COPIES_TO_SAVE = 3  # of all curves
CHUNK_ON_DISK = 4096  # bytes of a chunk beside its numbers, with what the file system rounds up


def require_room(plan: Plan, pending: Sequence[int], folder: Path | None) -> None:
    """Raise InputError if a run cannot end well: too little memory or disk, or a result too large for its file.

    pending: the numbers of the jobs that are still to be solved; folder: where chunks and result go (None: the chunks
    go to the folder of temporary files, the result stays in memory).  What cannot be found out is not checked.
    """
    most, limit = curve_bytes(plan, 0), MAXIMUM_BYTES - 2**20
    if most > limit:
        raise InputError(
            f"the time courses would be {_size(most)}, and a result holds at most {_size(limit)}; ask for "
            f"{WHAT_TO_REDUCE}"
        )
    needed, available = memory_needed(plan), available_memory()
    if available is not None and needed > available:
        raise InputError(
            f"the result needs about {_size(needed)} of memory, and {_size(available)} are available; ask for "
            f"{WHAT_TO_REDUCE}, or run it on a machine with more memory"
        )
    place = folder or Path(tempfile.gettempdir())
    needed, free = disk_needed(plan, pending, folder is not None), _disk_free(place)
    if free is not None and needed > free:
        raise InputError(
            f"the run needs up to {_size(needed)} on the disk of '{place}', and {_size(free)} are free; make space, "
            f"name a folder on another disk, or ask for {WHAT_TO_REDUCE}"
        )


def curve_bytes(plan: Plan, place: int) -> int:
    """The bytes of all time courses of the study at a place of the plan, as one array."""
    study, sampling = plan.studies[place], plan.samplings[place]
    runs = len(study.arms) * len(sampling.cohort_draws) * (1 + sampling.animals)
    return NUMBER * runs * len(observe_times(study)) * len(study.outputs)


def memory_needed(plan: Plan) -> int:
    """The bytes of memory that gathering and saving the result take at most, beside the program itself."""
    main = curve_bytes(plan, 0)
    working = []
    for place, study in enumerate(plan.studies):
        of_arm = curve_bytes(plan, place) // max(1, len(study.arms))
        copies = COPIES_OF_CURVES * of_arm // max(1, len(study.outputs))
        working.append((curve_bytes(plan, place) if place else 0) + of_arm + copies)
    return max(main + max(working), COPIES_TO_SAVE * main) + ROW_IN_MEMORY * _metric_rows(plan) + BESIDE


def disk_needed(plan: Plan, pending: Sequence[int], saved: bool) -> int:
    """The bytes that chunks and, if it is saved, the result beside them still take on the disk at most."""
    times = [len(observe_times(study)) for study in plan.studies]
    jobs = [plan.jobs[number] for number in pending]
    chunks = sum(NUMBER * job.subjects * times[job.study] * len(job.outputs) + CHUNK_ON_DISK for job in jobs)
    if not saved:
        return chunks
    return chunks + curve_bytes(plan, 0) + ROW_ON_DISK * _metric_rows(plan) + _text_bytes(plan.studies[0])


def _metric_rows(plan: Plan) -> int:
    study, sampling = plan.studies[0], plan.samplings[0]
    return len(study.arms) * len(sampling.cohort_draws) * (1 + sampling.animals) * len(study.metrics)


def _text_bytes(study: ResolvedStudy) -> int:
    # on lines of their own, as they will be written, names and numbers take half as much again
    return len(study.text.encode()) + 3 * len(json.dumps(resolved_to_dict(study)))


def _disk_free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
