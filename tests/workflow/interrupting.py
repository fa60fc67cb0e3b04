"""A program that runs studies in children of its own and kills them, or takes their disk away, at chosen moments.

It is a process apart from pytest: it forks, so that a child begins with everything imported and its moments are those
of the run itself.  What it finds out goes to the standard output as one JSON document.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from tiny_study import TINY

from exocosm.errors import ExocosmError, InputError
from exocosm.trajectory.result import FILES, REPORT, content_hash
from exocosm.workflow import run as running

OLD = replace(TINY, name="old", draws=1, animals=1, what_ifs=(), seed=1)
NEW = replace(TINY, name="new", draws=2, animals=1, what_ifs=())
# what Python says before it asks the system for something that changes files, or reads them
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "os.listdir"}
KILLED, REFUSED, FAULT = "killed", "refused", "fault"


def attempt(action: Callable[[], Any], hook: Callable[[str, tuple[Any, ...]], None] | None = None) -> int:
    """Start an action in a child with a process group of its own; exit status 0, 3 (an error told) or 4 (a fault)."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    code = 4
    try:
        if hook:
            sys.addaudithook(hook)
        action()
        code = 0
    except InputError:
        code = 3
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def ending(child: int) -> str:
    """How a child ended: KILLED, '' for well, REFUSED or FAULT."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return KILLED
    return {0: "", 3: REFUSED}.get(os.WEXITSTATUS(status), FAULT)


def at_event(number: int, what: str) -> Callable[[str, tuple[Any, ...]], None]:
    """A hook that kills the process before its numbered request to the file system, or fails it as a full disk does."""
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event not in EVENTS:
            return
        seen += 1
        if what == "kill" and seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        # a full disk stays full, but it can still be read and files can be removed
        if what == "full" and seen >= number and event in {"open", "os.mkdir"} and _writes(event, arguments):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    return hook


def _writes(event: str, arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else os.O_WRONLY
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


def quietly(study: Any, folder: Path, **options: Any) -> Any:
    return running.run(study, folder, **{"workers": 1, "progress": False, **options})


def state(folder: Path) -> str:
    """The hash of the result in a folder; '' if there is none that is whole."""
    try:
        return content_hash(folder)
    except ExocosmError:
        return ""


def left_over(folder: Path) -> list[str]:
    """What lies in the folder of a finished run and should not."""
    return sorted({entry.name for entry in folder.iterdir()} - {*FILES, REPORT})


def every_point(place: Path, what: str, stride: int, start: int) -> dict[str, Any]:
    """Interrupt a run that replaces an older result at every `stride`-th request to the file system, and resume it."""
    old, new = (state(quietly(study, place / study.name).folder) for study in (OLD, NEW))
    (place / "old" / REPORT).write_text("the old report")
    os.sync()
    wrong: list[str] = []
    counts = {KILLED: 0, REFUSED: 0, "old": 0, "new": 0, "none": 0}
    number = start
    while True:
        folder = place / f"out{number}"
        shutil.copytree(place / "old", folder)
        told = ending(attempt(lambda f=folder: quietly(NEW, f, overwrite=True), at_event(number, what)))
        found = state(folder)
        has_report = (folder / REPORT).exists()
        name = {old: "old", new: "new"}.get(found, "none" if not found else "mixed")
        if told == FAULT or name == "mixed":
            wrong.append(f"point {number}: {told}, then {name}")
        if has_report and name == "new":
            wrong.append(f"point {number}: the old report beside the new result")
        if not told:
            shutil.rmtree(folder)
            break
        counts[told] += 1
        counts[name] += 1
        if state(quietly(NEW, folder, overwrite=True).folder) != new or left_over(folder):
            wrong.append(f"point {number}: {told}; resumed, it is not what it should be: {left_over(folder)}")
        shutil.rmtree(folder)
        number += stride
    return {"points": number, "counts": counts, "wrong": wrong}


def any_moment(place: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill `exocosm run` at random moments, and run the same command again until it has finished."""
    from exocosm.cli.main import app

    chance = random.Random(seed)

    def start(out: Path, workers: int) -> int:
        words = ["run", str(place / "study.yaml"), "-o", str(out), "--draws", "12", "--workers", str(workers)]
        return attempt(lambda: app([*words, "--quiet"]))

    lasts, hashes = {}, []
    for workers in (1, 2, 1, 2):  # the first of each imports what the others find in place
        began = time.monotonic()
        if workers == 1 and not hashes:
            try:
                app(["run", str(place / "study.yaml"), "-o", str(place / "first"), "--draws", "12", "--quiet",
                     "--workers", "1"])  # fmt: skip
            except SystemExit:
                pass
            hashes.append(state(place / "first"))
            continue
        out = place / f"timed{len(hashes)}"
        assert not ending(start(out, workers))
        lasts[workers] = time.monotonic() - began
        hashes.append(state(out))
    done, finished, wrong = 0, 0, []
    moments = {"nothing": 0, "chunks": 0, "saving": 0, "whole": 0}
    while done < kills:
        out = place / f"out{finished}"
        while True:
            workers = 1 + done % 2
            child = start(out, workers)
            ends = time.monotonic() + chance.uniform(0.0, lasts[workers])
            while time.monotonic() < ends and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                time.sleep(0.001)
            if done < kills and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                done += 1
                if chance.random() < 0.5:
                    os.killpg(child, signal.SIGKILL)
                else:
                    os.kill(child, signal.SIGKILL)  # its workers are left to themselves
                ending(child)
                moments[_moment(out)] += 1
                if state(out) not in ("", hashes[0]):
                    wrong.append(f"kill {done}: a result that looks whole and is not")
                continue
            if told := ending(child):
                wrong.append(f"after kill {done}: {told}")
            break
        hashes.append(state(out))
        finished += 1
        if left_over(out) or not (out / REPORT).exists():
            wrong.append(f"after kill {done}: {left_over(out)}")
        shutil.rmtree(out, ignore_errors=True)
    return {"kills": done, "finished": finished, "hashes": hashes, "wrong": wrong, "moments": moments}


def _moment(out: Path) -> str:
    if (out / "recipe.json").exists():
        return "whole"
    if any(out.glob(".writing-*")) or any((out / name).exists() for name in FILES):
        return "saving"
    return "chunks" if any(out.glob(".chunks/*.chunk")) else "nothing"


if __name__ == "__main__":
    what, place, *numbers = sys.argv[1:]
    if what == "random":
        found = any_moment(Path(place), int(numbers[0]), int(numbers[1]))
    else:
        found = every_point(Path(place), what, int(numbers[0]), int(numbers[1]))
    print(json.dumps(found))
