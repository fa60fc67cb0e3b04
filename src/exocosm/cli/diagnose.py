"""`exocosm diagnose`: what a data set can answer, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from exocosm.cli.options import Json, reported

if TYPE_CHECKING:
    from exocosm.diagnosis.dataset import Role
    from exocosm.diagnosis.diagnosed import Diagnosis


@reported
def diagnose(
    counts: Annotated[str, typer.Argument(metavar="COUNTS", help="the table: counts, expression, Ct values, proteins")],
    labels: Annotated[str, typer.Option("--labels", metavar="FILE", help="sample and class, or by-name")],
    covariates: Annotated[
        list[str] | None, typer.Option("--covariates", metavar="FILE", help="batches, age, sex ...; repeatable")
    ] = None,
    contrast: Annotated[
        list[str] | None, typer.Option("--contrast", metavar="A:B", help="cases:controls [default: every pair]")
    ] = None,
    panel: Annotated[
        list[str] | None, typer.Option("--panel", metavar="NAME|FILE", help="published markers; repeatable")
    ] = None,
    label_column: Annotated[str, typer.Option("--label-column", help="which column of the labels file")] = "",
    subject_column: Annotated[str, typer.Option("--subject", help="the column that says whose sample it is")] = "",
    technical: Annotated[
        list[str] | None, typer.Option("--technical", metavar="COLUMN", help="a covariate that is a batch; repeatable")
    ] = None,
    biological: Annotated[
        list[str] | None, typer.Option("--biological", metavar="COLUMN", help="one that is of the people; repeatable")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="COLUMN", help="one that says the label again; repeatable")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="CHECK=REASON", help="answer all the same; the report quotes the reason"),
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="what the numbers are, if it is not recognised rightly")] = "",
    samples_in: Annotated[str, typer.Option("--samples-in", help="rows or columns, if not recognised rightly")] = "",
    model: Annotated[
        str | None, typer.Option("--model", metavar="FILE", help="a saved model: validate it on this table")
    ] = None,
    permutations: Annotated[int, typer.Option(min=0, help="label permutations of the penalised model")] = 200,
    repeats: Annotated[int, typer.Option(min=1, help="repeats of nested cross-validation")] = 5,
    audit_only: Annotated[bool, typer.Option("--audit-only", help="no markers and no model")] = False,
    workers: Annotated[int, typer.Option(min=1, help="processes; the numbers do not depend on it")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="seed of the random numbers")] = 1,
    output: Annotated[str | None, typer.Option("-o", "--output", help="folder for reports, tables and models")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace an earlier diagnosis")] = False,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="say nothing unless something is wrong")] = False,
) -> None:
    """Judge a data set: audit first, then markers and panels, contrast by contrast.

    A contrast that is confounded gets no diagnosis, and the first line says why.  Panels are judged by nested
    cross-validation by subject, beside a null of permuted labels and the naive figure.

    Example: exocosm diagnose counts.csv --labels classes.csv --covariates batches.csv -o results/diagnosis
    """
    from exocosm import diagnosing
    from exocosm.cli.printing import as_json
    from exocosm.errors import InputError

    reasons = {}
    for one in accept or []:
        check, equals, reason = one.partition("=")
        if not equals or not reason.strip():
            raise InputError(
                f"--accept is written CHECK=REASON, such as order='accessions were given by class'; found '{one}'"
            )
        reasons[check.strip()] = reason.strip()
    roles: dict[str, Role] = {
        **dict.fromkeys(technical or [], "technical"),
        **dict.fromkeys(biological or [], "biological"),
        **dict.fromkeys(ignore or [], "label"),
    }
    found = diagnosing.diagnose(
        counts, labels, output, covariates=covariates or (), contrasts=contrast or (), panels=panel or (),
        label_column=label_column, subject_column=subject_column, roles=roles, accept=reasons, kind=kind,
        samples_in=samples_in, model=model, permutations=permutations, repeats=repeats, audit_only=audit_only,
        workers=workers, seed=seed, overwrite=overwrite, progress=not (quiet or json),
    )  # fmt: skip
    if json:
        typer.echo(as_json(found.as_plain()))
    elif not quiet:
        _print(found)
        if output:
            typer.echo(f"\nreport: {output}/{diagnosing.REPORT}")
        else:
            typer.echo("\nGive -o FOLDER for the report, the tables and the model files.")


def _print(found: Diagnosis) -> None:
    for note in found.dataset.notes:
        typer.echo(f"{'read, but: ' if note.serious else 'read: '}{note.sentence}")
    for one in found.judgements:
        typer.echo(f"\n{one.contrast.name}\n  {one.headline}")
        for sentence in one.sentences:
            typer.echo(f"  {sentence}")
    for external in found.external:
        typer.echo(f"\n{external.contrast.name}, the saved model on this table\n  {external.sentence}")
