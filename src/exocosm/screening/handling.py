"""Handling: what becomes of a fluid between the vein and the isolation.

Every effect is one function of `EFFECTS`.  A fluid that was spun twice at once, never frozen and without a lysed cell
is what the numbers of healthy people describe: handled so, a content stays exactly as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.settings import Celsius
from exocosm.documents.fields import Section, Word
from exocosm.errors import InputError, nearest
from exocosm.screening.asking import Asker
from exocosm.screening.assays.of_analytes import OTHER_RNA, of_each
from exocosm.screening.background import healthy_copies
from exocosm.screening.content import Analyte, Content
from exocosm.screening.people import People, StagedNumbers, varied

Array = NDArray[np.float64]

OF_BLOOD = ("plasma", "serum", "blood")
HUMAN = "human"
PLATELET_EV = "platelet_ev"  # carrier: what platelets shed or break into; `platelet` are whole ones
RED_CELL, PLATELET, FREE = "red_cell", "platelet", "free"
VESICLES = ("tumour_ev", "healthy_ev", PLATELET_EV)
HEPARIN = "heparin"
HEPARIN_NOTE = "heparin of the tube goes through the extraction and inhibits reverse transcription"
CELSIUS_ZERO = 273.15  # kelvin, by definition
MINUTES_PER_HOUR = 60.0
Q10_STEP = 10.0  # kelvin, by definition of a Q10


class Handling(Section):
    """How a sample was taken and kept.

    tube: edta, citrate, acd, heparin or serum (by default serum for serum, else edta).  minutes_to_spin: from the vein
    to the first spin.  spins: `one`, or `two`, which takes most platelets away.  filtered: through 0.8 um before it was
    frozen, which takes the rest.  freeze_thaw: number of cycles.
    haemolysis: none, typical (it differs from draw to draw), or the share of all red cells that were lysed.
    temperature: while waiting.
    """

    tube: Word | None = None
    minutes_to_spin: Annotated[float, Field(ge=0, le=20_000)] = 60.0
    spins: Literal["one", "two"] = "two"
    filtered: bool = False
    freeze_thaw: Annotated[int, Field(ge=0, le=50)] = 1
    haemolysis: Literal["none", "typical"] | Annotated[float, Field(ge=0, le=1)] = "typical"
    temperature: Celsius = 20.0


UNTOUCHED = Handling(minutes_to_spin=0.0, spins="two", freeze_thaw=0, haemolysis="none")


def handled(content: Content, handling: Handling, numbers: StagedNumbers, people: People) -> Content:
    """A content after all effects of handling; those of cells and tubes concern plasma, serum and blood only.

    Raises InputError for a tube the catalogue does not know, or one that does not give this fluid.
    """
    tube = tube_of(content.fluid, handling, numbers)
    for effect in EFFECTS:
        content = effect(content, handling, numbers, people)
    if tube == HEPARIN:
        content = replace(content, notes=(*content.notes, HEPARIN_NOTE))
    return content


def is_inhibited(content: Content) -> bool:
    """Whether the sample was taken into heparin, which PCR suffers from."""
    return HEPARIN_NOTE in content.notes


def tube_of(fluid: str, handling: Handling, numbers: StagedNumbers) -> str:
    """The word of the tube, or an empty text for a fluid that is no blood."""
    if fluid not in OF_BLOOD:
        return ""
    known = numbers["preanalytics"].words("platelet_vesicle_release_rate", "device")
    tube = handling.tube or ("serum" if fluid == "serum" else "edta")
    if tube not in known:
        raise InputError(f"there is no tube '{tube}'; {nearest(tube, known)} A new one is a row of "
                         "platelet_vesicle_release_rate")  # fmt: skip
    if (tube == "serum") != (fluid == "serum"):
        raise InputError(f"a tube '{tube}' does not give {fluid}; serum comes from a tube that clots, plasma does not")
    return tube


def lysed_share(handling: Handling, numbers: StagedNumbers, people: People) -> Array:
    """Share of all red cells that were lysed, of each person's draw.

    Log-normal: s = s_limit * g^(Phi^-1(p) + z), so that the share p of the samples lies above the limit at which the
    ratio of miR-451a to miR-23a-3p calls them haemolysed.  Shape: (people,).
    """
    if handling.haemolysis == "none":
        return np.zeros(people.number)
    if not isinstance(handling.haemolysis, str):
        return np.full(people.number, handling.haemolysis)
    from scipy.special import ndtri

    given = numbers["preanalytics"]
    limit = given("haemolysis_threshold", "dimensionless")
    spread = given("haemolysis_gsd", "dimensionless")
    above = given("haemolysed_sample_share", "dimensionless")
    scores = people.normals("preanalytics", "haemolysis", each_visit=True)
    return np.minimum(limit * spread ** (ndtri(above) + scores), 1.0)


def haemolysis(content: Content, handling: Handling, numbers: StagedNumbers, people: People) -> Content:
    """Red cells that were lysed give their copies to the fluid: share * cells per mL of blood / (1 - haematocrit)."""
    if content.fluid not in OF_BLOOD or handling.haemolysis in ("none", 0):
        return content
    cells = _of_blood("red_cell_concentration", content, numbers, people)
    lysed = lysed_share(handling, numbers, people) * cells
    return _with_more(content, RED_CELL, lysed[:, None] * _copies("red_cell", content, numbers, people))


def platelets_in(content: Content, handling: Handling, numbers: StagedNumbers, people: People) -> tuple[Array, Array]:
    """Whole platelets per mL after two spins, and after those that were done; (people,) each."""
    if content.fluid == "serum":
        usual = varied(
            numbers, people, "preanalytics", "particle_concentration", "particle/mL", each_visit=True,
            carrier=PLATELET, fluid="serum",
        )  # fmt: skip
    else:
        usual = varied(
            numbers, people, "preanalytics", "residual_platelet_concentration", "cell/mL", each_visit=True,
            organism=HUMAN, device="two_spins",
        )  # fmt: skip
    left = usual
    if handling.spins == "one":
        fold = varied(numbers, people, "preanalytics", "platelet_fold_after_one_spin", "dimensionless", each_visit=True)
        left = usual * np.maximum(fold, 1.0)
    if handling.filtered:
        left = left / max(numbers["preanalytics"]("platelet_filter_fold", "dimensionless", organism=HUMAN), 1.0)
    return usual, left


def platelets_left(content: Content, handling: Handling, numbers: StagedNumbers, people: People) -> Content:
    """Whole platelets beyond those that two spins leave: one spin leaves `fold` times as many, a filter next to none.

    Those that two spins leave count as part of the fluid as long as they are whole.
    """
    if content.fluid not in OF_BLOOD or handling.spins == "two" or handling.filtered:
        return content
    usual, left = platelets_in(content, handling, numbers, people)
    more = left - usual
    content = _with_more(content, PLATELET, more[:, None] * _copies("platelet", content, numbers, people))
    return _with_more_vesicles(content, PLATELET, more)


def waiting(content: Content, handling: Handling, numbers: StagedNumbers, people: People) -> Content:
    """Platelets shed vesicles until the spin: n = rate * Q10^((T - T0) / 10 K) * time each, with
    1 - exp(-n * share of one vesicle) of their copies."""
    if content.fluid not in OF_BLOOD or handling.minutes_to_spin == 0:
        return content
    given = numbers["preanalytics"]
    tube = tube_of(content.fluid, handling, numbers)
    rate = varied(
        numbers, people, "preanalytics", "platelet_vesicle_release_rate", "vesicle/cell/h", each_visit=True, device=tube
    )
    warmer = handling.temperature + CELSIUS_ZERO - given("platelet_release_temperature", "kelvin")
    factor = given("platelet_release_q10", "dimensionless") ** (warmer / Q10_STEP)
    shed = rate * factor * handling.minutes_to_spin / MINUTES_PER_HOUR
    platelets = _of_blood("platelet_concentration", content, numbers, people)
    given_off = -np.expm1(-shed * given("platelet_vesicle_content_share", "dimensionless"))
    content = _with_more(content, PLATELET_EV, (platelets * given_off)[:, None]
                         * _copies("platelet", content, numbers, people))  # fmt: skip
    return _with_more_vesicles(content, PLATELET_EV, platelets * shed)


def freeze_thaw(content: Content, handling: Handling, numbers: StagedNumbers, people: People) -> Content:
    """Each cycle loses a share of the vesicles and of the complexes outside, and breaks a share of whole platelets.

    kept = (1 - loss)^cycles.  A platelet breaks into 1 / (share of its copies in one vesicle) vesicles that hold all
    its copies: so plasma that was spun but never filtered gains miRNA as it thaws.
    """
    if handling.freeze_thaw == 0:
        return content

    def kept(quantity: str, **context: str) -> Array:
        lost = varied(numbers, people, "preanalytics", quantity, "dimensionless", each_visit=True, **context)
        return np.asarray(np.clip(1.0 - lost, 0.0, 1.0) ** handling.freeze_thaw)

    vesicle, complexed = kept("freeze_thaw_loss", carrier="small_ev"), kept("freeze_thaw_loss", carrier="free")
    amounts = {
        carrier: amount if carrier == PLATELET else amount * (vesicle if carrier in VESICLES else complexed)[:, None]
        for carrier, amount in content.amounts.items()
    }
    counts = {name: count * vesicle if name in VESICLES else count for name, count in content.vesicles.items()}
    thawed = content.with_amounts(amounts, vesicles=counts)
    return _with_broken_platelets(thawed, kept("freeze_thaw_breakage"), handling, numbers, people)


def _with_broken_platelets(
    content: Content, whole: Array, handling: Handling, numbers: StagedNumbers, people: People
) -> Content:
    """The content with what platelets broke into; `whole`: share of them that stayed whole.  Shape: (people,)."""
    if content.fluid not in OF_BLOOD:
        return content
    _, left = platelets_in(content, handling, numbers, people)
    broken = left * (1.0 - whole)
    each = numbers["preanalytics"]("platelet_vesicle_content_share", "dimensionless")
    kept = {name: amount * whole[:, None] if name == PLATELET else amount for name, amount in content.amounts.items()}
    counts = {name: count * whole if name == PLATELET else count for name, count in content.vesicles.items()}
    content = content.with_amounts(kept, vesicles=counts)
    content = _with_more(content, PLATELET_EV, broken[:, None] * _copies("platelet", content, numbers, people))
    return _with_more_vesicles(content, PLATELET_EV, broken / each)


Effect = Callable[[Content, Handling, StagedNumbers, People], Content]
EFFECTS: tuple[Effect, ...] = (haemolysis, waiting, platelets_left, freeze_thaw)  # in the order in which they happen


def with_other_rna(content: Content, numbers: StagedNumbers, people: People) -> Content:
    """The content with all other small RNA as one more analyte: what shares a sequencing library with the panel.

    In vesicles: vesicles * molecules per vesicle.  Outside: one molecule in every Ago2 complex of the fluid; none
    where the bench counts no such complexes.  Give it before `handled`, so that lysed cells add to it.
    """
    if any(analyte.name == OTHER_RNA.name for analyte in content.analytes):
        return content
    given = numbers["biology"]
    each = given("small_rna_per_vesicle", "molecule/vesicle", carrier="healthy_ev")
    more = {name: content.vesicles.get(name, np.zeros(people.number)) * each for name in content.amounts
            if name in VESICLES}  # fmt: skip
    if given.has("particle_concentration", carrier="ago2_complex", fluid=content.fluid):
        more[FREE] = varied(numbers, people, "biology", "particle_concentration", "particle/mL", carrier="ago2_complex",
                            fluid=content.fluid)  # fmt: skip
    none = np.zeros(people.number)
    carriers = dict.fromkeys((*content.amounts, *more))
    shape = (people.number, len(content.analytes))
    amounts = {
        name: np.column_stack([content.amounts.get(name, np.zeros(shape)), more.get(name, none)]) for name in carriers
    }
    return content.with_amounts(amounts, analytes=(*content.analytes, OTHER_RNA))


def _of_blood(quantity: str, content: Content, numbers: StagedNumbers, people: People) -> Array:
    """Cells of blood per mL of the plasma or serum that it gives.  Shape: (people,)."""
    cells = varied(numbers, people, "biology", quantity, "cell/mL", organism=HUMAN)
    if content.fluid == "blood":
        return cells
    return cells / (1.0 - numbers["biology"]("haematocrit", "dimensionless", organism=HUMAN))


def _copies(cell: str, content: Content, numbers: StagedNumbers, people: People) -> Array:
    """Copies of every analyte in one cell (`red_cell` or `platelet`).  Shape: (analytes,).

    Those of a row that names the analyte; of any other miRNA the copies of so many vesicles of healthy plasma as the
    cell is worth.  Studies say how far lysed cells and platelets raise a miRNA above plasma, not what a cell holds, so
    the number of copies follows what plasma holds of that miRNA.  Of what is no miRNA none, unless a row names it.
    """
    given, asker = numbers["preanalytics"], Asker(numbers, people)
    known = {word.casefold() for word in given.words(f"{cell}_copies", "cargo")}

    def in_one(analyte: Analyte) -> float:
        if analyte.name.casefold() in known:
            return given(f"{cell}_copies", "molecule/cell", cargo=analyte.name)
        if analyte.kind != "mirna":
            return 0.0
        worth = of_each(given, f"{cell}_equivalent_vesicles", "vesicle/cell", [analyte.name])[0]
        return float(worth * healthy_copies(asker, analyte, "plasma").per_vesicle)

    return np.array([in_one(analyte) for analyte in content.analytes])


def _with_more(content: Content, carrier: str, more: Array) -> Content:
    present = content.amounts.get(carrier)
    return content.with_amounts({**content.amounts, carrier: more if present is None else present + more})


def _with_more_vesicles(content: Content, carrier: str, more: Array) -> Content:
    present = content.vesicles.get(carrier)
    return replace(content, vesicles={**content.vesicles, carrier: more if present is None else present + more})
