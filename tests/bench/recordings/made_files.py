"""Files as instruments lay them out, with made-up numbers: what stands in them is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WEIGHTINGS = ("Number", "Surface Area", "Volume")
_LABELS = {
    "Number": ("Concentration (particles / ml)", "Concentration average"),
    "Surface Area": ("Surface area conc. (nm² / ml)", "Surface area average"),
    "Volume": ("Volume conc. (nm³ / ml)", "Volume average"),
}


@dataclass(frozen=True)
class Vendor:
    """How a file is written: what divides cells, which decimal mark, which line ends, how many empty cells behind."""

    delimiter: str = ","
    decimal: str = "."
    line_end: str = "\r\n"
    trailing: int = 1
    encoding: str = "latin-1"

    def encode(self, rows: Sequence[Sequence[object]]) -> bytes:
        lines = []
        for row in rows:
            cells = [self.cell(cell) for cell in row] + [""] * self.trailing
            lines.append(self.delimiter.join(cells))
        return (self.line_end.join(lines) + self.line_end).encode(self.encoding)

    def cell(self, value: object) -> str:
        if isinstance(value, float):
            text = f"{value:.6g}" if abs(value) < 1e5 else f"{value:.2e}"
            return text.replace(".", self.decimal)
        text = str(value)
        return f'"{text}"' if self.delimiter in text else text


AS_EXPORTED = Vendor()
GERMAN_EXCEL = Vendor(delimiter=";", decimal=",", trailing=0)


def bell(centre: np.ndarray, peak: float = 110.0, spread: float = 0.25, total: float = 1e9) -> np.ndarray:
    """Whole amounts per bin, log-normal in size, with sum near `total`."""
    shape = np.exp(-(np.log(centre / peak) ** 2) / (2 * spread**2))
    return np.floor(total * shape / shape.sum())


def videos(count: int, bins: int = 1000, total: float = 1e9) -> tuple[np.ndarray, np.ndarray]:
    """Bin centres (nm) and amounts, shape (bins, videos)."""
    centre = np.arange(bins) + 0.5
    return centre, np.column_stack([bell(centre, 100.0 + 3 * k, total=total * (1 + 0.05 * k)) for k in range(count)])


def percentiles(centre: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Diameters below which 0 ... 100 % lie, by video."""
    columns = []
    for video in amount.T:
        cumulative = np.cumsum(video) / video.sum()
        columns.append(
            [round(float(centre[min(np.searchsorted(cumulative, q / 100), len(centre) - 1)]), 1) for q in range(101)]
        )
    return np.array(columns).T


def summary_rows(
    count: int = 3,
    dilution: object = "Not recorded",
    weightings: Sequence[str] = ("Number",),
    *,
    diffusion: bool = False,
    table: bool = True,
    names: Sequence[str] | None = None,
    single: bool = False,
    concentration_label: str = "Concentration (Particles / ml)",
    sample: tuple[str, str] = ("Sample Description", "pool A"),
    version: str = "NTA 3.4 Build 3.4.4",
    bins: int = 1000,
    total: float = 1e9,
    warnings: Sequence[tuple[str, Sequence[str]]] = (),
) -> list[list[object]]:
    """Rows of a NanoSight summary.  dilution: one cell, or one per video."""
    names = list(names or [f"pool A {k:02d}" for k in range(count)])
    factors = list(dilution) if isinstance(dilution, list) else [dilution] * count
    centre, amount = videos(count, bins, total)

    def row(key: str, value: object) -> list[object]:
        return [key, *([value] * count)]

    def average(values: np.ndarray) -> list[object]:
        if single:
            return []
        return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0]

    heads: list[object] = [] if single else ["Average", "Standard Error"]
    sums = amount.sum(axis=0)
    rows: list[list[object]] = [
        ["NTA Single Analysis Summary File" if single else "NTA Experiment Summary File"],
        [f"Created with {version}"],
        [],
        ["[Experiment Details]"],
        ["Software Version", version],
        ["Experiment Name", "made up.nano"],
        ["Operator Name", "nobody"],
        ["Time Captured", "10:00:00  01/02/2023"],
        [*sample],
        ["Pre-treatment", ""],
        ["Diluent", "PBS"],
        ["Remarks", ""],
        [],
        ["Filename:", *names],
        [],
        ["[Conditions]"],
        row("Temperature/C", 22.5),
        row("Viscosity/cP", 0.94),
        row("Camera Level", 12),
        [],
        ["[Settings]"],
        row("Detection Threshold", 5),
        row("Min Track Length", "Auto"),
        [],
        ["[Results]", *[""] * count, *heads],
        ["Dilution factor (concentrations adjusted for this factor)", *factors],
        [concentration_label, *map(float, sums), *average(sums)],
        row("Particles per frame", 51.5),
        row("Completed tracks", 4321),
        row("X-Drift (pix/frame)", -0.5),
        [],
        ["[Information]"],
        row("Noise level", "No"),
        *[[key, *cells] for key, cells in warnings],
        [],
        ["[Data Included]"],
    ]
    ending = " - With Percentiles" if table else ""
    kinds = [("Size", "[Size Data]")] + ([("Diffusion", "[Diffusion Coefficient Data]")] if diffusion else [])
    rows += [[f"{kind} distribution - {w.capitalize()} weighting{ending}"] for kind, _ in kinds for w in weightings]
    for kind, section in kinds:
        rows += [[], [section], ["Analysis Method", "FTLA"]]
        for weighting in weightings:
            rows += _block(kind, weighting, names, centre, amount, table, single, average)
    return rows


