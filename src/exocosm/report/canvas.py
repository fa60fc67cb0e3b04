"""The drawing board of the report: one look for all figures, and figures as SVG text that is the same everywhere.

Letters are drawn as outlines, so that no font of the reader's machine is needed; ids are derived from the content and
carry the figure's name, so that many figures can stand in one page.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from exocosm.report.numbers import shown
from exocosm.study.resolved import ResolvedStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, told apart by colour-blind readers; yellow left out, it cannot be seen on white
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
UNTREATED = "#767676"
INK, FAINT = "#1a1a1a", "#8a8a8a"
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":")
TRUST_COLOURS: Mapping[str, str] = {
    "measured": "#009E73",
    "borrowed": "#56B4E9",
    "user": "#0072B2",
    "derived": "#CC79A7",
    "fitted": "#8C6BB1",
    "assumed": "#D55E00",
    "model": "#8A8A8A",
    "constant": "#C8C8C8",
}
TALL = 0.9  # height over width of a figure
WIDTH = 7.4  # inches; the page is laid out for it
_SPACES = re.compile(r"[ \t\r\n\f\v]+")  # not the space at which no line ends
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "exocosm",
    "text.parse_math": False,  # titles are the user's text: a dollar sign is a dollar sign
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "axes.edgecolor": "#555555",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True)
class Picture:
    """A figure ready for the page: SVG text, what it is (for those who cannot see it), and a caption with numbers."""

    name: str
    title: str
    svg: str
    caption: str

    @property
    def is_tall(self) -> bool:
        """Whether it needs a printed page of its own rather than half of one."""
        box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', self.svg)
        return box is not None and float(box.group(2)) > TALL * float(box.group(1))


@dataclass(frozen=True)
class Look:
    """How an arm is drawn throughout the report."""

    title: str
    colour: str
    marker: str
    line: str


def looks(study: ResolvedStudy) -> dict[str, Look]:
    """Arm -> its look; an arm without doses is grey, so that colours are kept for what was given."""
    found: dict[str, Look] = {}
    place = 0
    for arm in study.arms:
        title = arm.title or arm.name
        if not arm.schedule.doses and UNTREATED not in {look.colour for look in found.values()} and len(study.arms) > 1:
            found[arm.name] = Look(title, UNTREATED, "d", "-")
            continue
        found[arm.name] = Look(
            title,
            COLOURS[place % len(COLOURS)],
            MARKERS[place % len(MARKERS)],
            LINES[place // len(COLOURS) % len(LINES)],
        )
        place += 1
    return found


@contextmanager
def style() -> Iterator[None]:
    """The look of the report for figures made inside."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        yield


def panels(rows: int, columns: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure of the page's width and its panels in reading order."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=(WIDTH, height), layout="constrained")
    axes: Any = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, list(axes.flat)


def finish(figure: Figure, name: str, title: str, caption: str) -> Picture:
    """The figure as a picture for the page.  name: letters, digits and dashes, unique in the page."""
    stream = io.StringIO()
    with warnings.catch_warnings():
        # a letter that the font lacks is drawn as a box; the caption below says it in text
        warnings.filterwarnings("ignore", category=UserWarning)
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Picture(name, title, _inline(stream.getvalue(), name, title), caption)


def _inline(svg: str, name: str, title: str) -> str:
    """SVG for use inside a page: no header, comments or metadata; ids of its own; sized by the page; with a label."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'((?:xlink:)?href)="#([^"]+)"', rf'\1="#{name}-\2"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    box = re.search(r'viewBox="[^"]+"', svg)
    names = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg"'
    head = f"<svg {names} {box.group() if box else ''}"
    svg = re.sub(r"^<svg[^>]*>", lambda _: f'{head} role="img" aria-label="{escape(title)}">', svg)
    return re.sub(r"\n\s*\n+", "\n", svg).strip()


def short(text: str, most: int = 44) -> str:
    """A text for inside a figure: one line, cut where it would not fit."""
    text = _SPACES.sub(" ", str(text)).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def wrapped(text: str, width: int = 26, lines: int = 3) -> str:
    """A text over a few short lines, for the side of a figure."""
    import textwrap

    return "\n".join(textwrap.wrap(_SPACES.sub(" ", str(text)).strip(), width, max_lines=lines, placeholder=" …")) or ""


def log_axis(axis: Axes, which: str, low: float, high: float) -> None:
    """A logarithmic axis with plain numbers, and with enough of them where it spans little."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    getattr(axis, f"set_{which}scale")("log")
    side = getattr(axis, f"{which}axis")
    decades = high / low if low > 0 else 1e9
    steps: Sequence[float] = (1, 2, 5) if decades < 200 else (1,)
    if decades < 3:
        steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    side.set_major_locator(LogLocator(subs=steps, numticks=12 if which == "x" and decades < 1e4 else 7))
    side.set_major_formatter(FuncFormatter(lambda value, _: shown(value).removeprefix("1 × ")))
    side.set_minor_formatter(NullFormatter())


def plain_axis(axis: Axes, which: str) -> None:
    """A linear axis with few numbers, written as in the text."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    side = getattr(axis, f"{which}axis")
    side.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    side.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))


def legend_above(figure: Figure, handles: Sequence[Any]) -> None:
    """One legend over the whole figure, so that it covers nothing; as many columns as its longest entry allows."""
    longest = max((len(str(handle.get_label())) for handle in handles), default=1)
    columns = max(1, min(len(handles), 100 // (longest + 7)))
    figure.legend(handles=list(handles), loc="outside upper left", ncols=columns)
