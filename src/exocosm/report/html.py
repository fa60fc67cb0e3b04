"""The report: one HTML file that shows a result, works without network and script, and prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exocosm.files import write_atomic
from exocosm.report.contents import contents
from exocosm.report.numbers import UNBROKEN

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

    from exocosm.trajectory.result import Result

TEMPLATES = Path(__file__).resolve().parent / "templates"
TEMPLATE, STYLE = "report.html.j2", "report.css"


def write_report(result: Result, path: str | Path) -> Path:
    """Write the report of a result to a file, whole or not at all; returns the path.  Raises InputError."""
    return write_atomic(path, render_report(result))


def render_report(result: Result) -> str:
    """The report of a result as the text of one HTML page; equal results give equal pages."""
    return environment().get_template(TEMPLATE).render(style=style_sheet(), **contents(result))


def environment() -> jinja2.Environment:
    """Where templates are found and how they are filled: everything is escaped but what this package made itself."""
    import jinja2
    from markupsafe import Markup, escape

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,  # titles, notes and messages are other people's text
        undefined=jinja2.StrictUndefined,
        finalize=_unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # only what this package made itself enters unescaped: its style sheet, and its figures (drawn, not quoted)
    made.filters["drawn"] = Markup
    made.filters["as_written"] = escape
    return made


def style_sheet() -> Markup:
    """The style sheet, ready to stand in a page."""
    from markupsafe import Markup

    return Markup((TEMPLATES / STYLE).read_text(encoding="utf-8"))


def _unbroken(value: object) -> object:
    """A number and its percent sign stay on one line; what is marked as ready is left as it is."""
    return value.replace(" %", f"{UNBROKEN}%") if type(value) is str else value