def _block(kind, weighting, names, centre, amount, table, single, average) -> list[list[object]]:  # type: ignore[no-untyped-def]
    label, average_label = _LABELS[weighting]
    power = WEIGHTINGS.index(weighting) + (1 if weighting != "Number" else 0)
    axis = centre if kind == "Size" else centre * 4
    values = np.floor(amount * centre[:, None] ** power) if power else amount
    mean = (centre @ amount) / amount.sum(axis=0)
    rows: list[list[object]] = [
        ["Weighting", weighting],
        ["Filename", *names, *([] if single else ["Average", "Standard Error"])],
        ["Mean", *map(float, np.round(mean, 1)), *average(mean)],
        ["D50", *map(float, percentiles(centre, amount)[50])],
        ["Valid Tracks", *[1500.0] * len(names)],
        ["Graph Data"],
        ["Bin centre (nm)", *[label] * len(names), *([] if single else [average_label, "Standard Error"])],
    ]
    for position, video in zip(axis, values, strict=True):
        last = [] if single else [int(video.mean()), 0]
        rows.append([float(position), *(int(v) for v in video), *last])
    rows.append([])
    if table:
        rows.append(["Percentile", *["Size (nm)"] * len(names)])
        rows += [[q, *map(float, line)] for q, line in enumerate(percentiles(centre, amount))]
        rows.append([])
    return rows


def summary(vendor: Vendor = AS_EXPORTED, **options: object) -> bytes:
    """A NanoSight summary file."""
    return vendor.encode(summary_rows(**options))  # type: ignore[arg-type]


def particle_data(vendor: Vendor = AS_EXPORTED, count: int = 40, tracks: bool = False) -> bytes:
    """ParticleData, or AllTracks with two frames per particle; every fifth particle is not included."""
    start = ["Particle ID", "Size/nm", "Diffusion coefficient/nm^2 s^-1"]
    end = ["Ln(Adjusted intensity)/AU"]
    middle = ["Frame", "X/pixels", "Y/pixels"] if tracks else []
    after = ["Included in distribution?"] if tracks else ["Start frame", "Tracklength", "Included in distribution?"]
    rows: list[list[object]] = [[*start, *middle, *end, *after]]
    for particle in range(count):
        size, included = 60.25 + particle, "False" if particle % 5 == 4 else "True"
        for frame in range(2 if tracks else 1):
            places = [frame, 10.5, 11.5] if tracks else []
            last = [included] if tracks else [3, 17, included]
            rows.append([particle + 1, size, 4.0e6, *places, 8.25, *last])
    return Vendor(vendor.delimiter, vendor.decimal, vendor.line_end, 0, vendor.encoding).encode(rows)


def exponential(value: float) -> str:
    """Four digits and a short exponent, as ZetaView prints: 1.250E+1."""
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa}E{int(exponent):+d}"


