"""The person, animal or culture that every sample is from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exocosm.diagnosis.dataset import Note
from exocosm.diagnosis.tables.cells import is_missing
from exocosm.diagnosis.tables.roles import is_subject, words_of
from exocosm.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

_LARGEST = 12  # samples per subject, on average, that a column naming subjects can have
_REPLICATE = re.compile(
    r"(?:[_\-. ](?:[A-Da-d]|r(?:ep)?[_\-. ]?\d|t(?:ech)?(?:rep)?[_\-. ]?\d|dup\d?|replicate[_\-. ]?\d|rerun|repeat))\Z"
    r"|(?:[_\-. ]?(?:techrep|rep|replicate)[_\-. ]?\d)\Z",
    re.IGNORECASE,
)


def subjects_of(frame: pd.DataFrame, labels: pd.Series, asked: str, notes: list[Note]) -> pd.Series:
    """Sample -> subject, from a column about samples; every sample its own where no column says so.

    Errors: InputError if the column asked for is not there.
    """
    import pandas as pd

    own = pd.Series([str(name) for name in frame.index], index=frame.index, dtype=object)
    if asked and asked not in frame.columns:
        raise InputError(f"no column about samples is called '{asked}'; {nearest(asked, map(str, frame.columns))}")
    column = asked or _chosen(frame, labels)
    if not column:
        notes.extend(_suspicion(own, labels))
        return own
    cells = frame[column]
    missing = cells.map(lambda cell: is_missing(str(cell))).to_numpy(dtype=bool)
    named = cells.astype(str).where(~missing, own)
    crossing = _crossing(named, labels)
    how = f"subjects are those of the column '{column}'"
    if crossing and not asked and _is_replicate(column):
        # numbers of replicates begin anew in every class
        named = labels.astype(str) + " " + named
        how = f"subjects are the numbers in '{column}' within each class"
        crossing = 0
    shared = int((named.map(named.value_counts()) > 1).sum())
    sentence = f"{how}: {named.nunique()} for {len(named)} samples"
    if crossing:
        sentence += f"; {crossing} of them have samples in more than one class (a paired design)"
    if missing.any():
        sentence += f"; {int(missing.sum())} samples without one count as their own"
    names = (column,)
    notes.append(Note("subjects", sentence, names) if shared or crossing else Note("subjects", how, names))
    return named.astype(object)


def _chosen(frame: pd.DataFrame, labels: pd.Series) -> str:
    """The column that names subjects; among several, one whose subjects stay within a class."""
    found = [str(name) for name in frame.columns if is_subject(str(name))]
    told = {name: frame[name].astype(str)[[not is_missing(str(cell)) for cell in frame[name]]] for name in found}
    # a column `patient` with yes and no names nobody
    many = {
        name: cells for name, cells in told.items() if cells.nunique() > max(2, len(cells) / _LARGEST) or _coded(cells)
    }
    clean = [name for name, cells in many.items() if not _crossing(cells, labels[cells.index])]
    return next(iter([*clean, *many]), "")


def _coded(cells: pd.Series) -> bool:
    """Whether the words are codes of people, however few (`EC0022` for all samples): letters with numbers."""
    return bool(len(cells)) and all(re.fullmatch(r"(?=.*[A-Za-z])(?=.*\d).+", str(cell).strip()) for cell in set(cells))


def _crossing(named: pd.Series, labels: pd.Series) -> int:
    return int((labels.astype(str).groupby(named.to_numpy()).nunique() > 1).sum())


def _is_replicate(name: str) -> bool:
    return "rep" in "".join(words_of(name))


def _suspicion(own: pd.Series, labels: pd.Series) -> list[Note]:
    stems: dict[tuple[str, str], list[str]] = {}
    for name in own:
        stem = _REPLICATE.sub("", name)
        if stem != name and stem:
            stems.setdefault((stem, str(labels[name])), []).append(name)
    groups = [names for names in stems.values() if len(names) > 1]
    if not groups:
        return []
    count = sum(len(names) for names in groups)
    return [
        Note(
            "replicates",
            f"the names of {count} samples look like replicates of {len(groups)} subjects (for instance "
            f"{', '.join(groups[0][:3])}); each counts as its own; if they are, give subject_column",
            tuple(name for names in groups for name in names),
            serious=True,
        )
    ]
