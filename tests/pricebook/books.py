"""Small price books for tests: a provider from a few lines of YAML, opened, compiled, asked."""

import textwrap
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from costctl.pricebook import (
    CompiledBook,
    Key,
    Names,
    PricingSettings,
    Resolved,
    compile_book,
    open_book,
    resolve,
)
from costctl.pricebook.lookup import Ask, Found, Lookup, NoPrice, price_per_million
from costctl.pricebook.tables import Row

SOURCE = 'source: {url: "https://example.org/prices", retrieved: 2026-11-01, confidence: high}'

HEAD = """\
schema: 1
provider: acme
currency: USD
unit: per_million_tokens
"""


def provider(*models: str, head: str = HEAD, more: str = "") -> str:
    """Return a price file; SOURCE in the text is a whole source."""
    dedented = "\n".join(textwrap.dedent(model).strip("\n") for model in models)
    body = textwrap.indent(dedented, "  ")
    return f"{head}{textwrap.dedent(more)}models:\n{body}\n".replace("SOURCE", SOURCE)


def simple(name: str = "m-1", price: str = 'input: "2", output: "8"') -> str:
    """Return one model with one open period."""
    return f"""
    - id: {name}
      prices:
        - from: null
          standard: {{{price}}}
          SOURCE
    """


@dataclass(frozen=True)
class Opened:
    """A compiled table with its questions."""

    compiled: CompiledBook

    def names(self) -> Names:
        return Names.of(self.compiled.rows)

    def rows(self, owner: str, name: str) -> list[Row]:
        return [row for row in self.compiled.rows["price_book"] if row[:2] == (owner, name)]

    def resolve(self, **key: str) -> Resolved:
        return resolve(self.names(), [Key(**key)], self.rows).resolved[0]

    def find(self, name: str, at: str, **more: object) -> Found | NoPrice:
        asked = {"provider": "acme", "region": "global", "tier": "standard", **more}
        return Lookup(self.compiled).find(Ask(name=name, at=moment(at), **asked))  # type: ignore[arg-type]

    def price(self, name: str, at: str, price_class: str = "input", **more: object) -> str | None:
        """Return a price per million as text, None where there is none."""
        found = self.find(name, at, **more)
        rate = found.rates.rate(price_class) if isinstance(found, Found) else None
        return None if rate is None else plain(price_per_million(rate))

    def reason(self, name: str, at: str, **more: object) -> str:
        found = self.find(name, at, **more)
        assert isinstance(found, NoPrice)
        return found.reason


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def write(folder: Path, *texts: str) -> list[Path]:
    """Write price files, each a layer of its own."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"layer{number}.yaml"
        path.write_text(text)
        paths.append(path)
    return paths


def opened(
    folder: Path,
    *layers: str,
    config: str = "",
    known_on: date | None = None,
) -> Opened:
    """Open price files, lowest layer first, under an optional configuration."""
    configs: tuple[Path, ...] = ()
    if config:
        path = folder / "costctl.yaml"
        path.write_text(textwrap.dedent(config))
        configs = (path,)
    settings = PricingSettings(configs)
    book = open_book(write(folder, *layers), settings, known_on)
    return Opened(compile_book(book))
