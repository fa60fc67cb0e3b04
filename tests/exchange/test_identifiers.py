"""Names become identifiers and come back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.exchange.identifiers import identifier, original
from exocosm.network.grammar import is_name

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.@]{0,30}", fullmatch=True).filter(is_name)


@given(NAMES)
def test_every_name_becomes_an_identifier_and_comes_back(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", identifier(name))
    assert original(identifier(name)) == name


@pytest.mark.parametrize("name", ["Pi", "INF", "NaN", "Time", "x_x", "pi_x", "a.d", "a_d", "a__d", "a@a", "_a"])
def test_names_that_could_be_confused(name: str) -> None:
    assert original(identifier(name)) == name
    assert identifier(name).lower() not in {"pi", "inf", "nan", "time"}


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be written"):
        identifier("a b")
