"""Running plans: stage, fold, account, and write the ledger."""

from dataclasses import replace
from datetime import UTC, datetime

from costctl import __version__
from costctl.errors import CostctlError
from costctl.ingest._base import FileResult, IngestOptions, Plan, records
from costctl.ingest._count import counting_lines
from costctl.ingest._plan import Planner
from costctl.ingest._several import MixedError, require_all_formats
from costctl.sources import lines
from costctl.sources.lines import Bad
from costctl.store import ledger, readers
from costctl.store.compile import Statement, compile_format
from costctl.store.compile_endpoint import endpoint_sql
from costctl.store.compile_fast import compile_fast
from costctl.store.connection import Store
from costctl.store.ledger import Entry
from costctl.store.loading import Loaded, Loader, Span, UnfitError
from costctl.store.loading_fast import FastLoader
from costctl.store.readers import LONGEST, LONGEST_EVER, Part
from costctl.tokens import count_prompt

FAST_FROM = 1 << 20
"""Bytes from which the one-pass way pays."""


TOO_LONG = f"a record is longer than {LONGEST_EVER >> 20} MiB; leave its text out and read it again"


class RefusedError(CostctlError):
    """A file with rejected lines under `--strict`."""


class BatchLoader:
    """Loads batches of alike files, each batch in one transaction."""

    def __init__(self, store: Store, options: IngestOptions, planner: Planner) -> None:
        self.store = store
        self.options = options
        self.planner = planner
        self.options_hash = planner.options_hash
        self.loader = Loader(store, count_prompt if options.count_tokens else None)
        self.done: list[tuple[int, list[Plan]]] = []
        if options.dry_run:
            store.connection.execute("BEGIN TRANSACTION")

    def finish(self) -> None:
        """Take back what a dry run wrote."""
        if self.options.dry_run:
            self.store.connection.execute("ROLLBACK")

    def load(self, plans: list[Plan]) -> list[FileResult]:
        """Return what became of each file; when one breaks the batch, its halves are tried until it stands alone."""
        if not plans:
            return []
        try:
            return self._transaction(plans)
        except UnfitError:
            return self.load([replace(plan, fast=False, bundle=None) for plan in plans])
        except CostctlError as error:
            if len(plans) > 1:
                half, alone = len(plans) // 2, [replace(plan, bundle=None) for plan in plans]
                return self.load(alone[:half]) + self.load(alone[half:])
            return self._alone(plans[0], error)

    def _alone(self, plan: Plan, error: CostctlError) -> list[FileResult]:
        """Read a file that broke once more, if there is another way to read it."""
        if isinstance(error, MixedError):
            return self.load([error.plan])
        too_long = error.code == "record_too_long"
        if too_long and self.loader.longest < LONGEST_EVER:
            return self._with_larger_buffers([plan])
        said = TOO_LONG if too_long else str(error)
        return [FileResult(plan.found.shown, plan.form.name, plan.container.kind, error=said)]

    def _with_larger_buffers(self, plans: list[Plan]) -> list[FileResult]:
        self.loader.longest = LONGEST_EVER
        try:
            return self.load(plans)
        finally:
            self.loader.longest = LONGEST

    def _transaction(self, plans: list[Plan]) -> list[FileResult]:
        if not self.options.dry_run:
            with self.store.transaction():
                return self._load(plans)
        try:
            results = self._load(plans)
        except CostctlError:
            self._start_over()
            raise
        self.done.append((self.loader.longest, plans))
        return results

    def _start_over(self) -> None:
        """Bring a dry run back to where it was before a file broke it: the engine goes on only after a rollback."""
        self.store.connection.execute("ROLLBACK")
        self.store.connection.execute("BEGIN TRANSACTION")
        longest = self.loader.longest
        for needed, plans in self.done:
            self.loader.longest = needed
            self._load([replace(plan, bad=[], bundle=None) for plan in plans])
        self.loader.longest = longest

    def _load(self, plans: list[Plan]) -> list[FileResult]:
        statement = compile_format(plans[0].form, tz=self.options.source_tz)
        for plan in plans:
            if plan.cut and plan.form.to == "usage":
                self._forget(statement, replace(plan.part, path=plan.cut))
        with counting_lines(plans):
            loaded = self._read(statement, plans)
        ids = [plan.ingest_id for plan in plans]
        spans = self.loader.spans(ids)
        for plan in plans:
            require_all_formats(self.planner, plan, loaded[plan.ingest_id], spans)
        mixed = [plan for plan in plans if plan.others]
        for plan in mixed:
            loaded[plan.ingest_id] = self._read_others(plan, loaded[plan.ingest_id])
        torn = readers.csv_rejects(self.store.connection) if plans[0].part.kind == "csv" else []
        for plan in plans:
            plan.bad += [
                Bad(line, reason, "") for path, line, reason in torn if path == str(plan.part.path)
            ]
        if mixed:
            spans = self.loader.spans(ids)
        done = [loaded[number] for number in ids]
        told = [spans.get(number, Span()) for number in ids]
        results = [self._result(*one) for one in zip(plans, done, told, strict=True)]
        entries = [self._entry(*one) for one in zip(plans, results, done, strict=True)]
        ledger.record(self.store, entries)
        for plan in plans:
            ledger.reject(self.store, plan.ingest_id, plan.found.shown, plan.bad)
        return results

    def _read(self, statement: Statement, plans: list[Plan]) -> dict[int, Loaded]:
        source = self.options.source or statement.form.name
        first = plans[0]
        plain = len(plans) == 1 and first.part.kind == "jsonl"
        fast = (
            compile_fast(statement.form)
            if plain and first.fast and not self.planner.rules and _size(first) >= FAST_FROM
            else None
        )
        if fast is not None:
            done = FastLoader(self.loader).load(statement, fast, first.part, source)
            if done is not None:
                return {first.ingest_id: done}
        parts = [plan.bundle or plan.part for plan in plans]
        return self.loader.load(statement, parts, source, endpoint=self._endpoint(statement))

    def _endpoint(self, statement: Statement) -> str | None:
        if not self.planner.rules:
            return None
        return endpoint_sql(statement, self.planner.rules, self.planner.endpoint_first)

    def _forget(self, statement: Statement, cut: Part) -> None:
        """Drop the row that a half line brought; the whole line is about to be read."""
        self.loader.stage(statement, [cut], self._endpoint(statement))
        self.loader.forget_staged()
        readers.csv_rejects(self.store.connection)

    def _read_others(self, plan: Plan, best: Loaded) -> Loaded:
        """Read the lines of other formats in a file, and count them among its records."""
        plan.shares = [(plan.form.name, best.records - best.skipped)]
        total = best
        for form in plan.others:
            statement = compile_format(form, tz=self.options.source_tz)
            done = self._read(statement, [plan])[plan.ingest_id]
            refused = tuple((n, reason) for n, reason in done.rejected if reason is not None)
            own = done.records - done.skipped - len(done.rejected) + len(refused)
            plan.shares.append((form.name, own))
            total = replace(
                total,
                # The best format counted each of these lines as one skipped record.
                records=total.records - done.lines + own,
                skipped=total.skipped - done.lines,
                new_rows=total.new_rows + done.new_rows,
                replaced=total.replaced + done.replaced,
                numbered=total.numbered + done.numbered,
                rejected=(*total.rejected, *refused),
                mismatch=total.mismatch + done.mismatch,
                incomplete=total.incomplete or done.incomplete,
            )
        return total

    def _result(self, plan: Plan, done: Loaded, span: Span) -> FileResult:
        self._locate(plan, done)
        rejected = (
            len(plan.bad)
            if len(plan.bad) < ledger.MOST_REJECTS
            else len(done.rejected) + len(plan.bad)
        )
        records = done.records + plan.skipped + (rejected - len(done.rejected))
        if self.options.strict and rejected:
            raise RefusedError(
                f"refused: {rejected:,} rejected lines, the first: {_shown(plan.bad[0])}"
            )
        blank = plan.blank
        if plan.lines is None and plan.part.kind == "jsonl" and plan.part.compression == "none":
            blank = max(0, _lines_in(plan) - (done.documents or done.records))
        skipped = done.skipped + plan.skipped
        return FileResult(
            plan.found.shown,
            plan.form.name,
            plan.container.kind,
            records=records,
            new_rows=done.new_rows,
            duplicates=records - done.new_rows - skipped - rejected,
            skipped=skipped,
            rejected=rejected,
            blank=blank,
            replaced=done.replaced,
            tokens_unknown=span.tokens_unknown,
            first=span.first,
            last=span.last,
            first_reject=_shown(plan.bad[0]) if plan.bad else "",
            warnings=tuple(self._warnings(plan, done, span)),
            formats=tuple(plan.shares),
        )

    def _warnings(self, plan: Plan, done: Loaded, span: Span) -> list[str]:
        said = list(plan.notes)
        if done.incomplete:
            said.append("incomplete export: its last page says that more follow")
        if done.mismatch:
            said.append(
                f"inclusive/exclusive mismatch: more cached than input tokens in {records(done.mismatch)}"
            )
        if plan.reread and done.new_rows:
            said.append(
                "it was read before with other options, and the rows of then stay beside the new ones: "
                "a new database (--db) counts them once"
            )
        if self.planner.named is not None and 0 < done.records == done.skipped:
            said.append(f"no record is a call in the format {plan.form.name}")
        if span.nameless:
            said.append(
                f"neither id nor time in {records(span.nameless)}: in another file, equal ones are taken for the same calls"
            )
        return said

    def _locate(self, plan: Plan, done: Loaded) -> None:
        """Find the lines of refused records, and why those that are no object are none."""
        reasons = dict(done.rejected[: ledger.MOST_REJECTS])
        part = plan.part
        if not reasons and not plan.bad:
            return
        if part.kind == "csv" and part.compression != "zstd":
            plan.bad = lines.in_csv(part.path, part.compression, part.delimiter, plan.bad, reasons)
        elif part.kind != "jsonl" or part.compression == "zstd":
            plan.bad += [Bad(number, why or "not JSON", "") for number, why in reasons.items()]
        else:
            for record, number, raw in lines.locate(part.path, part.compression, reasons):
                line = (
                    plan.lines[record - 1] if plan.lines is not None else number + plan.line_offset
                )
                plan.bad.append(Bad(line, reasons[record] or lines.why(raw), lines.excerpt(raw)))
        plan.bad.sort(key=lambda bad: bad.line)

    def _entry(self, plan: Plan, result: FileResult, done: Loaded) -> Entry:
        assert plan.fingerprint is not None  # noqa: S101 - the planner took it
        counts = {name: getattr(result, name) for name in ledger.COUNTS}
        return Entry(
            plan.ingest_id,
            plan.found.shown,
            plan.container.kind,
            plan.form.name,
            self.options.source or plan.form.name,
            replace(plan.fingerprint),
            plan.lines_to,
            self.options_hash,
            counts,
            done.numbered,
            result.first,
            result.last,
            datetime.now(UTC).replace(tzinfo=None),
            __version__,
            done.incomplete,
            plan.form.assumed,
            self.planner.said.parameters,
        )


def _size(plan: Plan) -> int:
    """Return the bytes that are to be read."""
    return plan.count[1] - plan.count[0] if plan.count else plan.found.size


def _lines_in(plan: Plan) -> int:
    """Return the lines that were read, an incomplete last one included."""
    assert plan.fingerprint is not None  # noqa: S101 - the planner took it
    rest = int(plan.fingerprint.read_to < plan.found.size)
    return plan.lines_to - plan.line_offset + rest


def _shown(bad: Bad) -> str:
    return f"line {bad.line}: {bad.reason}"
