"""Every price that a flow can come to have: its group's own, and wherever levers move it."""

from collections.abc import Mapping, Sequence

import polars as pl

from costctl.errors import CostctlError
from costctl.levers import LEVERS
from costctl.simulate.plan import SIBLING, PlannedLever

MEDIA = ("audio_input", "audio_output", "image_input", "image_output")
OWN_PRICE = ("output", *MEDIA)
"""Classes that do not follow a flow to a model without a price of its own for them."""

DEFAULT_MINIMUM = 1024.0
"""Shortest prompt that a provider caches, where the price table does not say."""

STANDARD = "standard"
DECLARED = ("", "declared")
"""The price of a compressor: a dollar per million, scaled by the rate that the plan declares."""

Place = tuple[str, str]
"""A model, as labelled in the frame of prices, and a tier."""


class PriceTable:
    """Prices by number; levers turn one number into another.

    Attributes:
        own: the price of each group as logged.
        places, groups, rates, cached, minimum: of each price.
        moves: name of a lever -> price -> the price that it leads to.
        extra: (name of a lever, what it needs) -> price -> the price of that overhead.
        refused: name of a lever -> why it cannot move something -> how many flows.
    """

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
        self.groups: list[int] = []
        self.group = 0
        self.rates: list[tuple[float, ...]] = []
        self.cached: list[bool] = []
        self.minimum: list[float] = []
        self.moves: dict[str, dict[int, int]] = {p.name: {} for p in planned}
        self.extra: dict[tuple[str, str], dict[int, int]] = {}
        self.refused: dict[str, dict[str, int]] = {p.name: {} for p in planned}

    def add_group(self, index: int, group: Mapping[str, object]) -> None:
        """Add a group's own price and all that its levers can reach from there."""
        self.group = index
        here: dict[Place, int] = {}
        self._price(here, group, (str(group["label"]), str(group["tier"])))
        self.own.append(here[str(group["label"]), str(group["tier"])])
        levers = [p for p in self.planned if index in self.members[p.name]]
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
            if model == SIBLING:
                return f"the price table names no cheaper sibling of {group['model']} that is still served"
            shown = group["model"] if moves == "to_tier" else model
            return f"{shown} has no {goal[1]} price"
        lacking = [c for c in OWN_PRICE if number(group.get(c)) and not found.get(f"has_{c}")]
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
            minimum=DEFAULT_MINIMUM if minimum is None else number(minimum),
        )

    def _new(
        self, place: Place, rates: tuple[float, ...], *, cached: bool = False, minimum: float = 0.0
    ) -> int:
        self.places.append(place)
        self.groups.append(self.group)
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


def _rates(group: Mapping[str, object], found: Mapping[str, object]) -> tuple[float, ...]:
    """Return USD per unit of each count; parts of a class keep their proportion of it."""
    write, output = number(group.get("cache_write")), number(group.get("output"))
    long = number(group.get("cache_write_long")) / write if write else 0.0
    thought = number(group.get("reasoning")) / output if output else 0.0
    media = sum(number(group.get(c)) * number(found.get(c)) for c in MEDIA if group.get(c))
    scale = number(group.get("scale", 1.0)) or 1.0
    return (
        number(found.get("request")),
        number(found.get("input")),
        number(found.get("cache_read")),
        _mixed(found, "cache_write", "cache_write_long", long),
        _mixed(found, "output", "reasoning", thought),
        media / scale + number(group.get("units_usd")) / scale,
    )


def _mixed(found: Mapping[str, object], whole: str, part: str, share: float) -> float:
    rate = number(found.get(whole))
    if not share:
        return rate
    return rate * (1 - share) + number(found.get(part, rate)) * share


def _overhead_rates(found: Mapping[str, object]) -> tuple[float, ...]:
    """Return the rates of usage that a lever causes: tokens only, no fee per request."""
    return (0.0, number(found.get("input")), 0.0, 0.0, number(found.get("output")), 0.0)


def number(value: object) -> float:
    """Return an integer, a float or a Decimal as a float; nothing is 0."""
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]  # ints, floats, decimals
