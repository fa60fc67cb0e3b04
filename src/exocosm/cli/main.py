"""The command line: words for what the package can do.

Exit codes: 0 done; 1 a fault of exocosm itself; 2 something in the input to mend; 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from exocosm.cli import experiments
from exocosm.cli.calculate import calculate
from exocosm.cli.diagnose import diagnose
from exocosm.cli.isolate import isolate
from exocosm.cli.measure import measure
from exocosm.cli.options import Animals, Draws, Engine, Json, Seed, StudyFile, StudyOrFolder, reported

MACHINE = "knowledge -> study -> model -> engine -> trajectory -> specimen -> bench -> reading -> verdict -> report"
STRONGEST = 20  # sensitivities that are printed
SHOWN = ("elasticity", "arm", "output", "time", "value_name", "row")

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, invoke_without_command=True
)


@app.callback()
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version and end")] = False,
) -> None:
    """Describe an experiment in a file, and get the predicted outcome with its uncertainty."""
    if version:
        import exocosm

        typer.echo(f"exocosm {exocosm.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(f"{MACHINE}\n")
        typer.echo(context.get_help())


@app.command()
@reported
def run(
    study: StudyOrFolder,
    output: Annotated[str | None, typer.Option("-o", "--output", help="results folder [default: results/NAME]")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="processes [default: as many as pay, at most one per core]")
    ] = None,
    engine: Engine = None,
    draws: Draws = None,
    animals: Animals = None,
    seed: Seed = None,
    no_resume: Annotated[bool, typer.Option("--no-resume", help="start anew")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace the result of another study")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="say nothing unless something is wrong")] = False,
) -> None:
    """Run a study and write results and report.

    A results folder is run again with the values that it was run with.

    Example: exocosm run study.yaml -o results
    """
    from exocosm import api
    from exocosm.study.load import form_of
    from exocosm.trajectory.result import content_hash

    if not Path(study).is_dir() and form_of(study) != "model":
        tables = api.load(study, draws=draws, animals=animals, seed=seed, engine=engine)
        folder = output or str(Path("results") / tables.name)
        tables.run(folder, progress=not quiet, overwrite=overwrite)
        if not quiet:
            typer.echo(f"results: {folder}\nreport:  {Path(folder) / api.REPORT}")
        return
    resolved = api.resolved_of(Path(study), draws=draws, animals=animals, seed=seed, engine=engine)
    folder = output or str(Path("results") / resolved.name)
    result = api.run(resolved, folder, workers=workers, progress=not quiet, resume=not no_resume, overwrite=overwrite)
    for warning in result.recipe.get("warnings", []):
        typer.echo(f"warning: {warning}", err=True)
    if not quiet:
        typer.echo(f"results: {folder}\nreport:  {Path(folder) / api.REPORT}\ncontent: {content_hash(folder)}")


@app.command()
@reported
def validate(study: StudyFile, json: Json = False) -> None:
    """Find all faults of a study without running it."""
    from exocosm import api
    from exocosm.cli.printing import as_json
    from exocosm.errors import CheckError

    try:
        loaded = api.load(study)
        warnings = list(loaded.resolve().warnings) if isinstance(loaded, api.Study) else []
        if not isinstance(loaded, api.Study) and (found := loaded.validate()):
            raise CheckError(f"study file {study}", found)
    except CheckError as failure:
        if not json:
            raise
        problems = [{"kind": one.kind, "where": one.where, "message": one.message} for one in failure.problems]
        typer.echo(as_json({"study": study, "sound": False, "problems": problems, "warnings": []}))
        raise typer.Exit(2) from None
    if json:
        typer.echo(as_json({"study": study, "sound": True, "problems": [], "warnings": warnings}))
        return
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    typer.echo(f"{study}: sound, and ready to run")


@app.command()
@reported
def explain(
    study: StudyOrFolder,
    json: Json = False,
    engine: Engine = None,
    source: Annotated[bool, typer.Option("--source", help="the program that is generated from each model")] = False,
) -> None:
    """Show what a study will do and on what numbers.

    Parts, equations, doses, values with their origin, and how many solutions it takes.
    """
    from exocosm import api
    from exocosm.cli.printing import as_json
    from exocosm.study import explain as explaining
    from exocosm.workflow.plan import count_solves

    resolved = api.resolved_of(Path(study), engine=engine)
    programs = {}
    if source:
        from exocosm.network.compile import compile_model

        programs = {
            ", ".join(arms): compile_model(model).source for arms, model in explaining.distinct_models(resolved.arms)
        }
    if json:
        typer.echo(
            as_json(
                explaining.explanation(resolved, count_solves(resolved)) | ({"programs": programs} if source else {})
            )
        )
    elif source:
        for arms, program in programs.items():
            typer.echo(f"# arms: {arms}\n{program}")
    else:
        typer.echo(explaining.explain(resolved, count_solves(resolved)), nl=False)


@app.command()
@reported
def sensitivities(
    study: StudyOrFolder,
    arm: Annotated[str | None, typer.Option("--arm", help="only this arm")] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="NAME", help="a value [default: all that are uncertain]")
    ] = None,
    outputs: Annotated[
        list[str] | None, typer.Option("--output", metavar="NAME", help="an output [default: all]")
    ] = None,
    file: Annotated[str | None, typer.Option("-o", metavar="FILE", help="write the whole table (CSV)")] = None,
) -> None:
    """Show how strongly the outputs hang on each value.

    Derivatives of the central run; --by and --output may be repeated.

    Example: exocosm sensitivities study.yaml --arm free -o sensitivities.csv
    """
    from exocosm import api
    from exocosm.cli.printing import as_table
    from exocosm.files import write_atomic
    from exocosm.workflow.sensitivities import FADED, strongest

    table = api.sensitivities(Path(study), arm, by or None, outputs or None)
    for name in dict.fromkeys(table["arm"]):
        if table.loc[table["arm"] == name, "derivative"].isna().all():
            typer.echo(f"warning: arm '{name}' has no derivatives: an event just touches its threshold there, or the "
                       "cohort engine gave the run up", err=True)  # fmt: skip
    shown = strongest(table, STRONGEST)[list(SHOWN)]
    typer.echo(
        f"The largest elasticities (per cent of output for one per cent of value) of {len(table)} rows,\n"
        f"each output at its last recorded time (h) with at least {FADED:g} of its peak:\n"
    )
    typer.echo(as_table([dict(zip(SHOWN, row, strict=True)) for row in shown.itertuples(index=False)]))
    if file is not None:
        typer.echo(f"\nwritten: {write_atomic(file, table.to_csv(index=False, lineterminator=chr(10)))}")


@app.command(name="list")
@reported
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="what to list; without it, the kinds there are")] = "",
    json: Json = False,
    place: Annotated[str, typer.Option("--in", help="a folder (studies) or a study file (outputs)")] = "",
    quantity: Annotated[str, typer.Option(help="only values of this quantity")] = "",
    organism: Annotated[str, typer.Option(help="only values for this organism")] = "",
    organ: Annotated[str, typer.Option(help="only values for this organ")] = "",
    cell: Annotated[str, typer.Option(help="only values for this cell")] = "",
    carrier: Annotated[str, typer.Option(help="only values for this carrier")] = "",
    cargo: Annotated[str, typer.Option(help="only values for this cargo")] = "",
    fluid: Annotated[str, typer.Option(help="only values for this fluid")] = "",
    device: Annotated[str, typer.Option(help="only values of this column, filter, bead, kit or instrument")] = "",
    cancer: Annotated[str, typer.Option(help="only markers of this cancer")] = "",
    method: Annotated[str, typer.Option(help="only values found by this method")] = "",
    source: Annotated[str, typer.Option(help="only values from this source")] = "",
) -> None:
    """List what there is.

    Example: exocosm list values --organism mouse --carrier small_ev
    """
    from exocosm.cli.listing import KINDS, rows_of
    from exocosm.cli.printing import as_json, as_table

    asked = {
        "quantity": quantity, "organism": organism, "organ": organ, "cell": cell, "carrier": carrier,
        "cargo": cargo, "fluid": fluid, "device": device, "cancer": cancer, "method": method, "source": source,
    }  # fmt: skip
    filters = {field: word for field, word in asked.items() if word}
    if kind:
        rows = rows_of(kind, filters, Path(place) if place else None)
    else:
        rows = [{"kind": name, "lists": about} for name, about in KINDS.items()]
    typer.echo(as_json(rows) if json else as_table(rows))


@app.command()
@reported
def show(
    name: Annotated[str, typer.Argument(help="its name: a value, quantity, source, mechanism, protocol, rotor ...")],
    json: Json = False,
) -> None:
    """Show all that is known of one thing.

    Example: exocosm show carrier_drug
    """
    from exocosm.cli.listing import details_of
    from exocosm.cli.printing import as_details, as_json

    found = details_of(name)
    typer.echo(as_json(found) if json else "\n\n".join(as_details(one) for one in found))


@app.command()
@reported
def cite(study: StudyOrFolder) -> None:
    """Print the sources of a study as BibTeX."""
    from exocosm import api

    typer.echo(api.cite(Path(study)), nl=False)


@app.command()
@reported
def export(
    study: StudyOrFolder,
    output: Annotated[str, typer.Option("-o", "--output", help="the file (SBML) or the new folder (CSV)")],
    to: Annotated[str, typer.Option("--to", help="sbml or csv")] = "sbml",
    arm: Annotated[str, typer.Option("--arm", help="which arm; needed for SBML if there are several")] = "",
) -> None:
    """Write a study for other programs.

    Example: exocosm export study.yaml --to sbml --arm free -o free.xml
    """
    from exocosm import api

    typer.echo(f"written: {api.export(api.resolved_of(Path(study)), output, to, arm)}")


@app.command()
@reported
def schema(
    bench: Annotated[bool, typer.Option("--bench", help="of studies whose arms are protocols of a bench")] = False,
    screening: Annotated[bool, typer.Option("--screening", help="of studies whose arms are tests of a fluid")] = False,
) -> None:
    """Print the JSON schema of study files.

    Editors use it to complete and check YAML.
    """
    from exocosm.cli.printing import as_json
    from exocosm.study.bench_schema import bench_study_schema
    from exocosm.study.schema import study_schema
    from exocosm.study.screening_schema import screening_study_schema

    chosen = bench_study_schema if bench else screening_study_schema if screening else study_schema
    typer.echo(as_json(chosen()))


@app.command()
@reported
def report(folder: Annotated[str, typer.Argument(metavar="DIR", help="a results folder")]) -> None:
    """Build the report of a results folder anew."""
    from exocosm import api

    typer.echo(f"report: {api.report(Path(folder))}")


app.add_typer(experiments.app, name="experiments")
app.add_typer(calculate, name="calculate")
app.command()(isolate)
app.command()(measure)
app.command()(diagnose)


def main() -> None:
    """The program `exocosm`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter shows its code instead of failing
            stream.reconfigure(errors="backslashreplace")
    app()
