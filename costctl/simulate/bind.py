"""Binding a plan to usage and prices: who acts on what, and what every flow can cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from costctl.errors import CostctlError
from costctl.levers import LEVERS, Lever, Setting
from costctl.levers._base import COUNTS, PROMPT
from costctl.simulate.plan import PlannedLever, matches

MEDIA = ("audio_input", "audio_output", "image_input", "image_output")
OWN_PRICE = ("output", *MEDIA)
"""Classes that do not follow a flow to a model without a price of its own for them."""

DEFAULT_MINIMUM = 1024.0
"""Shortest prompt that a provider caches, where the price table does not say."""

STANDARD = "standard"
DECLARED = ("", "declared")
"""The price of a compressor: a dollar per million, scaled by the rate that the plan declares."""

NOT_GENERATING = frozenset({"embedding", "rerank"})

Place = tuple[str, str]
"""A model, as labelled in the frame of prices, and a tier."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A plan bound to usage and prices.

    Attributes:
        planned: the levers in the order in which they apply.
        settings: the same, bound.
        usage: group, signature, price and counts.
        prices: USD per unit of each count, a row per price.
        places: the model and tier of each price.
        logged: what was logged of each group.
        acts_on: name of a lever -> its groups.
        idle: name of a lever -> why it cannot act.
        remarks: name of a lever -> what to know about where it acts.
    """

    planned: tuple[PlannedLever, ...]
    settings: tuple[Setting, ...]
    usage: pl.DataFrame
    prices: pl.DataFrame
    places: tuple[Place, ...]
    logged: tuple[Mapping[str, object], ...]
    acts_on: Mapping[str, tuple[int, ...]]
    idle: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def bind(usage: pl.DataFrame, prices: pl.DataFrame, planned: Sequence[PlannedLever]) -> Problem:
    """Return the plan over these groups.

    `usage` has a row a group: endpoint, model, tier and what else was logged, `kind` of its model,
    `scope` and `base_scope` (which prices hold for it), `label` (its own price among them), requests and
    token sums. `prices` has a row per scope, label and tier: USD per token, `has_<class>` where a price
    is the model's own.
    """
    planned = tuple(sorted(planned, key=lambda lever: LEVERS[lever.lever].stage))
    logged = tuple(usage.to_dicts())
    known = {(row["scope"], row["label"], row["tier"]): row for row in prices.to_dicts()}
    acts_on = {p.name: _groups_of(p, logged) for p in planned}
    table = _PriceTable(known, planned, acts_on)
    for number, group in enumerate(logged):
        table.add_group(number, group)
    signatures = _signatures(planned, acts_on, len(logged))
    return Problem(
        planned=planned,
        settings=tuple(_setting(p, acts_on[p.name], signatures, table) for p in planned),
        usage=_counts(logged, signatures, table),
        prices=pl.DataFrame(table.rates, schema=dict.fromkeys(COUNTS, pl.Float64), orient="row"),
        places=tuple(table.places),
        logged=logged,
        acts_on=acts_on,
        idle=_idle(planned, acts_on, table, logged),
        remarks={},
    )


def _groups_of(planned: PlannedLever, logged: Sequence[Mapping[str, object]]) -> tuple[int, ...]:
    lever = LEVERS[planned.lever]
    return tuple(
        number
        for number, group in enumerate(logged)
        if _selected(planned, lever, group)
        and not any(matches(where, group) for where in planned.unless)
    )


def _selected(planned: PlannedLever, lever: Lever, group: Mapping[str, object]) -> bool:
    if planned.where:
        return matches(planned.where, group)
    return not (lever.generating_only and group.get("kind") in NOT_GENERATING)


def _signatures(
    planned: Sequence[PlannedLever], acts_on: Mapping[str, Iterable[int]], groups: int
) -> list[int]:
    """Number the distinct sets of levers, and return the number of each group."""
    touched: list[list[str]] = [[] for _ in range(groups)]
    for lever in planned:
        for group in acts_on[lever.name]:
            touched[group].append(lever.name)
    numbers: dict[tuple[str, ...], int] = {}
    return [numbers.setdefault(tuple(names), len(numbers)) for names in touched]


class _PriceTable:
    """Every price that a flow can come to have: its group's own, and wherever levers move it."""

    def __init__(
        self,
        known: Mapping[tuple[object, str, str], Mapping[str, object]],
        planned: Sequence[PlannedLever],
        acts_on: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.known = known
        self.planned = planned
        self.members = {name: frozenset(groups) for name, groups in acts_on.items()}
        self.own: list[int] = []
        self.places: list[Place] = []
        self.rates: list[tuple[float, ...]] = []
        self.cached: list[bool] = []
        self.minimum: list[float] = []
        self.moves: dict[str, dict[int, int]] = {p.name: {} for p in planned}
        self.extra: dict[tuple[str, str], dict[int, int]] = {}
        self.refused: dict[str, dict[str, int]] = {p.name: {} for p in planned}

    def add_group(self, number: int, group: Mapping[str, object]) -> None:
        """Add a group's own price and all that its levers can reach from there."""
        here: dict[Place, int] = {}
        self._price(here, group, (str(group["label"]), str(group["tier"])))
        self.own.append(here[str(group["label"]), str(group["tier"])])
        levers = [p for p in self.planned if number in self.members[p.name]]
        for planned in levers:
            for place, price in list(here.items()):
                self._reach(here, group, planned, place, price)
        for planned in levers:
            self._add_overhead(group, planned, tuple(here.values()))

    def _reach(
        self,
        here: dict[Place, int],
        group: Mapping[str, object],
        planned: PlannedLever,
        place: Place,
        price: int,
    ) -> None:
        moves = LEVERS[planned.lever].moves
        if not moves:
            return
        name = planned.names[moves]
        goal = (place[0], name) if moves == "to_tier" else (name, place[1])
        reason = self._refusal(group, goal, moves)
        if reason:
            refused = self.refused[planned.name]
            refused[reason] = refused.get(reason, 0) + 1
            return
        self._price(here, group, goal)
        self.moves[planned.name][price] = here[goal]

    def _refusal(self, group: Mapping[str, object], goal: Place, moves: str) -> str:
        """Return why usage of this group cannot move there; empty where it can."""
        found = self.known.get((group["scope"], *goal))
        model = goal[0]
        if found is None:
            shown = group["model"] if moves == "to_tier" else model
            return f"{shown} has no {goal[1]} price"
        lacking = [c for c in OWN_PRICE if _number(group.get(c)) and not found.get(f"has_{c}")]
        return f"{model} has no price for {', '.join(lacking)}" if lacking else ""

    def _price(self, here: dict[Place, int], group: Mapping[str, object], place: Place) -> None:
        if place in here:
            return
        found = self.known[(group["scope"], *place)]
        minimum = found.get("min_prompt_tokens")
        here[place] = self._new(
            place,
            _rates(group, found),
            cached=bool(found.get("has_cache_read")),
            minimum=DEFAULT_MINIMUM if minimum is None else _number(minimum),
        )

    def _new(
        self, place: Place, rates: tuple[float, ...], *, cached: bool = False, minimum: float = 0.0
    ) -> int:
        self.places.append(place)
        self.rates.append(rates)
        self.cached.append(cached)
        self.minimum.append(minimum)
        return len(self.places) - 1

    def _add_overhead(
        self, group: Mapping[str, object], planned: PlannedLever, prices: tuple[int, ...]
    ) -> None:
        lever = LEVERS[planned.lever]
        for name in lever.names:
            if name == lever.moves or name not in planned.names:
                continue
            model = planned.names[name]
            found = self.known.get((group["base_scope"], model, STANDARD))
            if found is None:
                raise CostctlError(
                    f"{planned.name}: {model} has no price, so what {name} costs is unknown",
                    hint="name a model of the price table; `costctl pricing list` shows them",
                    code="unpriced_model",
                )
            price = self._new((model, STANDARD), _overhead_rates(found))
            self.extra.setdefault((planned.name, name), {}).update(dict.fromkeys(prices, price))
        if "compressor_usd_per_1m" in planned.params:
            price = self._new(DECLARED, (0.0, 1e-6, 0.0, 0.0, 0.0, 0.0))
            self.extra.setdefault((planned.name, "declared"), {}).update(
                dict.fromkeys(prices, price)
            )

    def series(self, targets: Mapping[int, int]) -> pl.Series:
        """Return for each price the one that it leads to, itself where it leads nowhere."""
        count = len(self.places)
        return pl.Series([targets.get(p, p) for p in range(count)], dtype=pl.UInt32)


def _setting(
    planned: PlannedLever, groups: Iterable[int], signatures: Sequence[int], table: _PriceTable
) -> Setting:
    lever = LEVERS[planned.lever]
    tables: dict[str, pl.Series] = {}
    if lever.moves:
        moves = table.moves[planned.name]
        tables["target"] = table.series(moves)
        movable = [float(price in moves) for price in range(len(table.places))]
        tables["movable"] = pl.Series(movable, dtype=pl.Float64)
    if "min_prompt_tokens" in lever.params:
        tables["cached"] = pl.Series(table.cached, dtype=pl.Boolean)
        tables["minimum"] = pl.Series(table.minimum, dtype=pl.Float64)
    for (name, extra), prices in table.extra.items():
        if name == planned.name:
            tables[extra] = table.series(prices)
    return Setting(planned.name, lever, frozenset(signatures[g] for g in groups), tables)


def _counts(
    logged: Sequence[Mapping[str, object]], signatures: Sequence[int], table: _PriceTable
) -> pl.DataFrame:
    counts = {name: [_number(group.get(name)) for group in logged] for name in COUNTS[:-1]}
    media = [_number(group.get("scale", 1.0)) for group in logged]
    return pl.DataFrame(
        {
            "group": pl.Series(range(len(logged)), dtype=pl.UInt32),
            "signature": pl.Series(signatures, dtype=pl.UInt32),
            "price": pl.Series(table.own, dtype=pl.UInt32),
            **{name: pl.Series(values, dtype=pl.Float64) for name, values in counts.items()},
            "media": pl.Series(media, dtype=pl.Float64),
        }
    )


def _rates(group: Mapping[str, object], found: Mapping[str, object]) -> tuple[float, ...]:
    """Return USD per unit of each count; parts of a class keep their proportion of it."""
    write, output = _number(group.get("cache_write")), _number(group.get("output"))
    long = _number(group.get("cache_write_long")) / write if write else 0.0
    thought = _number(group.get("reasoning")) / output if output else 0.0
    media = sum(_number(group.get(c)) * _number(found.get(c)) for c in MEDIA if group.get(c))
    scale = _number(group.get("scale", 1.0)) or 1.0
    return (
        _number(found.get("request")),
        _number(found.get("input")),
        _number(found.get("cache_read")),
        _mixed(found, "cache_write", "cache_write_long", long),
        _mixed(found, "output", "reasoning", thought),
        media / scale + _number(group.get("units_usd")) / scale,
    )


def _mixed(found: Mapping[str, object], whole: str, part: str, share: float) -> float:
    rate = _number(found.get(whole))
    if not share:
        return rate
    return rate * (1 - share) + _number(found.get(part, rate)) * share


def _overhead_rates(found: Mapping[str, object]) -> tuple[float, ...]:
    """Return the rates of usage that a lever causes: tokens only, no fee per request."""
    return (0.0, _number(found.get("input")), 0.0, 0.0, _number(found.get("output")), 0.0)


def _idle(
    planned: Sequence[PlannedLever],
    acts_on: Mapping[str, tuple[int, ...]],
    table: _PriceTable,
    logged: Sequence[Mapping[str, object]],
) -> dict[str, str]:
    """Say of each lever that cannot act why it cannot."""
    found = {}
    for lever in planned:
        reason = _reason(lever, acts_on[lever.name], table, logged)
        if reason:
            found[lever.name] = reason
    return found


def _reason(
    planned: PlannedLever,
    groups: tuple[int, ...],
    table: _PriceTable,
    logged: Sequence[Mapping[str, object]],
) -> str:
    lever = LEVERS[planned.lever]
    if not groups:
        return "no usage matches its selector" if planned.where else "no usage of this kind"
    if lever.moves and not table.moves[planned.name]:
        return "; ".join(sorted(table.refused[planned.name]))
    if lever.needs_requests and not any(_number(logged[g].get("requests")) for g in groups):
        return "the logs have no count of requests"
    if lever.name == "prompt_cache":
        return _no_caching(planned, groups, table, logged)
    return ""


def _no_caching(
    planned: PlannedLever,
    groups: tuple[int, ...],
    table: _PriceTable,
    logged: Sequence[Mapping[str, object]],
) -> str:
    reasons = []
    declared = planned.params.get("min_prompt_tokens")
    reachable = bool(len(table.places) > len(table.own))
    for group in groups:
        price, counts = table.own[group], logged[group]
        minimum = declared.mode if declared else table.minimum[price]
        requests = _number(counts.get("requests"))
        prompt = sum(_number(counts.get(c)) for c in PROMPT) / requests if requests else 0.0
        if not table.cached[price] and not reachable:
            reasons.append(f"{counts['model']} has no cached price")
        elif prompt < minimum * (1 - 1e-12):
            reasons.append(
                f"the average prompt of {prompt:,.0f} tokens is below the minimum of {minimum:,.0f}"
            )
        else:
            return ""
    return "; ".join(dict.fromkeys(reasons))


def _number(value: object) -> float:
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]  # ints, floats, decimals
