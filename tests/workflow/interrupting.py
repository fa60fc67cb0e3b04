"""A program that runs studies in children of its own and kills them, or takes their disk away, at chosen moments.

It is a process apart from pytest: it forks, so that a child begins with everything imported and its moments are those
of the run itself.  What it finds out goes to the standard output as one JSON document.
"""

from __future__ import annotations

import contextlib
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
    place.mkdir(exist_ok=True)
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


MANY_JOBS = ("--draws", "240", "--animals", "40")


def any_moment(place: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill `exocosm run` at random moments, and run the same command again until it has finished."""
    from exocosm.cli.main import app

    chance = random.Random(seed)

    def start(out: Path, workers: int) -> int:
        words = ["run", str(place / "study.yaml"), "-o", str(out), *MANY_JOBS, "--workers", str(workers)]
        return attempt(lambda: app([*words, "--quiet"]))

    with contextlib.suppress(SystemExit):  # everything that is imported late is imported now
        app(["run", str(place / "study.yaml"), "-o", str(place / "first"), *MANY_JOBS, "--workers", "1", "--quiet"])
    hashes, lasts = [state(place / "first")], {}
    for workers in (1, 2):
        began = time.monotonic()
        assert not ending(start(place / f"timed{workers}", workers))
        lasts[workers] = time.monotonic() - began
        hashes.append(state(place / f"timed{workers}"))
    done, finished, wrong = 0, 0, []
    moments = dict.fromkeys(("nothing", "chunks", "saving", "whole"), 0)
    while done < kills:
        out = place / f"out{finished}"
        while True:
            workers = 1 + done % 2
            child = start(out, workers)
            if done == kills or not _alive_at(_any_of(chance, out, lasts[workers]), child):
                if told := ending(child):
                    wrong.append(f"after kill {done}: {told}")
                break
            done += 1
            if chance.random() < 0.5:
                os.killpg(child, signal.SIGKILL)
            else:
                os.kill(child, signal.SIGKILL)  # its workers are left to themselves
            ending(child)
            moments[_moment(out)] += 1
            if state(out) not in ("", hashes[0]):
                wrong.append(f"kill {done}: a result that looks whole and is not")
        hashes.append(state(out))
        finished += 1
        if left_over(out) or not (out / REPORT).exists():
            wrong.append(f"after kill {done}: {left_over(out)}")
        shutil.rmtree(out, ignore_errors=True)
    return {"kills": done, "finished": finished, "hashes": hashes, "wrong": wrong, "moments": moments}


def _any_of(chance: random.Random, out: Path, lasts: float) -> Callable[[], bool]:
    """Whether the moment has come: by the clock, after so many more chunks, or some time after saving began."""
    kind, began, wait = chance.randrange(3), time.monotonic(), chance.uniform(0.0, 0.04)
    ends, chunks = began + chance.uniform(0.0, lasts), _chunks(out) + chance.randrange(1, 20)
    if kind == 0:
        return lambda: time.monotonic() > ends
    if kind == 1:
        return lambda: _chunks(out) >= chunks
    saving: list[float] = []

    def saved_for_a_while() -> bool:
        if not saving and any(out.glob(".writing-*")):
            saving.append(time.monotonic())
        return bool(saving) and time.monotonic() - saving[0] > wait

    return saved_for_a_while


def _alive_at(moment: Callable[[], bool], child: int) -> bool:
    """Wait for a moment; whether the child has not ended before it."""
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if moment():
            return True
        time.sleep(0.0005)
    return False


def _chunks(out: Path) -> int:
    try:
        return sum(1 for _ in out.glob(".chunks/*.chunk"))
    except FileNotFoundError:  # removed meanwhile
        return 0


def _moment(out: Path) -> str:
    if (out / "recipe.json").exists():
        return "whole"
    if any(out.glob(".writing-*")) or any((out / name).exists() for name in FILES):
        return "saving"
    return "chunks" if _chunks(out) else "nothing"


if __name__ == "__main__":
    what, place, first, second = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if what == "moments":
        print(json.dumps(any_moment(place, first, second)))
    else:
        print(json.dumps({how: every_point(place / how, how, first, second) for how in ("kill", "full")}))
