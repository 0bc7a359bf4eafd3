"""What to do with each file: what it is, which format reads it, and how much of it is new."""

import gzip
import zlib
from dataclasses import replace
from pathlib import Path

from costctl.errors import CostctlError
from costctl.formats import format_named, load_formats
from costctl.formats._base import Format
from costctl.formats.detect import SAMPLE, Sample, detect, fitted
from costctl.formats.generic import Guess, guess
from costctl.formats.stated import overlaid, stated
from costctl.ingest import _several as several
from costctl.ingest import _spool
from costctl.ingest._base import FileResult, IngestOptions, Plan
from costctl.ingest._fields import absent, lacks, require_values, some_fields, without
from costctl.ingest._said import dated, first_keys, options_hash
from costctl.ingest._sample import header, sample_of
from costctl.ingest._small import PLAIN, Alike, Bundles, content_of, is_whole
from costctl.ingest._strangers import Strangers
from costctl.ingest.declared import declared_formats, declared_rules
from costctl.sources import fingerprint, lines, log_text
from costctl.sources.discover import Found, Missing
from costctl.sources.sniff import Container, sniff
from costctl.store import ledger, readers
from costctl.store.connection import Store
from costctl.store.ledger import Earlier
from costctl.store.readers import Part
from costctl.store.unpack import unpack_text

ENGINE_READS = ("jsonl", "csv", "parquet")
NO_LOG = "no_log"
"""Code of an error that says only that a file is no log: no failure of a folder that holds it."""

SAY = (
    "; say what its fields mean: --map input=FIELD --map output=FIELD --map model=FIELD "
    "--map timestamp=FIELD"
)


