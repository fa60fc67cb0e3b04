"""Rotors of centrifuges: their geometry and limits, and what a force at a radius means for each.

The table is `knowledge/rotors.csv`; a rotor is added by adding a row.
"""

from __future__ import annotations

import csv
import difflib
import itertools
import math
import re
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from exocosm.errors import CheckError, InputError, Problem

TABLE = Path(__file__).resolve().parent.parent / "knowledge" / "rotors.csv"
STANDARD_GRAVITY = 9.80665  # m/s2, by definition
KINDS = ("swinging_bucket", "fixed_angle")
CLASSES = ("ultracentrifuge", "high_speed", "benchtop", "microfuge")
_FORCE = re.compile(r"^([0-9][0-9,_ ]*(?:\.[0-9]+)?(?:e[0-9]{1,2})?) ?(?:x ?g|g|×g) ?(average|maximum)?$")
_SPEED = re.compile(r"^([0-9][0-9,_ ]*(?:\.[0-9]+)?(?:e[0-9]{1,2})?) ?rpm$")
HIGHEST_FORCE = 2e6  # g; no rotor does more


@dataclass(frozen=True)
class Rotor:
    """A rotor with its tubes.

    Radii from the axis in mm: r_min at the top of a full tube, r_max at its bottom, r_average where the maker gives the
    average force.  angle_degree: of the tubes to the axis, 90 in swinging buckets.  tube_diameter_mm: inner.
    assumed: names of the columns that nobody was seen to state.  source, locator, status: as in the catalogue.
    """

    name: str
    maker: str
    kind: str
    rotor_class: str
    r_min_mm: float
    r_max_mm: float
    r_average_mm: float
    tube_diameter_mm: float
    angle_degree: float
    tube_volume_ml: float
    tubes: int
    maximum_rpm: float
    tube_item: str
    adapters: str = ""
    source: str = ""
    locator: str = ""
    status: str = ""
    assumed: tuple[str, ...] = ()
    note: str = ""

    @property
    def capacity_ml(self) -> float:
        """Volume of all tubes."""
        return self.tube_volume_ml * self.tubes

    @property
    def path_mm(self) -> float:
        """Longest way to the wall: r_max - r_min in swinging buckets, diameter / cos(angle) in fixed-angle tubes."""
        if self.kind == "swinging_bucket":
            return self.r_max_mm - self.r_min_mm
        return self.tube_diameter_mm / math.cos(math.radians(self.angle_degree))

    @property
    def title(self) -> str:
        """Name as its maker writes it: `sw_32_1_ti` -> `SW 32.1 Ti`, `f_45_24_15` -> `F-45-24-15`."""
        words = [word.capitalize() if word in {"ti", "type"} else word.upper() for word in self.name.split("_")]
        beckman = self.maker.startswith("Beckman")
        text = words[0]
        for before, word in itertools.pairwise(words):
            between = " " if beckman and (words[0] in {"SW", "Type"} or word == "Ti") else "-"
            text += ("." if beckman and before.isdigit() and word.isdigit() else between) + word
        return text

    def force_g(self, rpm: float, radius: str = "average") -> float:
        """Force at the average or the maximum radius in g: (2 pi rpm / 60)^2 r / 9.80665."""
        omega = rpm * math.pi / 30.0
        return omega**2 * self._radius(radius) / 1000.0 / STANDARD_GRAVITY

    def rpm_at(self, force_g: float, radius: str = "average") -> float:
        """Speed that gives a force at the average or the maximum radius, in rpm."""
        return math.sqrt(force_g * STANDARD_GRAVITY * 1000.0 / self._radius(radius)) * 30.0 / math.pi

    def _radius(self, radius: str) -> float:
        if radius == "average":
            return self.r_average_mm
        if radius == "maximum":
            return self.r_max_mm
        raise InputError(f"a force is given at the 'average' or the 'maximum' radius, not at '{radius}'")


@dataclass(frozen=True)
class Force:
    """How fast a rotor is to turn: `amount` in g at a radius (`average`, `maximum`), or in rpm (radius is empty)."""

    amount: float
    radius: str

    def __str__(self) -> str:
        return f"{self.amount:.6g} g {self.radius}" if self.radius else f"{self.amount:.6g} rpm"


def force(given: Any) -> Force:
    """A force from `100000 g average`, `10000 g maximum` or `40000 rpm`; a force without its radius is refused."""
    if isinstance(given, Force):
        return given
    text = str(given).strip().casefold()
    found = _FORCE.match(text)
    spun = None if found else _SPEED.match(text)
    match = found or spun
    if match is None:
        raise ValueError(f"expected a force such as '100000 g average' or a speed such as '40000 rpm', found {given!r}")
    amount = float(match[1].replace(",", "").replace("_", "").replace(" ", ""))
    if found and found[2] is None:
        raise ValueError(
            f"'{given}' does not say at which radius: the force at the bottom of a tube is up to 60 % above that "
            f"in its middle; write '{given} average' or '{given} maximum' (makers and papers mean "
            "either), or the speed in rpm"
        )
    if not 0 < amount <= HIGHEST_FORCE:
        raise ValueError(f"a force or speed lies above 0 and up to {HIGHEST_FORCE:g}, not {amount:g}")
    return Force(amount, str(found[2]) if found else "")


