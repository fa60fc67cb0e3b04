"""The pieces of the made-up model: each function returns the part of a model, with invented numbers (see models.py)."""

from __future__ import annotations

from collections.abc import Sequence

from exocosm.network.parts import Model, Parameter, Place, Process, Species

SPREAD = "made-up coefficient of variation"  # in the context of a parameter

# organ: plasma flow mL/h; volumes mL (vascular, interstitial, cells); wall mL/h; uptake 1e9 vesicle/h by phagocytes
# from blood, and by other cells from the interstitium
ORGANS = {
    "tumour": (2400.0, 15.0, 60.0, 160.0, 40.0, 150.0, 20.0),
    "liver": (14000.0, 130.0, 290.0, 1100.0, 260.0, 21000.0, 30.0),
    "spleen": (6500.0, 22.0, 31.0, 110.0, 70.0, 5200.0, 5.0),
    "lung": (165000.0, 160.0, 140.0, 600.0, 25.0, 2600.0, 4.0),
    "kidney": (36000.0, 32.0, 85.0, 210.0, 60.0, 900.0, 8.0),
    "muscle": (41000.0, 380.0, 3900.0, 21000.0, 90.0, 300.0, 15.0),
    "brain": (23000.0, 42.0, 260.0, 900.0, 1.5, 60.0, 2.0),
}


def number(name: str, unit: str, value: float, spread: float, extensive: bool = False) -> Parameter:
    """A made-up parameter; spread: coefficient of variation between subjects (lognormal)."""
    return Parameter(name, unit, value, extensive, context={SPREAD: str(spread)})


def organ_names(count: int) -> tuple[str, ...]:
    """The first organs of ORGANS, then invented ones."""
    invented = [f"organ{place}" for place in range(len(ORGANS) + 1, count + 1)]
    return (*ORGANS, *invented)[:count]


def class_names(count: int) -> tuple[str, ...]:
    """Loaded vesicles are injected, native ones are shed by the tumour, the rest are made in the body all the time."""
    return ("loaded", "native", *(f"class{place}" for place in range(3, count + 1)))[:count]


def moved(name: str, source: str, target: str, rate: str) -> Process:
    """A species that becomes another one in another place."""
    return Process(name, rate, {source: 1}, {target: 1}, kind="transport")


def made(name: str, target: str, rate: str) -> Process:
    """A declared source."""
    return Process(name, rate, {}, {target: 1}, source="made anew")


def lost(name: str, taken: str, rate: str) -> Process:
    """A declared sink."""
    return Process(name, rate, {taken: 1}, {}, sink="broken down")


def body(classes: Sequence[str]) -> Model:
    """Plasma and lymph, and what is the same in all organs."""
    species, processes = [], []
    for vesicle in classes:
        start = "0" if vesicle in ("loaded", "native") else "resting_number"
        species += [
            Species(f"{vesicle}@plasma", "plasma", "vesicle", "vesicle", start),
            Species(f"{vesicle}@lymph", "lymph", "vesicle", "vesicle"),
        ]
        processes.append(
            moved(f"{vesicle}_to_plasma", f"{vesicle}@lymph", f"{vesicle}@plasma", f"lymph_passage * {vesicle}@lymph")
        )
    parameters = [
        number("plasma_volume", "mL", 3000.0, 0.1, extensive=True),
        number("lymph_volume", "mL", 220.0, 0.15, extensive=True),
        number("dose", "vesicle", 4e12, 0.05),
        number("lymph_passage", "1/h", 0.14, 0.2),
        number("lymph_fraction", "1", 0.0025, 0.2),
        number("phagocyte_half", "vesicle/mL", 6e8, 0.3),
        number("uptake_half", "vesicle/mL", 2e8, 0.3),
        number("recycling", "1/h", 0.06, 0.3),
        number("digestion", "1/h", 0.035, 0.3),
    ]
    for place, vesicle in enumerate(classes):
        parameters.append(number(f"{vesicle}_affinity", "1", 1.0 + 0.6 * place, 0.2))
        if place >= 2:
            parameters.append(number(f"{vesicle}_production", "vesicle/h", 6e10 / place, 0.4, extensive=True))
            processes.append(made(f"{vesicle}_made", f"{vesicle}@plasma", f"{vesicle}_production"))
    if len(classes) > 2:
        parameters.append(number("resting_number", "vesicle", 1e11, 0.2, extensive=True))
    places = (Place("plasma", "plasma_volume"), Place("lymph", "lymph_volume"))
    return Model("body", places, tuple(species), parameters=tuple(parameters), processes=tuple(processes))


