"""A lab's own price list: items, what they cost, and where the price stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import Field

from exocosm.bench.settings import Name
from exocosm.documents.checked import check_header, checked, open_document
from exocosm.documents.fields import Section, ShortText
from exocosm.errors import CheckError, Problem, nearest
from exocosm.evidence.value import Value
from exocosm.files import read_text

COLUMNS = ("device", "price", "source")
MOST_BYTES = 1_000_000
MOST_PRICES = 10_000
HIGHEST = 1e9  # euro


class PriceText(Section):
    """The price of one item (device) in euro, and where it stands."""

    device: Name
    price: float = Field(ge=0, le=HIGHEST, strict=False)
    source: ShortText = ""


class PricesFile(Section):
    """A price file in YAML, version 1."""

    exocosm: Literal[1]
    kind: Literal["prices"]
    prices: list[PriceText] = Field(max_length=MOST_PRICES)


def read_prices(path: str | Path, known: Collection[str]) -> tuple[Value, ...]:
    """A lab's prices as rows that go before the catalogue's, taken as exact; from a CSV or YAML file.

    CSV: columns device, price (euro), source.  known: the items there are.  Raises CheckError with every fault.
    """
    path = Path(path)
    subject = f"price file {path.name}"
    problems: list[Problem] = []
    if path.suffix.lower() in (".yaml", ".yml"):
        opened = open_document(path, "price")
        check_header(opened, {"prices": ""}, default="prices")
        written = checked(opened.document, PricesFile, opened.subject).prices
        given = [
            (f"line {opened.document.line(('prices', place))}", one.device, one.price, one.source)
            for place, one in enumerate(written)
        ]
    else:
        given, problems = _of_csv(read_text(path, MOST_BYTES), subject)
    rows: dict[str, Value] = {}
    for where, device, price, source in given:
        if device not in known:
            problems.append(Problem("name", where, f"no item is called '{device}'; {nearest(device, known)}"))
        if device in rows:
            problems.append(Problem("name", where, f"'{device}' has a price already"))
        rows[device] = Value(
            id=f"own-price-{device}", quantity="price", value=price, unit="euro", device=device,
            method="model_constant", source=source, note=f"from {path.name}",
        )  # fmt: skip
    if problems:
        raise CheckError(subject, problems)
    return tuple(rows.values())


def _of_csv(text: str, subject: str) -> tuple[list[tuple[str, str, float, str]], list[Problem]]:
    table = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    try:
        lines = [(table.line_num, [cell.strip() for cell in cells]) for cells in table if any(map(str.strip, cells))]
    except csv.Error as problem:
        raise CheckError(subject, [Problem("csv", f"line {table.line_num}", str(problem))]) from None
    header = lines[0][1] if lines else []
    missing = [name for name in COLUMNS[:2] if name not in header]
    if missing:
        message = f"the column{'s' if len(missing) > 1 else ''} {' and '.join(missing)} is missing; expected {COLUMNS}"
        raise CheckError(subject, [Problem("column", "line 1", message)])
    found: list[tuple[str, str, float, str]] = []
    problems = []
    for line, written in lines[1 : MOST_PRICES + 1]:
        where, cells = f"line {line}", dict(zip(header, written, strict=False))
        price = _price(cells.get("price", ""))
        if price is None or not cells["device"]:
            message = f"expected an item and its price in euro, found '{', '.join(written)}'"
            problems.append(Problem("value", where, message[:300]))
        else:
            found.append((where, cells["device"], price, cells.get("source", "")[:300]))
    return found, problems


def _price(text: str) -> float | None:
    try:
        price = float(text)
    except ValueError:
        return None
    return price if 0 <= price <= HIGHEST else None
