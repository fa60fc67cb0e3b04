"""What commands share: arguments and options of the same words, and how errors are told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

StudyFile = Annotated[str, typer.Argument(metavar="STUDY", help="a study file (YAML)")]
StudyOrFolder = Annotated[
    str, typer.Argument(metavar="STUDY", help="a study file (YAML), or a results folder (or its resolved.json)")
]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")]
Draws = Annotated[int | None, typer.Option(min=0, help="draws of the uncertain values, instead of the study's number")]
Animals = Annotated[int | None, typer.Option(min=0, help="animals per draw and arm, instead of the study's number")]
Engine = Annotated[
    str | None, typer.Option(metavar="NAME", help="automatic, cohort or reference, instead of the study's word")
]
Seed = Annotated[int | None, typer.Option(min=0, help="seed of the random numbers, instead of the study's")]


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """The command with errors as messages on the error stream and an exit code, never as a traceback."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        from exocosm.errors import ExocosmError

        try:
            command(*arguments, **options)
        except (typer.Exit, BrokenPipeError):  # a reader such as `head` may stop reading
            raise
        except ExocosmError as problem:
            typer.echo(f"exocosm: {problem}", err=True)
            raise typer.Exit(2) from None
        except MemoryError:
            from exocosm.trajectory.result import WHAT_TO_REDUCE

            typer.echo(f"exocosm: memory ran out; ask for {WHAT_TO_REDUCE}", err=True)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            typer.echo("exocosm: interrupted; resume with the same command", err=True)
            raise typer.Exit(130) from None
        except Exception as fault:
            typer.echo(f"exocosm: this should not have happened: {_where(fault)}", err=True)
            typer.echo("Please report it, with the command and this message, to the authors of exocosm.", err=True)
            raise typer.Exit(1) from None

    return wrapped


def _where(fault: Exception) -> str:
    import traceback

    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__}: {fault} (in {last.name}, {Path(last.filename).name} line {last.lineno})"
