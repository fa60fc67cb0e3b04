"""Random numbers by key: the same key gives the same numbers, whatever else is drawn, in whatever order, by any worker.

A number belongs to what it is for - (study seed, purpose, subject, name) - and not to a position in a stream.  So one
subject can be run again alone, a study can be cut in chunks, and a parameter added to a model shifts no other number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError

Array = NDArray[np.float64]
Subjects = Sequence[int] | NDArray[np.int64]

_CHUNK = 4096  # subjects per piece of stream; a constant of the numbers: changing it changes every draw
_MAXIMUM_SUBJECT = 2**40


def key_digest(*key: int | str) -> int:
    """A 256-bit number that stands for the key (BLAKE2b of its parts, each with its kind and length).

    Raises InputError for a part that is neither a whole number nor a text.
    """
    digest = hashlib.blake2b(digest_size=32, person=b"exocosm-random")
    for part in key:
        if isinstance(part, (bool, np.bool_)) or not isinstance(part, (int, str, np.integer)):
            raise InputError(
                f"a random key is made of whole numbers and texts, not of {part!r} ({type(part).__name__})"
            )
        # kind and length go first, so that ("ab", "c") and ("a", "bc"), or 1 and "1", are different keys
        text = (part if isinstance(part, str) else str(int(part))).encode("utf-8", "surrogatepass")
        digest.update(f"{'s' if isinstance(part, str) else 'i'}{len(text)}:".encode())
        digest.update(text)
    return int.from_bytes(digest.digest(), "little")


def generator(*key: int | str) -> np.random.Generator:
    """The random generator (Philox) of a key of whole numbers and texts; equal keys give equal streams."""
    return np.random.Generator(_philox(key_digest(*key), 0))


def standard_normals(study_seed: int, purpose: str, subjects: Subjects, names: Sequence[str]) -> Array:
    """Standard normal numbers for every subject and name.

    The number of (study_seed, purpose, subject, name) depends on nothing else.
    Shapes: (subject, name).  Errors: InputError for subjects that are negative or no whole numbers.
    """
    numbers = uniforms(study_seed, purpose, subjects, names)
    from scipy.special import ndtri

    return np.asarray(ndtri(numbers), dtype=np.float64)


def uniforms(study_seed: int, purpose: str, subjects: Subjects, names: Sequence[str]) -> Array:
    """Numbers uniform in the open interval (0, 1) for every subject and name; see `standard_normals`.

    Shapes: (subject, name).
    """
    where = _subject_numbers(subjects)
    values = np.empty((where.size, len(names)))
    if not where.size:
        return values
    pieces, inside = np.divmod(where, _CHUNK)
    distinct, piece_of = np.unique(pieces, return_inverse=True)
    for column, name in enumerate(names):
        key = key_digest(study_seed, purpose, name)
        streams = np.stack([_philox(key, int(piece)).random_raw(_CHUNK) for piece in distinct])
        # 52 bits and a half: never 0 and never 1, so that every quantile is finite
        values[:, column] = ((streams[piece_of, inside] >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return values


def _philox(key: int, piece: int) -> np.random.Philox:
    """The counter-based stream of a key; pieces of it are 2**64 blocks apart, so they never overlap."""
    return np.random.Philox(key=key & (2**128 - 1), counter=(key >> 192 << 192) | (piece << 64))


def _subject_numbers(subjects: Subjects) -> NDArray[np.int64]:
    numbers = np.asarray(subjects if isinstance(subjects, np.ndarray) else list(subjects))
    if numbers.size == 0:
        return np.zeros(0, dtype=np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise InputError("subjects are whole numbers in one row, for example range(100)")
    if numbers.min() < 0 or numbers.max() >= _MAXIMUM_SUBJECT:
        raise InputError(f"subjects are numbered from 0 to below 2**40; got {numbers.min()} to {numbers.max()}")
    return numbers.astype(np.int64)
