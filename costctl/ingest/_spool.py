"""Containers that the engine cannot read, as files of one JSON document a line."""

import gzip
import shutil
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from costctl.sources import fingerprint, json_text, log_text, sqlite_db
from costctl.sources.discover import Found
from costctl.sources.fingerprint import Fingerprint
from costctl.sources.lines import Bad, excerpt, open_text
from costctl.sources.sniff import BOM, Container
from costctl.store.readers import Part


@dataclass
class Spooled:
    """A spooled file, the line of each of its records, and what was left out."""

    path: Path
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    bad: list[Bad] = field(default_factory=list)
    skipped: int = 0
    blank: int = 0


def spool(
    found: Found,
    container: Container,
    target: Path,
    tables: Iterable[str] = (),
    needed: Sequence[str] = (log_text.NEEDED,),
) -> Spooled:
    """Write the records of a JSON, SQLite or logger file to `target`; of a log those that hold what is needed."""
    if container.kind == "sqlite":
        return _sqlite(found, container, target, tables)
    return (
        _json(found, container, target)
        if container.kind == "json"
        else _log(found, container, target, needed)
    )


def unpacked(path: Path, compression: str, target: Path) -> Path:
    """Return a gzip file's content as a file of its own; other files as they are."""
    if compression != "gzip":
        return path
    with gzip.open(path, "rb") as source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
    return target


def without_mark(path: Path, compression: str, target: Path) -> Path:
    """Copy a text without its byte order mark."""
    with open_text(path, compression) as source, target.open("wb") as out:
        head = source.read(len(BOM))
        if head != BOM:
            out.write(head)
        shutil.copyfileobj(source, out)
    return target


def tail(path: Path, start: int, target: Path) -> Path:
    """Copy what stands behind the first `start` bytes."""
    with path.open("rb") as source, target.open("wb") as out:
        source.seek(start)
        shutil.copyfileobj(source, out)
    return target


def cut_line(found: Found, before: Fingerprint, part: Part, target: Path) -> Path | None:
    """Write the line that an earlier read of a CSV cut off as a table of its own, if it has since gone on."""
    if not fingerprint.was_cut(found.path, size=found.size, before=before):
        return None
    _, line = fingerprint.last_whole_line(found.path, before.read_to)
    header = part.delimiter.join("x" for _ in part.names)
    target.write_bytes(header.encode() + b"\n" + line + b"\n")
    return target


def _json(found: Found, container: Container, target: Path) -> Spooled:
    spooled = Spooled(target)
    with open_text(found.path, container.compression) as file:
        raw = file.read()
    text = raw.decode("utf-8-sig", errors="replace")
    with target.open("w", encoding="utf-8") as out:
        for line, document, reason in json_text.records(text):
            if reason:
                spooled.bad.append(Bad(line, reason, excerpt(document.encode())))
                continue
            out.write(document + "\n")
            spooled.lines.append(line)
    return spooled


def _log(found: Found, container: Container, target: Path, needed: Sequence[str]) -> Spooled:
    spooled = Spooled(target)
    with (
        open_text(found.path, container.compression) as file,
        target.open("w", encoding="utf-8") as out,
    ):
        lines = (raw.decode("utf-8-sig", errors="replace") for raw in file)
        for number, line, document in log_text.records(lines, needed):
            if document is not None:
                out.write(document + "\n")
                spooled.lines.append(number)
            elif "{" in line and any(name in line for name in needed):
                reason = "usage record that cannot be read"
                spooled.bad.append(Bad(number, reason, excerpt(line.encode())))
            elif line.strip():
                spooled.skipped += 1
            else:
                spooled.blank += 1
    return spooled


def _sqlite(found: Found, container: Container, target: Path, tables: Iterable[str]) -> Spooled:
    spooled = Spooled(target)
    path = unpacked(found.path, container.compression, target.with_suffix(".db"))
    with target.open("w", encoding="utf-8") as out:
        for table in tables:
            for number, document in enumerate(sqlite_db.rows(path, table), start=1):
                out.write(document + "\n")
                spooled.lines.append(number)
    return spooled
