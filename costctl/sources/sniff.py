"""What a file is, by its bytes and never by its name."""

import json
import re
import shlex
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from costctl.errors import CostctlError
from costctl.sources.json_text import TABLES
from costctl.sources.zstd_frames import is_whole

HEAD = 1 << 16
BOM = b"\xef\xbb\xbf"
SQLITE = b"SQLite format 3\0"
PARQUET = b"PAR1"
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
TAR_AT = 257
OTHERS: dict[bytes, tuple[str, str]] = {
    b"PK\x03\x04": (
        "packed with zip, or a spreadsheet",
        "unpack it first: unzip {file}; save a spreadsheet as CSV",
    ),
    b"\xfd7zXZ\0": ("packed with xz", "unpack it first: xz -dk {file}"),
    b"BZh": ("packed with bzip2", "unpack it first: bunzip2 -k {file}"),
    b"7z\xbc\xaf\x27\x1c": ("packed with 7-Zip", "unpack it first: 7z x {file}"),
    b"\xff\xfe": ("UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 {file}"),
    b"\xfe\xff": ("UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 {file}"),
}
"""First bytes of what is no log, or none that can be read: what it is, and what to do."""

CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1b"})
MOST_CONTROLS = 0.05
"""A text with a larger share of control characters is none; a few NUL bytes are bad lines of a log."""

REPR = re.compile(r"\{\s*'[A-Za-z_]+'\s*:")


class NoLogError(CostctlError):
    """The bytes of a file say that it is no log, or none that can be read as it is."""


@dataclass(frozen=True)
class Container:
    """How the records of a file are packed.

    Attributes:
        kind: jsonl, json, csv, sqlite, parquet, log; `empty` for a file without content.
        compression: none, gzip, zstd.
        bom: a byte order mark begins the text.
        delimiter: of a CSV.
    """

    kind: str
    compression: str = "none"
    bom: bool = False
    delimiter: str = ","


def sniff(path: Path, unpack_zstd: Callable[[Path], bytes]) -> Container:
    """Return how a file is packed.

    Args:
        path: the file.
        unpack_zstd: gives the first bytes of a zstd file; this Python has no module for it.

    Errors: `NoLogError` for what is no text, SQLite or Parquet; `CostctlError` for a damaged file.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    compression = "none"
    if head.startswith(GZIP):
        compression, head = "gzip", _gunzip_head(path)
    elif head.startswith(ZSTD):
        if not is_whole(path):
            raise CostctlError(
                f"{path}: cut off or damaged zstd", hint="copy the file again", code="unreadable"
            )
        compression, head = "zstd", unpack_zstd(path)
    if head.startswith((SQLITE, PARQUET)):
        kind = "sqlite" if head.startswith(SQLITE) else "parquet"
        if compression == "zstd":
            raise CostctlError(
                f"{path}: {kind} inside zstd",
                hint=f"unpack it first: zstd -d {path}",
                code="unreadable",
            )
        return Container(kind, compression)
    _refuse_others(path, head)
    bom = head.startswith(BOM)
    text = (head[len(BOM) :] if bom else head).decode("utf-8", errors="replace")
    kind, delimiter = _text_kind(text)
    return Container(kind, compression, bom, delimiter)


def _refuse_others(path: Path, head: bytes) -> None:
    """Raise for a file that would be read as lines of nonsense."""
    file = shlex.quote(str(path))
    for magic, (what, advice) in OTHERS.items():
        if head.startswith(magic):
            raise NoLogError(f"{path}: {what}", hint=advice.format(file=file), code="no_log")
    if head[TAR_AT:].startswith(b"ustar"):
        raise NoLogError(
            f"{path}: a tar archive", hint=f"unpack it first: tar -xf {file}", code="no_log"
        )
    if len(head) - len(head.translate(None, CONTROLS)) > len(head) * MOST_CONTROLS:
        raise NoLogError(f"{path}: binary data and no text", code="no_log")


def _gunzip_head(path: Path) -> bytes:
    found = b""
    with path.open("rb") as file:
        left = file.read(HEAD)
    try:
        # A log that was packed piece by piece is several members, of which the first may be empty.
        while left and len(found) < HEAD:
            unpack = zlib.decompressobj(wbits=31)
            found += unpack.decompress(left, HEAD)
            left = unpack.unused_data
    except zlib.error as error:
        if not found:
            raise CostctlError(
                f"{path}: damaged gzip: {error}", hint="copy the file again", code="unreadable"
            ) from error
    return found


def _text_kind(text: str) -> tuple[str, str]:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return "empty", ","
    if any(REPR.search(line) and "'prompt_tokens'" in line for line in lines):
        return "log", ","
    first = lines[0].lstrip()
    if first[0] in "{[":
        by_line = not TABLES.match(text) and _line_by_line(lines, complete="\n" in text)
        return ("jsonl" if by_line else "json"), ","
    delimiter = _delimiter(lines)
    if delimiter:
        return "csv", delimiter
    if any(line.lstrip().startswith("{") for line in lines):
        return ("jsonl" if any(_is_object(line) for line in lines) else "log"), ","
    return "log", ","


def _line_by_line(lines: list[str], *, complete: bool) -> bool:
    """Return whether each line is a value of its own, judging by those that are whole."""
    whole = lines[:-1] if len(lines) > 1 else lines
    first = lines[0].strip()
    if first.startswith("["):
        array = first == "[" or (first[1:].lstrip().startswith("{") and not _is_value(first))
        return len(lines) > 1 and not array and any(_is_object(line) for line in lines[1:])
    if _is_more(first):
        return False
    if any(_is_object(line) for line in lines):
        return True
    if len(first) <= 2:  # noqa: PLR2004 - `{` or `[` alone begins a pretty-printed value
        return False
    return (
        not complete
        or len(whole) == 0
        or not any(line[0] in " \t}" for line in whole[1:] or lines[1:])
    )


def _is_value(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_more(line: str) -> bool:
    """Return whether a line begins with an object that another one, or a comma, follows."""
    try:
        value, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        return False
    rest = line[end:].lstrip()
    return isinstance(value, dict) and rest.startswith(("{", ","))


def _is_object(line: str) -> bool:
    line = line.strip()
    if not (line.startswith("{") and line.endswith("}")):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter if the first line reads as the header of a table, else nothing."""
    header = lines[0]
    for mark in (",", ";", "\t", "|"):
        names = [name.strip().strip('"') for name in header.split(mark)]
        if len(names) > 1 and all(
            re.fullmatch(r"[A-Za-z_][\w .()\[\]/%@:-]*", name) for name in names if name
        ):
            return mark if sum(1 for name in names if name) > 1 else ""
    return ""
