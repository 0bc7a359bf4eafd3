"""Every step from a logged name to its rates, with the file and line of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from costctl.pricebook.keys import Key, Resolved
from costctl.pricebook.lookup import Found, Named, NoPrice, cost, price_per_million, stated
from costctl.pricebook.rates import inherited_from
from costctl.table import Column, Kind, Report, Table

USUAL = ("cache_read", "cache_write", "cache_write_long", "reasoning")
"""Inherited classes worth a word; audio and image take part only where they have a price of their own."""

FIRST = ("input", "output")
LABEL = 10
GAP = 2


@dataclass(frozen=True)
class Explained:
    """A question to the price table and its answer.

    Attributes:
        key: as a log would have it.
        resolved: the name it was found under.
        found: the price, or why there is none; None where no name was found.
        assumed: why this provider, where the log names none.
        tried: names that were looked up.
        tokens: counts by price class.
        tier, at: asked for.
        table: version and digest.
    """

    key: Key
    resolved: Resolved
    found: Found | NoPrice | None
    assumed: str
    tried: tuple[str, ...]
    tokens: Mapping[str, int]
    tier: str
    at: datetime
    table: str

    @property
    def name(self) -> str:
        """Return the name that decides."""
        return self.key.response_model or self.key.requested_model or self.key.deployment or ""

    @property
    def reason(self) -> str | None:
        """Return why there is no price."""
        return self.found.reason if isinstance(self.found, NoPrice) else self.resolved.reason

    @property
    def hint(self) -> str:
        """Return what to do about it."""
        return self.found.hint if isinstance(self.found, NoPrice) else self.resolved.hint


@dataclass(frozen=True)
class Step:
    """One line: what it decides, the decision, how, and where that is written."""

    label: str
    value: str
    how: str = ""
    where: str = ""


def explain_report(explained: Explained, *, tabular: bool = False) -> Report:
    """Return the steps as aligned lines, or as a table for forms that have nothing else."""
    found = explained.found
    steps = _priced(explained, found) if isinstance(found, Found) else _unpriced(explained)
    columns = tuple(
        Column(name, name.title(), Kind.TEXT) for name in ("step", "value", "how", "where")
    )
    rows = tuple((step.label, step.value, step.how, step.where) for step in steps)
    return Report(
        name="pricing-explain",
        tables=(Table("steps", "", columns, rows),) if tabular else (),
        result=_result(explained, steps),
        head=() if tabular else tuple(_aligned(steps)),
        rows_key="steps",
    )


def _aligned(steps: Sequence[Step]) -> list[str]:
    placed = [step for step in steps if step.where]
    value = max((len(step.value) for step in placed), default=0) + GAP
    how = max((len(step.how) for step in placed), default=0) + GAP
    return [
        f"{step.label:{LABEL}}{step.value:{value}}{step.how:{how}}{step.where}".rstrip()
        if step.where
        else f"{step.label:{LABEL}}{step.value}"
        for step in steps
    ]


def _priced(explained: Explained, found: Found) -> list[Step]:
    book, period, rates = found.book, found.period, found.rates
    listed = explained.resolved.price_name or ""
    # A name in brackets stands for a deployment that changed over time; its model follows.
    names = [explained.name, *([] if listed.startswith("(") else [listed]), book.text("model")]
    chain = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    basis = found.basis(explained.at)
    how = "deployment" if explained.resolved.basis == "deployment" else book.text("basis")
    return [
        Step("name", " → ".join(chain), how, book.place),
        Step("provider", _provider(explained)),
        Step("period", _span(book), basis if basis == "assumed_start" else "", period.place),
        Step("window", f"{found.window} ({book.text('tz')})" if found.window else "none"),
        Step("region", _region(explained, period)),
        Step("tier", _tier(explained, rates), "", rates.place),
        Step("overlay", period.text("discount") or "none"),
        Step("rates", rates_line(rates)),
        *([Step("list", rates_line(rates, listed=True))] if period["discount"] else []),
        Step("source", _source(period)),
        *_cost_steps(explained, rates),
        Step("table", explained.table),
    ]


def _unpriced(explained: Explained) -> list[Step]:
    resolved = explained.resolved
    found = [
        Step("found", f"{resolved.price_provider}/{resolved.price_name} in {resolved.price_region}")
    ]
    return [
        Step("name", explained.name or "(unknown)"),
        *(found if resolved.price_name else []),
        *(
            [Step("tried", " · ".join(explained.tried))]
            if not resolved.price_name and explained.tried
            else []
        ),
        Step("tier", explained.tier),
        Step("no price", (explained.reason or "").replace("_", " ")),
        *([Step("hint", explained.hint)] if explained.hint else []),
        Step("table", explained.table),
    ]


def _provider(explained: Explained) -> str:
    owner = str(explained.resolved.price_provider)
    return f"{owner} (assumed: {explained.assumed})" if explained.assumed else owner


def _span(book: Named) -> str:
    start, end, seen = book.when("valid_from"), book.when("valid_to"), book.when("first_seen")
    first = f"from {_when(start)}" if start else "from the start"
    evidence = f" (first seen {_when(seen)})" if seen else ""
    return f"{first}{evidence}, {f'to {_when(end)}' if end else 'open'}"


def _when(moment: datetime) -> str:
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _region(explained: Explained, period: Named) -> str:
    factor = period.rate("uplift")
    if factor is None:
        uplift = "stated figures" if period["model"] else "fixed: paid by the hour"
    else:
        uplift = "uplift none" if factor == 1 else f"uplift {factor.normalize():f}"
    assumed = " (default)" if explained.resolved.region_assumed and factor != 1 else ""
    return f"{explained.resolved.price_region}{assumed}, {uplift}"


def _tier(explained: Explained, rates: Named) -> str:
    size = rates["min_prompt_tokens"]
    prompt = prompt_size(explained.tokens)
    if not isinstance(size, int) or not size:
        return explained.tier
    return f"{explained.tier}, prompt {prompt:,} ≥ {size:,} → whole request"


def prompt_size(tokens: Mapping[str, int]) -> int:
    """Return the size that decides a long-prompt tier: all input of the request."""
    classes = (
        "input",
        "cache_read",
        "cache_write",
        "cache_write_long",
        "audio_input",
        "image_input",
    )
    return sum(tokens.get(name, 0) for name in classes)


def rates_line(rates: Named, *, listed: bool = False) -> str:
    """Return prices per million in one line, inherited ones marked."""
    inherited = rates["inherited"]
    taken = tuple(inherited) if isinstance(inherited, (list, tuple)) else ()
    parts = []
    prices = stated(rates)
    for name in sorted(prices, key=lambda name: (name not in FIRST, list(prices).index(name))):
        price = prices[name]
        rate = rates.rate(f"list_{name}") if listed and f"list_{name}" in rates.columns else None
        shown = f"{name} {price if rate is None else price_per_million(rate):f}"
        if name not in taken:
            parts.append(shown)
        elif name in USUAL:
            parts.append(f"{shown} (inherited from {inherited_from(name, taken)})")
    return " · ".join(parts) or "none"


def _source(period: Named) -> str:
    if period["source_url"] is None:
        return "none: provisioned units"
    checked = f", checked {period.text('checked')}" if period["checked"] else ""
    conflict = f"; {period.text('conflict')}" if period["conflict"] else ""
    known = f"retrieved {period.text('retrieved')}{checked}, confidence {period.text('confidence')}"
    return f"{period.text('source_url')}, {known}{conflict}"


def _cost_steps(explained: Explained, rates: Named) -> list[Step]:
    if not explained.tokens:
        return []
    total, missing = cost(rates, explained.tokens)
    counted = " + ".join(
        f"{count:,} {name.replace('_', ' ')} tokens" for name, count in explained.tokens.items()
    )
    lacks = f"; no price for {', '.join(missing)}" if missing else ""
    return [Step("cost", f"{counted} = ${usd(total)}{lacks}")]


def usd(amount: Decimal) -> str:
    """Return exact money with at least two decimals."""
    text = f"{amount.normalize():f}"
    whole, _, decimals = text.partition(".")
    return f"{int(whole):,}.{decimals:0<2}"


def _result(explained: Explained, steps: Sequence[Step]) -> dict[str, object]:
    resolved, found = explained.resolved, explained.found
    priced = found if isinstance(found, Found) else None
    return {
        "model": explained.name,
        "price_provider": resolved.price_provider,
        "price_name": resolved.price_name,
        "price_model": priced.book.text("model") if priced else None,
        "price_region": resolved.price_region,
        "provider_assumed": resolved.provider_assumed,
        "region_assumed": resolved.region_assumed,
        "tier": explained.tier,
        "at": explained.at,
        "price_basis": _basis(explained, priced) if priced else "unpriced",
        "reason": explained.reason,
        "hint": explained.hint,
        "tokens": dict(explained.tokens),
        **_figures(explained, priced),
        "steps": [
            {"step": s.label, "value": s.value, "how": s.how, "where": s.where} for s in steps
        ],
    }


def _basis(explained: Explained, priced: Found) -> str:
    basis = priced.basis(explained.at)
    return (
        explained.resolved.basis
        if basis in {"exact", "alias"} and explained.resolved.basis != "exact"
        else basis
    )


def _figures(explained: Explained, priced: Found | None) -> dict[str, object]:
    if priced is None:
        return {
            "usd_per_1m": {},
            "inherited": [],
            "cost_usd": None,
            "list_cost_usd": None,
            "source": None,
        }
    period, tokens = priced.period, explained.tokens
    inherited = priced.rates["inherited"]
    total, missing = cost(priced.rates, tokens)
    return {
        "usd_per_1m": stated(priced.rates),
        "inherited": list(inherited) if isinstance(inherited, (list, tuple)) else [],
        "unpriced_classes": list(missing),
        "cost_usd": total if tokens and len(missing) < len(tokens) else None,
        "list_cost_usd": cost(priced.rates, tokens, listed=True)[0] if tokens else None,
        "source": {
            "url": period["source_url"],
            "retrieved": period["retrieved"],
            "checked": period["checked"],
            "confidence": period["confidence"],
            "conflict": period["conflict"],
        },
    }
