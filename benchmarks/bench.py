"""The bench: one protocol, a screen of candidate protocols, and a folder of exports, beside plain NumPy."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.plain_bench import PlainSpin, plain_summary, spins
from benchmarks.records import Record, record, say
from exocosm.bench import media
from exocosm.bench.design.candidates import places, read_space
from exocosm.bench.design.goals import MEASURES, read_goals
from exocosm.bench.design.search import screen, steps_of
from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.centrifugation import load_rotor
from exocosm.bench.kinds import of_each_kind
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import Protocol, protocol, read_protocol, run_protocol
from exocosm.bench.rotors import find_rotor, speed_rpm
from exocosm.bench.sedimentation import effective_minutes
from exocosm.bench.specimen import Specimen, count_by_kind
from exocosm.benchtop import design_protocol
from exocosm.vesicles.population import scale

ROUNDS = 7
REPEATS = 200
EXPORTS = 1000
VIDEOS = 5
CANDIDATES = 20_000
PLAIN_CANDIDATES = 300
BUFFER = "30 mL pbs"
CHAINS = (
    ("sec_plasma", "plasma", 0.5),
    ("tff_sec_conditioned_medium", "conditioned_medium", 1000.0),
    ("ultrafiltration", "plasma", 2.0),
    ("immunocapture_plasma", "plasma", 0.5),
    ("gradient_sucrose", "plasma", 1.0),
)
SPINS = (
    {"rotor": "Type 45 Ti", "force": "2000 g average", "time": "10 min", "keep": "supernatant", "diluent": BUFFER},
    {"rotor": "Type 45 Ti", "force": "10000 g average", "time": "30 min", "keep": "supernatant"},
    {"rotor": "Type 70 Ti", "force": "100000 g average", "time": "90 min", "resuspend": "20 mL pbs"},
    {"rotor": "Type 70 Ti", "force": "100000 g average", "time": "90 min", "resuspend": "0.5 mL pbs"},
)


def bench_protocol() -> list[Record]:
    """One protocol of four spins, the same in plain NumPy, and longer chains of other methods."""
    numbers = bench_numbers()
    specimen = specimen_of("plasma", 10.0, numbers)
    four = protocol("four spins", *(("centrifugation", {"temperature": "4 degC", **words}) for words in SPINS))
    found = run_protocol(specimen, four, numbers)
    plain = _plain(specimen, four, numbers)
    population = specimen.population
    counts = spins(population.diameter_nm, population.density, population.count, plain)
    error = float(np.max(np.abs(counts - found.product.population.count) / population.count))
    seconds, peer = _turns(
        lambda: run_protocol(specimen, four, numbers),
        lambda: spins(population.diameter_nm, population.density, population.count, plain),
    )
    unit = "wall time of one protocol; error: largest difference of a recovery"
    records = [record("bench: four spins, 10 mL of plasma", "plain NumPy, bare arrays", peer / seconds, error, unit,
                      seconds=seconds, peer_seconds=peer, parcels=len(population), steps=4)]  # fmt: skip
    for name, fluid, volume in CHAINS:
        chain = read_protocol(name)
        start = specimen_of(fluid, volume, numbers)
        seconds, _ = _turns(lambda chain=chain, start=start: run_protocol(start, chain, numbers), lambda: None)
        records.append(record(f"bench: protocol {name}", "one millisecond", 1e-3 / seconds, 0.0, unit, seconds=seconds,
                              peer_seconds=1e-3, parcels=len(start.population), steps=len(chain.steps)))  # fmt: skip
        say(f"{name}: {seconds * 1e3:.3f} ms")
    return records


def bench_screen() -> list[Record]:
    """A screen of 20,000 candidate protocols with the front examined, beside each candidate run from its start."""
    goals = (Path(__file__).resolve().parents[1] / "examples" / "bench" / "clean_vesicles.yaml").read_text("utf-8")
    numbers = bench_numbers()
    wanted = read_goals(goals, numbers)
    space = read_space("body_fluid", wanted, numbers)
    where = places(space, CANDIDATES, 1)

    def start(each: Numbers) -> Specimen:
        return specimen_of("plasma", 2.0, each)

    started = time.perf_counter()
    screened = screen(start, space, where, "small_ev", numbers)
    seconds = time.perf_counter() - started
    sample = np.flatnonzero(screened.done)[:: max(1, int(screened.done.sum()) // PLAIN_CANDIDATES)][:PLAIN_CANDIDATES]
    chains = []
    for row in sample:
        steps = tuple(tried.step for tried in steps_of(start, space, where[row], numbers))
        chains.append((Protocol("plain", steps), space.shares[where[row][0]]))
    whole = start(numbers)
    started = time.perf_counter()
    found = []
    for chain, share in chains:
        part = whole.with_(population=scale(whole.population, share), volume_ml=whole.volume_ml * share)
        found.append(count_by_kind(run_protocol(part, chain, numbers).product.population)["small_ev"])
    peer = (time.perf_counter() - started) / len(chains) * len(where)
    yields = screened.values[sample, list(MEASURES).index("yield")]
    error = float(np.max(np.abs(np.array(found) - yields) / np.maximum(yields, 1.0)))
    say(f"{len(where)} candidates: {seconds:.1f} s, one by one {peer:.0f} s")
    started = time.perf_counter()
    design_protocol("plasma", goals, draws=200)
    whole_seconds = time.perf_counter() - started
    say(f"search and examination: {whole_seconds:.1f} s")
    unit = "wall time of 20,000 candidates, one process; error: of the yield"
    return [
        record("bench: screen of 20,000 candidate protocols", "each candidate from its start", peer / seconds, error,
               unit, seconds=seconds, peer_seconds=peer, candidates=len(where), plain_candidates=len(chains)),
        record("bench: search of 20,000 and the front in 200 draws", "one minute", 60.0 / whole_seconds, 0.0,
               "wall time of the whole answer", seconds=whole_seconds, peer_seconds=60.0, draws=200),
    ]  # fmt: skip


def bench_exports() -> list[Record]:
    """A folder of a thousand exports read and evaluated, and the same sizes by a script that trusts its files."""
    from exocosm.benchtop import measure
    from tests.bench.recordings.made_files import WEIGHTINGS, summary

    with tempfile.TemporaryDirectory() as folder:
        content = summary(count=VIDEOS, weightings=WEIGHTINGS, diffusion=True)
        for number in range(EXPORTS):
            (Path(folder) / f"sample_{number:04d}_ExperimentSummary.csv").write_bytes(content)
        paths = sorted(Path(folder).glob("*.csv"))
        started = time.perf_counter()
        evaluation = measure(paths, report=False, group_by="file")
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        for path in paths:
            plain = plain_summary(path.read_bytes().decode("latin-1"))
        peer = time.perf_counter() - started
    reading = evaluation.readings.samples[0].measurements[0]
    error = abs(reading.estimates["d50"].value / float(np.mean(plain["median"])) - 1.0)
    say(f"{EXPORTS} exports: {seconds:.1f} s, plain {peer:.1f} s")
    unit = (
        "wall time of 1,000 exports of five videos with six tables each, no report; error: of the mean median diameter"
    )
    return [record("bench: 1,000 NTA exports", "plain Python and NumPy, no checks", peer / seconds, error, unit,
                   seconds=seconds, peer_seconds=peer, files=EXPORTS, videos=VIDEOS)]  # fmt: skip


def _turns(own: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of a call of each, in turns."""
    spent: tuple[list[float], list[float]] = ([], [])
    own(), peer()
    for _ in range(ROUNDS):
        for which, call in zip(spent, (own, peer), strict=True):
            started = time.perf_counter()
            for _ in range(REPEATS):
                call()
            which.append((time.perf_counter() - started) / REPEATS)
    return statistics.median(spent[0]), statistics.median(spent[1])


