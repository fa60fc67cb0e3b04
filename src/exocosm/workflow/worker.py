"""A worker process: reads the study from a file, then one job per line, and keeps each chunk in a folder.

It ends by itself when the process that started it is gone.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from exocosm.errors import ExocosmError, InputError, SolveError
from exocosm.processes import channel_of_answers


def main(arguments: list[str]) -> None:
    """Serve jobs until the input ends.  arguments: resolved study (JSON file), folder of chunks."""
    answers = os.fdopen(channel_of_answers(), "w", encoding="utf-8")
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(questions,), daemon=True).start()
    serve(Path(arguments[0]), Path(arguments[1]), iter(questions.get, None), answers)


def _listen(questions: queue.SimpleQueue[str]) -> None:
    """Pass questions on; at their end, end at once: a job that is still being solved is one that nobody waits for."""
    with open(0, "rb", buffering=0, closefd=False) as stream:
        for line in stream:
            questions.put(line.decode("ascii"))
    os._exit(0)


def serve(study_file: Path, folder: Path, questions: Iterable[str], answers: IO[str]) -> None:
    """Answer each line (number of a job, key of its chunk) with a line of JSON: empty when done, or what went wrong."""
    from exocosm.study.stored import resolved_from_dict
    from exocosm.trajectory.result import out_of_memory
    from exocosm.workflow.chunks import Bench, solve_job, write_chunk
    from exocosm.workflow.plan import plan_of

    bench: Any = None
    for line in questions:
        answer = {}
        try:
            if bench is None:
                bench = Bench(plan_of(resolved_from_dict(json.loads(study_file.read_text(encoding="utf-8")))))
            number, key = int(line.split()[0]), line.split()[1]
            if bench.plan.keys[number : number + 1] != (key,):
                raise SolveError(
                    f"the program on the disk, or the study in '{folder}', is not what this run was begun with; "
                    "start Python anew and run again"
                )
            write_chunk(folder, key, solve_job(bench, bench.plan.jobs[number]))
        except ExocosmError as problem:
            answer = {"problem": str(problem), "kind": "input" if isinstance(problem, InputError) else "solve"}
        except MemoryError:
            answer = {"problem": str(out_of_memory("in a worker process")), "kind": "input"}
        except Exception:  # a bug: the caller must show all of it
            answer = {"problem": traceback.format_exc(), "kind": "bug"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
