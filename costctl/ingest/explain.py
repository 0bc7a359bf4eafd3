"""Why a file is read the way it is, without storing anything."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from costctl.errors import CostctlError
from costctl.formats._base import Format
from costctl.formats.describe import lacking, recognised_by
from costctl.formats.detect import Sample, detect, seen_keys
from costctl.formats.generic import guess
from costctl.formats.stated import stated
from costctl.ingest import ingest
from costctl.ingest._base import FileResult, IngestOptions
from costctl.ingest._plan import Planner
from costctl.sources.discover import Found, Missing, discover
from costctl.sources.sniff import sniff
from costctl.store import Store, readers
from costctl.store.first_rows import first_rows

NEAREST = 3


@dataclass(frozen=True)
class Match:
    """A format and how a file stands to it.

    Attributes:
        votes: records of the sample that it takes.
        why: what recognised it, or what is missing.
    """

    name: str
    votes: int
    why: str


@dataclass(frozen=True)
class Explained:
    """What costctl makes of a file.

    Attributes:
        sampled: records or lines that detection looked at.
        matches: the formats that take records of it, most first.
        near: formats of which some keys are there, the nearest first.
        flags: what a guess from the names of fields would be as `--map` flags.
        keys: keys of the records.
        result: what ingesting it would bring.
        rows: its first rows as they would be stored: column -> value, defaults left out.
    """

    path: str
    container: str
    compression: str
    sampled: int
    matches: tuple[Match, ...]
    near: tuple[Match, ...]
    flags: tuple[str, ...]
    keys: tuple[str, ...]
    result: FileResult
    rows: tuple[dict[str, object], ...]


def explain(path: str, options: IngestOptions, rows: int) -> Explained:
    """Return what costctl makes of one file, with its first rows.

    Errors: `CostctlError` for anything but one readable file.
    """
    with tempfile.TemporaryDirectory(prefix="costctl-") as folder, Store.memory() as store:
        found = _one(path, Path(folder))
        planner = Planner(store, options, Path(folder))
        container = sniff(
            found.path, lambda p: readers.first_text(store.connection, p, "zstd", 1 << 16)
        )
        sample = planner.sample(found, container)
        detected = detect(sample, planner.formats)
        by_name = {form.name: form for form in planner.formats}
        guessed = None if detected.format else _guess(sample, options)
        (result,) = ingest(store, [str(found.path)], options)
        return Explained(
            found.shown,
            container.kind,
            container.compression,
            len(sample.records) or len(sample.lines),
            tuple(Match(n, votes, recognised_by(by_name[n])) for n, votes in detected.votes),
            _near(sample, planner.formats, {n for n, _ in detected.votes}),
            guessed or (),
            seen_keys(sample),
            result,
            tuple(first_rows(store, rows)),
        )


def _one(path: str, spool: Path) -> Found:
    entries = discover([path], spool)
    match entries:
        case [Found() as found]:
            return found
        case [Missing() as missing]:
            raise CostctlError(f"{missing.shown}: {missing.reason}", code="unreadable_log")
    raise CostctlError(
        f"{path}: {'no file is there' if not entries else 'explain takes one file'}",
        hint="`costctl ingest --dry-run` reads a folder without storing it",
        code="unreadable_log",
    )


def _guess(sample: Sample, options: IngestOptions) -> tuple[str, ...] | None:
    found = guess(sample, stated(options.maps, options.sets))
    return found.flags if found else None


def _near(sample: Sample, formats: Sequence[Format], taken: set[str]) -> tuple[Match, ...]:
    near = []
    for form in formats:
        missing = lacking(form, sample.records) if form.name not in taken else None
        if missing:
            near.append((len(missing), Match(form.name, 0, "lacks " + ", ".join(missing))))
    return tuple(match for _, match in sorted(near, key=lambda pair: pair[0])[:NEAREST])
