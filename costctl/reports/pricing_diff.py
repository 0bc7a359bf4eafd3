"""Figures that two price tables do not share, and what they would do to the bill."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from costctl.pricebook.compare_tables import Compared, Difference
from costctl.table import Cell, Column, Kind, Report, Table
from costctl.words import counted

COLUMNS = (
    Column("kind", "What", Kind.TEXT),
    Column("provider", "Provider", Kind.TEXT),
    Column("model", "Model", Kind.NAME),
    Column("region", "Region", Kind.TEXT, wide_only=True),
    Column("tier", "Tier", Kind.TEXT),
    Column("window", "Window", Kind.TEXT, wide_only=True),
    Column("prompt_from", "Prompt from", Kind.COUNT),
    Column("price_class", "Class", Kind.TEXT),
    Column("ours", "Ours $/1M", Kind.NUMBER),
    Column("theirs", "Theirs $/1M", Kind.NUMBER),
    Column("ratio", "Ratio", Kind.NUMBER),
    Column("where", "Where", Kind.TEXT, wide_only=True),
)
USAGE = (
    Column("provider", "Provider", Kind.TEXT),
    Column("model", "Model", Kind.NAME),
    Column("requests", "Requests", Kind.COUNT),
    Column("cost_usd", "Cost", Kind.USD),
    Column("other_usd", "Cost by the other", Kind.USD),
    Column("difference_usd", "Difference", Kind.USD),
)
KINDS = {
    "differs": "differs",
    "inherited": "ours inherited",
    "missing_figure": "only theirs",
    "missing_model": "unknown model",
    "gone": "only ours",
}


@dataclass(frozen=True)
class Repriced:
    """What stored usage costs under both tables; None where a table has no price."""

    provider: str | None
    model: str | None
    requests: int | None
    cost_usd: Decimal | None
    other_usd: Decimal | None

    @property
    def difference_usd(self) -> Decimal | None:
        """Return how much more the other table makes of it."""
        if self.cost_usd is None or self.other_usd is None:
            return None
        return self.other_usd - self.cost_usd


def diff_report(
    compared: Compared, other: str, at: str, usage: Sequence[Repriced] | None = None
) -> Report:
    """Return one row for each figure, and with usage what it would cost under both tables."""
    tables = [Table("differences", "", COLUMNS, tuple(map(difference_row, compared.differences)))]
    if usage is not None:
        tables.append(_usage_table(usage))
    result: dict[str, object] = {
        "against": other,
        "at": at,
        "models": compared.models,
        "figures": compared.figures,
        "counts": dict(sorted(Counter(d.kind for d in compared.differences).items())),
        "rows": [plain_difference(d) for d in compared.differences],
        "skipped": list(compared.skipped),
    }
    if usage is not None:
        result["usage"] = [_plain_usage(one) for one in usage]
    return Report(
        name="pricing-diff",
        tables=tuple(tables),
        result=result,
        head=(f"against {other} at {at}",),
        foot=(summary(compared),),
    )


def summary(compared: Compared) -> str:
    """Return the counts in one line."""
    counts = Counter(d.kind for d in compared.differences)
    parts = [f"{counts[kind]:,} {word}" for kind, word in KINDS.items() if counts[kind]]
    skipped = f"; {len(compared.skipped):,} left out" if compared.skipped else ""
    return (
        f"{counted(compared.figures, 'figure')} of {counted(compared.models, 'model')} in both: "
        f"{', '.join(parts) or 'no difference'}{skipped}"
    )


def difference_row(difference: Difference) -> tuple[Cell, ...]:
    """Return a difference as cells of `COLUMNS`."""
    return (
        KINDS[difference.kind],
        difference.provider,
        difference.model,
        difference.region,
        difference.tier,
        difference.window or "-",
        difference.min_prompt_tokens or None,
        difference.price_class,
        difference.ours,
        difference.theirs,
        difference.ratio,
        difference.where or "-",
    )


def plain_difference(difference: Difference) -> dict[str, object]:
    """Return a difference as JSON holds it."""
    return {
        "kind": difference.kind,
        "provider": difference.provider,
        "model": difference.model,
        "region": difference.region,
        "tier": difference.tier,
        "window": difference.window,
        "min_prompt_tokens": difference.min_prompt_tokens,
        "price_class": difference.price_class,
        "ours_usd_per_1m": difference.ours,
        "theirs_usd_per_1m": difference.theirs,
        "ratio": difference.ratio,
        "where": difference.where,
    }


def _usage_table(usage: Sequence[Repriced]) -> Table:
    rows = tuple(
        (one.provider, one.model, one.requests, one.cost_usd, one.other_usd, one.difference_usd)
        for one in usage
    )
    total = (
        "all",
        None,
        sum(one.requests or 0 for one in usage),
        _sum([one.cost_usd for one in usage]),
        _sum([one.other_usd for one in usage]),
        _sum([one.difference_usd for one in usage]),
    )
    title = "The same usage under both tables"
    return Table("usage", title, USAGE, rows, total, sums=("cost_usd", "other_usd"))


def _sum(amounts: Sequence[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _plain_usage(one: Repriced) -> dict[str, object]:
    return {
        "provider": one.provider,
        "model": one.model,
        "requests": one.requests,
        "cost_usd": one.cost_usd,
        "other_usd": one.other_usd,
        "difference_usd": one.difference_usd,
    }
