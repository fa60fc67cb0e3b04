"""The physics of a spin protocol in plain NumPy, with no package around it: what a careful scientist's script does.

It is an oracle too: the benchmark compares its recoveries with those of the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlainSpin:
    """One spin in a fixed-angle rotor: everything as bare numbers (mm, rpm, min, mL, mPa s, g/mL)."""

    r_average: float
    path: float
    rpm: float
    minutes: float
    density: float
    viscosity: float
    drawn_in: Array
    held: float
    left_on: float
    resuspended: float
    on_wall: float
    keeps_pellet: bool


def spin(diameter: Array, density: Array, count: Array, how: PlainSpin) -> Array:
    """Number of particles that go on."""
    seconds = 60.0 * how.minutes
    sedimentation = (diameter * 1e-9) ** 2 * (density - how.density) * 1e3 / (18.0 * how.viscosity * 1e-3)
    speed = (2.0 * np.pi * how.rpm / 60.0) ** 2 * how.r_average * 1e-3
    way = np.clip(sedimentation * speed * seconds / (how.path * 1e-3), 0.0, 1.0)
    pelleted = 2.0 / np.pi * (np.arcsin(way) + way * np.sqrt(1.0 - way**2))
    stays = (pelleted + (1.0 - pelleted) * how.drawn_in) * how.held
    if how.keeps_pellet:
        return count * (stays + (1.0 - stays) * how.left_on) * how.resuspended
    return count * (1.0 - stays) * (1.0 - how.left_on) * (1.0 - how.on_wall)


def spins(diameter: Array, density: Array, count: Array, protocol: Sequence[PlainSpin]) -> Array:
    """Number of particles at the end of several spins."""
    for how in protocol:
        count = spin(diameter, density, count, how)
    return count


def plain_summary(text: str) -> Mapping[str, Array]:
    """Mean, median and total of every video of an ExperimentSummary that is laid out as it should be."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Bin centre (nm)"))
    videos = lines[start].count("Concentration (particles / ml)")
    rows = []
    for line in lines[start + 1 :]:
        cells = line.split(",")
        try:
            rows.append([float(cell) for cell in cells[: videos + 1]])
        except ValueError:
            break
    table = np.array(rows)
    size, amount = table[:, 0], table[:, 1:]
    total = amount.sum(axis=0)
    mean = (size[:, None] * amount).sum(axis=0) / total
    steps = np.cumsum(amount, axis=0) / total
    median = np.array([np.interp(0.5, steps[:, video], size + 0.5) for video in range(amount.shape[1])])
    return {"mean": mean, "median": median, "total": total}