class Planner:
    """Turns found files into plans; knows the formats and what the store has already read."""

    def __init__(self, store: Store, options: IngestOptions, spool: Path) -> None:
        self.store = store
        self.options = options
        self.spool = spool
        self.said = stated(options.maps, options.sets)
        require_values(self.said)
        self.needed = (log_text.NEEDED, *first_keys(self.said))
        self.entries, self.entries_path = declared_formats(options.configs)
        self.formats = load_formats(self.entries, self.entries_path)
        named = options.log_format
        self.named = (
            None
            if named in {None, "", "auto"}
            else format_named(str(named), self.entries, self.entries_path)
        )
        self.earlier = ledger.earlier(store)
        self.rules = declared_rules(options.configs)
        first = options.endpoint_from
        self.endpoint_first = stated([f"endpoint={first}"]).row["endpoint"] if first else ()
        self.options_hash = options_hash(options, self.named, self.entries, self.rules)
        self.next_id = ledger.next_id(store)
        self.texts: dict[Path, Path] = {}
        self.strangers = Strangers(self.formats)
        self.alike = Alike(self.strangers)
        self.bundles = Bundles(spool)

    def plan(self, found: Found | Missing, *, closely: bool = False) -> Plan | FileResult:
        """Return how to read a file, or what became of it already; `closely` whatever its neighbours are."""
        if isinstance(found, Missing):
            error, left_out = (None, found.reason) if found.lost else (found.reason, "")
            return FileResult(found.shown, listed_only=found.lost, left_out=left_out, error=error)
        try:
            return self._plan(found, closely=closely)
        except CostctlError as error:
            said = f"{error}".removeprefix(f"{found.path}: ")
            said += f" ({error.hint})".replace(str(found.path), found.shown) if error.hint else ""
            if error.code == NO_LOG and not found.named:
                return FileResult(found.shown, listed_only=True, left_out=said)
            return FileResult(found.shown, error=said)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return FileResult(
                found.shown, error=f"cut off or damaged: {error} (copy the file again)"
            )
        except OSError as error:
            return FileResult(found.shown, error=str(error))

    def _plan(self, found: Found, *, closely: bool) -> Plan | FileResult:
        before = self.earlier.get(found.shown) if found.modified_ns else None
        reread = before is not None and before.options_hash != self.options_hash
        if before is not None and not reread:
            if fingerprint.unchanged(
                found.path,
                size=found.size,
                modified_ns=found.modified_ns,
                before=before.fingerprint,
            ):
                return FileResult(found.shown, before.format, before.container, unchanged=True)
        else:
            before = None
        content = content_of(found)
        known = closely or before is not None or reread
        alike = None if known else self._alike(found, content)
        if alike is not None:
            return alike
        plan = self._looked_at(found, before, content)
        if isinstance(plan, Plan):
            plan.reread = reread
            if not closely:
                self.alike.note(plan)
                self._bundle(plan, content)
        return plan

    def _looked_at(
        self, found: Found, before: Earlier | None, content: bytes | None
    ) -> Plan | FileResult:
        container = sniff(
            found.path,
            lambda path: readers.first_text(self.store.connection, path, "zstd", 1 << 16),
        )
        if container.kind == "empty":
            listed = not found.named
            return FileResult(found.shown, "", "empty", listed_only=listed, left_out="empty")
        self.next_id += 1
        part = self._part(found, container)
        notes: list[str] = []
        forms = self._forms(found, container, part, notes)
        if not forms:
            return self._unknown(found, container, part)
        if content is not None and container == PLAIN:
            rest = content.split(b"\n")[SAMPLE:]
            forms = several.with_strangers(self, forms, rest, notes) or forms
        forms = tuple(dated(form, found) for form in forms)
        plan = Plan(found, container, forms[0], part, self.next_id, notes=notes, others=forms[1:])
        self._read_part(plan, before)
        if plan.form.name == "generic" and plan.lines is not None and not (plan.lines or plan.bad):
            return self._unknown(found, container, part)
        return plan

    def _bundle(self, plan: Plan, content: bytes | None) -> None:
        """Put a small file beside its neighbours, unless it is read in part, or changes."""
        alone = plan.container != PLAIN or plan.others or plan.tail or self.options.strict
        mark = plan.fingerprint
        if content is None or alone or mark is None or not fingerprint.fits(mark, content):
            self.bundles.close()
        else:
            self.bundles.add(plan, content)

    def _alike(self, found: Found, content: bytes | None) -> Plan | None:
        """Return the plan of a file that is like the ones before it, if the user left it to us how they are read."""
        asked = self.named is not None or self.options.maps or self.options.sets
        if content is None or asked or self.options.strict or not self.alike.sure:
            return None
        rows = content.split(b"\n")
        plan = self.alike.plan(found, rows, self.next_id + 1)
        if plan is not None:
            self.next_id += 1
            read_to = found.size if is_whole(rows[-1]) else found.size - len(rows[-1])
            plan.fingerprint = fingerprint.of(
                content, modified_ns=found.modified_ns, read_to=read_to
            )
            self.bundles.add(plan, content, rows)
        return plan

    def sample(self, found: Found, container: Container) -> Sample:
        """Return the beginning of a file, for detection."""
        return self._sample(found, container, self._part(found, container))

    def _sample(self, found: Found, container: Container, part: Part) -> Sample:
        return sample_of(self.store, *self._text(found, container), part, self.needed)

    def _text(self, found: Found, container: Container) -> tuple[Found, Container]:
        """Return the same file unpacked, where only the engine can unpack it and cannot read it."""
        if container.compression != "zstd" or (
            container.kind in ENGINE_READS and not container.bom
        ):
            return found, container
        if found.path not in self.texts:
            target = self.spool / f"{len(self.texts)}.text"
            self.texts[found.path] = unpack_text(self.store.connection, found.path, target)
        text = self.texts[found.path]
        return replace(found, place=str(text)), replace(container, compression="none")

    def _part(self, found: Found, container: Container) -> Part:
        place, compression = found.place, container.compression
        if container.bom and container.kind == "jsonl":
            source, plain = self._text(found, container)
            target = self.spool / f"{self.next_id}.unmarked"
            place = str(_spool.without_mark(source.path, plain.compression, target))
            compression = "none"
        if container.kind not in ENGINE_READS:
            return Part(self.next_id, str(self.spool / f"{self.next_id}.jsonl"))
        names = header(self.store, found, container) if container.kind == "csv" else ()
        return Part(self.next_id, place, container.kind, compression, container.delimiter, names)

    def _forms(
        self, found: Found, container: Container, part: Part, notes: list[str]
    ) -> tuple[Format, ...]:
        """Return what reads a file: one format, or for a file of several the best one first."""
        sample = self._sample(found, container, part)
        if self.named is not None:
            return (self.stated(fitted(self.named, sample), sample, notes),)
        detected = detect(sample, self.formats)
        if detected.format is None:
            guessed = self._guessed(sample)
            if guessed is None:
                return ()
            if guessed.flags:
                notes.append("guessed from the names of the fields: " + " ".join(guessed.flags))
            notes += lacks(absent(self.said, guessed.format, sample))
            return (self._endpoint(guessed.format),)
        forms = several.at_first_sight(detected, self.formats, container, sample)
        return tuple(self.stated(form, sample, notes) for form in forms)

    def _guessed(self, sample: Sample) -> Guess | None:
        try:
            return guess(sample, self.said)
        except CostctlError as error:  # tables of which none, or more than one, looks like usage
            raise CostctlError(f"{error}{SAY}", error.hint, NO_LOG) from error

    def stated(self, form: Format, sample: Sample, notes: list[str]) -> Format:
        """Lay what the user said over a format, but keep its own fields where the file lacks the stated ones.

        One `--map` may be meant for another file of the same folder.
        """
        lacking = absent(self.said, form, sample)
        notes += [note for note in lacks(lacking) if note not in notes]
        return self._endpoint(overlaid(form, without(self.said, lacking)))

    def _endpoint(self, form: Format) -> Format:
        """Put the user's field before those of the format."""
        if not self.endpoint_first:
            return form
        own = (*self.endpoint_first, *form.row.get("endpoint", ()))
        return replace(form, row={**form.row, "endpoint": own})

    def _unknown(self, found: Found, container: Container, part: Part) -> FileResult:
        has = some_fields(self._sample(found, container, part))
        said = (
            f"no log format recognises this file; it has {has or 'no records'}{SAY if has else ''}"
        )
        if not found.named:
            return FileResult(found.shown, "", container.kind, listed_only=True, left_out=said)
        return FileResult(found.shown, container=container.kind, error=said)

    def _read_part(self, plan: Plan, before: Earlier | None) -> None:
        """Decide how much is read, spool what the engine cannot read, and take the fingerprint."""
        found, container = plan.found, plan.container
        plain = container.kind == "jsonl" and container.compression == "none"
        read_to = self._whole_lines(plan) if plain else found.size
        plan.fingerprint = fingerprint.take(
            found.path, size=found.size, modified_ns=found.modified_ns, read_to=read_to
        )
        if container.kind == "csv" and container.compression == "none" and before is not None:
            target = self.spool / f"{plan.ingest_id}.cut"
            plan.cut = _spool.cut_line(found, before.fingerprint, plan.part, target)
        if container.kind not in ENGINE_READS:
            self._spool(plan)
        elif container.compression == "gzip":
            lines.require_whole(found.path)
        elif plain and before is not None and self._only_tail(plan, before):
            path = _spool.tail(
                found.path, before.fingerprint.read_to, self.spool / f"{plan.ingest_id}.tail"
            )
            plan.part = replace(plan.part, place=str(path), ingest_id=plan.ingest_id)
            plan.tail, plan.line_offset = True, before.lines_to
        if plain:
            start = before.fingerprint.read_to if before is not None and plan.tail else 0
            plan.count = (start, read_to)

    def _whole_lines(self, plan: Plan) -> int:
        end, rest = fingerprint.last_whole_line(plan.found.path, plan.found.size)
        return plan.found.size if is_whole(rest) else end

    def _only_tail(self, plan: Plan, before: Earlier) -> bool:
        form = plan.form
        if (
            plan.others
            or form.needs_whole_file
            or form.merge == "sum_last"
            or before.format != form.name
        ):
            return False
        if not fingerprint.grown(plan.found.path, size=plan.found.size, before=before.fingerprint):
            return False
        return not ledger.has_numbered_rows(self.store, plan.found.shown)

    def _spool(self, plan: Plan) -> None:
        tables: tuple[str, ...] = ()
        if plan.container.kind == "sqlite":
            have = self._sample(plan.found, plan.container, plan.part).tables
            wanted = {name.lower() for name in plan.form.tables}
            tables = tuple(name for name in have if not wanted or name.lower() in wanted)
        source, container = self._text(plan.found, plan.container)
        spooled = _spool.spool(source, container, plan.part.path, tables, self.needed)
        plan.lines, plan.bad = spooled.lines, spooled.bad
        plan.skipped, plan.blank = spooled.skipped, spooled.blank
