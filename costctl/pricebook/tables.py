"""The compiled price table: plain rows that a store can keep and a join can use.

Open ends of time are None here: load `valid_from` None as `-infinity` and `valid_to` None as `infinity`.
Times are naive UTC. Rates are USD per token (per request, per unit), never per million.
"""

from collections.abc import Mapping
from typing import NamedTuple

COMPILER_VERSION = "2"
"""Part of every cache key: raise it when the rows of an unchanged price file would change."""

RATE_CLASSES = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_long",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
    "request",
)
"""Price classes with a column of their own; `input` prices the tokens of `input_uncached`."""

UNIT_CLASSES = ("web_search_call", "file_search_call", "character", "page", "image", "second")
"""Priced things that are neither tokens nor requests: keys of the `units` map of a row."""

SHOWN_CLASSES = ("cache_read_audio", "cache_read_image", "video_input", "video_output")
"""Stated and shown (in `units`), but no column of a log counts them."""

TOKEN_PRICES = (*RATE_CLASSES[:-1], *SHOWN_CLASSES)
"""Classes priced per million tokens: a region's factor multiplies these and nothing else."""

PRICE_CLASSES = (*RATE_CLASSES, *UNIT_CLASSES, *SHOWN_CLASSES)
"""All that a price block may state."""

_RATE = "DECIMAL(38, 18)"
_UNITS = f"MAP(VARCHAR, {_RATE})"

Row = tuple[object, ...]


class TableSpec(NamedTuple):
    """A compiled table: its name and its columns with their DuckDB types, in order."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the column names in order."""
        return tuple(name for name, _ in self.columns)