def _plain(specimen: Specimen, chain: Protocol, numbers: Numbers) -> list[PlainSpin]:
    """The spins of a protocol as bare numbers."""
    found = []
    volume, medium = specimen.volume_ml, specimen.medium
    drawn_in = of_each_kind(
        specimen.population, lambda kind: numbers("co_pelleted_share", "dimensionless", carrier=kind)
    )
    for step in chain.steps:
        words = step.settings
        rotor = find_rotor(words.rotor)  # type: ignore[attr-defined]
        rpm = speed_rpm(rotor, words.force)  # type: ignore[attr-defined]
        if words.diluent:  # type: ignore[attr-defined]
            more = words.diluent  # type: ignore[attr-defined]
            medium = media.mix_media((medium, volume), (more.medium, more.volume_ml))
            volume += more.volume_ml
        load = load_rotor(rotor, volume)
        ramps = [numbers(name, "min", device=rotor.rotor_class) * rpm / rotor.maximum_rpm
                 for name in ("acceleration_time", "braking_time")]  # fmt: skip
        pellet = words.keep == "pellet"  # type: ignore[attr-defined]
        left = numbers("residual_volume", "mL", device=rotor.rotor_class) * load.tubes * load.runs / volume
        found.append(
            PlainSpin(
                r_average=rotor.r_average_mm,
                path=rotor.path_mm,
                rpm=rpm,
                minutes=effective_minutes(words.time, *ramps),  # type: ignore[attr-defined]
                density=media.density_g_ml(medium, 4.0, numbers),
                viscosity=media.viscosity_mpa_s(medium, 4.0, numbers),
                drawn_in=drawn_in,
                held=numbers("pellet_held", "dimensionless", device=rotor.kind),
                left_on=left,
                resuspended=numbers("pellet_resuspended", "dimensionless"),
                on_wall=numbers("tube_wall_loss", "dimensionless"),
                keeps_pellet=pellet,
            )
        )
        volume = words.resuspend.volume_ml if pellet else volume * (1.0 - left)  # type: ignore[attr-defined]
        medium = words.resuspend.medium if pellet else medium  # type: ignore[attr-defined]
    return found
