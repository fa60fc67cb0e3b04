"""`exocosm isolate`: what a protocol gives, or which protocol to take."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from exocosm.cli.options import Json, reported

MOST_LISTED = 10  # designed protocols that are printed


@reported
def isolate(
    sample: Annotated[str, typer.Argument(metavar="SAMPLE", help="a fluid, such as plasma, or a sample file (YAML)")],
    protocol: Annotated[
        str, typer.Argument(metavar="[PROTOCOL]", help="a protocol: its name (exocosm list protocols) or a file")
    ] = "",
    goals: Annotated[
        str | None, typer.Option("--design", metavar="GOALS", help="a goals file: search the protocol instead")
    ] = None,
    volume: Annotated[str, typer.Option("--volume", help="how much of the sample, such as '2 mL'")] = "",
    rotor: Annotated[str, typer.Option("--rotor", help="your rotor, in place of that of the fastest spin")] = "",
    kind: Annotated[str, typer.Option("--kind", help="the particles that are wanted")] = "small_ev",
    draws: Annotated[int, typer.Option(min=0, help="draws of what is not known")] = 200,
    donors: Annotated[int, typer.Option(min=0, help="donors (not with --design)")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="seed of the random numbers")] = 1,
    prices: Annotated[
        str | None, typer.Option("--prices", metavar="FILE", help="your prices: CSV (device, price, source) or YAML")
    ] = None,
    space: Annotated[str, typer.Option("--space", help="design space: a shipped one or a file (with --design)")] = "",
    candidates: Annotated[int, typer.Option(min=1, help="protocols that are tried (with --design)")] = 20_000,
    output: Annotated[str | None, typer.Option("-o", "--output", help="folder for report and tables")] = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="say nothing unless something is wrong")] = False,
) -> None:
    """Predict what a protocol gives from a sample, or search the protocol for your goals.

    Recovery by kind of particle, purity, time and cost, with what is not known and how donors differ.

    Example: exocosm isolate plasma sec_plasma --volume "0.5 mL" -o results/sec
    """
    from exocosm import benchtop
    from exocosm.errors import InputError

    if bool(goals) == bool(protocol):
        raise InputError("name either a protocol or, with --design, a goals file: exocosm isolate plasma sec_plasma")
    shown = not (quiet or json)
    if goals:
        if rotor:
            raise InputError("with --design the rotors stand in the goals file, under `own: {rotors: [...]}`")
        found = benchtop.design_protocol(
            sample, goals, output, volume=volume, space=space, candidates=candidates, draws=draws, seed=seed,
            prices=prices, progress=shown,
        )  # fmt: skip
        _tell_design(found, json, quiet)
    else:
        prediction = benchtop.isolate(
            sample, protocol, output, volume=volume, kind=kind, rotor=rotor, draws=draws, donors=donors, seed=seed,
            prices=prices, progress=shown,
        )  # fmt: skip
        _tell_isolation(prediction, json, quiet)
    if output and shown:
        typer.echo(f"report: {output}/{benchtop.REPORT}")


def _tell_isolation(found: Any, json: bool, quiet: bool) -> None:
    from exocosm.cli.printing import as_json, as_table, without_unknown
    from exocosm.report.isolation import headline, short_rows, summary

    if json:
        influences = {
            measure: [{"row": one.pin.value.id, "rank_correlation": one.rank_correlation} for one in each]
            for measure, each in found.influences.items()
        }
        content = {"protocol": found.protocol.name, "kind": found.kind, "rows": found.rows, "influences": influences,
                   "instructions": [outcome.instruction for outcome in found.central.outcomes],
                   "failed": found.failed}  # fmt: skip
        typer.echo(as_json(without_unknown(content)))
    elif not quiet:
        steps = [f"{place}. {row['instruction']}" for place, row in enumerate(found.central.steps(), 1)]
        typer.echo("\n".join([headline(found), "", *summary(found), "", *steps, ""]))
        typer.echo(as_table(short_rows(found)))
        for outcome in found.central.outcomes:
            for warning in outcome.warnings:
                typer.echo(f"warning: {warning}", err=True)


def _tell_design(found: Any, json: bool, quiet: bool) -> None:
    from exocosm.cli.printing import as_json, as_table, without_unknown
    from exocosm.report.design import answer, headline, protocol_rows

    if json:
        reach = found.reach
        content = {
            "reached": reach.can_be,
            "answer": [headline(found), *answer(found)],
            "relaxed": [{"goal": one.bound.measure.name, "asked": one.bound.limit, "needed": one.value}
                        for one in reach.relaxed],
            "nearest": [{"goal": one.bound.measure.name, "asked": one.bound.limit, "reached": one.value}
                        for one in reach.nearest],
            "not_owned": dict(reach.foreign),
            "protocols": protocol_rows(found),
        }  # fmt: skip
        typer.echo(as_json(without_unknown(content)))
    elif not quiet:
        typer.echo("\n".join([headline(found), "", *answer(found), ""]))
        columns = ("place", "protocol", "reaches_the_goals", *found.goals.objectives, "moved_most_by")
        rows = [{name: row[name] for name in columns} for row in protocol_rows(found)[:MOST_LISTED]]
        typer.echo(as_table(rows))
