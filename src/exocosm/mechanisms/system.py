"""What a mechanism is told about the body it joins: organs, size classes, carrier and cargo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from exocosm.network.parts import Model, Parameter, Process, Species

# the transit chain that stands for the delay between damage by a drug and disappearance (three stages, Simeoni's model)
DAMAGED_STAGES = ("damaged_cells.1", "damaged_cells.2", "damaged_cells.3")


@dataclass(frozen=True)
class Organ:
    """One row of an organ table: its vessels, what it drains to, and which phagocytes face the blood in it."""

    name: str
    capillary: str  # continuous | fenestrated | sinusoidal | tight | leaky
    drains_to: str  # another organ, or venous
    phagocytes: bool


@dataclass(frozen=True)
class SizeClass:
    """A class of vesicles of one representative diameter.

    score: where the class stands in the (log-normal) diameter distribution, in geometric standard deviations;
    share: of the particle number; both fixed by the grouping (`vesicles.classes`), not biology.
    """

    name: str
    score: float
    share: float


@dataclass(frozen=True)
class System:
    """The body as mechanisms see it."""

    organism: str
    organs: tuple[Organ, ...]  # systemic organs in table order; the lung and the tumour among them
    size_classes: tuple[SizeClass, ...]
    cargo: str = ""  # name of what is carried: doxorubicin, label, ...; empty: nothing
    cargo_unit: str = "nmol"
    free_cargo: bool = False  # whether released cargo is followed outside vesicles
    mechanisms: tuple[str, ...] = ()  # names of all mechanisms that join the body

    @property
    def organ_names(self) -> tuple[str, ...]:
        """The names of the organs, in table order."""
        return tuple(organ.name for organ in self.organs)

    def has(self, organ: str) -> bool:
        """Whether the body has that organ."""
        return organ in self.organ_names

    def vesicle(self, size_class: SizeClass, place: str) -> str:
        """Name of the vesicles of one class in one place."""
        return f"vesicle.{size_class.name}@{place}"

    def carried(self, size_class: SizeClass, place: str) -> str:
        """Name of the cargo inside the vesicles of one class in one place."""
        return f"{self.cargo}.{size_class.name}@{place}"

    def free(self, place: str) -> str:
        """Name of the cargo outside vesicles in an organ or in blood."""
        return f"{self.cargo}@{place}"

    def passengers(self, size_class: SizeClass, place: str) -> Iterator[str]:
        """The species that move together: the vesicles of a class and the cargo inside them."""
        yield self.vesicle(size_class, place)
        if self.cargo:
            yield self.carried(size_class, place)


def vesicle_species(system: System, place: str) -> tuple[Species, ...]:
    """Vesicles of every size class, and the cargo inside them, in one place."""
    found: list[Species] = []
    for size_class in system.size_classes:
        found.append(Species(system.vesicle(size_class, place), place, "vesicle", substance="vesicle"))
        if system.cargo:
            found.append(Species(system.carried(size_class, place), place, system.cargo_unit, substance=system.cargo))
    return tuple(found)


def moves(
    system: System,
    name: str,
    mechanism: str,
    source: str,
    target: str,
    coefficient: Callable[[SizeClass], str],
    kind: str = "transport",
) -> tuple[Process, ...]:
    """Processes that move vesicles with their cargo from one place to another.

    rate = coefficient [1/h] * amount; the same coefficient for vesicles and cargo, so that cargo per vesicle stays.
    """
    processes: list[Process] = []
    for size_class in system.size_classes:
        pairs = zip(system.passengers(size_class, source), system.passengers(size_class, target), strict=True)
        for taken, given in pairs:
            passenger = taken.split("@", 1)[0]
            processes.append(
                Process(
                    f"{name}.{passenger}",
                    f"{coefficient(size_class)} * {taken}",
                    takes={taken: 1},
                    gives={given: 1},
                    kind=kind,
                    mechanism=mechanism,
                )
            )
    return tuple(processes)


def fluid_places(system: System) -> tuple[tuple[str, str], ...]:
    """Where vesicles are in fluid -> where cargo that leaves them there is then found."""
    pairs = [("venous", "venous"), ("arterial", "arterial"), ("lymph", "venous")]
    for organ in system.organs:
        pairs.append((f"{organ.name}.vascular", "arterial" if organ.name == "lung" else "venous"))
        pairs.append((f"{organ.name}.interstitial", organ.name))
    return tuple(pairs)


def cell_places(system: System) -> tuple[tuple[str, str], ...]:
    """Where vesicles are inside cells -> where their cargo is then found: in the organ, or inside tumour cells."""
    # where drug inside tumour cells is told from drug around them, vesicles in those cells release it inside
    apart = "tumour_drug" in system.mechanisms
    pairs = [
        (f"{organ.name}.cells", "tumour.inside" if apart and organ.name == "tumour" else organ.name)
        for organ in system.organs
    ]
    return (*pairs, *((f"{organ.name}.phagocytes", organ.name) for organ in system.organs if organ.phagocytes))


def frees_cargo(
    system: System, name: str, mechanism: str, rate: str, places: Sequence[tuple[str, str]]
) -> tuple[Process, ...]:
    """Processes by which cargo leaves its vesicles: rate [1/h] * cargo carried, found outside in the paired place.

    Where released cargo is not followed outside vesicles it leaves the model (declared).
    """
    return tuple(
        Process(
            f"{name}_{carried}",
            f"{rate} * {carried}",
            takes={carried: 1},
            gives={system.free(freed_in): 1} if system.free_cargo else {},
            kind="transport" if system.free_cargo and place != freed_in else "local",
            sink="" if system.free_cargo else "released cargo is not followed",
            mechanism=mechanism,
        )
        for place, freed_in in places
        for size_class in system.size_classes
        for carried in (system.carried(size_class, place),)
    )


def ends(name: str, mechanism: str, rate: str, species: Iterable[str], sink: str) -> tuple[Process, ...]:
    """Processes by which species leave the model for a declared reason: rate [1/h] * amount."""
    return tuple(
        Process(f"{name}_{one}", f"{rate} * {one}", takes={one: 1}, sink=sink, mechanism=mechanism) for one in species
    )


def total(names: Sequence[str]) -> str:
    """The sum of names as an expression."""
    return " + ".join(names) if names else "0"


def needs(
    name: str, unit: str, *, quantity: str = "", extensive: bool = False, per_subject: bool = True, **context: str
) -> Parameter:
    """A number that a mechanism asks the evidence for."""
    return Parameter(
        name, unit, extensive=extensive, quantity=quantity or name, context=context, per_subject=per_subject
    )


def join(name: str, *models: Model) -> Model:
    """Models joined under one name."""
    joined = Model(name)
    for model in models:
        joined = joined + model
    return joined.named(name)
