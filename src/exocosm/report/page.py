"""A page of the bench: an answer, sections of sentences, figures and tables, and the ground it stands on.

One template for every page that is not the report of a model: whoever has something to show says what, not how it
looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.files import write_atomic
from exocosm.report.canvas import TRUST_COLOURS, Picture
from exocosm.report.html import environment, style_sheet
from exocosm.report.numbers import UNBROKEN, interval, quantity, readable
from exocosm.report.sentences import TRUST_WORDS, thinness

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.report.ground import Citation

TEMPLATE = "page.html.j2"
MOST_PRINTED = 60  # values of one trust that go on paper; hundreds would bury the answer


@dataclass(frozen=True)
class Link:
    """A cell that leads to another page of the same folder.  href: a file's name that this package made."""

    text: str
    href: str


@dataclass(frozen=True)
class Table:
    """A table as it is printed: column heads, rows of text, which columns hold numbers, and a note below."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | Link]]
    title: str = ""
    numbers: Sequence[int] = ()
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page.  steps: a numbered list; points: a plain list.  closed: folded until it is asked for."""

    title: str
    name: str
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()
    steps: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    warnings: Sequence[str] = ()
    text: str = ""
    closed: bool = False


@dataclass(frozen=True)
class Page:
    """A whole page.  tone: 'better', 'worse' or empty: the colour beside the answer.  values: what it rests on."""

    title: str
    eyebrow: str
    headline: str
    question: str = ""
    tone: str = ""
    numbers: Sequence[str] = ()
    sections: Sequence[Section] = ()
    values: Sequence[Mapping[str, Any]] = ()
    bibliography: str = ""
    recipe: Sequence[tuple[str, str]] = field(default_factory=tuple)
    footer: str = "Made by exocosm. A simulation informs the next experiment; it does not replace it."


def render_page(page: Page) -> str:
    """The page as one self-contained HTML text; equal pages give equal text."""
    template = environment().get_template(TEMPLATE)
    text = template.render(style=style_sheet(), page=page, ground=_ground(page), most_printed=MOST_PRINTED)
    return text.replace(" × 10", f"{UNBROKEN}×{UNBROKEN}10")


def write_page(page: Page, path: str | Path) -> Path:
    """Write the page to a file, whole or not at all; returns the path."""
    return write_atomic(path, render_page(page))


def value_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table of values (name, value, unit, low, high, method, trust, row, source, locator, note ...)."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _ground(page: Page) -> dict[str, Any]:
    """What a page rests on: values by trust, in words and as a bar, every row, and the sources."""
    from collections import Counter

    from exocosm.evidence.bibliography import link, parse_bibliography, title
    from exocosm.report.ground import METHOD_WORDS, citations, source_name

    sources, _ = parse_bibliography(page.bibliography) if page.bibliography else ({}, [])
    counted = Counter(str(row["trust"]) for row in page.values)
    order = [word for word in TRUST_COLOURS if word in counted]
    rows = []
    for row in page.values:
        cited: tuple[Citation, ...] = citations(str(row.get("source") or ""), str(row.get("locator") or ""), sources)
        spread = row["low"] != row["high"]
        rows.append(
            {
                "name": readable(str(row["name"])),
                "number": quantity(float(row["value"]), str(row["unit"]), 4),
                "interval": interval(float(row["low"]), float(row["high"]), "", 3) if spread else "taken as exact",
                "method": METHOD_WORDS.get(str(row["method"]), str(row["method"])),
                "trust": str(row["trust"]),
                "citations": cited,
                "note": str(row.get("note") or ""),
                "row": str(row["row"]),
            }
        )
    groups = [
        {"word": TRUST_WORDS.get(word, (word, ""))[0], "rows": [row for row in rows if row["trust"] == word]}
        for word in order
    ]
    listed = [
        {"name": source_name(key, sources), "title": title(source), "link": link(key, sources)}
        for key, source in sorted(sources.items())
    ]
    return {
        "sentence": thinness(counted) if counted else "",
        "shares": [{"word": word, "number": counted[word], "colour": TRUST_COLOURS[word]} for word in order],
        "groups": groups,
        "sources": listed,
    }