PRICE_BOOK = TableSpec(
    "price_book",
    (
        ("provider", "VARCHAR"),
        ("name", "VARCHAR"),
        ("region", "VARCHAR"),
        ("tier", "VARCHAR"),
        ("valid_from", "TIMESTAMP"),
        ("valid_to", "TIMESTAMP"),
        ("first_seen", "TIMESTAMP"),
        ("period", "INTEGER"),
        ("windowed", "BOOLEAN"),
        ("tz", "VARCHAR"),
        ("except_dates", "DATE[]"),
        ("basis", "VARCHAR"),
        ("model", "VARCHAR"),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""Which price set holds for a name, region and tier from when to when; no two rows of one key overlap.

Rows before `first_seen` are priced with basis `assumed_start`. `basis` is exact, alias or fixed. `model` is the
id of the model that the name meant in this interval; `file` and `line` say where the name is declared.
"""

PRICE_PERIODS = TableSpec(
    "price_periods",
    (
        ("period", "INTEGER"),
        ("provider", "VARCHAR"),
        ("model", "VARCHAR"),
        ("region", "VARCHAR"),
        ("tier", "VARCHAR"),
        ("stated_from", "TIMESTAMP"),
        ("uplift", "DECIMAL(38, 18)"),
        ("discount", "VARCHAR"),
        ("scheduled", "BOOLEAN"),
        ("source_url", "VARCHAR"),
        ("retrieved", "DATE"),
        ("checked", "DATE"),
        ("confidence", "VARCHAR"),
        ("conflict", "VARCHAR"),
        ("ack", "VARCHAR[]"),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""Where the figures of a price set are from; pricing itself needs none of it.

`scheduled` is true for an announced price that nobody has confirmed. `discount` describes the negotiated
discount that was applied, with its file and line; None without one.
"""

PRICE_STEPS = TableSpec(
    "price_steps",
    (
        ("period", "INTEGER"),
        ("from_minute", "INTEGER"),
        ("variant", "INTEGER"),
        ("window", "VARCHAR"),
    ),
)
"""Day windows as a step function over the minutes of the local week; the base starts at minute -1."""

PRICE_RATES = TableSpec(
    "price_rates",
    (
        ("variant", "INTEGER"),
        ("min_prompt_tokens", "BIGINT"),
        *((name, _RATE) for name in RATE_CLASSES),
        *((f"list_{name}", _RATE) for name in RATE_CLASSES),
        ("inherited", "VARCHAR[]"),
        ("units", _UNITS),
        ("list_units", _UNITS),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""The rates of one variant from a prompt size on; the base step has `min_prompt_tokens` 0.

A rate is None where the class has no price; inheritance is filled in and `inherited` names the classes
filled so. `request` None means no charge. `list_*` are the same figures before negotiated discounts.
"""

PRICE_MODELS = TableSpec(
    "price_models",
    (
        ("provider", "VARCHAR"),
        ("id", "VARCHAR"),
        ("kind", "VARCHAR"),
        ("family", "VARCHAR"),
        ("released", "DATE"),
        ("retires_on", "DATE"),
        ("cheaper_sibling", "VARCHAR"),
        ("prompt_cache_min_tokens", "BIGINT"),
        ("note", "VARCHAR"),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""Facts of a model that are no prices; `cheaper_sibling` is the newest of `price_siblings`."""

PRICE_SIBLINGS = TableSpec(
    "price_siblings",
    (
        ("provider", "VARCHAR"),
        ("id", "VARCHAR"),
        ("valid_from", "TIMESTAMP"),
        ("valid_to", "TIMESTAMP"),
        ("sibling", "VARCHAR"),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""The cheaper sibling of a model from when to when."""

PRICE_NAMES = TableSpec(
    "price_names",
    (
        ("provider", "VARCHAR"),
        ("name", "VARCHAR"),
        ("layer", "INTEGER"),
        ("regions", "VARCHAR[]"),
    ),
)
"""Every name a provider lists, the highest layer that lists it, and the regions it has prices in."""

PRICE_PROVIDERS = TableSpec(
    "price_providers",
    (
        ("provider", "VARCHAR"),
        ("names", "VARCHAR[]"),
        ("home", "BOOLEAN"),
        ("default_region", "VARCHAR"),
        ("strip_prefixes", "VARCHAR[]"),
        ("retrieved", "DATE"),
        ("file", "VARCHAR"),
    ),
)
"""The providers with what leads a usage row to them; `retrieved` is the newest of their sources."""

PRICE_REGIONS = TableSpec(
    "price_regions",
    (
        ("provider", "VARCHAR"),
        ("region", "VARCHAR"),
        ("prefixes", "VARCHAR[]"),
        ("fixed", "BOOLEAN"),
    ),
)
"""Regions of a provider and the prefixes of model names that mean them."""

PRICE_DEPLOYMENTS = TableSpec(
    "price_deployments",
    (
        ("provider", "VARCHAR"),
        ("resource", "VARCHAR"),
        ("deployment", "VARCHAR"),
        ("valid_from", "TIMESTAMP"),
        ("valid_to", "TIMESTAMP"),
        ("model", "VARCHAR"),
        ("region", "VARCHAR"),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""The user's deployments; entries of one resource and deployment follow each other in time."""

PRICE_FIXED = TableSpec(
    "price_fixed",
    (
        ("kind", "VARCHAR"),
        ("provider", "VARCHAR"),
        ("deployment", "VARCHAR"),
        ("valid_from", "TIMESTAMP"),
        ("valid_to", "TIMESTAMP"),
        ("monthly_usd", "DECIMAL(38, 18)"),
        ("units", "DECIMAL(38, 18)"),
        ("usd_per_unit_hour", "DECIMAL(38, 18)"),
        ("source", "VARCHAR"),
        ("file", "VARCHAR"),
        ("line", "INTEGER"),
    ),
)
"""Fixed lines, in no row's cost: `kind` is minimum or prepay (a commitment), or ptu (provisioned units)."""

PRICE_META = TableSpec("price_meta", (("key", "VARCHAR"), ("value", "VARCHAR")))
"""`version`, `sha256`, `known_on`, `default_provider`, `windowed`, `tiered`; absent where there is none.

`windowed` is present if any price set has day windows, `tiered` if any has a long-prompt tier.
"""

TABLES = (
    PRICE_BOOK,
    PRICE_PERIODS,
    PRICE_STEPS,
    PRICE_RATES,
    PRICE_MODELS,
    PRICE_SIBLINGS,
    PRICE_NAMES,
    PRICE_PROVIDERS,
    PRICE_REGIONS,
    PRICE_DEPLOYMENTS,
    PRICE_FIXED,
    PRICE_META,
)
"""All of them. `resolve` needs names, providers, regions, deployments and meta alone."""


class CompiledBook(NamedTuple):
    """The whole price table as plain tuples.

    Attributes:
        rows: table name -> its rows; each row has the columns of its `TableSpec` in order.
        warnings: what validation found that is no error, as (code, `path:line: message`).
    """

    rows: Mapping[str, tuple[Row, ...]]
    warnings: tuple[tuple[str, str], ...] = ()

    @property
    def meta(self) -> dict[str, str]:
        """Return version, digest and flags."""
        return {str(key): str(value) for key, value in self.rows["price_meta"]}

    @property
    def version(self) -> str:
        """Return the version of the table."""
        return self.meta.get("version", "")

    @property
    def sha256(self) -> str:
        """Return the first 12 hex digits of the digest of the resolved table."""
        return self.meta.get("sha256", "")
