"""A lab's own prices: read from CSV or YAML, and refused with line and reason where they cannot be."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.prices import read_prices
from exocosm.errors import CheckError, ExocosmError

KNOWN = ("column", "tube")


def written(folder: Path, text: str, name: str = "prices.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    table = '\ufeffdevice, price ,source\r\n\r\ncolumn,12.5,"quote, 2024"\r\ntube,2,\r\n'
    text = "exocosm: 1\nkind: prices\nprices:\n- {device: column, price: 12.5, source: 'quote, 2024'}\n"
    text += "- {device: tube, price: 2}\n"
    one = read_prices(written(tmp_path, table), KNOWN)
    other = read_prices(written(tmp_path, text, "prices.yaml"), KNOWN)
    assert [(row.device, row.value, row.unit, row.source) for row in one] == [
        (row.device, row.value, row.unit, row.source) for row in other
    ]
    assert one[0].value == 12.5 and one[0].source == "quote, 2024" and one[0].spread_kind == "none"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("device,price\ncolum,3\n", "did you mean 'column'"),
        ("device,price\ncolumn,cheap\n", "line 2.*price in euro"),
        ("device,price\ncolumn,-1\n", "line 2.*price in euro"),
        ("device,price\ncolumn,nan\n", "line 2.*price in euro"),
        ("device,price\ncolumn\n", "line 2.*price in euro"),
        ("device,price\ncolumn,1\ncolumn,2\n", "has a price already"),
        ("item,cost\ncolumn,1\n", "device and price"),
        ("", "device and price"),
    ],
)
def test_faults_are_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CheckError, match=message):
        read_prices(written(tmp_path, text), KNOWN)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CheckError) as failure:
        read_prices(written(tmp_path, "device,price\ncolum,3\ntub,4\ntube,x\n"), KNOWN)
    assert len(failure.value.problems) == 3


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("prices") / "prices.csv"
    path.write_bytes(("device,price\n" + text).encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ExocosmError):
        read_prices(path, KNOWN)
