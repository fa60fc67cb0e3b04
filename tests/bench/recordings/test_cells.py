"""Cells, numbers and edges of bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.recordings.bins import edges
from exocosm.bench.recordings.cells import number, split
from exocosm.bench.recordings.file_text import file_text


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.2E+008", ".", 1.2e8),
        (" 5 ", ".", 5.0),
        ("-.5", ".", -0.5),
        ("1,5", ",", 1.5),
        ("1.5", ",", None),
        ("1,5", ".", None),
        ("1.470.000", ",", None),
        ("1e999", ".", None),
        ("1e300", ".", None),
        ("NaN", ".", None),
        ("Infinity", ".", None),
        ("1_000", ".", None),
        ("0x10", ".", None),
        ("١٢", ".", None),
        ("12 nm", ".", None),
        ("", ".", None),
    ],
)
def test_numbers(cell: str, decimal: str, value: float | None) -> None:
    assert number(cell, decimal) == value


@given(st.floats(-1e59, 1e59))
def test_every_printed_number_is_read(value: float) -> None:
    assert number(repr(value)) == value
    assert number(repr(value).replace(".", ","), ",") == value


@given(st.lists(st.text(alphabet="ab;, ", max_size=5).map(str.strip), min_size=1, max_size=6))
def test_quoted_cells(cells: list[str]) -> None:
    line = ",".join(f'"{cell}"' for cell in cells)
    assert split(line, ",") == cells


def test_lines_and_their_numbers() -> None:
    text = file_text(b'a\r\n"b\nc",d\r\ne\n', "x")
    assert text.lines == ["a", '"b\nc",d', "e"]
    assert [text.line(k) for k in range(3)] == [1, 2, 4]
    assert text.ends_whole
    text = file_text(b'a"\rb', "x")
    assert (text.lines, text.ends_whole) == (['a"', "b"], False)


@given(st.floats(0.5, 100), st.integers(2, 300))
def test_edges_of_even_bins_meet(step: float, bins: int) -> None:
    low, high, spacing = edges((np.arange(bins) + 0.5) * step)
    assert spacing == "linear"
    np.testing.assert_allclose(high, np.arange(1, bins + 1) * step)
    np.testing.assert_allclose(low[1:], high[:-1])


@given(st.floats(1.05, 3), st.integers(6, 100))
def test_edges_of_bins_in_equal_ratio(ratio: float, bins: int) -> None:
    centre = 10 * ratio ** np.arange(bins)
    low, high, spacing = edges(centre)
    assert spacing == "logarithmic"
    np.testing.assert_allclose(np.sqrt(low * high), centre)
    np.testing.assert_allclose(high / low, ratio)


def test_edges_of_uneven_bins_lie_half_way() -> None:
    low, high, spacing = edges(np.array([10.0, 20.0, 50.0]))
    assert spacing == "irregular"
    np.testing.assert_allclose(low, [5, 15, 35])
    np.testing.assert_allclose(high, [15, 35, 65])
