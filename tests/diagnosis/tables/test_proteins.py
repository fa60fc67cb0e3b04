"""MaxQuant's proteinGroups: which intensities, which rows."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import InputError


def groups(made, *, lfq: bool = True, ibaq: bool = False, dots: bool = False) -> str:
    kinds = [name for name, there in (("LFQ intensity", lfq), ("iBAQ", ibaq), ("Intensity", True)) if there]
    header = ["Protein IDs", "Majority protein IDs", "Gene names", "Peptides"]
    header += ["Intensity", *(f"{kind} {name}" for kind in kinds for name in made.samples)]
    header += ["Only identified by site", "Reverse", "Potential contaminant", "id"]
    if dots:
        header = [name.replace(" ", ".") for name in header]
    lines = ["\t".join(header)]
    for place, row in enumerate(made.counts):
        first = f"P{10000 + place}"
        ids = {1: "CON__P00761", 3: f"REV__Q9H446;{first}", 2: f"{first};Q9UBN{place}", 4: f"{first};CON__Q3SX14"}.get(
            place, first
        )
        numbers = [number * 1000 * factor for factor in range(1, len(kinds) + 1) for number in row]
        flags = ["+" if place == 7 else "", "+" if place == 8 else "", "+" if place in (1, 9) else ""]
        gene = f"GENE{place};OTHER" if place == 2 else f"GENE{place}"
        lines.append("\t".join([ids, ids, gene, "3", "5", *map(str, numbers), *flags, str(place)]))
    return "\n".join(lines)


@pytest.mark.parametrize("dots", [False, True])
def test_lfq_is_taken_and_foreign_rows_are_left_out(made, said, dots) -> None:
    data = made.read(groups(made, dots=dots))
    kept = [place for place in range(30) if place not in (1, 3, 7, 8, 9)]
    expected = made.counts.T[:, kept] * 1000.0
    expected[expected == 0] = np.nan
    assert data.kind == "protein_intensities"
    assert np.array_equal(data.values.to_numpy(), expected, equal_nan=True)
    assert np.array_equal(data.censored.to_numpy(), np.isnan(expected))
    assert "5 of 30 protein groups were left out" in said(data, "contaminants")
    assert "1 protein groups share peptides" in said(data, "contaminants")
    assert data.features.loc["P10002", "gene"] == "GENE2" and data.features.loc["P10002", "ambiguous"]
    assert set(data.features["kind"]) == {"protein"}


def test_without_lfq_the_next_best_is_taken(made, said) -> None:
    assert "iBAQ of 12" in said(made.read(groups(made, lfq=False, ibaq=True)), "intensities")
    assert "raw intensities of 12" in said(made.read(groups(made, lfq=False)), "intensities")


def test_a_table_without_intensities_is_refused(made) -> None:
    lines = groups(made, lfq=False).splitlines()
    empty = [lines[0]]
    for line in lines[1:]:
        cells = line.split("\t")
        cells[4:17] = ["0"] * 13
        empty.append("\t".join(cells))
    with pytest.raises(InputError, match="without an intensity"):
        made.read("\n".join(empty))


def test_zeros_and_empty_cells_of_any_protein_table_are_not_found(made) -> None:
    values = (made.counts * 1e5 + 1.5).astype(object)
    values[0, 0], values[1, 1] = 0, "NaN"
    data = made.read(made.table(values, rows=[f"P{number}" for number in range(10000, 10030)]))
    assert data.kind == "protein_intensities" and data.censored.to_numpy().sum() == 2
    assert data.values.isna().to_numpy().sum() == 2
