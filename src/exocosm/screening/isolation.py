"""Isolation: a protocol of the bench, run at the numbers of a draw, decides what of every carrier reaches the assay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.fluids import fluid_names, specimen_of
from exocosm.bench.numbers import Ledger, Numbers
from exocosm.bench.protocol import Protocol, protocol_names, read_protocol, run_protocol
from exocosm.errors import InputError, nearest
from exocosm.screening.assays.of_analytes import SPIKE_IN
from exocosm.screening.content import Analyte, Content
from exocosm.screening.fluids import fluid_named
from exocosm.screening.handling import PLATELET_EV
from exocosm.screening.people import People, StagedNumbers, varied

Array = NDArray[np.float64]

NOTHING = "none"  # no isolation: the whole fluid is lysed, or read as it is
SILICA_COLUMN = "silica_column"
SMALL, LARGE = "small_ev", "microvesicle"

# what on the bench behaves as a carrier does; of several the first that the fluid holds
VESICLE_CARRIERS = ("tumour_ev", "healthy_ev", PLATELET_EV)
PLATELETS = ("platelet", LARGE, SMALL)
DISSOLVED = {
    "mirna": ("ago2_complex", "other_protein", "albumin"),
    "fragment": ("ago2_complex", "other_protein", "albumin"),
    "protein": ("other_protein", "albumin", "ago2_complex"),
    "vesicle": ("other_protein", "albumin", "ago2_complex"),
}

# fluids that the bench has no particles for, and which of its fluids stands in
STAND_INS = {
    "blood": "plasma",
    "tears": "saliva",
    "sputum": "saliva",
    "bronchoalveolar_lavage": "cervicovaginal_lavage",
    "peritoneal_lavage": "cervicovaginal_lavage",
    "bladder_washing": "urine",
    "pancreatic_juice": "bile",
    "cyst_fluid": "ascites",
    "vitreous": "csf",
}

_YIELDS: WeakKeyDictionary[Ledger, dict[tuple[Any, ...], BenchYield]] = WeakKeyDictionary()


@dataclass(frozen=True)
class BenchYield:
    """What a protocol does to a fluid.  recovery: of every kind of particle; volume: mL; cost: euro, of consumables."""

    recovery: dict[str, float]
    volume: float
    cost: float
    minutes: float


def isolated(
    content: Content,
    protocol: Protocol | str | None,
    numbers: StagedNumbers,
    people: People,
    volume: float,
    *,
    extraction: str | None = SILICA_COLUMN,
    stand_in: str = "",
) -> Content:
    """What `volume` mL of a fluid give after a protocol and, unless `extraction` is None, an extraction of RNA.

    amount per mL = amount in the fluid * volume * recovery of its carrier * recovery of the extraction / volume of the
    eluate.  The log odds of recovery differ between people and between runs, alike for all carriers.  An extraction
    adds the spike-in as one more analyte, keeps nothing but nucleic acid, and leaves no vesicles.
    protocol: as read, its shipped name, or `none` for the whole fluid.  extraction: a word of rna_extraction_recovery.
    stand_in: the bench's fluid to use instead of this one.  Errors: InputError if the protocol does not go with the
    fluid or the volume, with those that do.
    """
    if not 0 < volume <= content.volume:
        raise InputError(f"{volume:g} mL cannot be taken from a tube of {content.volume:g} mL of {content.fluid}")
    notes = list(content.notes)
    amounts = {name: amount * volume for name, amount in content.amounts.items()}
    vesicles = {name: count * volume for name, count in content.vesicles.items()}
    eluate = volume
    if protocol is not None and protocol != NOTHING:
        fluid, note = bench_fluid(content.fluid, numbers["isolation"], stand_in)
        done = bench_yield(protocol, fluid, volume, numbers["isolation"])
        shares = _carried_over(content, done, numbers, people)
        amounts = {name: amount * shares[name] for name, amount in amounts.items()}
        vesicles = {name: count * _mean_share(shares, name) for name, count in vesicles.items()}
        eluate = done.volume
        notes += [note] if note else []
    if extraction is None:
        diluted = {name: amount / eluate for name, amount in amounts.items()}
        counted = {name: count / eluate for name, count in vesicles.items()}
        return content.with_amounts(diluted, vesicles=counted, volume=eluate, notes=tuple(notes))
    return _extracted(content, amounts, extraction, numbers, people, tuple(notes))


def bench_fluid(fluid: str, numbers: Numbers, stand_in: str = "") -> tuple[str, str]:
    """The fluid of the bench for a fluid, and a note if another stands in; InputError if there is none."""
    known, fluid = fluid_names(numbers), fluid_named(fluid)
    chosen = stand_in or (fluid if fluid in known else STAND_INS.get(fluid, ""))
    if chosen not in known:
        asked = chosen or fluid
        raise InputError(
            f"the bench has no particles of '{asked}'; {nearest(asked, known)} Give rows of particle_concentration for "
            "it, name a fluid that stands in (`stand_in`), or read the whole fluid (`isolation: none`)"
        )
    return chosen, "" if chosen == fluid else f"{chosen} stands in for {fluid} in the isolation"


def bench_yield(protocol: Protocol | str, fluid: str, volume: float, numbers: Numbers) -> BenchYield:
    """A protocol run on a fluid at these numbers, once for each draw; InputError with the protocols that fit."""
    read = read_protocol(protocol) if isinstance(protocol, str) else protocol
    if not _run(read, fluid, volume, numbers.centre()).recovery.get(SMALL, 0.0) > 0:
        raise InputError(f"protocol '{read.name}' recovers no vesicles from {volume:g} mL of {fluid}; "
                         f"{_advice(fluid, volume, numbers)}")  # fmt: skip
    return _run(read, fluid, volume, numbers)


def fitting_protocols(fluid: str, volume: float, numbers: Numbers) -> tuple[str, ...]:
    """The shipped protocols that can be run on a volume of a fluid and recover small EVs, at central numbers."""
    found = []
    for name in protocol_names():
        try:
            done = _at(read_protocol(name), fluid, volume, numbers.centre())
        except InputError:
            continue
        if done.recovery.get(SMALL, 0.0) > 0:
            found.append(name)
    return tuple(found)


def isolation_price(
    protocol: Protocol | str | None, fluid: str, volume: float, numbers: Numbers, *, extraction: bool = True
) -> float:
    """Money for what one isolation uses up, with the extraction of RNA; euro."""
    price = numbers("price", "euro", device="rna_extraction") if extraction else 0.0
    if protocol is None or protocol == NOTHING:
        return price
    return price + bench_yield(protocol, bench_fluid(fluid, numbers)[0], volume, numbers).cost


def _advice(fluid: str, volume: float, numbers: Numbers) -> str:
    fitting = fitting_protocols(fluid, volume, numbers)
    return f"protocols that go with it: {', '.join(fitting) or 'none at this volume'}, or `none` for the whole fluid"


def _run(protocol: Protocol, fluid: str, volume: float, numbers: Numbers) -> BenchYield:
    try:
        return _at(protocol, fluid, volume, numbers)
    except InputError as problem:
        raise InputError(f"{problem}\n{_advice(fluid, volume, numbers)}") from None


def _at(protocol: Protocol, fluid: str, volume: float, numbers: Numbers) -> BenchYield:
    kept = _YIELDS.setdefault(numbers.ledger, {})
    key = (protocol.name, repr(protocol.steps), fluid, volume, numbers.draw, numbers.donor)
    if key not in kept:
        run = run_protocol(specimen_of(fluid, volume, numbers), protocol, numbers)
        kept[key] = BenchYield(dict(run.recovery), run.product.volume_ml, run.cost, run.minutes)
    return kept[key]


def _carried_over(content: Content, done: BenchYield, numbers: StagedNumbers, people: People) -> dict[str, Array]:
    """Share of every analyte that is recovered on every carrier: logit r' = logit r + moves of person and run.

    Shapes: (people, analytes) each.
    """
    moved = sum(
        numbers["isolation"]("recovery_log_odds_sd", "dimensionless", device=device)
        * people.normals("isolation", f"recovery {device}", each_visit=each)
        for device, each in (("between_people", False), ("between_runs", True))
    )
    shift = np.asarray(moved)[:, None]
    shares = {}
    for carrier in dict.fromkeys((*content.amounts, *content.vesicles)):
        expected = np.clip([_expected(carrier, one, done, numbers) for one in content.analytes], 0.0, 1.0)
        odds = expected * np.exp(shift)
        shares[carrier] = odds / (odds + 1.0 - expected)
    return shares


def _expected(carrier: str, analyte: Analyte, done: BenchYield, numbers: StagedNumbers) -> float:
    """Recovery of an analyte on a carrier, at the mean run."""
    if carrier in VESICLE_CARRIERS:
        large = numbers["isolation"]("microvesicle_cargo_share", "dimensionless", carrier=carrier)
        small = _first((SMALL, LARGE), done)
        return (1.0 - large) * small + large * done.recovery.get(LARGE, small)
    return _first(PLATELETS if carrier == "platelet" else DISSOLVED[analyte.kind], done)


def _first(kinds: tuple[str, ...], done: BenchYield) -> float:
    for kind in kinds:
        if kind in done.recovery:
            return done.recovery[kind]
    raise InputError(f"the bench knows none of {', '.join(kinds)} in this fluid; give rows of their concentration")


def _mean_share(shares: dict[str, Array], carrier: str) -> Array:
    """Recovery of the vesicles of a carrier, which is that of any analyte in them."""
    return np.asarray(shares[carrier][:, 0]) if shares[carrier].shape[1] else np.ones(len(shares[carrier]))


def _extracted(
    content: Content,
    amounts: dict[str, Array],
    kit: str,
    numbers: StagedNumbers,
    people: People,
    notes: tuple[str, ...],
) -> Content:
    given = numbers["isolation"]
    known = given.words("rna_extraction_recovery", "device")
    if kit not in known:
        raise InputError(f"there is no extraction '{kit}'; {nearest(kit, known)} A new one is a row of "
                         "rna_extraction_recovery")  # fmt: skip
    kept = [place for place, analyte in enumerate(content.analytes) if analyte.kind in ("mirna", "fragment")]
    if not kept:
        raise InputError("an extraction of RNA leaves nothing of proteins or vesicles; isolate with `extraction=None`")
    lost = [analyte.name for analyte in content.analytes if analyte.kind not in ("mirna", "fragment")]
    if lost:
        notes = (*notes, f"the extraction of RNA leaves nothing of {', '.join(lost)}")
    share = varied(
        numbers, people, "isolation", "rna_extraction_recovery", "dimensionless", each_visit=True, device=kit
    )
    volume = given("rna_elution_volume", "mL")
    factor = (share / volume)[:, None]
    added = np.full(people.number, given("spike_in_copies", "molecule"))
    eluted = {
        name: factor * np.column_stack([amount[:, kept], added if name == "free" else np.zeros(people.number)])
        for name, amount in {"free": np.zeros((people.number, len(content.analytes))), **amounts}.items()
    }
    analytes = (*(content.analytes[place] for place in kept), SPIKE_IN)
    return content.with_amounts(eluted, analytes=analytes, vesicles={}, volume=volume, notes=notes)