def organ(name: str, place: int, classes: Sequence[str], organs: Sequence[str]) -> Model:
    """One organ: perfusion, exchange through its wall, lymph, two saturable uptakes, recycling, digestion."""
    smaller = 0.8 ** (place - len(ORGANS) + 1) if name not in ORGANS else 1.0
    flow, *volumes, wall, phagocytes, cells = ORGANS.get(name, tuple(smaller * one for one in ORGANS["kidney"]))
    rooms = ("vascular", "interstitial", "cells")
    parameters = [
        number(f"{name}_flow", "mL/h", flow, 0.15, extensive=True),
        *(
            number(f"{name}_{room}_volume", "mL", volume, 0.1, extensive=True)
            for room, volume in zip(rooms, volumes, strict=True)
        ),
        number(f"{name}_wall", "mL/h", wall, 0.4, extensive=True),
        number(f"{name}_phagocytes", "vesicle/h", 1e9 * phagocytes, 0.4, extensive=True),
        number(f"{name}_uptake", "vesicle/h", 1e9 * cells, 0.4, extensive=True),
    ]
    blood = " + ".join(f"{one}_affinity * concentration({one}@{name}.vascular)" for one in classes)
    fluid = " + ".join(f"{one}_affinity * concentration({one}@{name}.interstitial)" for one in classes)
    after = "liver.vascular" if name == "spleen" else "plasma"  # the spleen's blood goes through the liver
    leaving = f"({name}_flow + spleen_flow)" if name == "liver" and "spleen" in organs else f"{name}_flow"
    species: list[Species] = []
    processes: list[Process] = []
    for one in classes:
        vascular, interstitial, inside = (f"{one}@{name}.{room}" for room in rooms)
        species += [Species(f"{one}@{name}.{room}", f"{name}.{room}", "vesicle", "vesicle") for room in rooms]
        to = f"{one}_{name}"
        processes += [
            moved(f"{to}_arrives", f"{one}@plasma", vascular, f"{name}_flow * concentration({one}@plasma)"),
            moved(f"{to}_leaves", vascular, f"{one}@{after}", f"{leaving} * concentration({vascular})"),
            moved(f"{to}_goes_out", vascular, interstitial, f"{name}_wall * concentration({vascular})"),
            moved(f"{to}_comes_back", interstitial, vascular, f"{name}_wall * concentration({interstitial})"),
            moved(
                f"{to}_drains", interstitial, f"{one}@lymph",
                f"lymph_fraction * {name}_flow * concentration({interstitial})",
            ),
            moved(
                f"{to}_phagocytosed", vascular, inside,
                f"{name}_phagocytes * {one}_affinity * concentration({vascular}) / (phagocyte_half + {blood})",
            ),
            moved(
                f"{to}_taken_up", interstitial, inside,
                f"{name}_uptake * {one}_affinity * concentration({interstitial}) / (uptake_half + {fluid})",
            ),
            moved(f"{to}_recycled", inside, interstitial, f"recycling * {inside}"),
            lost(f"{to}_digested", inside, f"digestion * {inside}"),
        ]  # fmt: skip
    places = tuple(Place(f"{name}.{room}", f"{name}_{room}_volume") for room in rooms)
    return Model(name, places, tuple(species), parameters=tuple(parameters), processes=tuple(processes))


