"""The shipped files as a whole: every name has a price, nothing suspicious stands unread."""

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from costctl.pricebook import PricingSettings, open_book, shipped
from costctl.pricebook.book import Book
from costctl.pricebook.check import warnings_of
from costctl.pricebook.facts import Period
from costctl.pricebook.tables import PRICE_BOOK
from tests.pricing_facts.shipped import compiled, resolved

NAMES = Path(__file__).with_name("names.txt")
SWITCHES = {"chat", "embedding", "rerank", "image", "audio", "other"}


def listed() -> list[tuple[str, str]]:
    """Return provider and name of every model that the public tables priced by November 2026."""
    found, provider = [], ""
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            provider = line[2:]
        else:
            found.append((provider, line))
    return found


@pytest.fixture(scope="module")
def book() -> Book:
    return open_book([], PricingSettings.default())


def test_every_known_name_leads_to_a_price():
    priced = Counter((row[0], row[1], row[2]) for row in compiled().rows["price_book"])
    lost = []
    for provider, name in listed():
        found = resolved(provider, name)
        where = (found.price_provider, found.price_name, found.price_region)
        if found.reason or not priced[where]:
            lost.append((provider, name, found.reason))
    assert lost == []
    assert len(listed()) > 980


def test_nothing_suspicious_stands_unread(book: Book):
    assert list(warnings_of(book, date(2026, 11, 23))) == []


def test_every_period_says_where_its_figures_are_from(book: Book):
    for provider, entry in book.models():
        for stretch in entry.held:
            if isinstance(stretch.what, Period):
                source = stretch.what.source
                assert source.url.startswith("https://"), (provider.name, entry.name)
                assert source.retrieved >= date(2026, 11, 23), (provider.name, entry.name)


def test_every_model_has_a_kind_and_a_family(book: Book):
    for provider, entry in book.models():
        assert entry.model is not None
        assert entry.model.kind in SWITCHES, (provider.name, entry.name)
        assert entry.model.family, (provider.name, entry.name)


def test_a_name_without_a_provider_belongs_to_one_vendor(book: Book):
    owners = Counter(
        name for provider in book.providers.values() if provider.home for name in provider.entries
    )
    assert [name for name, count in owners.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("gpt-4o", "openai"),
        ("claude-sonnet-4-5-20250929", "anthropic"),
        ("gemini-2.5-pro", "google"),
        ("gemini/gemini-2.5-pro", "google"),
        ("vertex_ai/claude-sonnet-4-5@20250929", "google_vertex"),
        ("azure/gpt-4o", "azure"),
        ("mistral-large-latest", "mistral"),
        ("command-a-03-2025", "cohere"),
        ("deepseek-chat", "deepseek"),
        ("xai/grok-4.7", "x-ai"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws"),
        ("anthropic/claude-opus-5", "anthropic"),
    ],
)
def test_a_name_finds_its_vendor(name: str, owner: str):
    found = resolved(None, name)
    assert (found.price_provider, found.provider_assumed) == (owner, True)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-mini-high",
        "gpt-4o-2024-08-07",
        "claude-sonnet",
        "gemini-2.5",
        "text-embedding-3",
        "o3x",
        "ada-003",
    ],
)
def test_a_near_miss_has_no_price(name: str):
    assert resolved(None, name).reason == "unknown_model"


@pytest.mark.parametrize(
    ("provider", "name", "price_name", "region"),
    [
        ("azure_openai", "us/gpt-4o-2024-08-06", "gpt-4o-2024-08-06", "data_zone_us"),
        ("aws_bedrock", "eu.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "eu"),
        (
            "aws_bedrock",
            "meta.llama3-3-70b-instruct-v1:0",
            "meta.llama3-3-70b-instruct-v1:0",
            "regional",
        ),
        ("google_vertex", "gemini-2.5-pro", "gemini-2.5-pro", "global"),
        ("google_gemini", "models/gemini-2.5-pro", "gemini-2.5-pro", "global"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc123", "ft:gpt-4o-mini-2024-07-18", "global"),
    ],
)
def test_a_logged_name_is_rewritten_by_stated_rules(
    provider: str, name: str, price_name: str, region: str
):
    found = resolved(provider, name)
    assert (found.price_name, found.price_region) == (price_name, region)


def test_rows_of_one_name_never_overlap():
    spans: dict[tuple[object, ...], list[tuple[object, object]]] = {}
    start, end = PRICE_BOOK.names.index("valid_from"), PRICE_BOOK.names.index("valid_to")
    for row in compiled().rows["price_book"]:
        spans.setdefault(row[:4], []).append((row[start], row[end]))
    for key, found in spans.items():
        ordered = sorted(found, key=lambda span: str(span[0] or ""))
        for (_, stop), (begin, _) in pairwise(ordered):
            assert stop is not None, key
            assert stop <= begin, key  # type: ignore[operator]  # both are moments here


def test_the_files_are_written_the_same_way_throughout():
    for path in sorted(shipped().glob("providers/*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert "\t" not in text
        assert text.startswith("# "), path.name
        assert all(line == line.rstrip() for line in text.splitlines()), path.name
