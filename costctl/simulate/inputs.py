"""From what the store answered to the frames that the kernel reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from costctl.errors import CostctlError
from costctl.groups import Group, GroupKey, OrderedShare, Rate, Wanted
from costctl.levers import LEVERS
from costctl.simulate.bind import groups_of
from costctl.simulate.plan import SIBLING, PlannedLever
from costctl.simulate.price_table import MEDIA, STANDARD
from costctl.vocabulary import ALL_CLASSES, Condition

FLAGS = ("has_cache_read", "has_output", *(f"has_{name}" for name in MEDIA))
CLASSES = ("request", "input", *(c for c in ALL_CLASSES if c != "input_uncached"))
LOGGED = ("endpoint", "model", "tier")
SLACK = 1e-9
"""How far the price of tokens may be off the exact price before the rest is something else."""


@dataclass(frozen=True)
class Source:
    """What simulations ask of a store.

    Attributes:
        groups: usage.
        dims: names of the groups' further dimensions.
        rates: prices at the price date.
        cut: input tokens that a cap on every prompt removes, per group.
        ordered: what the cheapest or dearest requests of each group hold.
        long: shares of each group's uncached input in prompts of at least so many tokens.
        hours: uncached input and output tokens of every hour with usage that matches.
    """

    groups: Sequence[Group]
    dims: Sequence[str]
    rates: Callable[[Sequence[Wanted]], Sequence[Rate]]
    cut: Callable[[int], Mapping[GroupKey, int]] = lambda _: {}
    ordered: Callable[[str, Sequence[float]], Sequence[OrderedShare]] = lambda *_: ()
    long: Callable[[Sequence[int]], Mapping[GroupKey, Sequence[float]]] = lambda _: {}
    hours: Callable[[tuple[Condition, ...]], Sequence[tuple[int, int]]] = lambda _: ()


@dataclass(frozen=True, eq=False)
class Inputs:
    """Frames for the kernel.

    Attributes:
        usage, prices: as `bind` reads them.
        groups: the priced groups, in the order of `usage`.
        facts: (lever's name for a model, price name found there) -> its rate, for remarks.
    """

    usage: pl.DataFrame
    prices: pl.DataFrame
    groups: tuple[Group, ...]
    facts: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)


Asked = tuple[int, str, str, Group]
"""Scope, label and tier of a price, and the group it is for."""

Scope = tuple[str | None, str | None, str | None, int, datetime | None]


def scope_of(group: Group) -> Scope:
    """Return what decides which prices a group can have."""
    return (
        group.price_provider,
        group.price_name,
        group.price_region,
        group.step,
        group.clock,
    )


def logged_of(group: Group, dims: Sequence[str]) -> dict[str, object]:
    """Return what selectors match."""
    logged: dict[str, object] = dict(zip(dims, group.dims, strict=True))
    logged |= {name: getattr(group, name) for name in LOGGED}
    return logged | {"price_name": group.price_name, "kind": group.kind}


def inputs_of(
    source: Source, planned: Sequence[PlannedLever], scale: float, prices_on: date
) -> Inputs:
    """Ask for every price that the plan can meet, and return the frames."""
    groups = tuple(g for g in source.groups if g.repriced_usd is not None)
    scopes = {scope: number for number, scope in enumerate(dict.fromkeys(map(scope_of, groups)))}
    book = _Book(source, groups, scopes, prices_on)
    book.ask(planned)
    rows = [_usage_row(g, source.dims, scopes, book, scale) for g in groups]
    return Inputs(
        pl.DataFrame(rows, infer_schema_length=None),
        pl.DataFrame(book.rows(), infer_schema_length=None),
        groups,
        book.facts,
    )


class _Book:
    """The prices of a run, asked for once each."""

    def __init__(
        self,
        source: Source,
        groups: Sequence[Group],
        scopes: Mapping[Scope, int],
        prices_on: date,
    ) -> None:
        self.source = source
        self.groups = groups
        self.scopes = scopes
        self.prices_on = prices_on
        self.logged = [logged_of(g, source.dims) for g in groups]
        self.found: dict[tuple[int, str, str], Rate] = {}
        self.lacking: dict[tuple[int, str, str], Rate] = {}
        self.facts: dict[str, tuple[Rate, ...]] = {}

    def base(self, group: Group) -> int:
        """Return the scope of a group's overheads: its own without the prompt-size step."""
        return -1 - self.scopes[scope_of(group)]

    def ask(self, planned: Sequence[PlannedLever]) -> None:
        """Look up what each group is priced at, wherever the levers move usage, and what they cause."""
        own = [(self.scopes[scope_of(g)], str(g.price_name), g.tier, g) for g in self.groups]
        if any(SIBLING in lever.names.values() for lever in planned):
            self._ask(own)  # who a sibling is stands with the price
        self._ask((*own, *self._targets(planned)))
        for lever in planned:
            self._refuse_unpriced(lever)

    def _refuse_unpriced(self, lever: PlannedLever) -> None:
        """Refuse a lever whose own cost is unknown: what it saves would be made up."""
        named = [name for name in LEVERS[lever.lever].names if name in lever.names]
        overheads = [name for name in named if name != LEVERS[lever.lever].moves]
        for number in groups_of(lever, self.logged) if overheads else ():
            for name in overheads:
                scope = self.base(self.groups[number])
                rate = self.lacking.get((scope, lever.names[name], STANDARD))
                if rate is not None:
                    meant = f"; {rate.hint}" if rate.hint else ""
                    raise CostctlError(
                        f"{lever.place or lever.name}: {name} {rate.wanted.name} has no price, "
                        f"so what it costs is unknown{meant}",
                        hint="`costctl pricing list` shows the models that have one",
                        code="unpriced_model",
                    )

    def _targets(self, planned: Sequence[PlannedLever]) -> Iterator[Asked]:
        labels: list[set[str]] = [{str(g.price_name)} for g in self.groups]
        tiers = [{g.tier} for g in self.groups]
        for lever in planned:
            kind = LEVERS[lever.lever]
            for number in groups_of(lever, self.logged):
                group = self.groups[number]
                for name in kind.names:
                    value = lever.names.get(name)
                    if value is None:
                        continue
                    if name == "to_tier":
                        tiers[number].add(value)
                    elif name == kind.moves:
                        labels[number].add(value)
                    else:
                        yield self.base(group), value, STANDARD, group
        for group, mine, theirs in zip(self.groups, labels, tiers, strict=True):
            scope = self.scopes[scope_of(group)]
            yield from (
                (scope, label, tier, group) for label in sorted(mine) for tier in sorted(theirs)
            )

    def _ask(self, places: Iterable[Asked]) -> None:
        asked: dict[tuple[int, str, str], Wanted] = {}
        for scope, label, tier, group in places:
            key = (scope, label, tier)
            wanted = self._wanted(scope, label, tier, group)
            if key not in self.found and wanted is not None:
                asked[key] = wanted
        if not asked:
            return
        for key, rate in zip(asked, self.source.rates(list(asked.values())), strict=True):
            known = self.facts.get(key[1], ())
            self.facts[key[1]] = known if rate in known else (*known, rate)
            (self.lacking if rate.reason else self.found)[key] = rate

    def _wanted(self, scope: int, label: str, tier: str, group: Group) -> Wanted | None:
        name: str | None = label
        if label == SIBLING:
            name = self._sibling(group)
        if name is None:
            return None
        return Wanted(
            name=name,
            tier=tier,
            step=group.step if scope >= 0 else 0,
            provider=group.price_provider,
            region=group.price_region,
            clock=group.clock,
        )

    def _sibling(self, group: Group) -> str | None:
        own = self.found.get((self.scopes[scope_of(group)], str(group.price_name), group.tier))
        return own.cheaper_sibling if own else None

    def rows(self) -> list[dict[str, object]]:
        """Return the frame of prices.

        A group whose price cannot be taken apart keeps its cost as it is: its tokens are free here, and what
        it costs counts as something else.
        """
        whole = [
            {"scope": self.scopes[scope_of(g)], "label": str(g.price_name), "tier": g.tier}
            | dict.fromkeys(CLASSES, 0.0)
            | dict.fromkeys(FLAGS, False)
            | {"min_prompt_tokens": None}
            for g in self.groups
            if (self.scopes[scope_of(g)], str(g.price_name), g.tier) not in self.found
        ]
        return whole + [
            {
                "scope": scope,
                "label": label,
                "tier": tier,
                **{name: getattr(rate, name) for name in (*CLASSES, *FLAGS)},
                "min_prompt_tokens": rate.prompt_cache_min_tokens,
            }
            for (scope, label, tier), rate in self.found.items()
            if not (label == SIBLING and self._retired(rate))
        ]

    def _retired(self, rate: Rate) -> bool:
        return rate.retires_on is not None and rate.retires_on <= self.prices_on


def _usage_row(
    group: Group, dims: Sequence[str], scopes: Mapping[Scope, int], book: _Book, scale: float
) -> dict[str, object]:
    scope = scopes[scope_of(group)]
    own = book.found.get((scope, str(group.price_name), group.tier))
    tokens = {name: getattr(group, name) * scale for name in ALL_CLASSES}
    row = logged_of(group, dims) | {
        "scope": scope,
        "base_scope": book.base(group),
        "label": str(group.price_name),
        "requests": float(group.requests) * scale,
        "scale": scale,
        **tokens,
    }
    exact = float(group.repriced_usd or 0)
    row["units_usd"] = _rest(group, own, exact) * scale
    return row


def _rest(group: Group, own: Rate | None, exact: float) -> float:
    """Return what a group costs besides tokens and requests, such as web searches."""
    if own is None:
        return exact
    plain = {name: getattr(group, name) for name in ALL_CLASSES}
    plain["cache_write"] -= plain["cache_write_long"]
    plain["output"] -= plain["reasoning"]
    cost = group.requests * own.request + sum(
        count * (own.input if name == "input_uncached" else getattr(own, name))
        for name, count in plain.items()
    )
    rest = exact - cost
    return rest if abs(rest) > SLACK * max(1e-6, abs(exact)) else 0.0
