"""From what the user typed to the files it means."""

import glob
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from costctl.errors import CostctlError

STDIN = "-"
OWN = (".duckdb", ".duckdb.wal")


@dataclass(frozen=True)
class Found:
    """A file to read.

    Attributes:
        path: where its bytes are.
        shown: what messages and the store call it.
        named: the user named it; otherwise it came out of a folder or a pattern.
        identity: device and inode, so that one file named twice is read once.
    """

    path: Path
    shown: str
    named: bool
    size: int
    modified_ns: int
    identity: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Missing:
    """A path that cannot be read, and why."""

    shown: str
    reason: str


def discover(paths: list[str], spool: Path, stdin: BinaryIO | None = None) -> list[Found | Missing]:
    """Return the files behind files, folders (recursive), patterns and `-`, sorted, each once.

    Standard input is copied into the `spool` folder first, since it can be read only once.
    """
    found: list[Found | Missing] = []
    for text in paths:
        found.extend(_expand(text, spool, stdin))
    seen: set[tuple[int, int]] = set()
    unique: list[Found | Missing] = []
    for entry in found:
        if isinstance(entry, Found):
            if entry.identity in seen:
                continue
            seen.add(entry.identity)
        unique.append(entry)
    return unique


def _expand(text: str, spool: Path, stdin: BinaryIO | None) -> list[Found | Missing]:
    if text == STDIN:
        return [_from_stdin(spool, stdin or sys.stdin.buffer)]
    path = Path(text)
    if path.is_dir():
        return _walk(path)
    if path.exists():
        return [_stat(path, named=True)]
    if glob.has_magic(text):
        matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - the user typed a glob, not a path
        entries = [
            e
            for m in matches
            for e in (_walk(Path(m)) if Path(m).is_dir() else [_stat(Path(m), named=False)])
        ]
        return entries or [Missing(text, "no file matches this pattern")]
    return [Missing(text, "no such file or folder")]


def _walk(folder: Path) -> list[Found | Missing]:
    """Return every file below a folder in a fixed order; hidden entries and our own databases are not logs."""
    entries: list[Found | Missing] = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or name.endswith(OWN):
                continue
            entries.append(_stat(Path(root) / name, named=False))
    return entries


def _stat(path: Path, *, named: bool) -> Found | Missing:
    try:
        info = path.stat()
    except OSError as error:
        return Missing(str(path), error.strerror or str(error))
    if not os.access(path, os.R_OK):
        return Missing(str(path), "permission denied")
    return Found(path, str(path), named, info.st_size, info.st_mtime_ns, (info.st_dev, info.st_ino))


def _from_stdin(spool: Path, stdin: BinaryIO) -> Found:
    target = spool / "stdin"
    with target.open("wb") as out:
        shutil.copyfileobj(stdin, out)
    info = target.stat()
    return Found(
        target,
        STDIN,
        named=True,
        size=info.st_size,
        modified_ns=0,
        identity=(info.st_dev, info.st_ino),
    )


def require_paths(paths: list[str]) -> None:
    """Refuse an empty list of paths."""
    if not paths:
        raise CostctlError(
            "no path given",
            hint="costctl ingest LOGS (a file, a folder, a pattern, or - for standard input)",
        )
