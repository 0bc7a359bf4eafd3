"""What a breakdown says in words: its head, its notes and its warnings."""

from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from costctl.table import Warn
from costctl.vocabulary import Query, Spent
from costctl.words import counted, money

if TYPE_CHECKING:
    from costctl.store.rollup import Facts

_SHOWN_NAMES = 5


def head(query: Query) -> tuple[str, ...]:
    by = " and ".join(query.by) if query.by else "everything"
    title = f"Cost by {by}" if query.by else "Cost of everything"
    if query.prices_at is None:
        return (title,)
    return (title, f"Every call priced at {_day(query.prices_at)}, not at its own time")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.time() == time() else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def notes(total: Spent, facts: "Facts") -> tuple[str, ...]:
    lines = [*_unpriced_lines(total, facts)]
    if total.cache_hits:
        saved = _words(total.avoided_cost_usd)
        they = "it" if total.cache_hits == 1 else "they"
        lines.append(
            f"avoided: {counted(total.cache_hits, 'answer')} came from a gateway's cache; at these prices"
            f" {they} would have cost {saved}"
        )
    if total.assumed:
        lines.append(f"assumed, not logged: {', '.join(total.assumed)}")
    return tuple(lines)


def _words(amount: Decimal | None) -> str:
    return "an unknown sum" if amount is None else money(amount)


def _unpriced_lines(total: Spent, facts: "Facts") -> list[str]:
    if not (total.unpriced_requests or total.unpriced_tokens):
        return []
    reasons = ", ".join(
        f"{name.replace('_', ' ')} {count:,}" for name, count in total.unpriced_reasons
    )
    share = ""
    if total.requests:
        share = f" ({Decimal(total.unpriced_requests) / total.requests:.2%} of requests)"
    counts = f"{counted(total.unpriced_requests, 'request')}{share}, {counted(total.unpriced_tokens, 'token')}"
    lines = [f"unpriced: {counts} are in no cost: {reasons}"]
    for one in facts.unpriced[:_SHOWN_NAMES]:
        why = one.reason.replace("_", " ")
        hint = f"; {one.hint}" if one.hint else ""
        lines.append(
            f"  {one.name or '(unknown)'}: {why}, {counted(one.requests, 'request')}{hint}"
        )
    more = len(facts.unpriced) - _SHOWN_NAMES
    return [*lines, f"  and {more:,} more"] if more > 0 else lines


def warnings(total: Spent, facts: "Facts") -> list[Warn]:
    found = []
    if total.unpriced_requests or total.unpriced_tokens:
        names = ", ".join(name for name, _ in total.unpriced_names[:_SHOWN_NAMES])
        lack = counted(total.unpriced_requests, "request lacks", "requests lack")
        found.append(
            Warn(
                "unpriced",
                f"{lack} a price, wholly or in part: {names}",
            )
        )
    counts = (
        (
            "prompt_tier_unknown",
            facts.prompt_tier_unknown,
            "without a prompt size: priced at the base tier",
        ),
        (
            "bucket_spans_price_change",
            facts.bucket_spans_price_change,
            "over a time in which a price changes: priced at its start",
        ),
    )
    found += [
        Warn(code, f"{counted(count, 'row is a sum', 'rows are sums')} {text}")
        for code, count, text in counts
        if count
    ]
    return found
