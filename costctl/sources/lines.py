"""Physical lines: how many, which are blank, and what a rejected one says."""

import csv
import gzip
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

EXCERPT = 200
BLOCK = 1 << 18
PROMPT_KEYS = frozenset(
    {
        *("messages", "prompt", "input", "inputs", "content", "contents", "system", "instructions"),
        *("response", "output", "outputs", "answer", "completion", "choices", "request", "body"),
        *("text", "query", "question", "requestbody", "responsebody", "backendresponsebody"),
        *("requestmessages", "responsemessages", "full_request", "full_response", "inputbodyjson"),
    }
)
"""Fields, in lower case, under which logs keep what was asked and answered."""

WORD = re.compile(r"[\w.:/+@#$%=-]{0,64}|[\d :.,TZ/+-]{0,40}")
"""A value that is no sentence: a name, an id, a number, a time."""

QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?$)|\'((?:[^\'\\]|\\.)*)(?:\'|\\?$)')
LEFT_OUT = "..."
NOT_READ = "cannot be read"
MOST_IN_CELL = (1 << 31) - 1


@dataclass(frozen=True)
class Bad:
    """A line that gives no record: where, why, and how it begins."""

    line: int
    reason: str
    excerpt: str


def count(path: Path, *, start: int = 0, end: int | None = None) -> int:
    """Return the number of lines that begin in a range of bytes; an incomplete last one counts."""
    total, last, left = 0, b"\n", (end - start) if end is not None else None
    # Unbuffered, and the breaks are left out instead of counted: that looks for the next one many bytes at a time.
    with path.open("rb", buffering=0) as file:
        if start:
            file.seek(start - 1)
            last = file.read(1)
        # What ends a line that began before is no line of this range.
        total -= last != b"\n"
        while block := file.read(BLOCK if left is None else min(BLOCK, left)):
            total += len(block) - len(block.replace(b"\n", b""))
            last = block[-1:]
            left = None if left is None else left - len(block)
    return total + (last != b"\n")


def records_in(lines: Iterable[bytes]) -> int:
    """Return the number of lines that are not blank, as the engine counts records."""
    return sum(map(bool, map(bytes.strip, lines)))


def open_text(path: Path, compression: str) -> BinaryIO:
    """Open the bytes of a text; zstd is unpacked by the engine and not here."""
    return gzip.open(path, "rb") if compression == "gzip" else path.open("rb")  # type: ignore[return-value]


def require_whole(path: Path) -> None:
    """Unpack a gzip file once and keep nothing, since the engine does not compare its checksums.

    Raises what `gzip` raises for one that is cut off or damaged.
    """
    with gzip.open(path, "rb") as file:
        while file.read(BLOCK):
            pass


def locate(
    path: Path, compression: str, wanted: Collection[int]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield (record number, line number, bytes) of records counted from 1, blank lines left out."""
    left = set(wanted)
    record = 0
    with open_text(path, compression) as file:
        for number, raw in enumerate(file, start=1):
            if not raw.strip():
                continue
            record += 1
            if record in left:
                yield record, number, raw
                left.remove(record)
                if not left:
                    return


def in_csv(
    path: Path,
    compression: str,
    delimiter: str,
    torn: Sequence[Bad],
    reasons: Mapping[int, str | None],
) -> list[Bad]:
    """Return the bad rows of a CSV by the line on which each begins.

    The engine numbers torn rows with the header and blank lines among them, and records from 1 without any of these.
    """
    rows, left = {bad.line: bad.reason for bad in torn}, dict(reasons)
    found: list[Bad] = []
    begins, record = 1, -1
    csv.field_size_limit(MOST_IN_CELL)
    with io.TextIOWrapper(open_text(path, compression), "utf-8", "replace", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        for number, cells in enumerate(reader, start=1):
            if number in rows:
                found.append(Bad(begins, rows.pop(number), ""))
            elif cells:
                record += 1
                if record in left:
                    found.append(Bad(begins, left.pop(record) or NOT_READ, ""))
            if not rows and not left:
                break
            begins = reader.line_num + 1
    # Rows that the engine cuts otherwise than we do are bad all the same.
    others = {**rows, **{number + 1: why or NOT_READ for number, why in left.items()}}
    return found + [Bad(number, why, "") for number, why in others.items()]


def why(raw: bytes) -> str:
    """Return why a line is no record."""
    if b"\0" in raw:
        return "NUL byte"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "invalid UTF-8"
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "not JSON" if raw.endswith(b"\n") else "incomplete last line"
    if isinstance(value, dict):
        return NOT_READ
    return "JSON but no object"


def excerpt(raw: bytes) -> str:
    """Return at most 200 characters of a line, without the fields that hold prompt text."""
    text = raw.decode("utf-8", errors="replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _printable(_unparsed(text)[:EXCERPT])
    return _printable(json.dumps(_without_prompts(value), ensure_ascii=False)[:EXCERPT])


def _unparsed(text: str) -> str:
    """Return what stands before the first field that may hold a prompt, without sentences in quotes."""
    text = text[: 1 << 16]
    names = (m for m in QUOTED.finditer(text) if (m[1] or m[2] or "").lower() in PROMPT_KEYS)
    cut = next((m.start() for m in names), len(text))
    return QUOTED.sub(lambda m: m[0] if _is_word(m[1] or m[2] or "") else LEFT_OUT, text[:cut])


def _without_prompts(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_prompts(v) for k, v in value.items() if k.lower() not in PROMPT_KEYS}
    if isinstance(value, list):
        return [_without_prompts(v) for v in value[:20]]
    return value if not isinstance(value, str) or _is_word(value) else LEFT_OUT


def _is_word(text: str) -> bool:
    return WORD.fullmatch(text) is not None


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _refuse(word: str) -> object:
    raise ValueError(word)