ForceText = Annotated[Force, BeforeValidator(force)]


def speed_rpm(rotor: Rotor, asked: Force) -> float:
    """The speed in rpm at which a rotor gives a force; raises InputError above what the rotor can do."""
    rpm = rotor.rpm_at(asked.amount, asked.radius) if asked.radius else asked.amount
    if rpm > rotor.maximum_rpm * (1.0 + 1e-9):
        raise InputError(
            f"{asked} is beyond the rotor {rotor.title}: that is {rpm:,.0f} rpm, it may turn at "
            f"{rotor.maximum_rpm:,.0f} rpm, which is {rotor.force_g(rotor.maximum_rpm):,.0f} g average and "
            f"{rotor.force_g(rotor.maximum_rpm, 'maximum'):,.0f} g maximum; take a longer run or another rotor"
        )
    return rpm


@lru_cache(maxsize=1024)
def find_rotor(name: str) -> Rotor:
    """A rotor by its name, written in any way (`SW 40 Ti`, `sw-40-ti`); raises InputError with the nearest name."""
    rotors = list_rotors()
    if name in rotors:
        return rotors[name]
    wanted = _plain(name)
    for rotor in rotors.values():
        if _plain(rotor.name) == wanted:
            return rotor
    known = {_plain(rotor): rotor for rotor in rotors}
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    advice = f"did you mean '{rotors[known[close[0]]].title}'? " if close else ""
    raise InputError(
        f"there is no rotor '{name}' in the table; {advice}`exocosm list rotors` prints those there are (a rotor is "
        "added as a row of rotors.csv)"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


@lru_cache(maxsize=1)
def list_rotors() -> dict[str, Rotor]:
    """Every rotor by name."""
    return read_rotors(TABLE)


def read_rotors(path: Path) -> dict[str, Rotor]:
    """The rotors of a table (columns as the fields of `Rotor`); raises CheckError with everything wrong in it."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    problems: list[Problem] = []
    rotors: dict[str, Rotor] = {}
    for number, row in enumerate(rows, 2):
        where = f"{path.name} line {number}"
        try:
            rotor = _rotor(row)
        except (KeyError, ValueError, TypeError) as problem:
            problems.append(
                Problem("rotor", where, f"a column is missing or no number stands where one must: {problem}")
            )
            continue
        problems += [Problem("rotor", where, fault) for fault in _faults(rotor)]
        if rotor.name in rotors:
            problems.append(Problem("rotor", where, f"a second rotor is called '{rotor.name}'"))
        rotors[rotor.name] = rotor
    if problems:
        raise CheckError(path.name, problems)
    return rotors


def _rotor(row: dict[str, str]) -> Rotor:
    texts: dict[str, Any] = {
        field.name: row["class" if field.name == "rotor_class" else field.name] for field in fields(Rotor)
    }
    for name in (
        "r_min_mm",
        "r_max_mm",
        "r_average_mm",
        "tube_diameter_mm",
        "angle_degree",
        "tube_volume_ml",
        "maximum_rpm",
    ):
        texts[name] = float(texts[name])
    texts["tubes"] = int(texts["tubes"])
    texts["assumed"] = tuple(part for part in texts["assumed"].split(";") if part)
    return Rotor(**texts)


def _faults(rotor: Rotor) -> list[str]:
    columns = {field.name for field in fields(Rotor)}
    rules = (
        (rotor.kind in KINDS, f"kind '{rotor.kind}' is none of {', '.join(KINDS)}"),
        (rotor.rotor_class in CLASSES, f"class '{rotor.rotor_class}' is none of {', '.join(CLASSES)}"),
        (
            0 < rotor.r_min_mm < rotor.r_average_mm < rotor.r_max_mm,
            "radii must rise from r_min over r_average to r_max",
        ),
        ((rotor.angle_degree == 90) == (rotor.kind == "swinging_bucket"), "the angle is 90 in swinging buckets only"),
        (0 <= rotor.angle_degree <= 90, "an angle lies between 0 and 90 degree"),
        (rotor.tube_diameter_mm > 0 and rotor.tube_volume_ml > 0, "tubes need a diameter and a volume above 0"),
        (rotor.tubes >= 1 and rotor.maximum_rpm > 0, "a rotor holds a tube at least and turns"),
        (bool(rotor.source and rotor.locator), "a rotor needs a source and where it stands there"),
        (set(rotor.assumed) <= columns, f"assumed names columns that there are not: {set(rotor.assumed) - columns}"),
    )
    return [fault for holds, fault in rules if not holds]
