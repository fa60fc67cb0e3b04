"""Assays against formulas that are exact."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from tube_contents import MIRNAS, PROTEINS, VESICLES, bench, content_of, numbers, still

from exocosm.bench.measurement.immunoassay import logistic_concentration, logistic_signal
from exocosm.errors import InputError
from exocosm.screening.assays import (
    digital_pcr,
    protein_immunoassay,
    rt_qpcr,
    single_vesicle,
    small_rna_sequencing,
)
from exocosm.screening.assays.of_analytes import SPIKE_IN, of_each
from exocosm.screening.assays.tube import tube_to_signal
from exocosm.screening.content import Analyte, Content
from exocosm.screening.handling import UNTOUCHED, with_other_rna
from exocosm.screening.people import People

NOT_ASSAY = frozenset({"biology", "preanalytics", "isolation"})


def eluate(copies_per_ml: float | np.ndarray, people: int, analytes: tuple[Analyte, ...] = MIRNAS[:1]) -> Content:
    """RNA in water: copies per mL, nothing lost on the way."""
    amount = np.broadcast_to(np.asarray(copies_per_ml, dtype=float), (people, len(analytes)))
    return Content(analytes, {"free": amount}, {}, 1.0, "water")


# --- RT-qPCR


def test_a_standard_curve_has_the_slope_of_the_efficiency() -> None:
    series = np.geomspace(1e6, 1e9, 7)
    reading = rt_qpcr.read(eluate(series[:, None], 7), numbers(), still(7), rt_qpcr.Settings(quantified="cycles"))
    slope = np.polyfit(np.log2(series), -reading.signal[:, 0], 1)[0]
    efficiency = bench()("amplification_efficiency", "dimensionless")
    assert slope == pytest.approx(-1 / np.log2(1 + efficiency), rel=1e-9)


def test_the_cycle_of_a_single_copy() -> None:
    threshold, efficiency = 1e11, np.array([1.0])
    assert rt_qpcr.cycle(np.array([[1.0]]), efficiency, threshold)[0, 0] == pytest.approx(np.log2(1e11))
    assert np.isinf(rt_qpcr.cycle(np.array([[0.0]]), efficiency, threshold)[0, 0])


def test_the_standard_curve_gives_back_the_copies() -> None:
    given = bench()
    reading = rt_qpcr.read(eluate(1e8, 1), numbers(), still(), rt_qpcr.Settings(microlitres=2.0))
    expected = (
        1e8 * 2e-3 * given("reverse_transcription_efficiency", "dimensionless") * given("cdna_share", "dimensionless")
    )
    assert 2 ** reading.signal[0, 0] == pytest.approx(expected)


def test_preamplification_takes_cycles_away_and_leaves_copies() -> None:
    plain, before = (
        rt_qpcr.read(eluate(1e7, 1), numbers(), still(), rt_qpcr.Settings(preamplification=cycles, quantified=how))
        for cycles, how in ((0, "standard_curve"), (10, "standard_curve"))
    )
    assert before.signal[0, 0] == pytest.approx(plain.signal[0, 0])
    cycles = [
        rt_qpcr.read(eluate(1e7, 1), numbers(), still(), rt_qpcr.Settings(preamplification=n, quantified="cycles"))
        for n in (0, 10)
    ]
    assert cycles[1].signal[0, 0] - cycles[0].signal[0, 0] == pytest.approx(10)


def test_preamplification_counts_all_copies_of_the_reaction_not_those_of_a_well() -> None:
    people = People(20_000, seed=5, still=NOT_ASSAY)
    spread = []
    for n in (0, 14):
        found = rt_qpcr.read(eluate(1e5, 20_000), numbers(), people, rt_qpcr.Settings(preamplification=n, wells=1))
        spread.append(np.std(found.signal[~found.censored[:, 0]]))
    assert spread[1] < 0.7 * spread[0]


def test_the_linear_range_ends() -> None:
    most = bench()("qpcr_largest_concentration", "molecule/mL")
    inside, top, beyond = (
        rt_qpcr.read(eluate(factor * most, 1), numbers(), still(), rt_qpcr.Settings()) for factor in (0.5, 1.0001, 50)
    )
    assert not inside.saturated.any()
    assert top.saturated.all()
    assert beyond.saturated.all()
    assert beyond.signal[0, 0] == pytest.approx(top.signal[0, 0])
    assert top.signal[0, 0] - inside.signal[0, 0] == pytest.approx(1.0)


def test_the_limit_is_where_the_cut_off_cycle_lies() -> None:
    given = bench()
    limit = rt_qpcr.read(eluate(0, 1), numbers(), still(), rt_qpcr.Settings()).limit[0]
    growth = 1 + given("amplification_efficiency", "dimensionless")
    copies = given("qpcr_threshold_copies", "molecule") / growth ** given("qpcr_cutoff_cycle", "dimensionless")
    assert limit == pytest.approx(np.log2(copies))


def test_what_comes_after_the_cut_off_cycle_is_censored() -> None:
    given = bench()
    limit = 2.0 ** rt_qpcr.read(eluate(0, 1), numbers(), still(), rt_qpcr.Settings()).limit[0]
    one = given("reverse_transcription_efficiency", "dimensionless") * given("cdna_share", "dimensionless") * 3e-3
    around = eluate(np.array([[0.3], [0.9], [1.1], [3.0]]) * limit / one, 4)
    reading = rt_qpcr.read(around, numbers(), still(4), rt_qpcr.Settings())
    assert list(reading.censored[:, 0]) == [True, True, False, False]
    assert 2.0 ** reading.signal[:, 0] / limit == pytest.approx([1.0, 1.0, 1.1, 3.0])


def test_more_wells_count_more_copies() -> None:
    people = People(20_000, seed=23, still=NOT_ASSAY)
    spread = []
    for wells in (1, 16):
        found = rt_qpcr.read(eluate(1e5, 20_000), numbers(), people, rt_qpcr.Settings(wells=wells))
        spread.append(np.std((2.0**found.signal)[~found.censored[:, 0]]))
    assert spread[1] < 0.5 * spread[0]


def test_heparin_takes_signal_away() -> None:
    with_heparin, without = (
        tube_to_signal(content_of(MIRNAS[:1], 1e8, 1), numbers(), still(), assay="rt_qpcr", volume=1.0,
                       handling=UNTOUCHED.model_copy(update={"tube": tube}))
        for tube in ("heparin", "edta")
    )  # fmt: skip
    lost = bench()("reverse_transcription_inhibition", "dimensionless", label="heparin")
    assert with_heparin.signal[0, 0] - without.signal[0, 0] == pytest.approx(np.log2(lost))


@pytest.mark.parametrize(("module", "least"), [(rt_qpcr, 5.0), (digital_pcr, 15.0)])
def test_few_copies_vary_as_poisson_counts_do(module: object, least: float) -> None:
    """The coefficient of variation of the copies approaches 1/sqrt(n) when all else is exact."""
    given = bench()
    people = People(40_000, seed=13, still=NOT_ASSAY)
    one = given("reverse_transcription_efficiency", "dimensionless") * given("cdna_share", "dimensionless") * 3e-3
    held = 1.0
    if module is digital_pcr:
        kind = {"device": "droplet"}
        droplets = given("partition_count", "dimensionless", **kind) * given("partition_volume", "mL", **kind)
        held = droplets / given("digital_reaction_volume", "mL", **kind)
    for wanted in (least, 4 * least):
        content = eluate(wanted / one / held, 40_000)
        settings = module.Settings(wells=1)  # type: ignore[attr-defined]
        copies = 2.0 ** module.read(content, numbers(), people, settings).signal[:, 0]  # type: ignore[attr-defined]
        other = (between := transcription_cv()) ** 2
        if module is rt_qpcr:
            noise = (
                np.log(2)
                * given("qpcr_ct_sd", "dimensionless")
                * np.log2(1 + given("amplification_efficiency", "dimensionless"))
            )
            other = (1 + other) * np.exp(noise**2) - 1
        expected = np.sqrt(1 / wanted + other)
        assert between > 0
        assert np.std(copies) / np.mean(copies) == pytest.approx(expected, rel=0.06)


def transcription_cv() -> float:
    """The spread of reverse transcription between reactions, as a coefficient of variation."""
    from exocosm.screening.people import varied

    found = varied(numbers(), People(200_000, seed=1), "assay", "reverse_transcription_efficiency", "dimensionless",
                   each_visit=True)  # fmt: skip
    return float(np.std(found) / np.mean(found))


# --- digital PCR


def test_the_estimate_of_partitions_has_no_bias() -> None:
    """Mean over the exact binomial distribution of -ln(1 - k/n) is lambda, and its variance (e^lambda - 1) / n."""
    n = 15_000
    k = np.arange(n)
    for rate in (0.01, 0.5, 2.0):
        weight = binom.pmf(k, n, digital_pcr.bright_chance(rate, 0.0))
        estimate = digital_pcr.copies_per_partition(k, n)
        mean = (weight * estimate).sum()
        variance = (weight * (estimate - mean) ** 2).sum()
        assert mean == pytest.approx(rate, rel=1e-3)
        assert variance == pytest.approx((np.exp(rate) - 1) / n, rel=0.01)


def test_digital_counts_are_binomial() -> None:
    given = bench()
    people = People(30_000, seed=21, still=frozenset({"biology"}))
    n = np.floor(given("partition_count", "dimensionless", device="droplet"))
    for chance in (1e-3, 0.3):
        counted = digital_pcr._binomial(people, "test", n, np.full(30_000, chance))
        assert counted.mean() == pytest.approx(binom.mean(n, chance), rel=0.01)
        assert counted.var() == pytest.approx(binom.var(n, chance), rel=0.04)


def test_false_positives_are_taken_off() -> None:
    for rate in (0.01, 1.0):
        chance = digital_pcr.bright_chance(rate, 1e-3)
        assert digital_pcr.copies_per_partition(chance * 1000, 1000, 1e-3) == pytest.approx(rate)
    assert digital_pcr.copies_per_partition(0, 1000, 1e-3) == 0.0


def test_blanks_are_told_apart_at_the_limit_of_blank() -> None:
    people = People(20_000, seed=3, still=NOT_ASSAY)
    blank = digital_pcr.read(eluate(0.0, 20_000), numbers(), people, digital_pcr.Settings())
    assert 0 <= (~blank.censored).mean() <= 0.05 + 0.005


def test_digital_pcr_saturates_at_its_last_partition() -> None:
    n = np.floor(bench()("partition_count", "dimensionless", device="droplet"))
    full = digital_pcr.read(eluate(1e13, 1), numbers(), still(), digital_pcr.Settings())
    assert full.saturated.all()
    assert 2 ** full.signal[0, 0] == pytest.approx(n * np.log(n), rel=1e-3)


def test_dead_volume_and_devices() -> None:
    given = bench()
    one = digital_pcr.read(eluate(1e7, 1), numbers(), still(), digital_pcr.Settings())
    whole = (
        1e7 * 3e-3 * given("reverse_transcription_efficiency", "dimensionless") * given("cdna_share", "dimensionless")
    )
    held = given("partition_count", "dimensionless", device="droplet") * given(
        "partition_volume", "nL", device="droplet"
    )
    assert 2 ** one.signal[0, 0] == pytest.approx(whole * held / 20_000, rel=1e-3)
    with pytest.raises(InputError, match="did you mean 'chamber'"):
        digital_pcr.read(eluate(1e7, 1), numbers(), still(), digital_pcr.Settings(device="chambers"))


# --- sequencing


def test_reads_are_shared_by_all_rna_of_the_isolate() -> None:
    content = eluate(np.array([[1e8, 3e8, 6e8]]), 1, MIRNAS)
    settings = small_rna_sequencing.Settings(normalisation="none")
    reading = small_rna_sequencing.read(content, numbers(), still(), settings)
    whole = bench()("library_depth", "dimensionless") * bench()("mirna_read_share", "dimensionless")
    assert 2 ** reading.signal[0] == pytest.approx(np.array([0.1, 0.3, 0.6]) * whole)
    crowded = small_rna_sequencing.read(
        eluate(np.array([[1e8, 3e8, 6e8, 9e9]]), 1, (*MIRNAS, Analyte("other small RNA"))), numbers(), still(), settings
    )
    assert crowded.analytes == reading.analytes
    assert 2.0 ** (crowded.signal - reading.signal) == pytest.approx(np.full((1, 3), 0.1))
    per_million = small_rna_sequencing.read(content, numbers(), still(), small_rna_sequencing.Settings())
    assert 2 ** per_million.signal[0] == pytest.approx([0.1, 0.3, 0.6])


def test_reads_are_over_dispersed_by_the_stated_amount() -> None:
    number = 30_000
    people = People(number, seed=8, still=NOT_ASSAY)
    content = eluate(np.array([[1e9, 1e12]]), number, (MIRNAS[0], Analyte("other small RNA")))
    settings = small_rna_sequencing.Settings(normalisation="total")
    share = 2.0 ** small_rna_sequencing.read(content, numbers(), people, settings).signal[:, 0]
    # variance of the share: dispersion of its own weight and of the sum, which the other RNA makes; and few reads
    given = bench()
    dispersion = given("sequencing_dispersion", "dimensionless")
    reads = given("library_depth", "dimensionless") * given("mirna_read_share", "dimensionless") * 1e-3
    assert np.log(share).std() == pytest.approx(np.sqrt(2 * dispersion + 2 / reads), rel=0.1)


def test_the_bias_of_ligation_belongs_to_the_mirna() -> None:
    names = [one.name for one in MIRNAS]
    drawn = bench(4).drawn(2)
    bias = of_each(drawn, "ligation_bias", "dimensionless", names)
    assert len(set(bias)) == 3
    assert np.array_equal(bias, of_each(drawn, "ligation_bias", "dimensionless", names))
    assert np.array_equal(bias[1:], of_each(drawn, "ligation_bias", "dimensionless", names[1:]))
    assert np.all(of_each(bench(4), "ligation_bias", "dimensionless", names) == 1.0)
    assert not np.array_equal(bias, of_each(bench(4).drawn(3), "ligation_bias", "dimensionless", names))


def test_a_library_without_other_rna_says_so() -> None:
    alone = small_rna_sequencing.read(eluate(1e8, 1), numbers(), still(), small_rna_sequencing.Settings())
    assert small_rna_sequencing.ALONE in alone.notes
    content = with_other_rna(content_of(MIRNAS, 1e6, 1), numbers(), still())
    together = small_rna_sequencing.read(content, numbers(), still(), small_rna_sequencing.Settings())
    assert small_rna_sequencing.ALONE not in together.notes


def test_a_tenth_of_the_reads() -> None:
    usual, fewer = (
        small_rna_sequencing.read(eluate(1e8, 1), numbers(), still(),
                                  small_rna_sequencing.Settings(reads=reads, normalisation="none"))
        for reads in (1e7, 1e6)
    )  # fmt: skip
    assert usual.signal[0, 0] - fewer.signal[0, 0] == pytest.approx(np.log2(10))


# --- immunoassay


def test_the_curve_is_that_of_the_bench() -> None:
    for c in (0.0, 3.0, 700.0, 1e5):
        signal = protein_immunoassay.curve(np.array([c]), np.array([800.0]), 1.1, 0.03)[0]
        assert signal == pytest.approx(logistic_signal(c, 800.0, 1.1, 0.03))
        back = protein_immunoassay.concentration_of(np.array([signal]), np.array([800.0]), 1.1, 0.03)[0]
        assert back == pytest.approx(logistic_concentration(signal, 800.0, 1.1, 0.03))
        assert back == pytest.approx(c)


def test_a_protein_is_read_with_the_background_of_its_matrix() -> None:
    given = bench()
    molecules = 1e12
    content = Content(PROTEINS[:1], {"free": np.array([[molecules]])}, {}, 1.0, "plasma")
    reading = protein_immunoassay.read(content, numbers(), still(), protein_immunoassay.Settings())
    mass = molecules * given("marker_molar_mass", "kDa", cargo="CD9") * 1e15 / 6.02214076e23
    limit = given("immunoassay_detection_limit", "pg/mL", device="ELISA")
    background = given("immunoassay_matrix_share", "dimensionless") * limit
    assert 2 ** reading.signal[0, 0] == pytest.approx(mass + background)
    assert 2 ** reading.limit[0] == pytest.approx(limit)


def test_units_of_activity_and_units_of_mass() -> None:
    for analyte, amount, expected in (
        (Analyte("CA125", "protein", "activity_unit"), 35.0, 35.0),
        (Analyte("CEA", "protein", "ng"), 2.0, 2000.0),
    ):
        content = Content((analyte,), {"free": np.array([[amount]])}, {}, 1.0, "serum")
        reading = protein_immunoassay.read(content, numbers(), still(), protein_immunoassay.Settings())
        assert 2 ** reading.signal[0, 0] == pytest.approx(expected, rel=0.05)


def test_a_limit_tells_blanks_from_samples() -> None:
    people = People(5000, seed=3, still=NOT_ASSAY)
    analyte = Analyte("CA125", "protein", "activity_unit")
    at = {}
    for amount in (0.0, 1.5, 6.0):
        content = Content((analyte,), {"free": np.full((5000, 1), amount)}, {}, 1.0, "serum")
        at[amount] = (
            ~protein_immunoassay.read(content, numbers(), people, protein_immunoassay.Settings()).censored
        ).mean()
    assert at[0.0] < 0.05
    assert at[1.5] > 0.6
    assert at[6.0] > 0.99


def test_samples_of_one_plate_share_its_error() -> None:
    number, size = 4000, 40
    people = People(number, seed=6, first=17, still=NOT_ASSAY)
    given = protein_immunoassay.Settings(wells=96, samples_per_plate=size)
    analyte = Analyte("CA125", "protein", "activity_unit")
    content = Content((analyte,), {"free": np.full((number, 1), 300.0)}, {}, 1.0, "serum")
    signal = protein_immunoassay.read(content, numbers(), people, given).signal[:, 0]
    plate = np.arange(17, 17 + number) // size
    means = np.array([signal[plate == one].mean() for one in np.unique(plate)])
    within = np.mean([signal[plate == one].std() for one in np.unique(plate)[1:-1]])
    assert means.std() > 5 * within
    cv = bench()("immunoassay_plate_cv", "dimensionless", device="ELISA")
    assert means.std() * np.log(2) == pytest.approx(np.sqrt(np.log1p(cv**2)), rel=0.2)


def test_closed_vesicles_hide_protein_and_a_diluted_sample_is_calculated_back() -> None:
    content = content_of(PROTEINS[:1], 3e10, 1)
    opened, closed, diluted = (
        protein_immunoassay.read(content, numbers(), still(), protein_immunoassay.Settings(**given))
        for given in ({}, {"lysed": False}, {"dilution": 4.0})
    )
    assert closed.signal[0, 0] < opened.signal[0, 0]
    assert diluted.signal[0, 0] == pytest.approx(opened.signal[0, 0], abs=0.1)
    assert diluted.limit[0] == pytest.approx(opened.limit[0] + 2)


def test_the_top_of_the_curve() -> None:
    content = Content((Analyte("CA125", "protein", "activity_unit"),), {"free": np.array([[1e6]])}, {}, 1.0, "serum")
    reading = protein_immunoassay.read(content, numbers(), still(), protein_immunoassay.Settings())
    assert reading.saturated.all()
    assert 2 ** reading.signal[0, 0] < 1e5
    with pytest.raises(InputError, match="no kit 'Elisa kit'"):
        protein_immunoassay.read(content, numbers(), still(), protein_immunoassay.Settings(kit="Elisa kit"))


# --- single vesicles


def test_the_share_of_bright_vesicles() -> None:
    assert single_vesicle.bright_share(np.array(0.0), np.array(0.3), np.array(0.002)) == pytest.approx(0.002)
    assert single_vesicle.bright_share(np.array(1.0), np.array(1.0), np.array(0.002)) == pytest.approx(1.0)
    content = Content(VESICLES, {"tumour_ev": np.array([[2e8]])}, {"tumour_ev": np.array([2e8]),
                      "healthy_ev": np.array([9.8e9])}, 1.0, "plasma")  # fmt: skip
    reading = single_vesicle.read(content, numbers(), still(), single_vesicle.Settings())
    given = bench()
    seen = given("single_vesicle_sensitivity", "dimensionless") * 0.02
    false = given("antibody_clump_share", "dimensionless", cargo="EpCAM")
    assert 2 ** reading.signal[0, 0] == pytest.approx(seen + false * (1 - seen))


def test_vesicles_are_counted_with_poisson_noise_and_no_more_than_there_are() -> None:
    number = 20_000
    people = People(number, seed=17, still=frozenset({"biology", "isolation", "preanalytics"}))
    content = Content(
        VESICLES, {"tumour_ev": np.zeros((number, 1))}, {"healthy_ev": np.full(number, 1e9)}, 1.0, "plasma"
    )
    blank = single_vesicle.read(content, numbers(), people, single_vesicle.Settings())
    assert 0.03 < (~blank.censored).mean() < 0.07  # stainings differ more than counting, and the limit knows it
    few = Content(VESICLES, {"tumour_ev": np.zeros((1, 1))}, {"healthy_ev": np.array([10.0])}, 1.0, "plasma")
    assert single_vesicle.read(few, numbers(), still(), single_vesicle.Settings()).censored.all()
    with pytest.raises(InputError, match="isolate without an extraction"):
        single_vesicle.read(Content(VESICLES, {"free": np.zeros((1, 1))}, {}, 1.0, "x"), numbers(), still(),
                            single_vesicle.Settings())  # fmt: skip


def test_the_spike_in_is_read_apart() -> None:
    reading = tube_to_signal(content_of(MIRNAS, 1e8, 2), numbers(), People(2), assay="digital_pcr", volume=1.0)
    assert reading.analytes == tuple(one.name for one in MIRNAS)
    assert set(reading.apart) == {SPIKE_IN.name}
    assert reading.apart[SPIKE_IN.name].shape == (2,)
