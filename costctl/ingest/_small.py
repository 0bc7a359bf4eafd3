"""Small files that are like the ones before them: read once, and known by a few words of their lines.

A coding agent keeps thousands of them. After some alike ones the next is looked at less closely: where the engine can
tell lines of other formats as it reads, only a word of the first line is asked for here. One in which such a line is
found is planned like a first one.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from costctl.formats.stated import MTIME
from costctl.ingest._base import Plan
from costctl.ingest._strangers import Strangers
from costctl.sources import lines
from costctl.sources.discover import Found
from costctl.sources.sniff import Container
from costctl.store.compile_watch import watchable
from costctl.store.readers import Part

if TYPE_CHECKING:
    from costctl.formats._base import Format

SMALL = 1 << 20
"""Bytes of the largest file that counts as small; then its fingerprint is a hash of all of it."""

ALIKE = 16
"""Files of one format in a row before the next is taken for one of them by the words of its lines."""

FILES = 20_000
BYTES = 128 << 20
"""Files and bytes of a bundle, of which the larger part of the rows goes to the database without a detour."""

FIRST_BYTES = 8 << 20
"""Bytes of the first bundle, so that reading begins soon; each one holds twice as many as the one before it."""

PLAIN = Container("jsonl")


def content_of(found: Found) -> bytes | None:
    """Return all of a small file, None where it is none or is being written."""
    if not 0 < found.size <= SMALL:
        return None
    # Half the time of a file object: this is done for each of very many files.
    number = os.open(found.place, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        content = os.read(number, found.size + 1)
    finally:
        os.close(number)
    return content if len(content) == found.size else None


class Bundles:
    """Copies small files of JSON lines, one after another, into files that the engine opens once.

    A bundle is what one transaction reads, so it holds files of one format.
    """

    def __init__(self, spool: Path) -> None:
        self.spool = self.path = spool
        self.form: Format | None = None
        self.file: BinaryIO | None = None
        self.files = self.size = self.records = 0
        self.most = FIRST_BYTES

    def add(self, plan: Plan, content: bytes, rows: Sequence[bytes] | None = None) -> None:
        """Give a plan its place; one without records has none, and what follows it stands elsewhere.

        `rows` are the lines of the content, where they are at hand.
        """
        records = lines.records_in(content.split(b"\n") if rows is None else rows)
        same = plan.form is self.form or plan.form == self.form
        if not records or not same or self.files >= FILES or self.size >= self.most:
            self.close()
        if not records:
            return
        try:
            self._write(plan, content)
        except OSError:  # no room for a copy: it is read where it is
            self.close()
            return
        plan.bundle = Part(plan.ingest_id, str(self.path), first=self.records + 1, records=records)
        self.files += 1
        self.size += len(content)
        self.records += records

    def _write(self, plan: Plan, content: bytes) -> None:
        if self.file is None:
            self.path = self.spool / f"{plan.ingest_id}.bundle"
            self.file = self.path.open("wb", buffering=SMALL)
            self.form, self.files, self.size, self.records = plan.form, 0, 0, 0
        self.file.write(content)
        if not content.endswith(b"\n"):
            self.file.write(b"\n")

    def close(self) -> None:
        """Begin a new bundle with the next file; the last one may be read now.

        A copy that broke off is found out when its records are counted, and its files are read where they are.
        """
        if self.file is not None:
            with suppress(OSError):
                self.file.close()
            self.file, self.most = None, min(2 * self.most, BYTES)


class Alike:
    """Knows what the last files were, one after another."""

    def __init__(self, strangers: Strangers) -> None:
        self.strangers = strangers
        self.form: Format | None = None
        self.count = 0
        self.watchable = False

    def note(self, plan: Plan) -> None:
        """Remember what a file was that has been looked at closely."""
        simple = not (plan.others or plan.notes or plan.form.ignore_case or plan.form.user)
        dated = plan.form.constants.get("occurred_at") == MTIME
        if plan.container != PLAIN or not simple or dated or plan.form.name == "generic":
            self.form, self.count = None, 0
        elif self.form is not None and self.form == plan.form:
            self.count += 1
        else:
            self.form, self.count, self.watchable = plan.form, 1, watchable(plan.form)

    @property
    def sure(self) -> bool:
        """Return whether enough files in a row have been alike."""
        return self.form is not None and self.count >= ALIKE

    def plan(self, found: Found, rows: Sequence[bytes], ingest_id: int) -> Plan | None:
        """Return the plan of a small file that is like the last ones, None where it is to be looked at closely.

        `rows` are its lines, and what stands behind the last line end.
        """
        form = self.form
        if form is None or len(rows) == 1:
            return None
        watched = self.watchable and self.strangers.is_like(form, rows[0])
        if not watched and not self.strangers.are_of(form, rows[:-1]):
            return None
        part = Part(ingest_id, found.place)
        plan = Plan(found, PLAIN, form, part, ingest_id, watched=watched)
        plan.lines_to = len(rows) - 1 + (bool(rows[-1]) and is_whole(rows[-1]))
        return plan


def is_whole(rest: bytes) -> bool:
    """Return whether what stands behind the last line end is nothing, or a record that only lacks its line end."""
    if not rest.strip():
        return True
    try:
        return isinstance(json.loads(rest), dict)
    except (ValueError, RecursionError):
        return False