def zetaview(
    traces: int = 500,
    dilution: float = 500.0,
    *,
    decimal: str = ".",
    line_end: str = "\r\n",
    per_track: float = 2.327e4,
    drift: str = "good",
    kind: str = "Size Distribution",
) -> bytes:
    """A ZetaView text: a linear histogram, a row of -1, a logarithmic histogram of the same tracks."""
    linear = np.arange(200) * 5 + 2.5
    sizes = np.sort(linear[0] + np.random.default_rng(7).lognormal(np.log(120), 0.4, traces))
    sizes = np.clip(sizes, 5, 990)
    head = [
        "Original File:\tZ:\\made up\\a_size_488.avi\tSection:\t0.09999 [0]",
        "Operator:\tnobody",
        "Experiment:\t20230201_0001",
        "ZetaView S/N:\t00-0000",
        "Software:\tZetaView (version 8.05.12)\tAnalyze:\t8.05.12",
        "Sample:\tpool A",
        "Electrolyte:\tPBS",
        "Conductivity: 58.000000\tsensed",
        "Temperature:\t25.060000\tsensed",
        "Viscosity:\t0.898624",
        "Date:\t2023-02-01",
        "Time:\t13:59:54",
        "Detected Particles:\t18",
        f"Particle Drift Check Result:\t{drift}",
        "Cell Check Result:\tVery Good",
        f"Type of Measurement:\t{kind}",
        "Positions:\t11",
        f"Number of Traces:\t{traces}\t(at 0.099990)\tAverage Number of Particles:\t26.848485"
        f"\tDilution::\t{dilution:.6f}",
        "Concentration Correction Factor:\t1.000000",
        "Camera Trigger Duration µs:\tShutter Duration",
        "Results (Pos 0.099993):",
        f"Median Number (D50):\t{float(np.median(sizes)) if traces else 0.0:.6f}",
    ]
    if kind != "Size Distribution":
        head += ["ZP Profile:", "Position\tVelocity", "0.1\t3.5", "0.2\t3.4"]
        return _zetaview_bytes(head, decimal, line_end)
    head += ["Size Distribution", "Size / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\tArea / nm^2"]
    separator = "\t".join([*["-1.000E+0"] * 4, "0.000E+0"])
    if not traces:
        return _zetaview_bytes([*head, separator], decimal, line_end)
    ratio = 6.025 / 5.812
    logarithmic = 4.683 * ratio ** np.arange(150)
    rows = [*_bins(linear, np.arange(201) * 5.0, sizes, per_track), separator]
    edges = np.concatenate((logarithmic / np.sqrt(ratio), [logarithmic[-1] * np.sqrt(ratio)]))
    rows += _bins(logarithmic, edges, sizes, per_track)
    return _zetaview_bytes([*head, *rows], decimal, line_end)


def _bins(centre: np.ndarray, edges: np.ndarray, sizes: np.ndarray, per_track: float) -> list[str]:
    counts = np.histogram(sizes, edges)[0]
    volume, area = np.pi / 6 * centre**3, np.pi * centre**2
    table = np.column_stack((centre, counts, counts * per_track, counts * volume, counts * area))
    return ["\t".join(exponential(value) for value in row) for row in table]


def _zetaview_bytes(lines: list[str], decimal: str, line_end: str) -> bytes:
    text = line_end.join(lines) + line_end
    if decimal == ",":
        import re

        text = re.sub(r"(\d)\.(\d{3}E|\d{6}\b)", r"\1,\2", text)
    return text.encode("latin-1")


def positions(line_end: str = "\r\n") -> bytes:
    """A ZetaView table of positions; the third was left out by the instrument."""
    header = ["Use", "Position", "Mean Int.", "Av. No of Particles", "Conc. (p./mL)", "Orig. Conc. (p./cm^3)",
              "No. of Traces", "X50 (nm)", "Peak ø (nm)", "Span", "Drift (µm/s)", "Removal"]  # fmt: skip
    rows = [header]
    for k in range(11):
        use, removal = ("", "GRUBBS_SIZE") if k == 2 else ("X", "")
        counted = [f"{4 + k / 10:.1f}E+7", f"{4 + k / 10:.1f}E+10", str(30 + k)]
        sizes = [f"{140 + k}.0", "100.5", "1.5", "3.6"]
        rows.append([use, f"{0.1 + 0.08 * k:.2f}", "9.5", f"{100 + k}.0", *counted, *sizes, removal])
    for word in ("Mean", "St.Dev.", "Rel.St.Dev."):
        rows.append(["", word, *["1.0"] * 9, ""])
    return (line_end.join("\t".join(row) for row in rows) + line_end).encode("latin-1")


def wide(delimiter: str = ",", decimal: str = ".", bins: int = 100) -> bytes:
    """A wide table of two samples, the first with three videos."""
    centre, amount = videos(4, bins, 1e8)
    rows = [["particle_size", "a_500_00", "a_500_01", "a_500_02", "blank"]]
    rows += [
        [f"{c:.1f}".replace(".", decimal), *(str(int(v)) for v in line)] for c, line in zip(centre, amount, strict=True)
    ]
    return "\n".join(delimiter.join(row) for row in rows).encode()