def receptor(name: str, classes: Sequence[str]) -> Model:
    """Sites in the interstitium that bind vesicles of every class and carry them into cells."""
    place, free = f"{name}.interstitial", f"site@{name}"
    sites = number(f"{name}_sites", "vesicle", 6e10, 0.3, extensive=True)
    species = [Species(free, place, "vesicle", "site", sites.name)]
    processes = [
        made(f"{free}_made", free, f"site_turnover * {sites.name}"),
        lost(f"{free}_lost", free, f"site_turnover * {free}"),
    ]
    for one in classes:
        held, outside, inside = f"{one}_held@{name}", f"{one}@{place}", f"{one}@{name}.cells"
        species.append(Species(held, place, "vesicle", "vesicle"))
        rate = f"binding * {one}_affinity * {free} * concentration({outside})"
        processes += [
            Process(f"{held}_binds", rate, {outside: 1, free: 1}, {held: 1}, sink="site taken"),
            Process(f"{held}_lets_go", f"release * {held}", {held: 1}, {outside: 1, free: 1}, source="site set free"),
            Process(
                f"{held}_carried_in", f"carrying_in * {held}", {held: 1}, {inside: 1, free: 1},
                kind="transport", source="site set free",
            ),
        ]  # fmt: skip
    parameters = (
        sites,
        number("binding", "mL/vesicle/h", 8e-9, 0.3),
        number("release", "1/h", 4.0, 0.2),
        number("carrying_in", "1/h", 1.3, 0.2),
        number("site_turnover", "1/h", 0.07, 0.2),
    )
    return Model(free, species=tuple(species), parameters=parameters, processes=tuple(processes))


def silencing(name: str) -> Model:
    """Micro-RNA let out of loaded vesicles binds a messenger RNA, whose protein holds back its own transcription."""
    place, inside = f"{name}.cells", f"loaded@{name}.cells"
    micro, messenger, pair, protein = (f"{one}@{name}" for one in ("micro", "messenger", "pair", "protein"))
    amount = number(f"{name}_transcripts", "molecule", 3e11, 0.3, extensive=True)
    species = (
        Species(micro, place, "molecule", "micro"),
        Species(messenger, place, "molecule", "messenger", amount.name),
        Species(pair, place, "molecule", "micro"),
        Species(protein, place, "molecule", "protein", f"protein_per_messenger * {amount.name}"),
    )
    held_back = f"(1 + ({protein} / (protein_per_messenger * {amount.name})) ^ feedback)"
    processes = (
        lost(f"{inside}_opens", inside, f"opening * {inside}"),
        made(f"{micro}_let_out", micro, f"copies * opening * {inside}"),
        Process(
            f"{pair}_binds", f"pairing * concentration({micro}) * {messenger}", {micro: 1, messenger: 1}, {pair: 1},
            sink="the messenger is held",
        ),
        Process(
            f"{pair}_parts", f"parting * {pair}", {pair: 1}, {micro: 1, messenger: 1}, source="the messenger is free"
        ),
        Process(f"{pair}_cuts", f"cutting * {pair}", {pair: 1}, {micro: 1}),
        lost(f"{micro}_lost", micro, f"micro_loss * {micro}"),
        lost(f"{pair}_lost", pair, f"micro_loss * {pair}"),
        made(f"{messenger}_made", messenger, f"2 * messenger_loss * {amount.name} / {held_back}"),
        lost(f"{messenger}_lost", messenger, f"messenger_loss * {messenger}"),
        made(f"{protein}_made", protein, f"protein_loss * protein_per_messenger * {messenger}"),
        lost(f"{protein}_lost", protein, f"protein_loss * {protein}"),
    )  # fmt: skip
    parameters = (
        amount,
        number("copies", "molecule/vesicle", 9.0, 0.3),
        number("opening", "1/h", 0.02, 0.4),
        number("pairing", "mL/molecule/h", 5e-8, 0.3),
        number("parting", "1/h", 9.0, 0.3),
        number("cutting", "1/h", 11.0, 0.3),
        number("micro_loss", "1/h", 0.02, 0.3),
        number("messenger_loss", "1/h", 0.3, 0.2),
        number("protein_loss", "1/h", 0.045, 0.2),
        number("protein_per_messenger", "1", 4.0, 0.2),
        number("feedback", "1", 1.6, 0.1),
    )
    return Model(pair, species=species, parameters=parameters, processes=processes)


