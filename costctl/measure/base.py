"""What a measurement is: a number for a lever, how it was found, and what it cannot tell."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from costctl.groups import Rate
from costctl.measure.prefixes import FOREVER, Lifetime, Prefixes, prefixes_of
from costctl.measure.repeats import Repeats, repeats_of
from costctl.store import Store, measures_shares
from costctl.store.measures import Easy, GroupFacts
from costctl.store.measures_rows import KEYS
from costctl.store.rollup_mixes import Mix
from costctl.table import Table


@dataclass(frozen=True)
class Settings:
    """What the user decides about a measurement.

    Attributes:
        cache_ttl: seconds that a response cache would keep an answer.
        prefix_ttl: seconds after which the provider forgets an unused prompt beginning.
        easy: what counts as an easy call.
        cap: tokens to which prompts would be cut; None: not asked.
        window: turns of a chat that would stay; None: not asked.
        critical: endpoints (globs) whose embeddings must stay as good as they are; None: not said.
        top: so many groups, the dearest first, have estimates of their own.
    """

    cache_ttl: int = 86_400
    prefix_ttl: int = 300
    easy: Easy = Easy(1000, 100)  # noqa: RUF009 - a frozen value
    cap: int | None = None
    window: int | None = None
    critical: tuple[str, ...] | None = None
    top: int = 20


@dataclass(frozen=True)
class Place:
    """Where an estimate holds: one endpoint and model, or everything in scope."""

    endpoint: str | None = None
    model: str | None = None
    everything: bool = False


EVERYTHING = Place(everything=True)


@dataclass(frozen=True)
class Estimate:
    """A number for one parameter of one lever in one place.

    Attributes:
        place: where it holds.
        value: as the lever takes it; None where the log cannot tell.
        sample: calls that were looked at.
        refused: why there is no value.
        variant: which of several ways this is.
        low, high: an interval; None where none would be honest.
        by_requests: the same share counted in calls instead of money.
        further: other parameters of the lever that were measured with it.
        names: constants of the lever, such as the model it moves to.
        plan: belongs in a scenario.
        asked: the user asked for it, so that it stays in a scenario however small it is.
        notes: what else there is to say about this number.
        tier: the tier of the usage that the lever would select.
    """

    place: Place
    value: float | None
    sample: int
    refused: str | None = None
    variant: str = ""
    low: float | None = None
    high: float | None = None
    by_requests: float | None = None
    further: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    plan: bool = False
    asked: bool = False
    notes: tuple[str, ...] = ()
    tier: str | None = None


@dataclass(frozen=True)
class Measured:
    """What one estimator found."""

    estimates: tuple[Estimate, ...]
    details: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Group:
    """A group with what the price table says of its model at the price date.

    Attributes:
        facts: what was logged.
        rate: its rates; None where no name was found.
        batch: whether the batch tier has a price.
    """

    facts: GroupFacts
    rate: Rate | None
    batch: bool

    @property
    def place(self) -> Place:
        """Return where estimates about it hold."""
        return Place(self.facts.endpoint, self.facts.model)

    @property
    def cache_minimum(self) -> int:
        """Return the shortest prompt that the provider caches."""
        return (self.rate.prompt_cache_min_tokens if self.rate else None) or 1024


@dataclass
class Asked:
    """The usage in scope and what was asked of it.

    Attributes:
        store: with the temp table `measured`.
        groups: the dearest first; a group's place is its number.
        mixes: what the same tokens would cost elsewhere, the dearest first.
        tz: zone of hours and days.
        at: the price date.
        retirements: when models that a lever could move to are retired, by name.
    """

    store: Store
    groups: Sequence[Group]
    mixes: Sequence[Mix]
    settings: Settings
    tz: str
    at: datetime
    retirements: Mapping[str, date]

    @cached_property
    def repeats(self) -> Mapping[str, Repeats]:
        """Return how often prompts repeat, by kind of comparison."""
        return {kind: repeats_of(self.store, kind, self.settings.cache_ttl) for kind in KEYS}

    @cached_property
    def waste(self) -> Sequence[measures_shares.Part]:
        """Return what was paid for in vain."""
        return measures_shares.waste(self.store)

    @cached_property
    def calls(self) -> Mapping[int, measures_shares.Calls]:
        """Return the single generating calls of each group."""
        return {part.group: part for part in measures_shares.calls(self.store)}

    @cached_property
    def prefixes(self) -> Prefixes:
        """Return what a provider's cache would read of the beginnings of prompts."""
        minimum = {g.facts.number: g.cache_minimum for g in self.generating if g.facts.stepped}
        return prefixes_of(self.store, self.lifetimes, minimum)

    @cached_property
    def at_endpoint(self) -> Mapping[str | None, Sequence[Group]]:
        """Return the groups whose calls write answers by endpoint, the dearest first."""
        found: dict[str | None, list[Group]] = defaultdict(list)
        for group in self.generating:
            found[group.facts.endpoint].append(group)
        return found

    @property
    def lifetimes(self) -> Sequence[Lifetime]:
        """Return how long beginnings may be kept: as asked for, and others beside it."""
        own = self.settings.prefix_ttl
        sliding = sorted({60, 300, 3600, own, FOREVER})
        return (*(Lifetime(ttl, "sliding") for ttl in sliding), Lifetime(own, "fixed"))

    @property
    def listed(self) -> Sequence[Group]:
        """Return the groups that have estimates of their own."""
        return self.groups[: self.settings.top]

    def is_listed(self, group: Group) -> bool:
        """Return whether a group has estimates of its own."""
        return group.facts.number < self.settings.top

    def retirement(self, model: str | None) -> tuple[str, ...]:
        """Return a note about the retirement of a model that a lever would move to."""
        day = self.retirements.get(model or "")
        return (retirement_text(model or "", day, self.at),) if day else ()

    @cached_property
    def generating(self) -> list[Group]:
        """Return the groups whose calls write answers."""
        return [group for group in self.groups if group.facts.generating]

    @cached_property
    def callers(self) -> int:
        """Return how many single calls name a user or a session."""
        return sum(group.facts.callers for group in self.groups)

    @cached_property
    def cost(self) -> float:
        """Return the cost of everything in scope, as far as it has a price."""
        return sum(group.facts.cost or 0.0 for group in self.groups)

    @cached_property
    def span(self) -> timedelta:
        """Return the time from the first single call to the last."""
        moments: list[datetime] = [
            moment
            for g in self.groups
            for moment in (g.facts.first_call, g.facts.last_call)
            if moment
        ]
        return max(moments) - min(moments) if moments else timedelta()


@dataclass(frozen=True)
class Estimator:
    """Finds one parameter of one lever in the stored rows.

    Attributes:
        name: machine name.
        lever, parameter: what it is for.
        title: what a person reads.
        method: how the number comes about, one sentence.
        limit: what it cannot tell, one sentence.
        measure: finds it.
    """

    name: str
    lever: str
    parameter: str
    title: str
    method: str
    limit: str
    measure: Callable[[Asked], Measured]


def share(part: float, whole: float) -> float | None:
    """Return a share, or None of nothing."""
    return part / whole if whole > 0 else None


def span_text(seconds: float) -> str:
    """Return a time such as `5 min` or `24 h`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def retirement_text(model: str, day: date, at: datetime) -> str:
    """Return when a model is retired, or was to be."""
    return f"{model} {'retires' if day > at.date() else 'was to be retired'} on {day}"
