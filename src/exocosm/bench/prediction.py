"""What a protocol will give: every step at the centre of all values, under draws of what is not known, and by donor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.design.examine import interval
from exocosm.bench.design.goals import MEASURES, measured
from exocosm.bench.influence import Influence, ranked
from exocosm.bench.numbers import Ledger, Numbers
from exocosm.bench.particles import LIPOPROTEINS
from exocosm.bench.protocol import Protocol, ProtocolRun, Step, run_protocol
from exocosm.bench.refusals import reasons_counted
from exocosm.bench.rotors import find_rotor, speed_rpm
from exocosm.bench.specimen import Specimen, count_by_kind, particles_per_microgram, protein_by_kind
from exocosm.errors import InputError, nearest

OF_A_STEP: Mapping[str, str] = {
    "count": "particle",
    "recovery": "dimensionless",
    "protein": "microgram",
    "particles_per_microgram": "particle/microgram",
    "volume": "mL",
    "time": "min",
    "hands_on": "min",
    "cost": "euro",
}
JUDGED_BY = ("yield", "lipoprotein_per_particle", "particles_per_microgram")

Entry = tuple[int, str, str]  # step (0: the sample), number of OF_A_STEP, kind of particle
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prediction:
    """A protocol run on a sample.

    central: with every value at its centre.  uncertain: (step, number, kind) -> [draw], what is not known, for a
    typical donor; varying: the same -> [donor], how donors differ, with every other value at its centre.  NaN where a
    draw could not be done; failed: why, and how often.  kind: the particles that are wanted.  influences: measure ->
    what moves it.
    """

    protocol: Protocol
    kind: str
    central: ProtocolRun
    uncertain: Mapping[Entry, Array]
    varying: Mapping[Entry, Array]
    failed: Mapping[str, int]
    influences: Mapping[str, tuple[Influence, ...]]
    ledger: Ledger

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row per step, number and kind: value, 95 % of what is not known, 95 % of how donors differ."""
        methods = ["sample", *(step.method for step in self.protocol.steps)]
        found = []
        for entry, value in entries(self.central).items():
            step, what, kind = entry
            low, high = interval(self.uncertain[entry]) if entry in self.uncertain else (np.nan, np.nan)
            donor_low, donor_high = interval(self.varying[entry]) if entry in self.varying else (np.nan, np.nan)
            found.append(
                {
                    "step": step, "method": methods[step], "number": what, "kind": kind, "unit": OF_A_STEP[what],
                    "value": value, "low": low, "high": high, "donor_low": donor_low, "donor_high": donor_high,
                }
            )  # fmt: skip
        return found

    def row(self, number: str, kind: str = "", step: int | None = None) -> dict[str, Any]:
        """One row of `rows`; step: the last if none is named."""
        wanted = len(self.protocol.steps) if step is None else step
        for each in self.rows:
            if (each["step"], each["number"], each["kind"]) == (wanted, number, kind):
                return each
        raise InputError(f"there is no number '{number}' of '{kind or 'all'}' after step {wanted}")

    @property
    def companions(self) -> dict[str, Any]:
        """Lipoprotein particles for each of what is wanted in the product, with both ranges; as a row of `rows`."""
        step = len(self.protocol.steps)

        def ratio(columns: Mapping[Entry, Array]) -> Array:
            counted = [columns[step, "count", kind] for kind in LIPOPROTEINS if kind != self.kind
                       and (step, "count", kind) in columns]  # fmt: skip
            wanted = columns[step, "count", self.kind]
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(np.sum(counted, axis=0) / wanted) if counted else np.zeros_like(wanted)

        found: dict[str, Any] = {"value": self.measures["lipoprotein_per_particle"], "unit": "dimensionless"}
        for columns, low, high in ((self.uncertain, "low", "high"), (self.varying, "donor_low", "donor_high")):
            found[low], found[high] = interval(ratio(columns)) if columns else (np.nan, np.nan)
        return found

    @property
    def measures(self) -> dict[str, float]:
        """What protocols are judged by, at the centre of all values."""
        return dict(zip(MEASURES, _measures(self.central, self.kind), strict=True))


