"""`exocosm experiments`: list, show and run the virtual experiments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exocosm.cli.options import Draws, Json, reported

app = typer.Typer(help="List, show and run virtual experiments: studies with what is expected of them.",
                  no_args_is_help=True, rich_markup_mode=None)  # fmt: skip


@app.command(name="list")
@reported
def list_(json: Json = False, stage: Annotated[str, typer.Option(help="only this stage")] = "") -> None:
    """List the experiments that are shipped.

    Example: exocosm experiments list --stage isolation
    """
    from exocosm.cli.printing import as_json, as_table
    from exocosm.experiments import chosen, experiments

    rows = [
        {"id": one.id, "title": one.title, "stage": one.stage, "grade": one.grade, "claims": len(one.claims)}
        for one in (chosen(stage=stage) if stage else experiments())
    ]
    typer.echo(as_json(rows) if json else as_table(rows))


@app.command()
@reported
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="such as VE03")],
    json: Json = False,
    file: Annotated[bool, typer.Option("--file", help="the study file itself, to edit and run")] = False,
) -> None:
    """Show what an experiment does and what is expected of it.

    Example: exocosm experiments show VE03 --file > mine.yaml
    """
    from exocosm.cli.printing import as_details, as_json
    from exocosm.experiments import find_experiment
    from exocosm.study.header import GRADES

    found = find_experiment(id)
    if file:
        typer.echo(found.text, nl=False)
        return
    details = {
        "id": found.id, "title": found.title, "question": found.question, "stage": found.stage,
        "grade": f"{found.grade} - {GRADES[found.grade]}", "counts as reproduced": found.rule,
        "claims": ", ".join(found.claims),
    }  # fmt: skip
    typer.echo(as_json(details) if json else as_details({"kind": "experiment", "name": found.id, **details}))


@app.command()
@reported
def run(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="such as VE03, or a file of your own")
    ] = None,
    stage: Annotated[str, typer.Option(help="all of this stage")] = "",
    all_: Annotated[bool, typer.Option("--all", help="all there are")] = False,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="folder for results, one below it for each experiment")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace earlier results")] = False,
    draws: Draws = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress")] = False,
) -> None:
    """Run experiments and say what they came to.

    Example: exocosm experiments run VE03 VE05 -o results/experiments
    """
    from exocosm.cli.printing import as_json
    from exocosm.experiments import Experiment, chosen, run_experiment
    from exocosm.report.numbers import percent

    own = [name for name in ids or [] if name.endswith((".yaml", ".yml"))]
    named = [name for name in ids or [] if name not in own]
    asked: list[Experiment | Path] = [Path(name) for name in own]
    if named or stage or all_ or not own:
        asked += chosen(named, stage, all_)
    results = []
    for one in asked:
        name = one.stem if isinstance(one, Path) else one.id
        folder = None if output is None else Path(output) / name
        ran = run_experiment(one, folder, draws=draws, progress=not (quiet or json), overwrite=overwrite)
        results.append(ran)
        if json:
            continue
        typer.echo(f"{ran.verdict.id}  {ran.experiment.title}: {ran.verdict.sentence}")
        typer.echo(f"  grade {ran.verdict.grade} - {ran.verdict.evidence}")
        for each in ran.verdict.expected:
            held = f"{percent(each.share)} of draws" if each.share is not None else f"at the centre: {each.central}"
            role = "control" if each.control else "expected"
            typer.echo(f"  {role}: {each.says or each.condition} - {held}")
            for suspect in each.suspects:
                typer.echo(
                    f"    fails with {suspect.name} around {suspect.failing:.3g} {suspect.unit}, holds around "
                    f"{suspect.holding:.3g} ({suspect.row})"
                )
        if folder is not None:
            typer.echo(f"  report: {folder / 'report.html'}")
    if json:
        typer.echo(as_json([ran.to_dict() for ran in results]))
