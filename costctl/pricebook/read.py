"""One provider of one price file, read strictly: every problem is noted, none stops the reading."""

from collections.abc import Collection
from itertools import pairwise

from costctl.pricebook import values
from costctl.pricebook.facts import (
    Model,
    Period,
    Place,
    Pointer,
    ProviderFile,
    Region,
    Uplift,
)
from costctl.pricebook.read_period import PeriodReader
from costctl.pricebook.timeline import START
from costctl.pricebook.values import place
from costctl.yaml_file import Reader

KINDS = ("chat", "embedding", "rerank", "image", "audio", "other")

SERVICE_TIERS = ("standard", "batch", "flex", "priority", "fast", "ultrafast")
"""Known to every provider; a further one must stand in the provider's `tiers_known`."""


def provider_file(top: Reader, *, inline: bool = False) -> ProviderFile:
    """Read a whole provider; an inline one (in a configuration) needs no `schema`."""
    top.text("schema", required=not inline, choices=("1",))
    top.text("currency", required=True, choices=("USD",))
    top.text("unit", required=True, choices=("per_million_tokens",))
    name = top.text("provider", required=True) or ""
    tiers_known = top.texts("tiers_known")
    found = ProviderFile(
        provider=name,
        place=place(top),
        names=tuple(sorted({name, *top.texts("names")})),
        home=top.flag("home"),
        default_region=top.text("default_region"),
        strip_prefixes=top.texts("strip_prefixes"),
        regions=_regions(top),
        extends=top.text("extends"),
        tiers_known=tiers_known,
        models=_models(top, (*SERVICE_TIERS, *tiers_known)),
    )
    top.done()
    return found


def _regions(top: Reader) -> dict[str, Region]:
    inner = top.mapping("regions")
    if inner is None:
        return {}
    found = {}
    for name in inner.keys():  # noqa: SIM118 - a Reader is no mapping
        node = inner.get(name)
        if node is not None and node.text == "fixed":
            found[name] = Region(name, place(inner, node), fixed=True)
            continue
        stated = inner.mapping(name)
        if stated is not None:
            prefixes = stated.texts("prefixes")
            found[name] = Region(name, place(stated), _uplifts(stated), prefixes)
            stated.done()
    return found


def _uplifts(region: Reader) -> tuple[Uplift, ...]:
    node = region.get("uplift")
    if node is None:
        return ()
    if node.items is None:
        single = values.factor(region, "uplift")
        return (Uplift(single, None, place(region, node)),) if single else ()
    found = []
    for entry in region.mappings("uplift"):
        stated = values.factor(entry, "uplift")
        start = values.moment(entry, "from", required=True)
        entry.done()
        if stated:
            found.append(Uplift(stated, start, place(entry)))
    _no_twins(region, [(uplift.start, uplift.place) for uplift in found], "uplifts")
    return tuple(sorted(found, key=lambda uplift: uplift.start or START))


def _no_twins(reader: Reader, starts: list[tuple[object, Place]], what: str) -> None:
    seen: dict[object, Place] = {}
    for start, where in starts:
        if start in seen:
            reader.problems.add(
                where.line,
                f"two {what} from {start or 'null'}; the first is on line {seen[start].line}",
            )
        seen.setdefault(start, where)


def _models(top: Reader, tiers: Collection[str]) -> tuple[Model, ...]:
    if top.get("models", required=True) is None:
        return ()
    return tuple(model(entry, tiers) for entry in top.mappings("models"))


def model(entry: Reader, tiers: Collection[str]) -> Model:
    """Read one entry under `models`."""
    periods = tuple(PeriodReader(stated, tiers).read() for stated in entry.mappings("prices"))
    alias_of = pointers(entry, "alias_of")
    cache = entry.mapping("prompt_cache")
    found = Model(
        id=entry.text("id", required=True) or "",
        place=place(entry),
        kind=entry.text("kind", choices=KINDS),
        family=entry.text("family"),
        released=entry.day("released"),
        retires_on=entry.day("retires_on"),
        siblings=pointers(entry, "cheaper_sibling"),
        prompt_cache_min_tokens=values.whole(cache, "min_tokens", required=True) if cache else None,
        aliases=entry.texts("aliases"),
        alias_of=alias_of,
        inherits=entry.text("inherits"),
        periods=periods,
        note=entry.text("note"),
    )
    if cache:
        cache.done()
    if alias_of and (periods or found.inherits):
        entry.bad(
            entry.node, f"{found.id}: an alias has no prices of its own; keep alias_of or prices"
        )
    if not alias_of and not periods and not found.inherits:
        entry.bad(entry.node, f"{found.id}: neither prices, alias_of nor inherits")
    _check_periods(entry, periods)
    entry.done()
    return found


def pointers(entry: Reader, key: str) -> tuple[Pointer, ...]:
    """Read a name, or a dated list of names."""
    node = entry.get(key)
    if node is None:
        return ()
    if node.text is not None:
        return (Pointer(node.text, None, place(entry, node)),)
    found = []
    for stated in entry.mappings(key):
        target = stated.text("to", required=True)
        start = values.moment(stated, "from", required=True)
        stated.done()
        if target:
            found.append(Pointer(target, start, place(stated)))
    _no_twins(entry, [(pointer.start, pointer.place) for pointer in found], "pointers")
    return tuple(sorted(found, key=lambda pointer: pointer.start or START))


def _check_periods(entry: Reader, periods: tuple[Period, ...]) -> None:
    """Note periods that begin together or reach into each other; withdrawn ones price nothing."""
    active = [period for period in periods if period.withdrawn is None]
    _no_twins(entry, [(period.start, period.place) for period in active], "periods")
    ordered = sorted(active, key=lambda period: period.start or START)
    for period, after in pairwise(ordered):
        if period.stop and after.start and period.stop > after.start:
            what = f"to: {period.stop} reaches into the period from {after.start} on line {after.place.line}"
            entry.problems.add(period.place.line, what)
