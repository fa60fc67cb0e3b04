"""Files without surprises: whole or not at all, inside their folder, and never larger than expected."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exocosm.errors import InputError, nearest

_MAXIMUM_NAME = 255
_TEMPORARY = ".writing-"  # how the name of everything unfinished begins
_LOCK = ".running"
_BLOCK = 1 << 20  # bytes read at once
_TRIALS = 100  # to take a lock whose file is removed each time


def write_atomic(path: str | Path, content: bytes | str) -> Path:
    """Write a file so that a reader sees the old content or the whole new one, never a part; returns the path.

    Text is written as UTF-8 with the line ends it has.  Errors: InputError if the folder cannot be written to.
    """
    target = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    _make_folder(target.parent)
    if target.is_dir():
        raise InputError(f"'{target}' is a folder; a file cannot be written in its place")
    temporary = None
    try:
        # in the same folder, because only within one file system a rename is atomic
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=_TEMPORARY, suffix=".tmp")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(_mode_for_new_files())
        Path(temporary).replace(target)
    except OSError as problem:
        raise InputError(
            f"'{target}' could not be written: {_reason(problem)}; check the space and your rights"
        ) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return target


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill that appears under its name only when all went well; after an error nothing is left of it.

    Errors: InputError if something with that name exists already.
    """
    target = Path(path)
    if target.exists() or target.is_symlink():
        raise InputError(f"'{target}' exists already; name another folder or remove it first")
    _make_folder(target.parent)
    try:
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=_TEMPORARY))
    except OSError as problem:
        raise InputError(f"no folder can be made in '{target.parent}': {_reason(problem)}") from None
    try:
        yield temporary
        temporary.chmod(_mode_for_new_files() | (_mode_for_new_files() >> 2 & 0o111))  # who may read may enter
        try:
            temporary.rename(target)
        except OSError as problem:
            raise InputError(f"'{target}' could not be put in place: {_reason(problem)}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def staged(folder: str | Path) -> Iterator[Path]:
    """A temporary folder within a folder, for files that are to be moved into it once all are whole; then removed.

    Errors: InputError if it cannot be made.
    """
    try:
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=_TEMPORARY))
    except OSError as problem:
        raise InputError(f"no folder can be made in '{folder}': {_reason(problem)}") from None
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def remove_unfinished(folder: str | Path) -> None:
    """Remove what writers that were killed left unfinished in a folder; only for who has the folder (`held`)."""
    with contextlib.suppress(OSError):
        for entry in list(Path(folder).glob(f"{_TEMPORARY}*")):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


@contextlib.contextmanager
def held(folder: str | Path) -> Iterator[None]:
    """Have a folder alone, among all who ask for it in this way, here or in other processes.

    The system frees it when the process ends, however it ends.  On a file system without locks nobody is kept out.
    Errors: InputError if another has it, or if the folder cannot be written to.
    """
    path = Path(folder) / _LOCK
    # never through a link, since what is opened is written to
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    for _ in range(_TRIALS):
        try:
            handle = os.open(path, flags, 0o666)
        except OSError as problem:
            raise InputError(f"no file can be written in '{folder}': {_reason(problem)}; name another folder") from None
        try:
            if not _lock(handle):
                raise InputError(
                    f"'{folder}' is being written to by another run{_holder(handle)}; wait until it has ended, "
                    "or name another folder"
                )
            if not _is_at(handle, path):
                continue  # who had it before removed the file between our opening and our locking it
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
                os.write(handle, f"process {os.getpid()}".encode())
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # some systems keep a file that is open
                    path.unlink()
            return
        finally:
            os.close(handle)
    raise InputError(f"'{path}' is not a file of exocosm, or many runs begin in '{folder}' at once; remove it or wait")


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat(follow_symlinks=False))
    except OSError:
        return False


def _holder(handle: int) -> str:
    with contextlib.suppress(OSError):
        words = os.read(handle, 100).decode("ascii", errors="replace")
        if words.startswith("process ") and words[8:].isdigit():
            return f" ({words})"
    return ""


