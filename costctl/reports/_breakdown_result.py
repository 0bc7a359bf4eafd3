"""What JSON output of a breakdown holds."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from costctl.reports._breakdown_columns import difference, share
from costctl.reports._sums import added
from costctl.vocabulary import Query, Spent, Tokens

if TYPE_CHECKING:
    from costctl.store.rollup import Facts, Percentiles


def result(
    shown: Sequence[Spent],
    rest: Sequence[Spent],
    query: Query,
    facts: "Facts",
    percentiles: "Mapping[tuple[object, ...], Percentiles] | None",
) -> dict[str, object]:
    total = added([*shown, *rest])
    rows = []
    for one in shown:
        row = dict(zip(query.by, one.key, strict=True)) | _fields(one, total)
        if percentiles is not None:
            row["percentiles"] = _percentile_fields(percentiles.get(one.key))
        rows.append(row)
    found: dict[str, object] = {
        "by": list(query.by),
        "rows": rows,
        "total": _fields(total, total),
        "unpriced_reasons": dict(total.unpriced_reasons),
        "unpriced": [
            {
                "model": one.name,
                "reason": one.reason,
                "requests": one.requests,
                "tokens": one.tokens,
                "hint": one.hint,
            }
            for one in facts.unpriced
        ],
        "fixed_lines": [
            {
                "line": line.title,
                "from": line.since,
                "to": line.until,
                "amount_usd": line.amount_usd,
            }
            for line in facts.fixed_lines
        ],
        "prices_at": query.prices_at,
    }
    if rest:
        found["other"] = _fields(added(rest), total) | {"groups": len(rest)}
    return found


def _fields(spent: Spent, total: Spent) -> dict[str, object]:
    return {
        "requests": spent.requests,
        # Where the calls were not counted, those that were billed were not either.
        "billable_requests": None if spent.requests is None else spent.billable_requests,
        "errors": spent.errors,
        "cache_hits": spent.cache_hits,
        "tokens": _token_fields(spent.tokens),
        "cost_usd": spent.cost_usd,
        "list_cost_usd": spent.list_cost_usd,
        "logged_cost_usd": spent.logged_cost_usd,
        "logged_minus_computed_usd": difference(spent, total),
        "share": share(spent, total),
        "unpriced_requests": spent.unpriced_requests,
        "unpriced_tokens": spent.unpriced_tokens,
        "tokens_unknown": spent.tokens_unknown,
        "avoided_tokens": _token_fields(spent.avoided_tokens),
        "avoided_cost_usd": spent.avoided_cost_usd,
        "avoided_logged_cost_usd": spent.avoided_logged_cost_usd,
        "price_basis": spent.price_basis,
        "assumed": list(spent.assumed),
    }


def _token_fields(tokens: Tokens) -> dict[str, int]:
    return {field.name: getattr(tokens, field.name) for field in fields(Tokens)} | {
        "total": tokens.total
    }


def _percentile_fields(found: "Percentiles | None") -> dict[str, object] | None:
    if found is None:
        return None
    ranks = ("p50", "p90", "p99")
    return {
        "input_tokens": dict(zip(ranks, found.input_tokens, strict=True)),
        "output_tokens": dict(zip(ranks, found.output_tokens, strict=True)),
        "cost_usd": dict(zip(ranks, found.cost_usd, strict=True)) if found.cost_usd else None,
    }
