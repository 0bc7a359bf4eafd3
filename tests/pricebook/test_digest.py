"""Same figures, same digest, whatever the order and layout of files; any other figure, another digest."""

from pathlib import Path

import pytest

from costctl.pricebook import PricingSettings, cache_key, open_book
from costctl.pricebook.digest import digest
from tests.pricebook.books import HEAD, opened, provider, simple

FILE = provider(
    simple("a")
    + simple("b")
    + """
    - id: c
      alias_of:
        - {to: a, from: null}
        - {to: b, from: 2026-01-01}
    """,
    more='regions: {zone: {uplift: "1.10"}, more: {uplift: "1.20"}}\n',
)


def of(folder: Path) -> str:
    return digest(open_book([folder], PricingSettings(), None))


def test_order_comments_sources_and_zeros_change_nothing(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    other = provider(simple("z"), head=HEAD.replace("acme", "other"))
    (first / "a.yaml").write_text(FILE)
    (first / "b.yaml").write_text(other)
    turned = (
        provider(
            """
            - id: c
              note: the alias
              alias_of: [{from: 2026-01-01, to: b}, {from: null, to: a}]
            """,
            simple("b", 'output: "8.00", input: "2.0"'),
            simple("a"),
            more="""\
            # a comment
            regions:
              more: {uplift: "1.2"}
              zone: {uplift: "1.100"}
            """,
        )
        .replace("example.org", "example.com")
        .replace("retrieved: 2026-11-01", "retrieved: 2026-11-02")
    )
    assert turned != FILE
    (second / "y.yaml").write_text(turned)
    (second / "x.yaml").write_text(other)
    assert of(first) == of(second)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"8"', '"8.01"'),
        ("from: 2026-01-01", "from: 2026-01-02"),
        ("to: b", "to: a"),
        ('"1.10"', '"1.11"'),
        ("id: a", "id: a\n    retires_on: 2027-01-01"),
        ("id: a", "id: a\n    aliases: [d]"),
        ("id: a", "id: a\n    kind: embedding"),
    ],
)
def test_any_other_figure_is_another_digest(tmp_path: Path, old, new):
    path = tmp_path / "a.yaml"
    path.write_text(FILE)
    before = of(path)
    path.write_text(FILE.replace(old, new, 1))
    assert of(path) != before


def test_deployments_and_discounts_are_part_of_it(tmp_path: Path):
    plain = opened(tmp_path, FILE).compiled.sha256
    discount = "pricing: {overlays: [{discount: '0.1', provider: acme}]}"
    deployed = "pricing: {deployments: [{deployment: x, model: a, provider: acme}]}"
    found = {
        opened(tmp_path, FILE, config=config).compiled.sha256 for config in (discount, deployed)
    }
    assert len({plain, *found}) == 3


def test_the_digest_is_twelve_hexadecimal_digits(tmp_path: Path):
    found = opened(tmp_path, FILE).compiled.sha256
    assert len(found) == 12
    assert int(found, 16) >= 0


def test_a_cache_key_changes_with_any_byte_and_with_the_day(tmp_path: Path):
    from datetime import date  # noqa: PLC0415

    path = tmp_path / "a.yaml"
    path.write_text(FILE)
    settings = PricingSettings()
    first = cache_key([path], settings)
    assert cache_key([path], settings) == first
    assert cache_key([path], settings, date(2026, 11, 1)) != first
    path.write_text(FILE + "# a comment\n")
    assert cache_key([path], settings) != first


def test_a_cache_key_covers_what_the_settings_name(tmp_path: Path):
    config, table = tmp_path / "costctl.yaml", tmp_path / "mine.yaml"
    table.write_text(FILE)
    config.write_text("pricing: {table: mine.yaml}")
    settings = PricingSettings((config,))
    first = cache_key([], settings)
    table.write_text(FILE + "\n")
    second = cache_key([], settings)
    config.write_text("pricing: {table: mine.yaml, default_provider: acme}")
    assert len({first, second, cache_key([], settings)}) == 3


def test_a_cache_key_is_the_same_below_settings_that_say_nothing_of_prices(tmp_path: Path):
    """A second project, or a line about a time zone, compiles no table anew."""
    config = tmp_path / "costctl.yaml"
    config.write_text("version: 1\ntimezone: Europe/Berlin\n")
    without = cache_key([], PricingSettings())
    assert cache_key([], PricingSettings((config,))) == without
    config.write_text("version: 1\npricing:\n  default_provider: azure\n")
    assert cache_key([], PricingSettings((config,))) != without