def drug() -> Model:
    """A drug that leaks from loaded vesicles in plasma and is set free in tumour cells, where it binds a target."""
    species = (
        Species("drug@plasma", "plasma", "nmol", "drug"),
        Species("drug@tumour", "tumour.interstitial", "nmol", "drug"),
        Species("drug@cells", "tumour.cells", "nmol", "drug"),
        Species("target", "tumour.cells", "nmol", "target", "target_amount"),
        Species("drug_on_target", "tumour.cells", "nmol", "drug"),
    )
    processes = (
        made("drug_leaks", "drug@plasma", "leak * payload * loaded@plasma"),
        moved("drug_enters", "drug@plasma", "drug@tumour", "drug_wall * concentration(drug@plasma)"),
        moved("drug_returns", "drug@tumour", "drug@plasma", "drug_wall * concentration(drug@tumour)"),
        moved("drug_goes_in", "drug@tumour", "drug@cells", "drug_entry * drug@tumour"),
        moved("drug_goes_out", "drug@cells", "drug@tumour", "drug_exit * drug@cells"),
        made("drug_set_free", "drug@cells", "opening * payload * loaded@tumour.cells"),
        lost("drug_excreted", "drug@plasma", "excretion * drug@plasma"),
        Process(
            "drug_binds", "drug_binding * concentration(drug@cells) * target", {"drug@cells": 1, "target": 1},
            {"drug_on_target": 1}, sink="the target is taken",
        ),
        Process(
            "drug_unbinds", "drug_unbinding * drug_on_target", {"drug_on_target": 1}, {"drug@cells": 1, "target": 1},
            source="the target is free",
        ),
        made("target_made", "target", "target_loss * target_amount"),
        lost("target_lost", "target", "target_loss * target"),
        lost("drug_lost_with_target", "drug_on_target", "complex_loss * drug_on_target"),
    )  # fmt: skip
    parameters = (
        number("payload", "nmol/vesicle", 2e-11, 0.2),
        number("leak", "1/h", 0.3, 0.3),
        number("drug_wall", "mL/h", 900.0, 0.2, extensive=True),
        number("drug_entry", "1/h", 4.0, 0.2),
        number("drug_exit", "1/h", 1.5, 0.2),
        number("excretion", "1/h", 0.5, 0.3),
        number("drug_binding", "mL/nmol/h", 3000.0, 0.3),
        number("drug_unbinding", "1/h", 0.7, 0.3),
        number("target_amount", "nmol", 2.0, 0.2, extensive=True),
        number("target_loss", "1/h", 0.05, 0.2),
        number("complex_loss", "1/h", 0.11, 0.2),
        number("opening", "1/h", 0.02, 0.4),
    )
    return Model("drug", species=species, parameters=parameters, processes=processes)


def tumour(vesicles_shed: str, with_drug: bool, with_rna: bool) -> Model:
    """Sensitive, resistant and two stages of dying cells; Gompertz growth, killed by the drug and by immune cells."""
    cells = ("sensitive", "resistant", "dying1", "dying2")
    start = {"sensitive": "first_cells", "resistant": "resistant_fraction * first_cells"}
    species = tuple(Species(one, "tumour.cells", "cell", "tumour_cell", start.get(one, "0")) for one in cells)
    helped = " * (0.5 + hill(protein@tumour, protein_per_messenger * tumour_transcripts, 1))" if with_rna else ""
    bound = "drug_on_target / target_amount" if with_drug else "concentration(loaded@tumour.cells) / deadly_load"
    processes = [
        *(
            made(f"{one}_divides", one, f"growth * {one} * log(capacity / (sensitive + resistant)){helped}")
            for one in cells[:2]
        ),
        Process("mutates", "mutation * sensitive", {"sensitive": 1}, {"resistant": 1}),
        Process(
            "drug_kills", f"kill * hill({bound}, kill_half, kill_steepness) * sensitive",
            {"sensitive": 1}, {"dying1": 1},
        ),
        *(
            Process(
                f"{one}_lysed",
                f"lysis * effector * {one} / (lysis_half + sensitive + resistant)"
                f" / (1 + concentration({vesicles_shed}@tumour.interstitial) / tolerance)",
                {one: 1}, {"dying1": 1},
            )
            for one in cells[:2]
        ),
        Process("dying_goes_on", "clearing * dying1", {"dying1": 1}, {"dying2": 1}),
        lost("dying_disappears", "dying2", "clearing * dying2"),
    ]  # fmt: skip
    if vesicles_shed == "native":
        processes.append(
            made("tumour_sheds", "native@tumour.interstitial", "shedding * (sensitive + resistant + dying1)")
        )
    parameters = [
        number("first_cells", "cell", 2e9, 0.3, extensive=True),
        number("resistant_fraction", "1", 0.01, 0.5),
        number("growth", "1/h", 0.0009, 0.25),
        number("capacity", "cell", 4e10, 0.3, extensive=True),
        number("mutation", "1/h", 1e-6, 0.5),
        number("kill", "1/h", 0.03, 0.3),
        number("kill_half", "1", 0.2, 0.3),
        number("kill_steepness", "1", 2.3, 0.1),
        number("lysis", "1/h", 0.2, 0.4),
        number("lysis_half", "cell", 4e9, 0.3, extensive=True),
        number("tolerance", "vesicle/mL", 4e8, 0.3),
        number("clearing", "1/h", 0.04, 0.2),
    ]
    if vesicles_shed == "native":
        parameters.append(number("shedding", "vesicle/cell/h", 8.0, 0.4))
    if not with_drug:
        parameters.append(number("deadly_load", "vesicle/mL", 3e8, 0.3))
    return Model("tumour", species=species, parameters=tuple(parameters), processes=tuple(processes))


