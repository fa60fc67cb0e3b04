"""`exocosm measure`: what the files of instruments say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from exocosm.cli.options import Json, reported

if TYPE_CHECKING:
    from exocosm.bench.readings.evaluation import Evaluation

MOST_SHOWN = 20  # samples and warnings that are printed


@reported
def measure(
    files: Annotated[list[str], typer.Argument(metavar="FILES...", help="exports of instruments, or folders of them")],
    output: Annotated[str | None, typer.Option("-o", "--output", help="folder for report and tables")] = None,
    dilution: Annotated[
        list[str] | None,
        typer.Option("--dilution", metavar="500|FILE=500", help="for files that record none, or for one; repeatable"),
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="CSV", help="columns file, sample, dilution: what the files are")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--mapping", metavar="YAML", help="the columns of another instrument's tables")
    ] = None,
    group_by: Annotated[str, typer.Option("--group-by", help="sample (by its name in the files) or file")] = "sample",
    fluid: Annotated[str, typer.Option("--fluid", help="what the samples are from, such as plasma")] = "",
    protocol: Annotated[str, typer.Option("--protocol", help="how they were isolated: a protocol's name or file")] = "",
    answers: Annotated[
        str | None, typer.Option("--answers", metavar="YAML", help="answers to items of the checklists")
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="tables only")] = False,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="say nothing unless a file is refused")] = False,
) -> None:
    """Read what instruments write, and say what it means.

    Sizes, concentrations, repeatability, linearity, warnings, checklists.  Files that cannot be read are named with
    line and reason, and the exit code is 2; the others are evaluated all the same.

    Example: exocosm measure *.csv --dilution 500 -o results/measure
    """
    from exocosm import benchtop
    from exocosm.bench.readings.checklist import read_answers
    from exocosm.bench.recordings.mapping import load_mapping
    from exocosm.cli.printing import as_json

    samples, dilutions = benchtop.read_file_table(table) if table else ({}, {})
    for word in dilution or []:
        name, _, factor = word.rpartition("=")
        dilutions[name or "*"] = benchtop.dilution_factor(factor, f"--dilution {word}")
    mappings = [load_mapping(path) for path in mapping or []]
    evaluation = benchtop.measure(
        files,
        output,
        dilution=dilutions,
        samples=samples,
        mapping=mappings or None,
        group_by=group_by,
        fluid=fluid,
        protocol=protocol,
        answers=read_answers(answers) if answers else None,
        report=not no_report,
        progress=not (quiet or json),
    )
    if json:
        typer.echo(as_json(evaluation.as_plain()))
    elif not quiet:
        _print(evaluation)
        if output:
            typer.echo(f"\nresults: {output}" + ("" if no_report else f"\nreport:  {output}/{benchtop.REPORT}"))
        else:
            typer.echo("\nGive -o FOLDER for the report, the distributions and the checklists.")
    for error in evaluation.refused:
        typer.echo(f"refused: {error}", err=True)
    if evaluation.refused:
        rest = (
            f"; the other files are evaluated{' and written' if output else ''}" if evaluation.readings.samples else ""
        )
        typer.echo(f"exocosm: {_files(len(evaluation.refused))} could not be read{rest}", err=True)
        raise typer.Exit(2)


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _print(evaluation: Evaluation) -> None:
    from exocosm.cli.printing import as_table

    samples = evaluation.readings.samples
    if samples:
        typer.echo(as_table([_row(sample, one) for sample in samples[:MOST_SHOWN] for one in sample.overall]))
    if len(samples) > MOST_SHOWN:
        typer.echo(f"... and {len(samples) - MOST_SHOWN} more samples")
    warnings = list(dict.fromkeys(str(one) for one in evaluation.warnings))
    for text in warnings[:MOST_SHOWN]:
        typer.echo(f"warning: {text}", err=True)
    if len(warnings) > MOST_SHOWN:
        typer.echo(f"... and {len(warnings) - MOST_SHOWN} more warnings", err=True)


def _row(sample: Any, overall: Any) -> dict[str, str]:
    return {
        "sample": sample.name,
        "instrument": overall.instrument,
        "particles_per_mL": _number(overall.concentration, "{:.3g}"),
        "of": overall.of,
        "median_nm": _number(overall.estimates["d50"], "{:.1f}"),
        "mean_nm": _number(overall.estimates["mean"], "{:.1f}"),
        "mode_nm": _number(overall.estimates["mode"], "{:.1f}"),
        "from": overall.concentration.how if overall.concentration.number else overall.estimates["mean"].how,
    }


def _number(estimate: Any, form: str) -> str:
    if estimate.value != estimate.value:
        return "-"
    value = form.format(estimate.value)
    if estimate.low != estimate.low:
        return value
    return f"{value} ({form.format(estimate.low)} to {form.format(estimate.high)})"
