"""The beginning of a file, for detection."""

import csv
import io
import json
import zlib
from collections.abc import Sequence
from itertools import islice
from typing import Any

from costctl.formats._base import Expression, Format
from costctl.formats.detect import SAMPLE, Sample
from costctl.formats.evaluate import found as at
from costctl.ingest._spool import unpacked
from costctl.sources import json_text, log_text, sqlite_db
from costctl.sources.discover import Found
from costctl.sources.lines import open_text
from costctl.sources.sniff import Container
from costctl.store import readers
from costctl.store.connection import Store
from costctl.store.readers import Part


def sample_of(
    store: Store,
    found: Found,
    container: Container,
    part: Part,
    needed: Sequence[str] = (log_text.NEEDED,),
) -> Sample:
    """Return the first records or lines of a file, of a log the records in those lines too."""
    if container.kind == "sqlite":
        path = unpacked(found.path, container.compression, part.path.with_suffix(".head.db"))
        return Sample("sqlite", tables=sqlite_db.tables(path))
    if container.kind == "log":
        lines = _lines(store, found, container)
        logged = [text for _, _, text in log_text.records(lines, needed) if text is not None]
        return Sample("log", _documents(logged), lines)
    if container.kind == "json":
        return Sample("json", _json(found, container))
    if container.kind == "jsonl" and container.compression != "zstd":
        return Sample("jsonl", _documents(_lines(store, found, container)))
    texts = readers.head(store.connection, part, SAMPLE)
    records = _documents([text for text in texts if text is not None])
    if not records and part.names:
        # An hour without a call has a header all the same: it tells what the file is.
        records = [dict.fromkeys(part.names, "")]
    return Sample(container.kind, records)


def sums_up(part: Part, form: Format) -> bool:
    """Return whether the first records tell both sides and their total as numbers: a hint of how to read the others."""
    paths = [form.tokens.counts.get(name, ()) for name in ("input", "output", "total")]
    if part.compression == "zstd" or not all(paths):
        return False
    try:
        with open_text(part.path, part.compression) as file:
            lines = [raw.decode("utf-8-sig", errors="replace") for raw in islice(file, SAMPLE)]
    except (EOFError, OSError, zlib.error):  # whoever reads all of it tells
        return False
    told = [[_first(record, each) for each in paths] for record in _documents(lines)]
    return bool(told) and all(
        all(type(number) is int for number in numbers) and numbers[0] + numbers[1] == numbers[2]
        for numbers in told
    )


def _first(record: object, expression: Expression) -> Any:
    values = (v for value in expression for path in value.paths for v in at(record, path))
    return next(values, None)


def header(store: Store, found: Found, container: Container) -> tuple[str, ...]:
    """Return the column names of a CSV, trimmed; repeated and empty ones get a number."""
    if container.compression == "zstd":
        raw = readers.first_text(store.connection, found.path, "zstd", 1 << 16)
    else:
        with open_text(found.path, container.compression) as file:
            raw = file.read(1 << 16)
    text = raw.decode("utf-8-sig", errors="replace")
    first = next(csv.reader(io.StringIO(text), delimiter=container.delimiter), [])
    names: list[str] = []
    for number, name in enumerate(first, start=1):
        plain = name.strip() or f"column{number}"
        names.append(
            plain if plain.lower() not in {n.lower() for n in names} else f"{plain}_{number}"
        )
    return tuple(names)


def _lines(store: Store, found: Found, container: Container) -> list[str]:
    if container.compression == "zstd":
        text = readers.first_text(store.connection, found.path, "zstd", 1 << 22)
        return text.decode("utf-8", errors="replace").splitlines()[:SAMPLE]
    lines: list[str] = []
    with open_text(found.path, container.compression) as file:
        try:
            lines += (raw.decode("utf-8-sig", errors="replace") for raw in islice(file, SAMPLE))
        except (EOFError, OSError, zlib.error):
            # Enough to tell what it is; that it is cut off is told when it is read.
            if not lines:
                raise
    return lines


def _json(found: Found, container: Container) -> list[object]:
    with open_text(found.path, container.compression) as file:
        text = file.read().decode("utf-8-sig", errors="replace")
    return _documents(
        [document for _, document, reason in islice(json_text.records(text), SAMPLE) if not reason]
    )


def _documents(texts: Sequence[str]) -> list[object]:
    documents = []
    for text in texts:
        try:
            documents.append(json.loads(text))
        except (ValueError, RecursionError):
            continue
    return documents
