"""genai-prices' table: providers of models with dated or daily prices, tiers and variants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal

from costctl.errors import CostctlError
from costctl.pricebook.upstream import (
    Offered,
    OfferedTable,
    OfferedWindow,
    PriceKey,
    Skipped,
    minutes,
    read_json,
)

FORM = "it is a JSON list of providers"
URL = "https://github.com/pydantic/genai-prices"
PROVIDERS = {
    name: name
    for name in (
        "anthropic",
        "aws",
        "azure",
        "cohere",
        "deepseek",
        "google",
        "mistral",
        "openai",
        "x-ai",
    )
}
CLASSES = {
    "input_mtok": ("input", 1),
    "output_mtok": ("output", 1),
    "cache_read_mtok": ("cache_read", 1),
    "cache_write_mtok": ("cache_write", 1),
    "cache_write_1h_mtok": ("cache_write_long", 1),
    "output_reasoning_mtok": ("reasoning", 1),
    "input_audio_mtok": ("audio_input", 1),
    "output_audio_mtok": ("audio_output", 1),
    "cache_audio_read_mtok": ("cache_read_audio", 1),
    "input_image_mtok": ("image_input", 1),
    "output_image_mtok": ("image_output", 1),
    "cache_image_read_mtok": ("cache_read_image", 1),
    "input_video_mtok": ("video_input", 1),
    "output_video_mtok": ("video_output", 1),
    "input_mchars": ("character", 1),
    "web_searches_kcount": ("web_search_call", 1000),
    "storage_searches_kcount": ("file_search_call", 1000),
    "requests_kcount": ("request", 1000),
    "input_document_kpages": ("page", 1000),
}
"""Our class, and what makes the figure one per million."""

TIERS = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
}
_WEEK = range(0, 7 * 1440, 1440)


def read_genai(text: str, at: date, version: str = "") -> OfferedTable:
    """Read a JSON dump of the table, at one day.

    Errors: `CostctlError` when the text is no such table.
    """
    return of_providers(read_json(text, "genai-prices'", FORM), at, version)


def of_providers(table: object, at: date, version: str = "") -> OfferedTable:
    """Return the table of plain lists and mappings, at one day."""
    if not isinstance(table, list) or not all(isinstance(entry, dict) for entry in table):
        raise CostctlError("not genai-prices' table", FORM)
    skipped = Skipped()
    models = tuple(
        model
        for provider in table
        if str(provider.get("id")) in PROVIDERS
        for entry in provider.get("models", ())
        for model in _model(PROVIDERS[str(provider["id"])], entry, at, skipped)
    )
    return OfferedTable("genai-prices", version, URL, models, tuple(skipped.lines))


def plain(value: object) -> object:
    """Return the package's own objects as the lists and mappings of its JSON form."""
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if is_dataclass(value):
        found = {field.name: getattr(value, field.name, None) for field in fields(value)}
        return {
            name.rstrip("_"): plain(member) for name, member in found.items() if member is not None
        }
    if hasattr(value, "_comparable_values"):
        return {name: plain(member) for name, member in vars(value).items()}
    return value


def _model(
    provider: str, entry: Mapping[str, object], at: date, skipped: Skipped
) -> Iterator[Offered]:
    name = str(entry.get("id"))
    prices: dict[PriceKey, dict[str, Decimal]] = {}
    start, window = None, None
    for conditional in _conditional(entry.get("prices")):
        since, hours = _constraint(conditional)
        if since and since > at:
            continue
        stated = _prices(conditional["prices"], name, skipped)
        if hours:
            window = OfferedWindow("hours", hours)
            prices |= {PriceKey(k.tier, k.min_prompt_tokens, "hours"): v for k, v in stated.items()}
        else:
            # The last price in force wins; hours that an earlier one named end with it.
            prices, start, window = dict(stated), since, None
    for tier, stated in _variants(entry, name, at, skipped):
        prices |= {PriceKey(tier, key.min_prompt_tokens): value for key, value in stated.items()}
    if prices:
        yield Offered(
            provider,
            name,
            prices,
            window=window,
            start=start,
            aliases=_equals(entry.get("match"), name),
        )


def _conditional(prices: object) -> Iterator[Mapping[str, object]]:
    if isinstance(prices, dict):
        yield {"prices": prices}
    for entry in prices if isinstance(prices, list) else ():
        if isinstance(entry, dict) and "prices" in entry:
            yield entry


def _constraint(entry: Mapping[str, object]) -> tuple[date | None, tuple[tuple[int, int], ...]]:
    constraint = entry.get("constraint")
    if not isinstance(constraint, dict):
        return None, ()
    if "start_date" in constraint:
        return date.fromisoformat(str(constraint["start_date"])), ()
    start, end = (minutes(str(constraint[name])[:5]) for name in ("start_time", "end_time"))
    spans = [(start, end)] if start < end else [(0, end), (start, 1440)]
    return None, tuple(sorted((day + a, day + b) for day in _WEEK for a, b in spans if a < b))


def _variants(
    entry: Mapping[str, object], name: str, at: date, skipped: Skipped
) -> Iterator[tuple[str, dict[PriceKey, dict[str, Decimal]]]]:
    variants = entry.get("price_variants")
    for variant in variants if isinstance(variants, list) else ():
        when = tuple(sorted(variant["when"].items()))
        tier = TIERS.get(when[0]) if len(when) == 1 else None
        since, _ = _constraint(variant)
        if when == (("service_tier", "default"),) or (since and since > at):
            continue
        if tier is None:
            skipped.lines.append(f"{name}: variant {dict(when)} has no service tier here")
            continue
        yield tier, _prices(variant["prices"], name, skipped)


def _prices(stated: object, name: str, skipped: Skipped) -> dict[PriceKey, dict[str, Decimal]]:
    found: dict[PriceKey, dict[str, Decimal]] = {}
    for field, value in stated.items() if isinstance(stated, dict) else ():
        if field not in CLASSES:
            skipped.lines.append(f"{name}: {field} has no class here")
            continue
        price_class, times = CLASSES[field]
        for size, figure in _steps(value):
            price = skipped.price(figure * times, name, field)
            if price is not None:
                found.setdefault(PriceKey("standard", size), {})[price_class] = price
    return found


def _steps(value: object) -> Iterator[tuple[int, Decimal]]:
    """Yield the prompt size at which a figure begins; a tier of this table begins above its start."""
    if not isinstance(value, dict):
        yield 0, Decimal(str(value))
        return
    yield 0, Decimal(str(value["base"]))
    tiers: Sequence[Mapping[str, object]] = value.get("tiers", ())
    for tier in tiers:
        yield int(str(tier["start"])) + 1, Decimal(str(tier["price"]))


def _equals(match: object, name: str) -> tuple[str, ...]:
    """Return the exact names of a match clause; patterns are never stored."""
    if not isinstance(match, dict):
        return ()
    found = [str(match["equals"])] if "equals" in match else []
    for clause in match.get("or", ()) or match.get("or_", ()):
        found += _equals(clause, name)
    return tuple(dict.fromkeys(alias for alias in found if alias != name))
