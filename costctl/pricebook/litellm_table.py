"""litellm's price table: a flat JSON map, USD per unit, everything else in the names of its keys."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
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
    rest_of_week,
)

FORM = "it is one JSON object of models"
PROVIDERS = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "azure": "azure",
    "azure_ai": "azure",
    "azure_text": "azure",
    "anthropic": "anthropic",
    "gemini": "google",
    "vertex_ai-language-models": "google_vertex",
    "vertex_ai-anthropic_models": "google_vertex",
    "vertex_ai-embedding-models": "google_vertex",
    "vertex_ai": "google_vertex",
    "mistral": "mistral",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "bedrock": "aws",
    "bedrock_converse": "aws",
}
INCLUSIVE = frozenset({"x-ai"})
"""Providers whose `above N` means N tokens and more."""

KINDS = {
    "chat": "chat",
    "completion": "chat",
    "responses": "chat",
    "embedding": "embedding",
    "rerank": "rerank",
    "image_generation": "image",
    "image_edit": "image",
    "audio_transcription": "audio",
    "audio_speech": "audio",
    "realtime": "audio",
}
TIERS = {"batches": "batch", "flex": "flex", "priority": "priority", "ultrafast": "ultrafast"}
CLASSES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "input_cost_per_token_cache_hit": "cache_read",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_long",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "cache_read_input_image_token_cost": "cache_read_image",
    "input_cost_per_video_token": "video_input",
    "output_cost_per_video_token": "video_output",
    "input_cost_per_character": "character",
    "input_cost_per_image": "image",
    "input_cost_per_second": "second",
    "ocr_cost_per_page": "page",
    "input_cost_per_query": "request",
    "input_cost_per_request": "request",
}
_NAME = re.compile(
    r"(?P<base>.+?(?:_above_1hr)?)(?:_above_(?P<size>[0-9]+)k_tokens)?(?:_(?P<tier>batches|flex|priority|ultrafast))?"
)
_MILLION = Decimal(1_000_000)
_COST = re.compile(r"(_cost_|_cost$|_cost_per_)")


def read_litellm(text: str, version: str = "") -> OfferedTable:
    """Read the JSON of a table.

    Errors: `CostctlError` when the text is no such table.
    """
    table = read_json(text, "litellm's", FORM)
    if not isinstance(table, dict):
        raise CostctlError("not litellm's table: no JSON object", FORM)
    skipped = Skipped()
    models = tuple(_models(table, skipped))
    url = (
        f"https://pypi.org/project/litellm/{version}/"
        if version
        else "https://github.com/BerriAI/litellm"
    )
    return OfferedTable("litellm", version, url, models, tuple(skipped.lines))


def _models(table: Mapping[str, object], skipped: Skipped) -> Iterator[Offered]:
    for key, entry in table.items():
        if not isinstance(entry, dict):
            continue
        provider = PROVIDERS.get(str(entry.get("litellm_provider")))
        if provider is None or key == "sample_spec":
            continue
        if "tiered_pricing" in entry:
            skipped.lines.append(f"{key}: tiered_pricing is read by hand")
            continue
        offered = _model(provider, key, entry, skipped)
        if offered.prices:
            yield offered


def _model(provider: str, key: str, entry: Mapping[str, object], skipped: Skipped) -> Offered:
    prices = _prices(provider, key, entry, skipped)
    window = None
    off_peak = entry.get("off_peak_pricing")
    if isinstance(off_peak, dict) and prices:
        # The plain fields of such an entry are the peak prices; the base of ours is what holds otherwise.
        base = _prices(provider, key, off_peak, skipped)
        window = OfferedWindow("peak", rest_of_week(_spans(off_peak)))
        peak = {PriceKey(k.tier, k.min_prompt_tokens, "peak"): v for k, v in prices.items()}
        prices = {
            **{k: v for k, v in prices.items() if k not in base and k.tier != "standard"},
            **base,
            **peak,
        }
    return Offered(
        provider=provider,
        name=key,
        prices=prices,
        kind=KINDS.get(str(entry.get("mode")), "other"),
        window=window,
        retires_on=_day(entry.get("deprecation_date")),
        prompt_cache_min_tokens=_whole(entry.get("prompt_cache_min_tokens")),
    )


def _prices(
    provider: str, key: str, entry: Mapping[str, object], skipped: Skipped
) -> dict[PriceKey, dict[str, Decimal]]:
    found: dict[PriceKey, dict[str, Decimal]] = {}
    for field, value in entry.items():
        if not isinstance(value, Decimal) or not _COST.search(field):
            continue
        parts = _NAME.fullmatch(field)
        price_class = CLASSES.get(parts["base"]) if parts else None
        if parts is None or price_class is None:
            skipped.lines.append(f"{key}: {field} has no class here")
            continue
        price = skipped.price(value * _MILLION, key, field)
        if price is not None:
            size = _size(parts["size"], provider)
            block = found.setdefault(PriceKey(TIERS.get(parts["tier"] or "", "standard"), size), {})
            if field != "input_cost_per_token_cache_hit" or price_class not in block:
                block[price_class] = price
    search = _search(entry)
    if search is not None and PriceKey() in found:
        found[PriceKey()]["web_search_call"] = search
    return found


def _size(text: str | None, provider: str) -> int:
    if text is None:
        return 0
    return int(text) * 1000 + (0 if provider in INCLUSIVE else 1)


def _search(entry: Mapping[str, object]) -> Decimal | None:
    """Return the price of a million searches where all context sizes cost the same."""
    sizes = entry.get("search_context_cost_per_query")
    figures = (
        {v for v in sizes.values() if isinstance(v, Decimal)} if isinstance(sizes, dict) else set()
    )
    only = figures.pop() if len(figures) == 1 else Decimal(0)
    return (only * _MILLION).normalize() if only > 0 else None


def _spans(off_peak: Mapping[str, object]) -> list[tuple[int, int]]:
    """Return the off-peak minutes of the week."""
    found = []
    windows = off_peak.get("windows")
    for window in windows if isinstance(windows, list) else ():
        hours = window.get("hours_utc", ())
        for text in [hours] if isinstance(hours, str) else hours:
            start, end = (minutes(part) for part in text.split("-"))
            for day in window.get("weekdays") or range(1, 8):
                first = (int(day) - 1) * 1440
                found.append((first + start, first + (end if end > start else 1440)))
                if end < start:
                    found.append((first, first + end))
    return found


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, Decimal) and value > 0 else None
