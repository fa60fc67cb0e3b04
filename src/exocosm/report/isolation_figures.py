"""Figures of protocols: what is left after every step, sizes before and after, and what is traded against what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.design.goals import COLUMN, MEASURES
from exocosm.report.canvas import (
    COLOURS,
    FAINT,
    INK,
    LINES,
    MARKERS,
    Picture,
    finish,
    legend_above,
    log_axis,
    panels,
    short,
    style,
)
from exocosm.report.numbers import percent, readable, shown, unit_text

if TYPE_CHECKING:
    from exocosm.bench.design.answer import Design
    from exocosm.bench.prediction import Prediction
    from exocosm.vesicles.population import Population

MOST_KINDS = 8  # lines in a figure
LEAST_SHARE = 1e-6  # of a kind that is left: what lies deeper is no news
SEEN_OF_WANTED = 1e-3  # of the highest density of what is wanted, in the product
MOST_DOTS = 800  # of candidates that were screened
MOST_NUMBERED = 8
BINS = 48
Numbers = NDArray[np.float64]


def kind_in_words(kind: str) -> str:
    """`small_ev` -> `small EVs`, `vldl` -> `VLDL`."""
    if kind in ("vldl", "idl", "ldl", "hdl"):
        return kind.upper()
    text = readable(kind)
    return f"{text.removesuffix(' ev')} EVs" if text.endswith(" ev") else text


def title_of(measure: str, kind: str) -> str:
    """What a measure is, in words, where particles of a kind are wanted."""
    return MEASURES[measure].title.format(kind=kind_in_words(kind), one=kind_in_words(kind).removesuffix("s"))


def recovery_picture(prediction: Prediction) -> Picture:
    """Share of the sample's particles that is left after every step, by kind, with 95 % of what is not known."""
    kinds = kinds_shown(prediction)
    steps = range(len(prediction.protocol.steps) + 1)
    table = {(row["step"], row["kind"]): row for row in prediction.rows if row["number"] == "recovery"}
    with style():
        figure, (axis,) = panels(1, 1, 3.6)
        for place, kind in enumerate(kinds):
            colour = COLOURS[place % len(COLOURS)]
            values = np.array([table[step, kind]["value"] for step in steps])
            lows, highs = (np.array([table[step, kind][end] for step in steps]) for end in ("low", "high"))
            spread = np.array([_above(values - lows), _above(highs - values)])
            axis.errorbar(
                np.array(steps) + 0.03 * (place - len(kinds) / 2), np.maximum(values, LEAST_SHARE), yerr=spread,
                color=colour, ls=LINES[place // len(COLOURS) % len(LINES)], marker=MARKERS[place % len(MARKERS)], ms=4,
                lw=2.0 if kind == prediction.kind else 1.2, elinewidth=0.7, capsize=2, label=kind_in_words(kind),
            )  # fmt: skip
        log_axis(axis, "y", LEAST_SHARE, 1.0)
        axis.set_ylim(LEAST_SHARE, 1.6)
        names = ["sample", *(readable(step.method) for step in prediction.protocol.steps)]
        axis.set_xticks(list(steps), [short(f"{at} {name}" if at else name, 22) for at, name in enumerate(names)])
        axis.tick_params(axis="x", labelrotation=20 if len(names) > 4 else 0)
        axis.set_ylabel("share of the sample's particles")
        legend_above(figure, axis.get_legend_handles_labels()[0])
        last = prediction.row("recovery", prediction.kind)
        others = [(table[steps[-1], kind]["value"], kind) for kind in kinds if kind != prediction.kind]
        most = max(others, default=None)
        caption = f"Of the {kind_in_words(prediction.kind)} {percent(last['value'])} are left"
        caption += "" if most is None else f"; of the others most of {kind_in_words(most[1])}, {percent(most[0])}"
        caption += ". Bars: 95 % of what is not known."
        return finish(figure, "recovery", "What is left after every step", caption)


def kinds_shown(prediction: Prediction) -> list[str]:
    """The kinds of the sample worth a line: what is wanted first, then the most numerous."""
    counts = {row["kind"]: row["value"] for row in prediction.rows if row["number"] == "count" and row["step"] == 0}
    present = [kind for kind, count in counts.items() if count > 0 and kind != prediction.kind]
    first = [prediction.kind] if counts.get(prediction.kind, 0.0) > 0 else []
    return [*first, *sorted(present, key=lambda kind: -counts[kind])][:MOST_KINDS]


def size_picture(prediction: Prediction) -> Picture:
    """Particles by diameter, before and after, every kind that is counted as a particle."""
    before, after = prediction.central.start.population, prediction.central.product.population
    kinds = [kind for kind in kinds_shown(prediction) if np.ptp(before.diameter_nm[before.kind == kind]) > 0]
    with style():
        figure, axes = panels(1, 2, 3.2, sharex=True, sharey=True)
        highest = 0.0
        every = before.diameter_nm[np.isin(before.kind, kinds)]
        edges = np.geomspace(every.min() * 0.8, every.max() * 1.25, BINS + 1) if every.size else np.array([1.0, 1e3])
        for axis, population, title in zip(axes, (before, after), ("sample", "product"), strict=True):
            for place, kind in enumerate(kinds):
                density = _smoothed(population, kind, edges)
                if density.max() > 0:
                    axis.plot(
                        np.sqrt(edges[1:] * edges[:-1]), np.where(density > 0, density, np.nan),
                        label=kind_in_words(kind), color=COLOURS[place % len(COLOURS)],
                        lw=2.0 if kind == prediction.kind else 1.2,
                    )  # fmt: skip
                    highest = max(highest, float(density.max()))
            axis.set_title(title, loc="left", color=INK)
            axis.set_xlabel("diameter (nm)")
        log_axis(axes[0], "x", float(edges[0]), float(edges[-1]))
        if highest > 0:
            wanted = _smoothed(after, prediction.kind, edges)
            lowest = max(float(wanted.max()) * SEEN_OF_WANTED, highest * LEAST_SHARE**3) or highest * LEAST_SHARE
            log_axis(axes[0], "y", lowest, highest)
            axes[0].set_ylim(lowest, highest * 2)
        axes[0].set_ylabel("particles per nm")
        legend_above(figure, axes[0].get_legend_handles_labels()[0])
        return finish(figure, "sizes", "Sizes before and after", "Number of particles per nm of diameter, in the whole "
                      "sample and in the whole product, every value at its centre.")  # fmt: skip


def _smoothed(population: Population, kind: str, edges: Numbers) -> Numbers:
    """Particles per nm of one kind, summed over where they come from."""
    of_kind = population.kind == kind
    found = np.zeros(edges.size - 1)
    for origin in np.unique(population.origin[of_kind]):
        of_origin = of_kind & (population.origin == origin)
        found += _spread_out(population.diameter_nm[of_origin], population.count[of_origin], edges)
    return found


def _spread_out(diameter_nm: Numbers, count: Numbers, edges: Numbers) -> Numbers:
    """Particles per nm between edges: every parcel spread as wide as the gap to its neighbours."""
    if diameter_nm.size < 2:
        return np.zeros(edges.size - 1)
    order = np.argsort(diameter_nm)
    logs = np.log(diameter_nm[order])
    middles = 0.5 * (logs[1:] + logs[:-1])
    ends = np.concatenate([[2 * logs[0] - middles[0]], middles, [2 * logs[-1] - middles[-1]]])
    through = np.interp(np.log(edges), ends, np.concatenate([[0.0], np.cumsum(count[order])]))
    return np.asarray(np.diff(through) / np.diff(edges))


def front_picture(found: Design) -> Picture:
    """Yield against purity: what was tried in grey; what was examined by time (colour) and cost (size), with bars."""
    purity = next((name for name in found.goals.objectives if name in _PURITIES), _PURITIES[0])
    names = ("yield", purity)
    with style():
        figure, (axis,) = panels(1, 1, 4.4)
        sound = found.screened.values[found.screened.sound]
        dots = sound[:: max(1, len(sound) // MOST_DOTS)]
        across, up = (_drawn(dots[:, COLUMN[name]]) for name in names)
        axis.scatter(across, up, s=3, color="#cfd3d8", lw=0)
        points = np.array([one.centre for one in found.examined])
        bars = {name: np.array([one.interval(name) for one in found.examined]) for name in names}
        x, y = (_drawn(points[:, COLUMN[name]]) for name in names)
        axis.errorbar(
            x, y, fmt="none", ecolor=FAINT, elinewidth=0.6, zorder=2,
            xerr=_bars(x, bars["yield"]), yerr=_bars(y, bars[purity]),
        )  # fmt: skip
        time, cost = points[:, COLUMN["time"]] / 60.0, points[:, COLUMN["cost"]]
        largest = max(float(cost.max()), 1e-9)
        sizes = 20 + 130 * cost / largest
        seen: Any = axis.scatter(x, y, c=time, s=sizes, cmap="viridis", edgecolor=INK, lw=0.5, zorder=3)
        for number, place in enumerate(zip(x, y, strict=True), 1):
            if number <= MOST_NUMBERED:
                where: Any = {"xytext": (6, 5), "textcoords": "offset points", "fontsize": 8, "zorder": 4}
                axis.annotate(str(number), place, **where)
        for name, which in zip(names, ("x", "y"), strict=True):
            numbers = np.concatenate([points[:, COLUMN[name]], sound[:, COLUMN[name]]])
            usable = numbers[np.isfinite(numbers) & (numbers > 0)]
            if usable.size:
                log_axis(axis, which, float(usable.min()), float(usable.max()))
            title = title_of(name, found.goals.kind)
            unit = unit_text(MEASURES[name].unit)
            getattr(axis, f"set_{which}label")(f"{title} ({unit})" if unit else title)
            for bound in found.goals.bounds:
                if bound.measure.name == name:
                    draw = axis.axvline if which == "x" else axis.axhline
                    draw(bound.limit, color=COLOURS[1], lw=1.0, ls="--", zorder=1)
        bar = figure.colorbar(seen, ax=axis, pad=0.02)
        bar.set_label("time in all (h)")
        better = "lower" if MEASURES[purity].better == "less" else "higher"
        caption = (
            f"Numbers: the order in which to try. Further right and {better} is better; the larger a point, the more "
            f"it costs (largest: {shown(largest, 2)} euro). Bars: 95 % of what is not known; dashed: the goals; grey: "
            f"a part of the {len(sound):,} protocols that were tried and lie within their methods' domains."
        )
        return finish(figure, "front", "Yield against purity", caption)


_PURITIES = ("lipoprotein_per_particle", "particles_per_microgram", "protein")


def _above(numbers: Numbers) -> Numbers:
    return np.maximum(np.nan_to_num(numbers), 0.0)


def _drawn(numbers: Numbers) -> Numbers:
    """Numbers for a logarithmic axis: what is not above zero or not finite is not drawn."""
    return np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)


def _bars(middle: Numbers, ends: Numbers) -> Numbers:
    high = np.where(np.isfinite(ends[:, 1]), ends[:, 1], middle)
    return np.array([_above(middle - ends[:, 0]), _above(high - middle)])
