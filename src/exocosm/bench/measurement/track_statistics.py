"""What short tracks of a wandering particle say about its size, and how a size distribution is sharpened from them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
LENGTHS = 4  # representative track lengths, of equal probability
SMALLEST_SHAPE = 0.05  # a track that says nothing; below this the distribution is too wide for any histogram


def track_shape(
    steps: ArrayLike,
    diffusion_um2_s: ArrayLike,
    frame_rate: float,
    localisation_error_nm: float = 0.0,
    exposure_share: float = 0.0,
) -> Array:
    """Shape k of the gamma distribution of the diffusion coefficient from one track in two dimensions.

    Estimate = D * Gamma(k, 1/k).  Without error of place and blur k is the number of steps n, exactly (the squared
    steps sum to a chi-square of 2n degrees of freedom).  With them neighbouring steps are correlated (Berglund 2010):
    variance a = 2 D t - 2 b, covariance b = 2 D R t - error^2, R = exposure share / 6, and the gamma has the exact
    mean and variance: k = (n 2 D t)^2 / (n a^2 + 2 (n - 1) b^2).
    um2/s, 1/s, nm -> 1; shapes broadcast.  Valid for: an estimate whose mean is right (the offset is removed).
    """
    n = np.asarray(steps, float)
    twice = 2.0 * np.asarray(diffusion_um2_s, float) / frame_rate
    covariance = twice * exposure_share / 6.0 - (localisation_error_nm * 1e-3) ** 2
    variance = twice - 2.0 * covariance
    shape = (n * twice) ** 2 / (n * variance**2 + 2.0 * (n - 1.0) * covariance**2)
    return np.asarray(np.maximum(shape, SMALLEST_SHAPE))


def size_estimate_below(edge_nm: ArrayLike, diameter_nm: ArrayLike, shape: ArrayLike) -> Array:
    """Probability that the diameter from one track is below an edge: Q(k, k d / edge), regularised gamma; 1.

    The estimate is d / Gamma(k, 1/k): its mean is d k / (k - 1), its median near d.
    """
    from scipy.special import gammaincc

    k = np.asarray(shape, float)
    return np.asarray(gammaincc(k, k * np.asarray(diameter_nm, float) / np.asarray(edge_nm, float)))


@dataclass(frozen=True)
class Tracking:
    """How a tracking instrument follows a particle.

    frame_rate: 1/s.  exposure_share: of the time between frames.  localisation_error_nm: per axis.  field_depth_um: of
    the sheet of light, out of which particles wander.  loss_per_frame: probability that a track ends for other
    reasons.  shortest_frames: tracks below are not sized.
    """

    frame_rate: float
    exposure_share: float
    localisation_error_nm: float
    field_depth_um: float
    loss_per_frame: float
    shortest_frames: int

    def loss(self, diffusion_um2_s: Array) -> Array:
        """Probability per frame that a track ends: wandering out of the sheet takes depth^2 / (12 D) on average."""
        wandering = 12.0 * diffusion_um2_s / (self.field_depth_um**2 * self.frame_rate)
        return np.asarray(np.clip(self.loss_per_frame + wandering, 1e-6, 0.999))

    def sized_share(self, diffusion_um2_s: Array) -> Array:
        """Share of tracks that last the shortest number of frames: (1 - loss)^(frames - 1)."""
        return np.asarray((1.0 - self.loss(diffusion_um2_s)) ** (self.shortest_frames - 1))

    def spread(self, edges_nm: Array, diameter_nm: Array, diffusion_um2_s: Array) -> Array:
        """Probability that a sized track of each particle falls into each bin of diameters; [bin, particle]."""
        survive = np.log1p(-self.loss(diffusion_um2_s))
        total = np.zeros((edges_nm.size, diameter_nm.size))
        for place in range(LENGTHS):
            beyond = np.floor(math.log1p(-(place + 0.5) / LENGTHS) / survive)
            steps = self.shortest_frames - 1 + beyond
            shape = track_shape(
                steps, diffusion_um2_s, self.frame_rate, self.localisation_error_nm, self.exposure_share
            )
            total += size_estimate_below(edges_nm[:, None], diameter_nm, shape)
        return np.diff(total / LENGTHS, axis=0)


def sharpened(observed: Array, kernel: Array, iterations: int) -> Array:
    """A distribution of true sizes that gives the observed one through the kernel, by maximum likelihood (EM).

    p <- p * K' (o / (K p)) / sum K, started flat, which keeps the number of tracks; more iterations follow the data
    closer.  observed: [bin]; kernel: [bin, true bin]; -> [true bin].
    """
    reach = kernel.sum(axis=0)
    reachable = reach > 1e-9
    guess = np.where(reachable, max(float(observed.sum()), 0.0) / max(int(reachable.sum()), 1), 0.0)
    for _ in range(iterations):
        guess = attributed(observed, guess, kernel, reach)
    return guess


def attributed(observed: Array, guess: Array, kernel: Array, reach: Array) -> Array:
    """Observed tracks given back to the true sizes they come from, by the present guess (one step of EM)."""
    expected = kernel @ guess
    ratio = np.divide(observed, expected, out=np.zeros_like(expected), where=expected > 1e-300)
    back = kernel.T @ ratio
    return np.asarray(np.divide(guess * back, reach, out=np.zeros_like(guess), where=reach > 1e-9))


def percentile(edges_nm: Array, count: Array, share: float) -> float:
    """The diameter below which a share of the counts lies, linear within a bin; nan without counts."""
    total = float(count.sum())
    if not total > 0:
        return math.nan
    return float(np.interp(share, np.concatenate([[0.0], np.cumsum(count)]) / total, edges_nm))


def mode(edges_nm: Array, count: Array) -> float:
    """Middle of the bin with most counts per nm; nan without counts."""
    if not count.sum() > 0:
        return math.nan
    best = int(np.argmax(count / np.diff(edges_nm)))
    return float(0.5 * (edges_nm[best] + edges_nm[best + 1]))
