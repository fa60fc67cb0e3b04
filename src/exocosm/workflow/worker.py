"""A worker process: reads the study from a file, then one job per line, and keeps each chunk in a folder.

It is a program of its own rather than a fork or a spawn of the caller: nothing of a user's script or notebook is run
again, and it ends by itself when the process that started it is gone.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, Any

from exocosm.errors import ExocosmError


def main(arguments: list[str]) -> None:
    """Serve jobs until the input ends.  arguments: resolved study (JSON file), folder of chunks."""
    # libraries of numerics may print to the standard output; the answers go out on a channel of their own
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(Path(arguments[0]), Path(arguments[1]), sys.stdin, answers)


def serve(study_file: Path, folder: Path, questions: IO[str], answers: IO[str]) -> None:
    """Answer each line (number of a job, key of its chunk) with a line of JSON: empty when done, or what went wrong."""
    from exocosm.study.stored import resolved_from_dict
    from exocosm.workflow.chunks import Bench, solve_job, write_chunk
    from exocosm.workflow.plan import plan_of

    bench: Any = None
    for line in questions:
        answer = {}
        try:
            if bench is None:
                bench = Bench(plan_of(resolved_from_dict(json.loads(study_file.read_text(encoding="utf-8")))))
            number, key = line.split()
            write_chunk(folder, key, solve_job(bench, bench.plan.jobs[int(number)]))
        except ExocosmError as problem:
            answer = {"problem": str(problem), "kind": "user"}
        except Exception:  # a bug: the caller must show all of it
            answer = {"problem": traceback.format_exc(), "kind": "bug"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
