from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.evidence.lookup import Found
from exocosm.evidence.pin import Pin, cited_keys, pin, pin_from_dict, pin_to_dict
from exocosm.evidence.value import Value

ROW = Value(
    "flow-a", "flow", 2.0, "mL/min", "between_subject_sd", 0.1, None, None, 5, "lognormal",
    method="fitted", organism="mouse", source="Kim2019; Lee2020", note="a note",
)  # fmt: skip
PIN = pin("liver.flow", Found(ROW, ("One.", "Two."), "fitted"))


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20))
def test_round_trip_through_json_and_yaml(number: float, note: str) -> None:
    row = Value("a", "b", number, "g", method="model_constant", note=note)
    each = Pin("x", row, ("path",), "constant")
    assert pin_from_dict(json.loads(json.dumps(pin_to_dict(each)))) == each
    assert pin_from_dict(yaml.safe_load(yaml.safe_dump(pin_to_dict(each)))) == each


def test_holds_the_whole_row() -> None:
    assert pin_to_dict(PIN)["value"]["low"] is None and len(pin_to_dict(PIN)["value"]) == 28
    assert pin_from_dict(pin_to_dict(PIN)) == PIN
    assert cited_keys((PIN, PIN)) == ("Kim2019", "Lee2020")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trust": "trusted"}, "trust 'trusted' is not known"),
        ({"path": "One."}, "list of at most"),
        ({"path": [1]}, "list of at most"),
        ({"value": 3.0}, "mapping of a catalogue row"),
        ({"extra": 1}, "'extra' is not known"),
        ({"value": {"id": "a"}}, "quantity, value, unit missing"),
        ({"value": {**pin_to_dict(PIN)["value"], "value": "2"}}, "value '2' is not a number"),
        ({"value": {**pin_to_dict(PIN)["value"], "value": None}}, "value 'None' is not a number"),
        ({"value": {**pin_to_dict(PIN)["value"], "n": 2.5}}, "n '2.5' is not a number"),
        ({"value": {**pin_to_dict(PIN)["value"], "unit": 5}}, "unit '5' is not a text"),
        ({"value": {**pin_to_dict(PIN)["value"], "units": "g"}}, "did you mean 'unit'"),
        ({"value": {**pin_to_dict(PIN)["value"], "method": "guessed"}}, "method 'guessed' is not known"),
    ],
)
def test_what_is_no_pin_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        pin_from_dict({**pin_to_dict(PIN), **change})
    assert words in str(caught.value) and "liver.flow" in str(caught.value)
    with pytest.raises(InputError, match="is a mapping"):
        pin_from_dict([])  # type: ignore[arg-type]
