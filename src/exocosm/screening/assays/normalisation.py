"""Normalisation: what is taken off every signal of a sample, so that how much of it was lost matters less.

A spike-in joins at the lysis: it takes off what extraction and assay lost, not what isolation lost of vesicles.  A
reference is an analyte of the body and brings its own biology along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError, nearest
from exocosm.screening.assays.of_analytes import SPIKE_IN
from exocosm.screening.assays.reading import Reading

Method = Literal["none", "spike_in", "reference", "total"]
TOTAL = "total"


def normalised(reading: Reading, method: Method, references: Sequence[str] = ()) -> Reading:
    """A reading with log2 of a reference taken off every sample: signal - mean of the references' signals.

    none; spike_in; reference: the analytes named, whose own columns stay; total: of all that was read.
    Where a reference could not be read the sample has failed: all its signals are censored.
    Errors: InputError if the assay does not read what is asked for.
    """
    if references and method != "reference":
        raise InputError("`references` go with `normalisation: reference`")
    if method == "none":
        return reading
    level, unread, name = _level(reading, method, references)
    return replace(
        reading,
        signal=reading.signal - level[:, None],
        censored=reading.censored | unread[:, None],
        failed=unread,
        unit=f"{reading.unit} relative to {name}",
    )


def _level(
    reading: Reading, method: Method, references: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], str]:
    """The level of the references in every sample, where it could not be read, and what it is called."""
    if method == "reference":
        if not references:
            raise InputError(f"name the `references`; the assay reads {', '.join(reading.analytes)}")
        for name in references:
            if name not in reading.analytes:
                raise InputError(f"the reference '{name}' is not among the analytes; {nearest(name, reading.analytes)}")
        places = [reading.analytes.index(name) for name in references]
        mean = np.asarray(reading.signal[:, places].mean(axis=1))
        return mean, np.asarray(reading.censored[:, places].any(axis=1)), f"the mean of {', '.join(references)}"
    name = SPIKE_IN.name if method == "spike_in" else TOTAL
    if name not in reading.apart:
        raise InputError(f"{reading.assay} has read no {name} in this sample; "
                         f"{nearest(name, reading.apart) if reading.apart else 'there is nothing beside the analytes'}"
                         )  # fmt: skip
    return reading.apart[name], reading.apart_censored[name], name
