"""Layers of price files, merged into one table as known on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from costctl.errors import CostctlError, nearest
from costctl.pricebook.book import GLOBAL, Book, Entry, Held, Provider
from costctl.pricebook.facts import Model, Period, Place, Pointer, ProviderFile
from costctl.pricebook.layers import Findings, Layer, Stack
from costctl.pricebook.timeline import END, START, Stretch, in_turn, over


def merge(stack: Stack, known_on: date | None) -> Book:
    """Return the table that the layers give together.

    Errors: `CostctlError` listing every name that leads nowhere; exit 2 for a day before the table's first.
    """
    findings = Findings()
    if known_on:
        _refuse_before_first_day(stack.layers, known_on)
    providers: dict[str, Provider] = {}
    for number, layer in enumerate(stack.layers):
        for stated in _bases_first(layer, findings):
            below = providers.get(stated.provider)
            own = _Layered(stated, number, providers, known_on, findings).entries()
            providers[stated.provider] = _merged(below, stated, number, own)
    version = next(
        (layer.version for layer in reversed(stack.layers) if layer.version), "unversioned"
    )
    findings.raise_if_any()
    return Book(version, providers, stack.overrides, known_on, stack.shipped)


def _refuse_before_first_day(layers: Iterable[Layer], known_on: date) -> None:
    days = [
        period.source.retrieved
        for layer in layers
        for provider in layer.providers
        for model in provider.models
        for period in model.periods
    ]
    if days and known_on < min(days):
        first = min(days)
        raise CostctlError(
            f"the price table knows nothing before {first}, its first day",
            f"--pricing {first} or later; prices of earlier usage are in the table of today",
        )


def _bases_first(layer: Layer, findings: Findings) -> list[ProviderFile]:
    """Return the providers of a layer so that one stands after the one it extends."""
    ordered: list[ProviderFile] = []
    waiting = sorted(layer.providers, key=lambda provider: provider.provider)
    while waiting:
        names = {provider.provider for provider in waiting}
        ready = [provider for provider in waiting if provider.extends not in names]
        if not ready:
            for provider in waiting:
                findings.add(
                    provider.place, f"extends: {provider.extends} leads back to {provider.provider}"
                )
            return ordered
        ordered += ready
        waiting = [provider for provider in waiting if provider not in ready]
    return ordered


class _Layered:
    """Settles one provider of one layer into entries."""

    def __init__(
        self,
        stated: ProviderFile,
        number: int,
        below: Mapping[str, Provider],
        known_on: date | None,
        findings: Findings,
    ) -> None:
        self.stated = stated
        self.number = number
        self.below = below
        self.known_on = known_on
        self.findings = findings
        self.models: dict[str, Model] = {}

    def entries(self) -> dict[str, Entry]:
        """Return an entry for every id, alias and extended name."""
        found = self._extended()
        own = self._own_names()
        for name, model in own.items():
            found[name] = self._entry(name, model)
        return found

    def _extended(self) -> dict[str, Entry]:
        base = self.stated.extends
        if base is None:
            return {}
        if base not in self.below:
            known = nearest(base, self.below)
            self.findings.add(
                self.stated.place, f"extends: {base!r} is no provider of this layer or below{known}"
            )
            return {}
        return {
            name: _as_extended(entry, self.number)
            for name, entry in self.below[base].entries.items()
        }

    def _own_names(self) -> dict[str, Model | Pointer]:
        """Return the ids and aliases that the layer states; one name twice is an error."""
        found: dict[str, Model | Pointer] = {}
        places: dict[str, Place] = {}
        for model in self.stated.models:
            meanings: dict[str, Model | Pointer] = {model.id: model}
            meanings |= {alias: Pointer(model.id, None, model.place) for alias in model.aliases}
            for name, meaning in meanings.items():
                if name in found:
                    self.findings.add(
                        model.place, f"{name!r} already means a model: {places[name]}"
                    )
                found.setdefault(name, meaning)
                places.setdefault(name, model.place)
        self.models = {
            name: meaning for name, meaning in found.items() if isinstance(meaning, Model)
        }
        return found

    def _entry(self, name: str, meaning: Model | Pointer) -> Entry:
        if isinstance(meaning, Pointer):
            return Entry(name, meaning.place, self.number, (Stretch(START, END, meaning),))
        if meaning.alias_of:
            pointers: list[Stretch[Held]] = in_turn((p.start, None, p) for p in meaning.alias_of)
            return Entry(name, meaning.place, self.number, tuple(pointers))
        settled = self._inherited(meaning, ())
        held: list[Stretch[Held]] = in_turn(
            (p.start, p.stop, p) for p in self._active(settled.periods)
        )
        return Entry(name, meaning.place, self.number, tuple(held), settled)

    def _active(self, periods: Iterable[Period]) -> list[Period]:
        """Return the periods that price, as known on the day; of two that begin together the later retrieved."""
        found: dict[object, Period] = {}
        for period in sorted(periods, key=lambda p: p.source.retrieved):
            if self.known_on and period.source.retrieved > self.known_on:
                continue
            if period.withdrawn and (self.known_on is None or period.withdrawn <= self.known_on):
                continue
            found[period.start] = period
        return list(found.values())

    def _inherited(self, model: Model, seen: tuple[str, ...]) -> Model:
        """Return a model with the periods and facts of the one it inherits from."""
        target = model.inherits
        if target is None:
            return model
        if model.id in seen:
            self.findings.add(
                model.place, f"inherits: {' -> '.join((*seen, model.id))} leads back to itself"
            )
            return replace(model, inherits=None)
        base = self._inherited_from(model, target, (*seen, model.id))
        if base is None:
            known = nearest(target, self.models)
            self.findings.add(
                model.place, f"inherits: {target!r} is no model of {self.stated.provider}{known}"
            )
            return model
        own = {period.start for period in model.periods if period.withdrawn is None}
        return replace(
            _filled(model, base),
            periods=(*(p for p in base.periods if p.start not in own), *model.periods),
        )

    def _inherited_from(self, model: Model, target: str, seen: tuple[str, ...]) -> Model | None:
        own = self.models.get(target)
        if own is not None and target != model.id and not own.alias_of:
            return self._inherited(own, seen)
        for provider in (self.stated.extends, self.stated.provider):
            below = self.below.get(provider) if provider else None
            entry = below.entries.get(target) if below else None
            if entry and entry.model:
                elsewhere = provider == self.stated.extends
                return replace(entry.model, retires_on=None) if elsewhere else entry.model
        if own is not None and target == model.id:
            return self._inherited(own, seen)
        return None


def _as_extended(entry: Entry, layer: int) -> Entry:
    """Return an entry as another provider takes it over: regions and retirement are the first one's own."""
    model = replace(entry.model, retires_on=None) if entry.model else None
    return replace(entry, layer=layer, held=tuple(map(_without_regions, entry.held)), model=model)


