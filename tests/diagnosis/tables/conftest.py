"""Small made tables for the tests of reading: what a biologist could bring, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exocosm.diagnosis.dataset import Dataset
from exocosm.diagnosis.tables.read import read_dataset

REAL = Path(__file__).resolve().parents[4] / "shared" / "data"


@dataclass(frozen=True)
class Made:
    """Tables of 30 miRNAs in 12 samples, written to a folder."""

    folder: Path
    features: tuple[str, ...] = tuple(f"hsa-miR-{number}-5p" for number in range(10, 40))
    samples: tuple[str, ...] = tuple([f"CRC_{n}" for n in range(1, 7)] + [f"HC_{n}" for n in range(1, 7)])

    @property
    def labels(self) -> str:
        """A file of labels."""
        return "sample,group\n" + "".join(f"{name},{name.split('_')[0]}\n" for name in self.samples)

    @property
    def counts(self) -> np.ndarray:
        """Whole numbers, features by samples."""
        return np.random.default_rng(1).negative_binomial(1, 0.01, (30, 12))

    def cycles(self, undetected: float = 40.0) -> np.ndarray:
        """Ct values, features by samples, a fifth of them at the last cycle."""
        random = np.random.default_rng(2)
        values = np.round(random.normal(30, 2.5, (30, 12)), 2)
        values[random.random(values.shape) < 0.2] = undetected
        return values

    def table(
        self, values: Any = None, *, rows: Sequence[str] = (), columns: Sequence[str] = (), corner: str = "miRNA",
        delimiter: str = ",", end: str = "\n",
    ) -> str:  # fmt: skip
        """A table as text: a header, then a name and numbers in each line."""
        values = self.counts if values is None else values
        lines = [delimiter.join([corner, *(columns or self.samples)])]
        named = zip(rows or self.features, values, strict=True)
        lines += [delimiter.join([name, *map(str, row)]) for name, row in named]
        return end.join(lines) + end

    def in_rows(self, *before: tuple[str, Sequence[object]]) -> str:
        """The counts with samples in rows, and columns about the samples before the numbers."""
        lines = [",".join(["sample", *(title for title, _ in before), *self.features])]
        for place, name in enumerate(self.samples):
            lines.append(
                ",".join([name, *(str(cells[place]) for _, cells in before), *map(str, self.counts[:, place])])
            )
        return "\n".join(lines) + "\n"

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file as it is given and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, table: str | bytes, labels: str | bytes | None = None, **options: Any) -> Dataset:
        """Read a table with labels, both given as content; the labels of the made samples if none are given."""
        path = self.write("table.txt", table)
        if labels in ("by-name", ""):
            return read_dataset(path, labels, **options)
        return read_dataset(path, self.write("labels.txt", self.labels if labels is None else labels), **options)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Made tables in an empty folder."""
    return Made(tmp_path)


@pytest.fixture
def real() -> Path:
    """The folder of published tables; the test is skipped where it is not there."""
    if not REAL.is_dir():
        pytest.skip("the published tables are not here")
    return REAL


def said(data: Dataset, what: str) -> str:
    """All sentences of the notes of one kind."""
    return "\n".join(note.sentence for note in data.notes if note.what == what)


@pytest.fixture(name="said")
def said_fixture() -> Any:
    """The function `said`, for tests."""
    return said
