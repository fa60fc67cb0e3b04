"""What every instrument does, on every fluid: sound numbers, shares that sum, noise by key, errors that help."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exocosm.bench.fluids import blank, specimen_of
from exocosm.bench.measurement.registry import (
    ABOVE,
    BELOW,
    Reading,
    find_instrument,
    instrument_settings,
    instruments,
    known_variant,
    read_with,
    shares_by_kind,
)
from exocosm.bench.numbers import bench_numbers
from exocosm.errors import InputError
from exocosm.randomness import generator

NUMBERS = bench_numbers(draws=3)
FLUIDS = ("plasma", "urine", "milk", "conditioned_medium")
DILUTIONS = {"nanoparticle_tracking", "flow_cytometry", "resistive_pulse", "dynamic_light_scattering", "elisa"}


def sound(reading: Reading) -> None:
    assert reading.quantities
    for name, reported in reading.quantities.items():
        assert math.isfinite(reported.value), name
        assert reported.low <= reported.value * (1 + 1e-9) + 1e-300, name
        assert reported.high >= reported.value * (1 - 1e-9), name
        assert reported.low >= 0 or name == "signal", name
        assert reported.censored in {"", ABOVE, BELOW}
    if reading.by_kind:
        assert sum(reading.by_kind.values()) == pytest.approx(1.0)
        assert min(reading.by_kind.values()) > 0
    if reading.histogram is not None:
        assert reading.histogram.count.size == reading.histogram.edges_nm.size - 1
        assert np.all(np.isfinite(reading.histogram.count)) and np.all(reading.histogram.count >= -1e-9)
    assert reading.instruction.endswith(".") and reading.instrument


@pytest.mark.parametrize("fluid", FLUIDS)
@pytest.mark.parametrize("name", sorted(instruments()))
def test_readings_of_fluids_are_sound(name: str, fluid: str) -> None:
    specimen = specimen_of(fluid, 1.0, NUMBERS)
    for dilution in (1.0, 1e4) if name in DILUTIONS else (None,):
        words = {} if dilution is None else {"dilution": dilution}
        sound(read_with(name, specimen, NUMBERS, **words))
        noisy = [read_with(name, specimen, NUMBERS, generator("reading", 7), **words) for _ in range(2)]
        sound(noisy[0])
        assert noisy[0].quantities == noisy[1].quantities
        sound(read_with(name, specimen, NUMBERS.drawn(2), generator("reading", 8), **words))


@pytest.mark.parametrize("name", sorted(instruments()))
def test_a_blank_gives_a_censored_reading_without_kinds(name: str) -> None:
    reading = read_with(name, blank("pbs", 1.0), NUMBERS)
    sound(reading)
    assert reading.by_kind == {}
    main = {
        "nanoparticle_tracking": "concentration",
        "resistive_pulse": "concentration",
        "flow_cytometry": "concentration",
        "dynamic_light_scattering": "rayleigh_ratio",
        "cryo_electron_microscopy": "vesicles",
        "elisa": "marker",
        "western_blot": "band",
        "bead_flow_cytometry": "median_fluorescence",
    }[name]
    assert reading[main].censored == BELOW
    assert reading[main].value > 0 and reading[main].low == 0
    assert str(reading[main]).startswith("< ")


def test_every_instrument_says_what_it_is() -> None:
    for name, found in instruments().items():
        assert found.name == name
        assert len(found.about) > 20, name


def test_unknown_words_are_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'nanoparticle_tracking'"):
        find_instrument("nanoparticle_traking")
    with pytest.raises(InputError, match="did you mean 'NanoSight 405 nm'"):
        known_variant("NanoSight 404 nm", "tracking_wavelength", NUMBERS, "tracking instrument")
    with pytest.raises(InputError, match="nanoparticle_tracking: dilution"):
        instrument_settings("nanoparticle_tracking", {"dilution": 0.5})
    specimen = specimen_of("urine", 1.0, NUMBERS)
    with pytest.raises(InputError, match="did you mean 'concentration'"):
        _ = read_with("resistive_pulse", specimen, NUMBERS)["concentraton"]
    with pytest.raises(InputError, match="NP100"):
        read_with("resistive_pulse", specimen, NUMBERS, pore="NP1000")
    with pytest.raises(InputError, match="no marker 'CD36'"):
        read_with("elisa", specimen, NUMBERS, marker="CD36")


def test_shares_are_of_the_signal() -> None:
    kinds = np.array(["a", "b", "a"])
    assert shares_by_kind(kinds, np.array([1.0, 2.0, 1.0])) == {"a": 0.5, "b": 0.5}
    assert shares_by_kind(kinds, np.zeros(3)) == {}
