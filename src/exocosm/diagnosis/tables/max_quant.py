"""proteinGroups of MaxQuant: which columns are the intensities of samples, and which rows are no proteins of theirs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from exocosm.diagnosis.dataset import Note
from exocosm.diagnosis.tables.grid import Grid
from exocosm.errors import InputError

WORDS = (
    "Protein IDs", "Majority protein IDs", "Protein names", "Gene names", "Fasta headers", "Only identified by site",
    "Reverse", "Potential contaminant", "Contaminant", "id", "Peptide IDs", "Evidence IDs", "MS/MS IDs", "Best MS/MS",
    "Protein.IDs", "Majority.protein.IDs", "Protein.names", "Gene.names", "Fasta.headers", "Only.identified.by.site",
    "Potential.contaminant",
)  # fmt: skip
_INTENSITIES = (
    ("lfq intensity ", "LFQ intensities"),
    ("ibaq ", "iBAQ"),
    ("reporter intensity corrected ", "corrected reporter intensities"),
    ("intensity ", "raw intensities"),
)
_NO_SAMPLES = frozenset({"peptides"})  # behind 'iBAQ '
_FLAGS = {"reverse": "decoys (Reverse)", "potential contaminant": "potential contaminants",
          "contaminant": "contaminants",
          "only identified by site": "identified by a modified site only"}  # fmt: skip
_FOREIGN = re.compile(r"(?:CON__|REV__|contam_|rev_|decoy_)", re.IGNORECASE)


def is_protein_groups(header: Sequence[str]) -> bool:
    """Whether the names over the columns are those of MaxQuant's proteinGroups."""
    names = {_plain(name) for name in header}
    return bool({"protein ids", "majority protein ids"} & names) and any(
        name.startswith(prefix) for name in names for prefix, _ in _INTENSITIES
    )


def protein_groups(grid: Grid, notes: list[Note]) -> tuple[Grid, str]:
    """The grid with one kind of intensity, its columns called by their samples, without decoys and contaminants.

    Chosen: LFQ, else iBAQ, else corrected reporter, else raw intensities, the first of which any is above zero.
    Returns the grid and what was chosen.  Errors: InputError if no intensity is above zero.
    """
    names = [_plain(grid.header[column]) for column in grid.columns]
    prefix, title = "", ""
    chosen: list[int] = []
    for prefix, title in _INTENSITIES:  # noqa: B007 - the one at which the loop ends is used
        chosen = [place for place, name in enumerate(names)
                  if name.startswith(prefix) and name.removeprefix(prefix) not in _NO_SAMPLES]  # fmt: skip
        if chosen and np.nansum(grid.numbers[:, chosen]) > 0:
            break
    else:
        raise InputError(f"'{grid.source.name}' is a table of MaxQuant without an intensity above zero")
    others = [other for one, other in _INTENSITIES if other != title and any(name.startswith(one) for name in names)]
    notes.append(
        Note(
            "intensities",
            f"{title} of {len(chosen)} samples are taken"
            + (f"; the file has {' and '.join(others)} as well" if others else ""),
        )
    )
    kept = _kept_rows(grid, notes)
    header = list(grid.header)
    columns = [grid.columns[place] for place in chosen]
    for column in columns:
        header[column] = header[column][len(prefix) :].strip()
    place_of = {old: new for new, old in enumerate(chosen)}
    row_of = {old: new for new, old in enumerate(kept)}
    words = {(row_of[row], place_of[place]): word for (row, place), word in grid.words.items()
             if row in row_of and place in place_of}  # fmt: skip
    body = tuple(grid.layout.body[row] for row in kept)
    text = {column: [cells[row] for row in kept] for column, cells in grid.text.items()}
    narrowed = replace(
        grid, layout=replace(grid.layout, body=body), header=header, columns=columns, text=_identified(grid, text),
        numbers=grid.numbers[np.ix_(kept, chosen)], undetected=grid.undetected[np.ix_(kept, chosen)], words=words,
        lines=[grid.lines[row] for row in kept],
    )  # fmt: skip
    return narrowed, title


def _kept_rows(grid: Grid, notes: list[Note]) -> list[int]:
    dropped: dict[int, str] = {}
    counted: dict[str, int] = {}
    for column, cells in grid.text.items():
        reason = _FLAGS.get(_plain(grid.header[column]))
        if reason is not None:
            for row, cell in enumerate(cells):
                if cell.strip() == "+":
                    dropped.setdefault(row, reason)
    ids = _column(grid, "majority protein ids", "protein ids")
    for row, cell in enumerate(grid.text[ids]):
        if _FOREIGN.match(cell.strip()):
            dropped.setdefault(row, "led by a CON__ or REV__ protein")
    for reason in dropped.values():
        counted[reason] = counted.get(reason, 0) + 1
    count = len(grid.lines)
    if dropped:
        shown = ", ".join(f"{number} {reason}" for reason, number in counted.items())
        notes.append(Note("contaminants", f"{len(dropped)} of {count} protein groups were left out: {shown}",
                          tuple(grid.text[ids][row] for row in dropped)))  # fmt: skip
    else:
        notes.append(Note("contaminants", f"none of {count} protein groups is marked as decoy or contaminant; they "
                          "were left out before, or never looked for"))  # fmt: skip
    touched = [cell for row, cell in enumerate(grid.text[_column(grid, "protein ids", "majority protein ids")])
               if row not in dropped and any(_FOREIGN.match(part.strip()) for part in cell.split(";"))]  # fmt: skip
    if touched:
        notes.append(Note("contaminants", f"{len(touched)} protein groups share peptides with a contaminant or decoy "
                          "behind their first protein and are kept", tuple(touched)))  # fmt: skip
    if len(dropped) == count:
        raise InputError(f"'{grid.source.name}': every protein group is marked as decoy or contaminant")
    return [row for row in range(count) if row not in dropped]


def _identified(grid: Grid, text: dict[int, list[str]]) -> dict[int, list[str]]:
    """Columns of words that describe a protein, the identifiers first."""
    ids = _column(grid, "majority protein ids", "protein ids")
    wanted = ("protein ids", "gene names", "protein names")
    others = [column for column in text if column != ids and _plain(grid.header[column]) in wanted]
    return {ids: text[ids], **{column: text[column] for column in others}}


def _column(grid: Grid, *names: str) -> int:
    for name in names:
        for column in grid.text:
            if _plain(grid.header[column]) == name:
                return column
    raise InputError(f"'{grid.source.name}' has no column '{names[0]}'")


def _plain(name: str) -> str:
    return re.sub(r"[._\s]+", " ", name).strip().casefold()