def _lock(handle: int) -> bool:
    """Lock an open file without waiting; False if another has locked it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 1000, os.SEEK_SET)  # the bytes that are read stay free
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        return problem.errno not in {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
    return True


def inside(folder: str | Path, name: str | Path) -> Path:
    """The path of `name` in `folder`, surely inside it (it need not exist).

    Errors: InputError for an absolute name, one with '..', or one that leaves the folder through a link.
    """
    text = str(name)
    if not text or text != text.strip() or any(ord(letter) < 32 for letter in text):
        raise InputError(f"{text!r} is no file name; write a name such as 'results/table.csv'")
    if text.startswith("~") or ":" in text or "\\" in text or Path(text).is_absolute():
        raise InputError(f"'{text}' must be a name inside '{folder}', with '/' between folders and no drive or '~'")
    parts = Path(text).parts
    if ".." in parts or not parts:
        raise InputError(f"'{text}' must stay inside '{folder}': '..' is not allowed")
    if any(len(part.encode()) > _MAXIMUM_NAME for part in parts):
        raise InputError(f"'{text[:60]}...' is longer than {_MAXIMUM_NAME} bytes; shorten the name")
    root = Path(folder)
    path = root / text
    try:
        real_root, real_path = root.resolve(), path.resolve()
    except (OSError, RuntimeError):
        raise InputError(f"'{path}' cannot be followed: it goes through links that lead in a circle") from None
    if not real_path.is_relative_to(real_root):
        raise InputError(f"'{text}' leads out of '{folder}' to '{real_path}' through a link; copy the file in instead")
    return path


def beside(folder: Path | None, name: str) -> Path:
    """The path of a file that a document names, in the folder in which the document stands.

    Raises InputError if it lies outside that folder, or if the document was given as text, without a folder.
    """
    if folder is None:
        raise InputError(f"the file '{name}' cannot be found: the study was given as text, without a folder")
    return inside(folder, name)


def require_writable(folder: str | Path) -> Path:
    """The folder, made if it was missing and shown by a trial to take files; returns it.

    Errors: InputError that says what stands in the way.
    """
    path = Path(folder)
    _make_folder(path)
    try:
        with tempfile.TemporaryFile(dir=path) as trial:
            trial.write(b"exocosm")
    except OSError as problem:
        raise InputError(f"no file can be written in '{path}': {_reason(problem)}; name another folder") from None
    return path


def read_bytes(path: str | Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Errors: InputError if it is missing, no regular file, unreadable, or larger.
    """
    source = Path(path)
    if source.is_dir():
        raise InputError(f"'{source}' is a folder; a file was expected")
    if not source.exists():
        raise InputError(f"there is no file '{source}'{_nearby(source)}")
    if not source.is_file():
        raise InputError(f"'{source}' is no regular file; pipes and devices are not read")
    try:
        with source.open("rb") as stream:
            data = stream.read(limit + 1)  # not the size on record: a file may grow, or have none
    except OSError as problem:
        raise InputError(f"'{source}' could not be read: {_reason(problem)}") from None
    if len(data) > limit:
        raise InputError(f"'{source}' is larger than the {limit:,} bytes that such a file may have")
    return data


def checksum(path: str | Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits.  Errors: InputError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as problem:
        raise InputError(f"'{path}' could not be read: {_reason(problem)}") from None
    return digest.hexdigest()


def read_text(path: str | Path, limit: int) -> str:
    """The text of a UTF-8 file of at most `limit` bytes (a byte order mark is dropped, line ends become '\\n').

    Errors: InputError as for `read_bytes`, and if it is not text.
    """
    data = read_bytes(path, limit)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise InputError(f"'{path}', line {line}: this is not UTF-8 text; save the file as UTF-8") from None
    if "\0" in text:
        raise InputError(
            f"'{path}' holds zero bytes, so it is no text file (or it was saved as UTF-16; save it as UTF-8)"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError(f"'{folder}' is a file; a folder was expected") from None
    except OSError as problem:
        raise InputError(f"the folder '{folder}' could not be made: {_reason(problem)}; name another one") from None


def _mode_for_new_files() -> int:
    """What the user's umask leaves; mkstemp and mkdtemp are stricter than what people expect of a result."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()


def _nearby(missing: Path) -> str:
    if not missing.parent.is_dir():
        return f": there is no folder '{missing.parent}'"
    try:
        present = [entry.name for _, entry in zip(range(1000), missing.parent.iterdir(), strict=False)]
    except OSError:
        return ""
    return f"; {nearest(missing.name, present)}" if present else f": the folder '{missing.parent}' is empty"
