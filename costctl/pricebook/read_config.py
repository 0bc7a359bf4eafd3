"""The `pricing` section of a configuration: layers, deployments, overlays."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from costctl.errors import CostctlError
from costctl.pricebook import values
from costctl.pricebook.facts import Deployment, Discount, FixedLine, Overrides, ProviderFile
from costctl.pricebook.read import provider_file
from costctl.pricebook.tables import PRICE_CLASSES
from costctl.pricebook.values import place
from costctl.yaml_file import Reader, load
from costctl.yaml_parse import parse
from costctl.yaml_tree import Node, Problems

AZURE = "azure"
"""Deployment names are Azure's unless an entry names another provider."""


@dataclass(frozen=True)
class Section:
    """One file's `pricing` section.

    Attributes:
        file: the configuration.
        tables: price files or folders that it adds as a layer.
        used: further files that it was read from.
        providers: inline providers, a layer above `tables`.
        overrides: what it says besides; `stated` names the keys that were there.
    """

    file: Path
    tables: tuple[Path, ...]
    used: tuple[Path, ...]
    providers: tuple[ProviderFile, ...]
    overrides: Overrides
    stated: frozenset[str]
    problems: tuple[str, ...]


def named_files(config: Path) -> tuple[Path, ...]:
    """Return the price files that a configuration names, itself first; none where it says nothing about prices."""
    top = load(config)
    if top.get("pricing") is None:
        return ()
    pricing = _pricing(top)
    if pricing is None:
        return (config,)
    deployments = pricing.get("deployments")
    lists = [config.parent / deployments.text] if deployments and deployments.text else []
    return (config, *lists, *_tables(pricing, config))


def _pricing(top: Reader) -> Reader | None:
    node = top.get("pricing")
    return Reader(node, top.problems, "pricing") if node and node.entries is not None else None


def _tables(pricing: Reader, config: Path) -> tuple[Path, ...]:
    return tuple(config.parent / text for text in pricing.texts("table"))


def section(config: Path) -> Section | None:
    """Read the `pricing` section of a configuration; None where it has none."""
    top = load(config)
    node = top.get("pricing")
    if node is None:
        return None
    pricing = top.mapping("pricing")
    if pricing is None:
        return Section(config, (), (), (), Overrides(), frozenset(), tuple(top.problems.lines()))
    providers = tuple(provider_file(entry, inline=True) for entry in pricing.mappings("providers"))
    entries, used, extra = _deployment_entries(pricing, config)
    discounts, fixed = _overlays(pricing)
    overrides = Overrides(
        default_provider=pricing.text("default_provider"),
        default_place=place(pricing, pricing.get("default_provider")),
        deployments=tuple(_deployment(entry) for entry in entries),
        discounts=discounts,
        fixed=fixed,
    )
    tables = _tables(pricing, config)
    pricing.done()
    problems = tuple(line for found in (top.problems, *extra) for line in found.lines())
    stated = frozenset(pricing.keys())
    return Section(config, tables, used, providers, overrides, stated, problems)


def _deployment_entries(
    pricing: Reader, config: Path
) -> tuple[list[Reader], tuple[Path, ...], tuple[Problems, ...]]:
    """Return the entries, from the section itself or from the file that it names."""
    node = pricing.get("deployments")
    if node is None or node.text is None:
        return pricing.mappings("deployments"), (), ()
    path = config.parent / node.text
    try:
        root, problems = parse(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise CostctlError(f"{path}: {error.strerror or error}", code="missing_file") from error
    if root.items is not None:
        root = Node(root.line, entries={"deployments": root})
    if root.entries is None:
        problems.add(root.line, "expected a list of deployments")
        return [], (path,), (problems,)
    reader = Reader(root, problems)
    entries = reader.mappings("deployments", required=True)
    reader.done()
    return entries, (path,), (problems,)


def _deployment(entry: Reader) -> Deployment:
    pattern = entry.text("deployment", required=True) or ""
    if pattern.startswith("regex:"):
        try:
            re.compile(pattern.removeprefix("regex:"))
        except re.error as error:
            entry.bad(entry.get("deployment") or entry.node, f"deployment: {pattern!r}: {error}")
    found = Deployment(
        deployment=pattern,
        resource=entry.text("resource"),
        provider=entry.text("provider", AZURE) or AZURE,
        model=entry.text("model", required=True) or "",
        region=entry.text("region"),
        start=values.moment(entry, "from"),
        place=place(entry),
    )
    entry.done()
    return found


def _overlays(pricing: Reader) -> tuple[tuple[Discount, ...], tuple[FixedLine, ...]]:
    discounts: list[Discount] = []
    fixed: list[FixedLine] = []
    for entry in pricing.mappings("overlays"):
        stated = set(entry.keys())
        kinds = [key for key in ("discount", "commit", "ptu") if key in stated]
        if len(kinds) != 1:
            entry.bad(entry.node, "an overlay has one of discount, commit and ptu")
            entry.asked.update(entry.keys())
        elif kinds == ["discount"]:
            discounts.append(_discount(entry))
        else:
            fixed.append(_fixed(entry, kinds[0]))
        entry.done()
    return tuple(discounts), tuple(fixed)


def _discount(entry: Reader) -> Discount:
    share = entry.number("discount", required=True, quoted=True)
    if share is not None and share >= 1:
        what = f'discount: {share} is no share from 0 to below 1; 15 % is written "0.15"'
        entry.bad(entry.get("discount") or entry.node, what)
        share = None
    classes = entry.texts("class")
    for name in classes:
        if name not in PRICE_CLASSES:
            entry.bad(entry.get("class") or entry.node, f"class: {name!r} is no price class")
    start, stop = _span(entry)
    return Discount(
        share=share if share is not None else Decimal(0),
        start=start,
        stop=stop,
        place=place(entry),
        provider=entry.text("provider"),
        model=entry.text("model"),
        classes=classes,
        tiers=entry.texts("tier"),
        regions=entry.texts("region"),
        source=entry.text("source"),
    )


def _span(entry: Reader) -> tuple[datetime | None, datetime | None]:
    start, stop = values.moment(entry, "from"), values.moment(entry, "to")
    if start and stop and stop <= start:
        entry.bad(entry.node, f"to: {stop} is not after from: {start}")
    return start, stop


def _fixed(entry: Reader, kind: str) -> FixedLine:
    inner = entry.mapping(kind)
    start, stop = _span(entry)
    words = kind
    monthly = units = hourly = None
    if inner is not None and kind == "commit":
        words = inner.text("kind", required=True, choices=("minimum", "prepay")) or kind
        monthly = inner.number("monthly_usd", required=True, quoted=True)
    elif inner is not None:
        units = inner.number("units", required=True, quoted=True)
        hourly = inner.number("usd_per_unit_hour", required=True, quoted=True)
    if inner is not None:
        inner.done()
    return FixedLine(
        kind=words,
        start=start,
        stop=stop,
        place=place(entry),
        provider=entry.text("provider"),
        deployment=entry.text("deployment", required=kind == "ptu"),
        monthly_usd=monthly,
        units=units,
        usd_per_unit_hour=hourly,
        source=entry.text("source"),
    )
