"""What an import changes, figure by figure."""

from collections import Counter
from collections.abc import Sequence

from costctl.pricebook.import_plan import BY_HAND, Decision
from costctl.reports.pricing_diff import COLUMNS, difference_row, plain_difference
from costctl.table import Column, Kind, Report, Table
from costctl.words import counted

ACTION = Column("action", "Action", Kind.TEXT)


def import_report(
    decisions: Sequence[Decision],
    needs_ack: Sequence[tuple[str, str]],
    skipped: Sequence[str],
    *,
    written: Sequence[str],
    source: str,
) -> Report:
    """Return one row for each figure that differs or is new, with what becomes of it."""
    rows = tuple(
        (_action(decision), *difference_row(difference))
        for decision in decisions
        for difference in decision.differences
    )
    counts = Counter(decision.action for decision in decisions)
    parts = [f"{count:,} {action}" for action, count in sorted(counts.items())]
    done = f"written: {', '.join(written)}" if written else "nothing written"
    return Report(
        name="pricing-import",
        tables=(Table("figures", "", (ACTION, *COLUMNS), rows),) if rows else (),
        result={
            "from": source,
            "written": list(written),
            "counts": dict(sorted(counts.items())),
            "needs_ack": [{"code": code, "message": text} for code, text in needs_ack],
            "rows": [
                {
                    "action": decision.action,
                    "why": decision.why,
                    "provider": decision.provider,
                    "model": decision.model,
                    "differences": [plain_difference(d) for d in decision.differences],
                }
                for decision in decisions
            ],
            "skipped": list(skipped),
        },
        head=(f"from {source}",),
        foot=(
            *_acks(needs_ack),
            f"models: {', '.join(parts) or 'no change'}; {counted(len(skipped), 'figure')} left out; {done}",
        ),
    )


def _action(decision: Decision) -> str:
    return f"{BY_HAND}: {decision.why}" if decision.action == BY_HAND else decision.action


def _acks(needs_ack: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{code}: {text}" for code, text in needs_ack]