def predict(
    sample: Callable[[Numbers], Specimen],
    protocol: Protocol,
    numbers: Numbers,
    kind: str = "small_ev",
    done: Callable[[int], None] = lambda runs: None,
) -> Prediction:
    """A protocol at the centre, in every draw and for every donor of the numbers' ledger.

    Raises InputError if it cannot be done at the centre; where only a draw cannot, its numbers are not known (NaN).
    """
    ledger = numbers.ledger
    centre = numbers.centre()
    central = run_protocol(sample(centre), protocol, centre)
    kinds = count_by_kind(central.product.population)
    if kind not in kinds:
        raise InputError(f"there are no particles of the kind '{kind}' in the product; {nearest(kind, kinds)}")
    failed: list[str] = []
    measures = np.full((ledger.draws, len(MEASURES)), np.nan)
    shown = entries(central)
    sides: list[dict[Entry, Array]] = []
    for side, runs in enumerate((ledger.draws, ledger.donors)):
        columns = {entry: np.full(runs, np.nan) for entry in shown}
        for place in range(runs):
            drawn = Numbers(ledger, draw=place) if side == 0 else Numbers(ledger, donor=place)
            try:
                run = run_protocol(sample(drawn), protocol, drawn)
            except InputError as problem:
                failed.append(str(problem))
            else:
                for entry, value in entries(run).items():
                    if entry in columns:
                        columns[entry][place] = value
                if side == 0:
                    measures[place] = _measures(run, kind)
            done(1)
        sides.append(columns if runs else {})
    place_of = {name: at for at, name in enumerate(MEASURES)}
    influences = {name: ranked(ledger, measures[:, place_of[name]]) for name in JUDGED_BY}
    return Prediction(protocol, kind, central, sides[0], sides[1], reasons_counted(failed), influences, ledger)


def entries(run: ProtocolRun) -> dict[Entry, float]:
    """The numbers of a run: (step, number, kind) -> value in the unit of OF_A_STEP; step 0 is the sample."""
    before = count_by_kind(run.start.population)
    found: dict[Entry, float] = {}
    tubes = [run.start, *(outcome.product for outcome in run.outcomes)]
    for step, specimen in enumerate(tubes):
        population = specimen.population
        counted = count_by_kind(population)
        for kind, count in counted.items():
            found[step, "count", kind] = count
            if before.get(kind, 0.0) > 0:
                found[step, "recovery", kind] = count / before[kind]
        found[step, "protein", ""] = sum(protein_by_kind(population).values())
        found[step, "particles_per_microgram", ""] = particles_per_microgram(population)
        found[step, "volume", ""] = specimen.volume_ml
    for step, outcome in enumerate(run.outcomes, 1):
        found[step, "time", ""] = outcome.minutes
        found[step, "hands_on", ""] = outcome.hands_on_minutes
        found[step, "cost", ""] = sum(run.prices[used.item] * used.number for used in outcome.consumables)
    return found


def _measures(run: ProtocolRun, kind: str) -> tuple[float, ...]:
    product = run.product
    return measured(
        count_by_kind(run.start.population), count_by_kind(product.population),
        sum(protein_by_kind(product.population).values()), kind, product.volume_ml, run.minutes,
        run.hands_on_minutes, run.cost,
    )  # fmt: skip


def with_rotor(protocol: Protocol, rotor: str) -> Protocol:
    """A protocol with another rotor in place of the one that spins fastest, in every step that has that one.

    Force and time stay as they are written (see `exocosm calculate spin` for the time that keeps the cut-off).
    Raises InputError if there is no such rotor, or no step has one.
    """
    name = find_rotor(rotor).name
    forces: dict[str, float] = {}
    for step in protocol.steps:
        used, force = (getattr(step.settings, field, None) for field in ("rotor", "force"))
        if used and force is not None:
            known = find_rotor(used)
            amount = force.amount if force.radius == "average" else known.force_g(speed_rpm(known, force))
            forces[known.name] = max(amount, forces.get(known.name, 0.0))
    if not forces:
        raise InputError(
            f"no step of the protocol '{protocol.name}' has a rotor that '{rotor}' could take the place of"
        )
    fastest = max(forces, key=lambda used: forces[used])

    def moved(step: Step) -> Step:
        used = getattr(step.settings, "rotor", None)
        if not used or find_rotor(used).name != fastest:
            return step
        return replace(step, settings=step.settings.model_copy(update={"rotor": name}))

    return replace(protocol, steps=tuple(moved(step) for step in protocol.steps))
