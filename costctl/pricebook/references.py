"""Names that must lead somewhere: aliases, siblings, regions, deployments, overlays."""

from collections.abc import Iterable

from costctl.errors import nearest
from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.facts import Deployment, Discount, Period, Place, Pointer
from costctl.pricebook.layers import Findings


def check_references(book: Book, findings: Findings) -> None:
    """Note every reference to something that does not exist, and every rule that two entries break together."""
    for _, provider in sorted(book.providers.items()):
        _check_provider(provider, findings)
    for deployment in book.overrides.deployments:
        _check_deployment(book, deployment, findings)
    _check_ranks(book.overrides.deployments, findings)
    for discount in book.overrides.discounts:
        _check_discount(book, discount, findings)
    default, stated_at = book.overrides.default_provider, book.overrides.default_place
    if default and stated_at and default not in book.providers:
        known = nearest(default, book.providers)
        what = f"pricing.default_provider: {default!r} is no provider of the price table{known}"
        findings.add(stated_at, what)


def _check_provider(provider: Provider, findings: Findings) -> None:
    regions = set(provider.region_names())
    for name, entry in sorted(provider.entries.items()):
        _check_cycle(provider, name, findings)
        if entry.model:
            _check_targets(provider, entry.model.siblings, "cheaper_sibling", findings)
        for stretch in entry.held:
            if isinstance(stretch.what, Pointer):
                _check_targets(provider, [stretch.what], f"{name}: alias", findings)
            else:
                _check_regions(provider, stretch.what, regions, findings)


def _check_targets(
    provider: Provider, pointers: Iterable[Pointer], what: str, findings: Findings
) -> None:
    for pointer in pointers:
        if pointer.to not in provider.entries:
            known = nearest(pointer.to, provider.entries)
            findings.add(
                pointer.place, f"{what}: {pointer.to!r} is no model of {provider.name}{known}"
            )


def _check_regions(
    provider: Provider, period: Period, regions: set[str], findings: Findings
) -> None:
    for name, stated in period.regions.items():
        if name not in regions:
            known = f"; the file knows {', '.join(sorted(regions))}{nearest(name, regions)}"
            findings.add(stated.place, f"region {name!r} is none of {provider.name}'s{known}")


def _check_cycle(provider: Provider, name: str, findings: Findings) -> None:
    """Note a name that leads back to itself, once, at the first of its names in order."""
    seen: set[str] = set()
    waiting = list(_targets(provider.entries.get(name)))
    while waiting:
        target = waiting.pop()
        if target == name:
            findings.add(provider.entries[name].place, f"alias {name!r} leads back to itself")
            return
        if target not in seen:
            seen.add(target)
            waiting += _targets(provider.entries.get(target))


def _targets(entry: Entry | None) -> list[str]:
    held = entry.held if entry else ()
    return [stretch.what.to for stretch in held if isinstance(stretch.what, Pointer)]


def _check_deployment(book: Book, stated: Deployment, findings: Findings) -> None:
    provider = book.providers.get(stated.provider)
    if provider is None:
        known = nearest(stated.provider, book.providers)
        findings.add(stated.place, f"provider {stated.provider!r} is not in the price table{known}")
        return
    if stated.model not in provider.entries:
        known = nearest(stated.model, provider.entries)
        findings.add(stated.place, f"model {stated.model!r} is no model of {provider.name}{known}")
    regions = provider.region_names()
    if stated.region and stated.region not in regions:
        known = f"; it has {', '.join(regions)}{nearest(stated.region, regions)}"
        findings.add(stated.place, f"region {stated.region!r} is none of {provider.name}'s{known}")


def _check_ranks(deployments: Iterable[Deployment], findings: Findings) -> None:
    seen: dict[object, Place] = {}
    for stated in deployments:
        key = (stated.provider, stated.resource, stated.deployment, stated.start)
        if key in seen:
            what = f"deployment {stated.deployment!r} from {stated.start or 'null'} stands twice; first: {seen[key]}"
            findings.add(stated.place, what)
        seen.setdefault(key, stated.place)


def _check_discount(book: Book, stated: Discount, findings: Findings) -> None:
    if stated.provider and stated.provider not in book.providers:
        known = nearest(stated.provider, book.providers)
        findings.add(stated.place, f"provider {stated.provider!r} is not in the price table{known}")