def _without_regions(held: Stretch[Held]) -> Stretch[Held]:
    what = held.what
    return replace(held, what=replace(what, regions={})) if isinstance(what, Period) else held


def _filled(model: Model, base: Model) -> Model:
    """Return a model with the facts of another where it says nothing itself."""
    return replace(
        model,
        kind=model.kind or base.kind,
        family=model.family or base.family,
        released=model.released or base.released,
        retires_on=model.retires_on or base.retires_on,
        siblings=model.siblings or base.siblings,
        prompt_cache_min_tokens=model.prompt_cache_min_tokens or base.prompt_cache_min_tokens,
        note=model.note or base.note,
    )


def _merged(
    below: Provider | None, stated: ProviderFile, number: int, own: dict[str, Entry]
) -> Provider:
    """Return a provider with a layer on top; where the layer has a period, the lower one's is cut out."""
    if below is None:
        below = Provider(stated.provider, stated.place, number, (), False, "", (), {}, {})  # noqa: FBT003 - nothing yet
    entries = dict(below.entries)
    for name, entry in own.items():
        lower = entries.get(name)
        entries[name] = _over(entry, lower) if lower else entry
    return Provider(
        name=stated.provider,
        place=stated.place,
        layer=number,
        names=tuple(sorted({*below.names, *stated.names})),
        home=below.home or stated.home,
        default_region=stated.default_region or below.default_region or GLOBAL,
        strip_prefixes=tuple(dict.fromkeys((*below.strip_prefixes, *stated.strip_prefixes))),
        regions={**below.regions, **stated.regions},
        entries=entries,
    )


def _over(entry: Entry, lower: Entry) -> Entry:
    model = entry.model
    if model and lower.model:
        model = _filled(model, lower.model)
    return replace(entry, held=tuple(over(entry.held, lower.held)), model=model or lower.model)
