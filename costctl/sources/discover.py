"""From what the user typed to the files it means."""

import errno
import glob
import os
import shutil
import stat
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

from costctl.errors import CostctlError

STDIN = "-"
OWN = (".duckdb", ".duckdb.wal")
NO_FILE = "no such file or folder"
NO_MATCH = "no file matches this pattern"
LOST = "a link that leads nowhere"
NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
"""To nothing, to what a file should hold, or to itself."""


@dataclass(frozen=True)
class Found:
    """A file to read.

    Attributes:
        place: where its bytes are, as text: of very many files most never need more.
        shown: what messages and the store call it.
        named: the user named it; otherwise it came out of a folder or a pattern.
        identity: device and inode, so that one file named twice is read once.
    """

    place: str
    shown: str
    named: bool
    size: int
    modified_ns: int
    identity: tuple[int, int] = (0, 0)

    @property
    def path(self) -> Path:
        """Return where its bytes are."""
        return Path(self.place)


@dataclass(frozen=True)
class Missing:
    """A path that cannot be read, and why; `lost` where there is nothing to read: a link in a folder that leads nowhere."""

    shown: str
    reason: str
    lost: bool = False


def discover(paths: list[str], spool: Path, stdin: BinaryIO | None = None) -> list[Found | Missing]:
    """Return the files behind files, folders (recursive), patterns and `-`, sorted, each once.

    Standard input and pipes are copied into the `spool` folder first, since they can be read only once.
    """
    found: list[Found | Missing] = []
    for text in paths:
        found.extend(_expand(text, spool, stdin))
    unique: dict[tuple[object, object], Found | Missing] = {}
    for entry in found:
        at = entry.identity if isinstance(entry, Found) else _spot(entry)
        known = unique.setdefault(at, entry)
        if isinstance(known, Missing) and known.lost:  # whoever names it as well wants it read
            unique[at] = entry
    return [_readable(entry, spool) for entry in unique.values()]


def _readable(entry: Found | Missing, spool: Path) -> Found | Missing:
    """Reach a file whose name is no text by a link, since the engine takes only text for a name."""
    shown = os.fsencode(entry.shown).decode("utf-8", "backslashreplace")
    if shown == entry.shown:
        return entry
    if isinstance(entry, Missing):
        return replace(entry, shown=shown)
    link = spool / "named-{}-{}".format(*entry.identity)
    link.symlink_to(entry.path.absolute())
    return replace(entry, place=str(link), shown=shown)


def _spot(entry: Missing) -> tuple[str, str]:
    folder, name = os.path.split(entry.shown)
    return os.path.realpath(folder), name


def _expand(text: str, spool: Path, stdin: BinaryIO | None) -> list[Found | Missing]:
    if text == STDIN:
        return [_copied(STDIN, stdin or sys.stdin.buffer, spool)]
    path = Path(text)
    if path.is_dir():
        return _walk(path)
    if path.exists():
        return _stat(str(path), named=True) if path.is_file() else [_piped(path, spool)]
    if glob.has_magic(text):
        matches = _globbed(text)
        entries = [
            e
            for m in matches
            for e in (_walk(Path(m)) if Path(m).is_dir() else _stat(str(Path(m)), named=False))
        ]
        return entries or [Missing(text, NO_MATCH)]
    return [Missing(text, NO_FILE)]


def _globbed(text: str) -> list[str]:
    """Return what matches a pattern, sorted, but nothing that is only met again by going round in links."""
    matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - the user typed a glob, not a path
    if "**" not in text:
        return matches
    place = cache(os.path.realpath)
    ways: dict[tuple[str, str], str] = {}
    for match in sorted(matches, key=len):
        folder, name = os.path.split(match)
        ways.setdefault((place(folder), name), match)
    return sorted(ways.values())


def _walk(folder: Path) -> list[Found | Missing]:
    """Return every file below a folder in a fixed order; hidden entries, our own databases, pipes and sockets are not logs.

    A link to another folder is followed, unless what it leads to is being walked already.
    """
    entries: list[Found | Missing] = []
    walked = {_place(folder)}
    for root, folders, names in os.walk(folder, followlinks=True):
        at = Path(root)
        below = {name: at / name for name in sorted(folders) if not name.startswith(".")}
        folders[:] = [n for n, path in below.items() if _is_first(path, walked)]
        inside = "" if at == Path() else os.path.join(at, "")  # noqa: PTH118 - a path for each of very many files takes its time
        for name in sorted(names):
            if name.startswith(".") or name.endswith(OWN):
                continue
            entries += _stat(inside + name, named=False)
    return entries


def _place(folder: Path) -> tuple[int, int] | None:
    try:
        info = folder.stat()
    except OSError:
        return None
    return info.st_dev, info.st_ino


def _is_first(folder: Path, walked: set[tuple[int, int] | None]) -> bool:
    """Return whether a folder is met for the first time, and remember it."""
    place = _place(folder)
    first = place not in walked
    walked.add(place)
    return first


def _stat(shown: str, *, named: bool) -> list[Found | Missing]:
    """Return a file, if it is one: to open a pipe would be to wait for somebody who writes."""
    try:
        info = os.stat(shown)  # noqa: PTH116 - half the time of a path's own way
    except OSError as error:
        if not named and error.errno in NOWHERE and os.path.islink(shown):  # noqa: PTH114 - a text as above
            return [Missing(shown, LOST, lost=True)]
        return [Missing(shown, error.strerror or str(error))]
    if not stat.S_ISREG(info.st_mode):
        return []
    if not os.access(shown, os.R_OK):
        return [Missing(shown, "permission denied")]
    identity = (info.st_dev, info.st_ino)
    return [Found(shown, shown, named, info.st_size, info.st_mtime_ns, identity)]


def _piped(path: Path, spool: Path) -> Found | Missing:
    """Return the content of a named pipe, such as the one of `<(command)` in a shell."""
    try:
        with path.open("rb") as source:
            return _copied(str(path), source, spool)
    except OSError as error:
        return Missing(str(path), error.strerror or str(error))


def _copied(shown: str, source: BinaryIO, spool: Path) -> Found:
    target = spool / f"piped{len(list(spool.glob('piped*')))}"
    with target.open("wb") as out:
        shutil.copyfileobj(source, out)
    info = target.stat()
    identity = (info.st_dev, info.st_ino)
    return Found(
        str(target), shown, named=True, size=info.st_size, modified_ns=0, identity=identity
    )


def require_paths(paths: list[str]) -> None:
    """Refuse an empty list of paths."""
    if not paths:
        raise CostctlError(
            "no path given",
            hint="costctl ingest LOGS (a file, a folder, a pattern, or - for standard input)",
        )
