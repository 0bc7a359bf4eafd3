"""What became of each file: counts, warnings, refused lines, and its line of the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from costctl import __version__
from costctl.errors import CostctlError
from costctl.ingest._base import FileResult, IngestOptions, Plan
from costctl.ingest._plan import Planner
from costctl.sources import lines
from costctl.sources.lines import Bad
from costctl.store import ledger
from costctl.store.ledger import Entry
from costctl.store.loading import Loaded
from costctl.store.spans import Span
from costctl.words import counted

_counts = attrgetter(*ledger.COUNTS)


class RefusedError(CostctlError):
    """A file with rejected lines under `--strict`."""


@dataclass(frozen=True)
class Accounts:
    """Says what became of files, as far as the options of a run and its planner decide it."""

    options: IngestOptions
    planner: Planner

    def result(self, plan: Plan, done: Loaded, span: Span) -> FileResult:
        """Return the counts and warnings of a file that was read; find the lines of its refused records."""
        self._locate(plan, done)
        rejected = (
            len(plan.bad)
            if len(plan.bad) < ledger.MOST_REJECTS
            else len(done.rejected) + len(plan.bad)
        )
        seen = done.records + plan.skipped + (rejected - len(done.rejected))
        if self.options.strict and rejected:
            raise RefusedError(
                f"refused: {counted(rejected, 'rejected line')}, the first: {_shown(plan.bad[0])}"
            )
        blank = plan.blank
        if plan.lines is None and plan.part.kind == "jsonl" and plan.part.compression == "none":
            blank = max(0, _lines_in(plan) - (done.documents or done.records))
        skipped = done.skipped + plan.skipped
        return FileResult(
            plan.found.shown,
            plan.form.name,
            plan.container.kind,
            records=seen,
            new_rows=done.new_rows,
            duplicates=seen - done.new_rows - skipped - rejected,
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
                f"inclusive/exclusive mismatch: more cached than input tokens in {counted(done.mismatch, 'record')}"
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
                f"neither id nor time in {counted(span.nameless, 'record')}: in another file, equal ones are taken for the same calls"
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

    def entry(self, plan: Plan, result: FileResult, done: Loaded) -> Entry:
        """Return its line of the ledger."""
        assert plan.fingerprint is not None  # noqa: S101 - the planner took it
        return Entry(
            plan.ingest_id,
            plan.found.shown,
            plan.container.kind,
            plan.form.name,
            self.options.source or plan.form.name,
            plan.fingerprint,
            plan.lines_to,
            self.planner.options_hash,
            _counts(result),
            done.numbered,
            result.first,
            result.last,
            datetime.now(UTC).replace(tzinfo=None),
            __version__,
            done.incomplete,
            plan.form.assumed,
            self.planner.said.parameters,
        )


def _lines_in(plan: Plan) -> int:
    """Return the lines that were read, an incomplete last one included."""
    assert plan.fingerprint is not None  # noqa: S101 - the planner took it
    rest = int(plan.fingerprint.read_to < plan.found.size)
    return plan.lines_to - plan.line_offset + rest


def _shown(bad: Bad) -> str:
    return f"line {bad.line}: {bad.reason}"
