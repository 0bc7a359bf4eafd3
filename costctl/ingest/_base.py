"""What an ingest is asked and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from costctl.formats._base import Format
from costctl.sources.discover import Found
from costctl.sources.fingerprint import Fingerprint
from costctl.sources.lines import Bad
from costctl.sources.sniff import Container
from costctl.store.readers import Part

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and the file at hand."""


@dataclass(frozen=True)
class IngestOptions:
    """How logs are read.

    Attributes:
        log_format: name of a format, or a YAML file that declares one; None or `auto` detects.
        maps: `field=path`, each overrides or states one field.
        sets: `field=constant`.
        source: label of the rows; default the format's name.
        endpoint_from: field of the record that names the endpoint.
        count_tokens: count text where a log has no counts.
        source_tz: zone of times that carry none.
        configs: files of settings that may hold `formats` and `endpoint`, the strongest first.
        strict: refuse a file with any rejected line.
        dry_run: do everything but the write.
    """

    log_format: str | None = None
    maps: Sequence[str] = ()
    sets: Sequence[str] = ()
    source: str | None = None
    endpoint_from: str | None = None
    count_tokens: bool = False
    source_tz: str = "UTC"
    configs: Sequence[Path] = ()
    strict: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class FileResult:
    """What became of one file: records = new_rows + duplicates + skipped + rejected.

    Attributes:
        path: as the user named it.
        replaced: duplicates that changed an existing row.
        tokens_unknown: rows whose log has no counts.
        first_reject: line and reason of the first rejected line; empty without one.
        formats: records by format, where one file holds several.
        unchanged: the file is as it was when it was read; nothing was done.
        error: why the file was not read; the other counts are 0 then.
        listed_only: nothing recognises the file, and it was not named but found in a folder.
        left_out: why, where it is `listed_only`.
    """

    path: str
    format: str = ""
    container: str = ""
    records: int = 0
    new_rows: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    blank: int = 0
    replaced: int = 0
    tokens_unknown: int = 0
    first: datetime | None = None
    last: datetime | None = None
    first_reject: str = ""
    warnings: tuple[str, ...] = ()
    formats: tuple[tuple[str, int], ...] = ()
    unchanged: bool = False
    error: str | None = None
    listed_only: bool = False
    left_out: str = ""


@dataclass
class Plan:
    """One file on its way in.

    Attributes:
        form: what reads it.
        others: what reads its lines of other formats.
        shares: format -> records, where a file holds several.
        part: what the engine reads: the file itself, or a spooled copy with one JSON document a line.
        lines: line number of each spooled record; None where the engine reads the user's own lines.
        line_offset: lines of an earlier read that precede the part.
        bad: what could not even be spooled.
        skipped: lines that hold no record.
        fingerprint: of what will have been read.
        count: the range of bytes whose lines are counted while they are read.
        tail: only what was appended is read.
        cut: the last line of the earlier read, where it was not whole and has since gone on.
        notes: warnings to show.
        bundle: its place in a file that holds it and its neighbours; None where it is read alone.
        fast: the one-pass way may be tried.
        reread: the file was read before, with other options.
        watched: its lines are told from those of other formats only while they are read.
    """

    found: Found
    container: Container
    form: Format
    part: Part
    ingest_id: int
    lines: Sequence[int] | None = None
    line_offset: int = 0
    bad: list[Bad] = field(default_factory=list)
    skipped: int = 0
    blank: int = 0
    fingerprint: Fingerprint | None = None
    lines_to: int = 0
    count: tuple[int, int] | None = None
    tail: bool = False
    cut: Path | None = None
    notes: list[str] = field(default_factory=list)
    others: tuple[Format, ...] = ()
    shares: list[tuple[str, int]] = field(default_factory=list)
    bundle: Part | None = None
    fast: bool = True
    reread: bool = False
    watched: bool = False