def immunity(classes: Sequence[str], vesicles_shed: str) -> Model:
    """Dendritic cells woken by vesicles in lymph prime naive cells; effectors are held back by regulators."""
    names = ("dendritic", "naive", "primed", "effector", "regulatory")
    species = (
        *(Species(one, "lymph", "cell", one, f"{one}_first") for one in names),
        Species("cytokine", "tumour.interstitial", "ng", "cytokine"),
    )
    seen = " + ".join(f"concentration({one}@lymph)" for one in classes)
    woken = f"({seen}) / (waking_half + {seen})"
    processes = (
        made("dendritic_comes", "dendritic", f"dendritic_loss * dendritic_first * (1 + 5 * {woken})"),
        lost("dendritic_goes", "dendritic", "dendritic_loss * dendritic"),
        made("naive_comes", "naive", "naive_loss * naive_first"),
        lost("naive_goes", "naive", "naive_loss * naive"),
        Process(
            "primes", "priming * naive * (dendritic / dendritic_first) / (1 + regulatory / regulatory_first)",
            {"naive": 1}, {"primed": 1}, source="becomes another cell", sink="becomes another cell",
        ),
        made("primed_divides", "primed", "expansion * primed * dendritic / (3 * dendritic_first + dendritic + primed)"),
        Process(
            "primed_leaves", "maturation * primed", {"primed": 1}, {"effector": 1},
            source="becomes another cell", sink="becomes another cell",
        ),
        lost(
            "effector_goes", "effector",
            f"effector_loss * effector * (1 + concentration({vesicles_shed}@tumour.interstitial) / tolerance / 4)",
        ),
        made(
            "regulatory_comes", "regulatory",
            "regulatory_loss * regulatory_first * (1 + hill(effector, 6 * effector_first, 1))",
        ),
        lost("regulatory_goes", "regulatory", "regulatory_loss * regulatory"),
        made("cytokine_made", "cytokine", "secretion * effector * sensitive / (lysis_half + sensitive)"),
        lost("cytokine_lost", "cytokine", "cytokine_loss * cytokine"),
    )  # fmt: skip
    parameters = (
        *(
            number(f"{one}_first", "cell", count, 0.3, extensive=True)
            for one, count in zip(names, (5e7, 1e9, 5e7, 1e8, 1e8), strict=True)
        ),
        number("waking_half", "vesicle/mL", 2e7, 0.3),
        number("dendritic_loss", "1/h", 0.03, 0.3),
        number("naive_loss", "1/h", 0.002, 0.2),
        number("priming", "1/h", 0.004, 0.3),
        number("expansion", "1/h", 0.05, 0.3),
        number("maturation", "1/h", 0.06, 0.2),
        number("effector_loss", "1/h", 0.03, 0.2),
        number("regulatory_loss", "1/h", 0.011, 0.2),
        number("secretion", "ng/cell/h", 1e-7, 0.3),
        number("cytokine_loss", "1/h", 2.0, 0.2),
    )
    return Model("immunity", species=species, parameters=parameters, processes=processes)
