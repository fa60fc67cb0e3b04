"""Damaged files give an error in words or a data set whose parts agree, never anything else."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest

from exocosm.diagnosis.tables.read import read_dataset
from exocosm.errors import ExocosmError

PIECES = (b'"', b",", b"\t", b"\n", b"\r", b";", b"NA", b"inf", b"-", b"1e999", b"\x00", b"#", b"!", b"'", b"<", b">40")
MARKS = (b",", b"\t", b"\n", b".", b"0")


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, left out, doubled; lines dropped or moved; marks exchanged."""
    body = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        if not body:
            break
        place = chance.randrange(len(body))
        way = chance.randrange(8)
        if way == 0:
            body[place] = chance.randrange(256)
        elif way == 1:
            del body[place:]
        elif way in (2, 3):
            lines = bytes(body).split(b"\n")
            if way == 2:
                del lines[chance.randrange(len(lines))]
            else:
                chance.shuffle(lines)
            body = bytearray(b"\n".join(lines))
        elif way == 4:
            body[place:place] = chance.choice(PIECES)
        elif way == 5:
            del body[place : place + chance.randrange(1, 30)]
        elif way == 6:
            start = chance.randrange(len(body))
            body[place:place] = body[start : start + chance.randrange(1, 60)]
        else:
            body = bytearray(bytes(body).replace(chance.choice(MARKS), chance.choice([*MARKS, b""])))
    return bytes(body)


def agree(data) -> None:
    values = data.values
    assert values.shape == data.censored.shape and len(values) > 0
    for other in (data.censored, data.labels, data.covariates, data.subjects):
        assert list(other.index) == list(values.index)
    assert list(values.columns) == list(data.censored.columns) == list(data.features.index)
    assert values.index.is_unique and values.columns.is_unique
    assert values.to_numpy().dtype == float and not np.isinf(values.to_numpy()).any()
    assert data.censored.to_numpy().dtype == bool
    assert set(data.roles) == set(data.covariates.columns)
    assert data.labels.notna().all() and data.subjects.notna().all()


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 56))])
def test_damaged_files(made, seed) -> None:
    chance = random.Random(seed)
    tables = [made.table(), made.table(made.cycles()), made.table(made.cycles(), delimiter=";").replace(".", ","),
              made.table(delimiter="\t", end="\r\n"), made.in_rows(("class", ["a", "b"] * 6))]  # fmt: skip
    contents = [text.encode() for text in tables] + [gzip.compress(tables[0].encode()), tables[1].encode("utf-16")]
    about = made.labels.replace("group", "group,patient,day").replace("HC\n", "HC,P1,2020-01-01\n").encode()
    whole = 0
    for _ in range(40):
        broken = chance.randrange(3)
        table = chance.choice(contents)
        path = made.write("table", damaged(table, chance) if broken != 1 else table)
        labels = made.write("labels", damaged(about, chance) if broken != 0 else about)
        try:
            data = read_dataset(
                path, chance.choice([labels, labels, "by-name", ""]), covariates=chance.choice([(), [labels]])
            )
        except ExocosmError as error:
            assert str(error)
            continue
        agree(data)
        whole += 1
    assert whole < 40
