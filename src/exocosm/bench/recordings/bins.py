"""Edges of bins from their centres, for tables that give centres only."""

from __future__ import annotations

import numpy as np

from exocosm.bench.recordings.contract import Numbers

_ROUNDING = 0.02  # of a step: how far printed centres may be from regular ones
_UNEVEN = 0.1  # of a step in the logarithm


def edges(centre: Numbers) -> tuple[Numbers, Numbers, str]:
    """Lower and upper edges of bins, and how their rising centres lie: 'linear', 'logarithmic', 'irregular'.

    Linear: c -/+ h/2.  Logarithmic: c / sqrt(r) and c sqrt(r).  Irregular: half way to the neighbours.  Edges of
    regular bins come from the regular centres, so that neighbours meet where the file rounds.
    """
    places = np.arange(len(centre))
    for step in (centre[1] - centre[0], (centre[-1] - centre[0]) / (len(centre) - 1)):
        regular = centre[0] + step * places  # steps of the first centres are exact where later ones are rounded
        if np.abs(regular - centre).max() <= _ROUNDING * step + _printed(centre):
            return regular - step / 2, regular + step / 2, "linear"
    if centre[0] > 0:
        ratio = np.log(centre[-1] / centre[0]) / (len(centre) - 1)
        if np.abs(np.log(centre / centre[0]) / ratio - places).max() <= _UNEVEN:
            regular = centre[0] * np.exp(ratio * places)
            return regular * np.exp(-ratio / 2), regular * np.exp(ratio / 2), "logarithmic"
    between = (centre[1:] + centre[:-1]) / 2
    low = np.concatenate(([max(0.0, 2 * centre[0] - between[0])], between))
    high = np.concatenate((between, [2 * centre[-1] - between[-1]]))
    return low, high, "irregular"


def _printed(centre: Numbers) -> float:
    """Rounding of the largest centre if it has four digits."""
    return float(0.51 * 10.0 ** (np.floor(np.log10(max(abs(centre[-1]), 1e-300))) - 3))
