"""Running plans: stage, fold, account, and write the ledger."""

from dataclasses import replace
from functools import partial

from costctl.errors import CostctlError
from costctl.formats._base import Format
from costctl.formats.mixed import share_pages
from costctl.ingest._account import Accounts
from costctl.ingest._base import FileResult, IngestOptions, Plan
from costctl.ingest._count import counting_lines
from costctl.ingest._plan import Planner
from costctl.ingest._sample import sums_up
from costctl.ingest._several import MixedError, require_all_formats, unlike
from costctl.sources.lines import Bad
from costctl.store import ledger, readers
from costctl.store.compile import Statement, compile_format
from costctl.store.compile_endpoint import endpoint_sql
from costctl.store.compile_fast import Fast, compile_fast
from costctl.store.connection import Store
from costctl.store.loading import Loaded, Loader, UnfitError
from costctl.store.loading_fast import FastLoader
from costctl.store.readers import LONGEST, LONGEST_EVER, Part
from costctl.store.spans import Span, spans
from costctl.tokens import count_prompt

FAST_FROM = 1 << 20
"""Bytes from which the one-pass way pays."""


TOO_LONG = f"a record is longer than {LONGEST_EVER >> 20} MiB; leave its text out and read it again"


class BatchLoader:
    """Loads batches of alike files, each batch in one transaction."""

    def __init__(self, store: Store, options: IngestOptions, planner: Planner) -> None:
        self.store = store
        self.options = options
        self.planner = planner
        self.accounts = Accounts(options, planner)
        self.loader = Loader(store, count_prompt if options.count_tokens else None)
        self.done: list[tuple[int, list[Plan]]] = []
        if options.dry_run:
            store.connection.execute("BEGIN TRANSACTION")

    def finish(self) -> None:
        """Take back what a dry run wrote."""
        if self.options.dry_run:
            self.store.connection.execute("ROLLBACK")

    def load(self, plans: list[Plan]) -> list[FileResult | None]:
        """Return what became of each file, None where it is not like the others and has to be planned anew.

        When one breaks the batch, its halves are tried until it stands alone.
        """
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

    def _alone(self, plan: Plan, error: CostctlError) -> list[FileResult | None]:
        """Read a file that broke once more, if there is another way to read it."""
        if isinstance(error, MixedError):
            return self.load([error.plan])
        too_long = error.code == "record_too_long"
        if too_long and self.loader.longest < LONGEST_EVER:
            return self._with_larger_buffers([plan])
        said = TOO_LONG if too_long else str(error)
        return [FileResult(plan.found.shown, plan.form.name, plan.container.kind, error=said)]

    def _with_larger_buffers(self, plans: list[Plan]) -> list[FileResult | None]:
        self.loader.longest = LONGEST_EVER
        try:
            return self.load(plans)
        finally:
            self.loader.longest = LONGEST

    def _transaction(self, plans: list[Plan]) -> list[FileResult | None]:
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

    def _load(self, plans: list[Plan]) -> list[FileResult | None]:
        watched = any(plan.watched for plan in plans)
        statement = compile_format(plans[0].form, tz=self.options.source_tz, watched=watched)
        for plan in plans:
            if plan.cut and plan.form.to == "usage":
                self._forget(statement, replace(plan.part, place=str(plan.cut)))
        with counting_lines(plans):
            loaded = self._read(statement, plans)
        read = [plan for plan in plans if plan.ingest_id in loaded]
        done = iter(self._settled(read, loaded) if read else ())
        return [next(done) if plan.ingest_id in loaded else None for plan in plans]

    def _settled(self, plans: list[Plan], loaded: dict[int, Loaded]) -> list[FileResult]:
        """Read what other formats have in files, write the ledger, and say what became of each file."""
        ids = [plan.ingest_id for plan in plans]
        found = spans(self.store.connection, ids)
        for plan in plans:
            require_all_formats(self.planner, plan, loaded[plan.ingest_id], found)
        mixed = [plan for plan in plans if plan.others]
        for plan in mixed:
            loaded[plan.ingest_id] = self._read_others(plan, loaded[plan.ingest_id])
        torn = readers.csv_rejects(self.store.connection) if plans[0].part.kind == "csv" else []
        for plan in plans:
            plan.bad += [
                Bad(line, reason, "") for path, line, reason in torn if path == plan.part.place
            ]
        if mixed:
            found = spans(self.store.connection, ids)
        done = [loaded[number] for number in ids]
        told = [found.get(number, Span()) for number in ids]
        results = [self.accounts.result(*one) for one in zip(plans, done, told, strict=True)]
        entries = [self.accounts.entry(*one) for one in zip(plans, results, done, strict=True)]
        ledger.record(self.store, entries)
        for plan in plans:
            ledger.reject(self.store, plan.ingest_id, plan.found.shown, plan.bad)
        return results

    def _read(self, statement: Statement, plans: list[Plan]) -> dict[int, Loaded]:
        source = self.options.source or statement.form.name
        first = plans[0]
        fast = self._fast(first, statement.form) if len(plans) == 1 else None
        if fast is not None:
            done = FastLoader(self.loader).load(statement, fast, first.part, source)
            if done is not None:
                return {first.ingest_id: done}
        parts = [plan.bundle or plan.part for plan in plans]
        endpoint = self._endpoint(statement)
        watch = partial(unlike, self.planner, plans)
        return self.loader.load(statement, parts, source, endpoint=endpoint, watch=watch)

    def _fast(self, plan: Plan, form: Format) -> Fast | None:
        """Return the one-pass statement for a file, None where the thorough one is right or soon done."""
        plain = plan.part.kind == "jsonl" and plan.fast and not plan.watched
        if not plain or self.planner.rules or _size(plan) < FAST_FROM:
            return None
        return compile_fast(form, summed=sums_up(plan.part, form))

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
            # The best format counted each of these lines as one skipped record, of a page that both read each record.
            taken = min(own if share_pages(plan.form, form) else done.lines, total.skipped)
            total = replace(
                total,
                records=total.records - taken + own,
                skipped=total.skipped - taken,
                new_rows=total.new_rows + done.new_rows,
                replaced=total.replaced + done.replaced,
                numbered=total.numbered + done.numbered,
                rejected=(*total.rejected, *refused),
                mismatch=total.mismatch + done.mismatch,
                incomplete=total.incomplete or done.incomplete,
            )
        return total


def _size(plan: Plan) -> int:
    """Return the bytes that are to be read."""
    return plan.count[1] - plan.count[0] if plan.count else plan.found.size
