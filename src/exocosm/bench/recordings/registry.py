"""The register of readers: the files of this folder, and what other packages offer by entry point.

A reader is a module with `FORMAT` (its name), `can_read(head, name)`, `read(content, name)` and a docstring whose first
line describes it.  Packages outside register theirs with the entry-point group `exocosm.recordings`.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from exocosm.bench.recordings import mapped_table, wide_table
from exocosm.bench.recordings.contract import Recording, RecordingError, refusal
from exocosm.bench.recordings.file_text import MAXIMUM_BYTES, text_of_content
from exocosm.bench.recordings.mapping import TableMapping, checked_mapping
from exocosm.plugins import modules_in, offered

_HEAD = 20_000  # characters that a reader sees to recognise its files
_ADVICE = "describe its columns by a mapping (docs/instrument_files.md), or see there what can be read"

Mappings = Mapping[str, object] | TableMapping | Sequence[Mapping[str, object] | TableMapping] | None


class Reader(Protocol):
    """What a reader looks like."""

    FORMAT: str

    def can_read(self, head: str, name: str) -> bool:
        """Whether a file of that name and beginning is of this format."""
        ...

    def read(self, content: bytes, name: str) -> tuple[Recording, ...]:
        """The recordings in a file."""
        ...


@dataclass(frozen=True)
class Format:
    """A kind of file that can be read, in words."""

    name: str
    description: str


@lru_cache(maxsize=1)
def readers() -> tuple[Reader, ...]:
    """Every reader of files that need no mapping; tables of no particular instrument last."""
    import exocosm.bench.recordings as folder

    found = [module for module in modules_in(folder) if hasattr(module, "can_read") and module is not wide_table]
    return (*found, *offered("exocosm.recordings"), wide_table)


def formats() -> tuple[Format, ...]:
    """What can be read: name and description of every format."""
    described = [(reader.FORMAT, reader.__doc__) for reader in readers()]
    described.append((mapped_table.FORMAT, mapped_table.__doc__))
    return tuple(Format(name, (text or "").strip().split("\n", 1)[0]) for name, text in described)


def read_recordings(paths: str | Path | Iterable[str | Path], mapping: Mappings = None) -> tuple[Recording, ...]:
    """Every recording in some files, in their order.  Several instruments, samples and dilutions may be among them.

    mapping: describes tables of other instruments, one or several (see `exocosm.bench.recordings.mapping`).
    Errors: RecordingError that names every file that cannot be read; CheckError for a faulty mapping.
    """
    recordings, refused = read_what_can_be_read(paths, mapping)
    if refused:
        if len(refused) == 1:
            raise refused[0]
        lines = "\n".join(f"  {position}. {error}" for position, error in enumerate(refused, 1))
        raise RecordingError(f"{len(refused)} files cannot be read\n{lines}")
    return recordings


def read_what_can_be_read(
    paths: str | Path | Iterable[str | Path], mapping: Mappings = None
) -> tuple[tuple[Recording, ...], tuple[RecordingError, ...]]:
    """The recordings in those files that can be read, and why each of the others cannot.  Errors: CheckError.

    A recording's `file` is the name of its file; where several have one name, with as much of the folders as tells them
    apart.
    """
    mappings = _mappings(mapping)
    found: list[tuple[Path, Recording]] = []
    refused: list[tuple[Path, RecordingError]] = []
    for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):
        try:
            found += [(path, recording) for recording in _read(path, mappings)]
        except RecordingError as error:
            refused.append((path, error))
    labels = _labels([path for path, _ in [*found, *refused]])
    recordings = [replace(recording, file=labels.get(path, recording.file)) for path, recording in found]
    errors = [
        RecordingError(str(error).replace(path.name, labels[path], 1)) if path in labels else error
        for path, error in refused
    ]
    return _noted_twins(recordings), tuple(errors)


def _labels(paths: Sequence[Path]) -> dict[Path, str]:
    """What to call files whose names other files of other folders have too: the shortest end of the path of its own."""
    whole = {path: path.absolute().resolve() for path in paths}
    ends: dict[str, set[Path]] = {}
    for path in whole.values():
        for depth in range(1, len(path.parts)):
            ends.setdefault("/".join(path.parts[-depth:]), set()).add(path)
    result = {}
    for path, full in whole.items():
        if len(ends.get(full.name, ())) > 1:
            own = ("/".join(full.parts[-depth:]) for depth in range(2, len(full.parts)))
            result[path] = next((end for end in own if len(ends[end]) == 1), str(full))
    return result


def read_content(content: bytes, name: str, mapping: Mappings = None) -> tuple[Recording, ...]:
    """The recordings in the bytes of one file.  Errors: RecordingError, CheckError."""
    return _understood(content, name, _mappings(mapping))


def _mappings(mapping: Mappings) -> tuple[TableMapping, ...]:
    if mapping is None:
        return ()
    several = [mapping] if isinstance(mapping, Mapping | TableMapping) else list(mapping)
    return tuple(one if isinstance(one, TableMapping) else checked_mapping(one) for one in several)


def _read(path: Path, mappings: tuple[TableMapping, ...]) -> tuple[Recording, ...]:
    if path.is_dir():
        raise refusal(str(path), None, "this is a folder", "give the files in it")
    if path.exists() and not path.is_file():
        # a pipe or a device may never end
        raise refusal(str(path), None, "this is a pipe or a device, not a file", "save it as a file first")
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            advice = "export fewer samples into one file"
            raise refusal(str(path), None, f"{size} bytes; at most {MAXIMUM_BYTES} are read", advice)
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refusal(
            str(path), None, f"the file cannot be opened ({reason})", "look at its name and rights"
        ) from error
    return _understood(content, path.name, mappings)


def _understood(content: bytes, name: str, mappings: tuple[TableMapping, ...]) -> tuple[Recording, ...]:
    """Vendors' own formats are known by what stands in them; then a mapping; then plain tables."""
    for mapping in mappings:
        if mapping.files and fnmatch.fnmatch(name.casefold(), mapping.files.casefold()):
            return mapped_table.read(content, name, mapping)
    if name.casefold().endswith(".nano"):
        raise refusal(
            name, None, "an experiment of the NTA program, not an export", "export its ExperimentSummary as CSV"
        )
    head = text_of_content(content, name)[0][:_HEAD]
    for reader in readers():
        if reader is wide_table:
            general = [mapping for mapping in mappings if not mapping.files]
            if len(general) > 1:
                found = f"{len(general)} mappings could describe this file"
                raise refusal(name, None, found, "say in each by 'files: \"*.csv\"' which files it is for")
            if general:
                return mapped_table.read(content, name, general[0])
        if reader.can_read(head, name):
            return reader.read(content, name)
    first = next((line.strip() for line in head.splitlines() if line.strip()), "")
    raise refusal(name, 1, f"no known instrument writes files that begin with '{first[:60]}'", _ADVICE)


def _noted_twins(recordings: list[Recording]) -> tuple[Recording, ...]:
    """Recordings, with a note on each whose content or video was among the earlier ones: counted twice, it misleads."""
    files: dict[str, str] = {}
    videos: dict[str, str] = {}
    result = []
    for recording in recordings:
        notes = list(recording.notes)
        if files.setdefault(recording.checksum, recording.file) != recording.file:
            notes.append(f"this file holds the same bytes as {files[recording.checksum]}")
        elif recording.instrument == "nanosight":
            for name in dict.fromkeys(r.name for r in recording.replicates):
                if videos.setdefault(name, recording.file) != recording.file:
                    notes.append(f"the video '{name}' stands in {videos[name]} too")
        result.append(recording if len(notes) == len(recording.notes) else replace(recording, notes=tuple(notes)))
    return tuple(result)
