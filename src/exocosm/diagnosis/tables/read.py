"""A table of measurements with its labels and covariates, read into a data set; all that was recognised is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from exocosm.diagnosis.dataset import Dataset, Kind, Note
from exocosm.diagnosis.tables import sheet as sheets
from exocosm.diagnosis.tables.covariates import covariates_of, roles_of, typed
from exocosm.diagnosis.tables.features import named_features, spike_ins
from exocosm.diagnosis.tables.grid import Grid, grid_of
from exocosm.diagnosis.tables.kinds import censored_of, kind_of_numbers
from exocosm.diagnosis.tables.labels import BY_NAME, class_notes, label_column_of, labels_by_name, labels_from
from exocosm.diagnosis.tables.matching import Match, bridged, listed, match_notes
from exocosm.diagnosis.tables.max_quant import WORDS, is_protein_groups, protein_groups
from exocosm.diagnosis.tables.orientation import Oriented, oriented
from exocosm.diagnosis.tables.series_matrix import is_series_matrix, sample_sheet, series_title, table_part
from exocosm.diagnosis.tables.sheet import Sheet, sheet_of
from exocosm.diagnosis.tables.subjects import subjects_of
from exocosm.diagnosis.tables.text import Text, text_of
from exocosm.errors import CheckError, InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 12  # cells that are no numbers


def read_dataset(
    table: str | Path,
    labels: str | Path = "",
    *,
    covariates: Sequence[str | Path] | str | Path = (),
    label_column: str = "",
    kind: str = "",
    samples_in: str = "",
    subject_column: str = "",
    roles: Mapping[str, str] | None = None,
    feature_column: str = "",
    undetected: str = "",
    title: str = "",
) -> Dataset:
    """The data set in a table, with the classes of `labels` and the columns of `covariates` for each sample.

    table: text (comma, tab, semicolon, space), plain or gzip, MaxQuant's proteinGroups or a GEO series matrix.
    labels: a file; 'by-name' for the samples' names without their last number; '' if the table itself (or its series
    matrix) has a column or row with the classes.  kind, samples_in ('rows', 'columns'), feature_column, subject_column,
    roles (column -> role), undetected (a number or 'NA') override what is recognised; `notes` of the result tells that.
    Errors: InputError or CheckError, naming file, line and what to do; never a guess about whose numbers they are.
    """
    notes: list[Note] = []
    source = text_of(table)
    series = is_series_matrix(source)
    grid, hint = _grid(table_part(source) if series else source, notes)
    known = {
        *(grid.header[column] for column in grid.columns),
        *(cell for cells in grid.text.values() for cell in cells),
    }
    above = [sample_sheet(source)] if series else []
    label_sheet = _label_sheet(labels, table, known)
    others = [_sheet(path, known) for path in _paths(covariates)]
    naming = [*([label_sheet] if label_sheet is not None else []), *others, *above]
    found = oriented(grid, naming, samples_in, feature_column, notes, hint, (label_column, subject_column))
    inside = [*above, *([found.about_samples] if found.about_samples is not None else [])]
    _say_file(grid, naming, notes)

    classes, label_file, column = _classes(
        labels, label_sheet, inside, label_column, found.samples, source.name, [*above, *others], notes
    )
    kept = [place for place, name in enumerate(found.samples) if name in classes]
    samples = [found.samples[place] for place in kept]
    _require_distinct(samples, source.name, found.in_rows)
    _require_numbers(found, kept, source.name)
    left = tuple(name for name in found.samples if name not in classes)
    if left:
        notes.append(Note("unlabelled", f"{len(left)} of {len(found.samples)} samples have no class and are left out: "
                          + listed(left, []), left))  # fmt: skip

    whole = len(kept) == len(found.samples)
    values = found.values if whole else found.values[kept]
    looked = found.undetected if whole else found.undetected[kept]
    added = spike_ins(found.features)
    if 0 < len(added) < len(found.features):
        names = [found.features[place] for place in added]
        notes.append(Note("spike-ins", f"{len(added)} features were added to the samples, are no markers and are left "
                          f"out: {listed(names, [])}", tuple(names)))  # fmt: skip
        kept_features = np.setdiff1d(np.arange(len(found.features)), added)
        found, values, looked = _only(found, kept_features), values[:, kept_features], looked[:, kept_features]
    features = _features(found, values, hint, notes)
    chosen = kind_of_numbers(values, looked, list(features["kind"]), hint, kind, notes)
    values, censored = censored_of(values, looked, chosen, list(features["kind"]), undetected, notes)

    about = _about(label_file, others, inside, found.samples, samples, source.name, notes)
    return _dataset(
        samples, features, values, censored, chosen, classes, about, column, dict(roles or {}), subject_column, notes,
        title or (series_title(source) if series else "") or Path(table).name.split(".")[0], left,
        {source.name: source.checksum, **{one.name: one.checksum for one in naming}},
    )  # fmt: skip


def _dataset(
    samples: list[str], features: pd.DataFrame, values: np.ndarray, censored: np.ndarray, kind: Kind,
    classes: Mapping[str, str], about: list[tuple[Sheet, str, Match]], label_column: str, chosen: Mapping[str, str],
    subject_column: str, notes: list[Note], title: str, left: tuple[str, ...], sources: Mapping[str, str],
) -> Dataset:  # fmt: skip
    import pandas as pd

    index = pd.Index(samples, name="sample")
    labels = pd.Series([classes[name] for name in samples], index=index, name="label", dtype=object)
    raw, _ = covariates_of(about, samples)
    raw.index = index
    raw = raw.drop(columns=[label_column], errors="ignore")
    roles = roles_of(raw, labels, chosen, notes)
    subjects = subjects_of(raw, labels, subject_column, notes)
    return Dataset(
        values=pd.DataFrame(values, index=index, columns=features.index),
        censored=pd.DataFrame(censored, index=index, columns=features.index),
        kind=kind,
        labels=labels,
        covariates=typed(raw, roles, notes),
        roles=roles,
        subjects=subjects.rename("subject"),
        features=features,
        notes=tuple(notes),
        title=title,
        unlabelled=left,
        sources=sources,
    )


def _grid(source: Text, notes: list[Note]) -> tuple[Grid, str]:
    grid = grid_of(source, WORDS)
    if is_protein_groups(grid.header):
        return protein_groups(grid, notes)
    return grid, ""


def _paths(covariates: Sequence[str | Path] | str | Path) -> Sequence[str | Path]:
    if isinstance(covariates, str | Path):
        return [covariates] if str(covariates) else []
    return covariates


def _label_sheet(labels: str | Path, table: str | Path, known: set[str]) -> Sheet | None:
    if not str(labels) or labels == BY_NAME or Path(labels) == Path(table):
        return None
    return _sheet(labels, known)


def _sheet(path: str | Path, known: set[str]) -> Sheet:
    text = text_of(path, sheets.MAXIMUM_BYTES)
    return sample_sheet(text) if is_series_matrix(text) else sheet_of(text, known)


def _say_file(grid: Grid, others: Sequence[Sheet], notes: list[Note]) -> None:
    for name, said in ((grid.source.name, grid.said), *((one.name, one.said) for one in others)):
        if said:
            notes.append(Note("file", f"'{Path(name).name}': {'; '.join(said)}"))


def _classes(
    labels: str | Path, sheet: Sheet | None, inside: list[Sheet], asked: str, samples: list[str], table: str,
    bridges: list[Sheet], notes: list[Note],
) -> tuple[dict[str, str], tuple[Sheet, str, Match] | None, str]:  # fmt: skip
    """Sample -> class, the sheet they were read from, and its column."""
    if labels == BY_NAME:
        classes = labels_by_name(samples)
        notes.extend(class_notes(list(classes.values()), "the samples' names without the numbers at their end"))
        return classes, None, ""
    if sheet is None and not inside:
        raise InputError(
            f"'{table}' says nothing of its samples but numbers; give a file of labels, or 'by-name' to read the "
            "classes from the names"
        )
    sheet = sheet or next((one for one in inside if asked in one.columns), inside[0])
    key, match = bridged(sheet, samples, bridges)
    if not match.pairs:
        raise _strangers(sheet, samples, table)
    column = label_column_of(sheet, key, asked, notes)
    classes = labels_from(sheet, key, column, match, notes)
    if not classes:
        raise InputError(f"'{sheet.name}': no sample of the table has a class in the column '{column}'")
    if sheet not in inside:
        notes.extend(match_notes("labels", match, samples, [cell for cell in sheet.column(key) if cell], sheet.name))
    notes.extend(class_notes(list(classes.values()), f"the column '{column}' of '{Path(sheet.name).name}'"))
    return classes, (sheet, key, match), column


def _about(
    label_file: tuple[Sheet, str, Match] | None, others: list[Sheet], inside: list[Sheet], names: list[str],
    samples: list[str], table: str, notes: list[Note],
) -> list[tuple[Sheet, str, Match]]:  # fmt: skip
    """Everything that says something about samples, with the column that names them."""
    about = [label_file] if label_file is not None else []
    for sheet in (*others, *inside):
        if any(sheet is one[0] for one in about):
            continue
        key, match = bridged(sheet, names, [one for one in (*others, *inside) if one is not sheet])
        if not match.pairs:
            raise _strangers(sheet, names, table)
        if sheet not in inside:
            notes.extend(
                match_notes("covariates", match, samples, [one for one in sheet.column(key) if one], sheet.name)
            )
        about.append((sheet, key, match))
    return about


def _strangers(sheet: Sheet, samples: Sequence[str], table: str) -> InputError:
    return InputError(
        f"'{sheet.name}': none of its {len(sheet.rows)} lines names one of the {len(samples)} samples of '{table}'.  "
        f"The table has {listed(samples, [])}; the file {listed([row[0] for row in sheet.rows], [])}"
    )


def _require_distinct(samples: list[str], table: str, in_rows: bool) -> None:
    twice = [name for name, count in Counter(samples).items() if count > 1]
    if twice:
        raise InputError(
            f"'{table}': {len(twice)} samples stand in several {'rows' if in_rows else 'columns'} "
            f"({listed(twice, [])}); labels cannot tell them apart; give each its own name (technical replicates "
            "share a subject)"
        )


def _require_numbers(found: Oriented, kept: list[int], table: str) -> None:
    """Errors: CheckError with the cells of labelled samples that hold neither a number nor a word for none."""
    if not found.words:
        return
    labelled = set(kept)
    wrong = [(place, word) for place, word in found.words.items() if place[0] in labelled]
    if not wrong:
        return
    problems = []
    for (sample, feature), word in wrong[:_SHOWN]:
        line = found.lines[sample if found.in_rows else feature]
        problems.append(
            Problem(
                "cell",
                f"line {line}",
                f"'{word[:60]}' stands for {found.features[feature]} in "
                f"{found.samples[sample]}; expected a number, NA, or a word for 'not detected'",
            )
        )
    if len(wrong) > _SHOWN:
        problems.append(Problem("cell", "further cells", f"{len(wrong) - _SHOWN} more"))
    raise CheckError(table, problems)


def _only(found: Oriented, places: np.ndarray) -> Oriented:
    """Without the other features; of their numbers only what names and words need."""
    beside = {title: [cells[place] for place in places] for title, cells in found.about_features.items()}
    return replace(found, features=[found.features[place] for place in places], about_features=beside)


def _features(found: Oriented, values: np.ndarray, hint: str, notes: list[Note]) -> pd.DataFrame:
    beside = found.about_features
    genes = next((cells for name, cells in beside.items() if _plain(name) in _GENES), None)
    added = {"gene": [cell.split(";")[0].strip() for cell in genes]} if genes is not None else {}
    names = found.features
    if hint:  # of a protein group the first protein names it
        added["ids"] = names
        names = [name.split(";")[0].strip() for name in names]
    frame = named_features(names, values, {**added, **beside}, notes)
    if hint:
        several = [len([part for part in ids.split(";") if part]) > 1 for ids in found.features]
        frame["ambiguous"] = several
        if any(several):
            notes.append(
                Note(
                    "ambiguous",
                    f"{sum(several)} protein groups hold several proteins that their peptides cannot tell "
                    "apart; each stands under its first",
                    tuple(str(name) for name, so in zip(frame.index, several, strict=True) if so),
                )
            )
    return frame


_GENES = frozenset({"gene", "genes", "genenames", "genename", "genesymbol", "symbol", "hgncsymbol", "symbols"})


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
