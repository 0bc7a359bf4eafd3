"""What a lever is: a pure function over flows whose parameters are columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

import polars as pl

PROMPT = ("input_uncached", "cache_read", "cache_write")
"""The token classes that a model reads."""

COUNTS = ("requests", *PROMPT, "output", "media")
"""What a flow consists of. `media` is the share of the group's audio, images and other things that are
not text, which no lever splits: it moves and shrinks with the flow."""


class Kind(IntEnum):
    """Where a flow comes from.

    Attributes:
        MAIN: logged usage, also after a swap; may still be swapped or routed.
        MOVED: routed to another model.
        ESCALATED: routed, and then sent to the first model after all.
        OVERHEAD: usage that a lever itself causes; no later lever touches it.
    """

    MAIN = 0
    MOVED = 1
    ESCALATED = 2
    OVERHEAD = 3


class Stage(IntEnum):
    """The path of a request: levers apply in this order whatever order they were given in."""

    DEDUPE = 1
    RESPONSE_CACHE = 2
    SWAP = 3
    ROUTE = 4
    CONTEXT = 5
    COMPRESS = 6
    PROMPT_CACHE = 7
    OUTPUT = 8
    BATCH_REQUESTS = 9
    TIER = 10


class Unit(Enum):
    """What values a parameter takes.

    Attributes:
        SHARE: 0 to 1.
        SAVED: at most 1; negative where a measure makes things longer.
        RATIO: above 0.
        COUNT: 0 and above.
        SIZE: 1 and above.
        USD: money, 0 and above.
    """

    SHARE = "share"
    SAVED = "saved"
    RATIO = "ratio"
    COUNT = "count"
    SIZE = "size"
    USD = "usd"


@dataclass(frozen=True)
class Evidence:
    """What others measured, as a range, and who says so."""

    low: float
    mode: float
    high: float
    source: str


@dataclass(frozen=True)
class Param:
    """A number of a lever.

    Attributes:
        about: one line.
        neutral: the value that changes nothing; holds where the lever is off.
        default: the value where a plan says nothing; None: the evidence's range.
        unit: what values are valid.
        more_saves: whether a higher value lowers the bill.
        evidence: what is known from elsewhere.
        levels: settings to try for a target -> risk points.
        affine: whether the bill is a straight line in it.
    """

    about: str
    neutral: float = 0.0
    default: float | None = 0.0
    unit: Unit = Unit.SHARE
    more_saves: bool = True
    evidence: Evidence | None = None
    levels: Mapping[float, int] = field(default_factory=dict)
    affine: bool = True


FIXED_USD = Param("cost of running it, USD a month", unit=Unit.USD, more_saves=False)

TOKEN_RATIO_IN = Param(
    "prompt tokens as the other model counts them, relative to now",
    neutral=1,
    default=1,
    unit=Unit.RATIO,
    more_saves=False,
)

TOKEN_RATIO_OUT = Param(
    "length of the other model's answers, relative to now",
    neutral=1,
    default=1,
    unit=Unit.RATIO,
    more_saves=False,
    evidence=Evidence(0.9, 1.0, 1.3, "judgement; measure it on a moved slice"),
)


@dataclass(frozen=True)
class Lever:
    """A kind of measure that changes what is used.

    Attributes:
        name: as in scenarios, JSON and docs.
        stage: when it applies.
        title: what a person reads in a table.
        about: what it does to tokens, one line.
        risk: what may go wrong, in a few words for a table.
        caveat: what the projection does not price; printed with every use.
        params: its numbers; the first is the one that a plan is about.
        apply: turns flows into flows.
        names: its constants; a model that it names is priced before anything runs.
        generating_only: without a selector it leaves embeddings and the like alone.
        needs_requests: without a count of requests it cannot act.
        moves: the name whose price a flow needs to move there; empty where nothing moves.
    """

    name: str
    stage: Stage
    title: str
    about: str
    risk: str
    caveat: str
    params: Mapping[str, Param]
    apply: Callable[[pl.LazyFrame, "Setting"], pl.LazyFrame]
    names: tuple[str, ...] = ()
    generating_only: bool = False
    needs_requests: bool = False
    moves: str = ""

    @property
    def primary(self) -> str:
        """Return the parameter that a plan is about."""
        return next(iter(self.params))

    def param(self, name: str) -> Param:
        """Return one of its own parameters, or the one that every lever has."""
        return FIXED_USD if name == "fixed_usd" else self.params[name]

    def all_params(self) -> dict[str, Param]:
        """Return its parameters and `fixed_usd`, in order."""
        return {**self.params, "fixed_usd": FIXED_USD}


@dataclass(frozen=True, eq=False)
class Setting:
    """A lever as one plan uses it, bound to the usage and prices at hand.

    Attributes:
        name: what the plan calls it; the prefix of its columns in a frame of worlds.
        lever: the lever.
        signatures: the sets of groups that it acts on.
        tables: facts about each price that a flow can have: where it moves to, whether it can.
        constants: numbers that are the same in every world at hand.
    """

    name: str
    lever: Lever
    signatures: frozenset[int]
    tables: Mapping[str, pl.Series]
    constants: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, param: str) -> pl.Expr:
        """Return a number as a column: the value of each row's world, neutral where it is off."""
        if param in self.constants:
            return pl.lit(self.constants[param])
        return pl.col(f"{self.name}.{param}")

    def idle(self, param: str) -> bool:
        """Return whether a number is neutral in every world, so that its flows need not exist."""
        return self.constants.get(param) == self.lever.params[param].neutral

    def at(self, table: str) -> pl.Expr:
        """Return a fact about the price of each flow."""
        return pl.lit(self.tables[table]).gather(pl.col("price"))

    def has(self, table: str) -> bool:
        """Return whether the plan uses an optional part of the lever."""
        return table in self.tables


def of_kind(*kinds: Kind) -> pl.Expr:
    """Return whether a flow is of one of these kinds."""
    return pl.col("kind").is_in([int(kind) for kind in kinds])


Shares = Mapping[str, pl.Expr]
"""What part of each count goes elsewhere."""


def evenly(share: pl.Expr) -> Shares:
    """Return the same part of every count."""
    return dict.fromkeys(COUNTS, share)


def scaled(flows: pl.LazyFrame, shares: Shares) -> pl.LazyFrame:
    """Return these parts of the flows."""
    return flows.with_columns(pl.col(count) * share for count, share in shares.items())


def moved(flows: pl.LazyFrame, shares: Shares, setting: Setting, kind: Kind) -> pl.LazyFrame:
    """Return parts of the flows on the setting's other model, in that model's tokens."""
    return (
        scaled(flows, shares)
        .with_columns(
            pl.col(PROMPT) * setting["token_ratio_in"],
            pl.col("output") * setting["token_ratio_out"],
        )
        .with_columns(price=setting.at("target"), kind=pl.lit(int(kind), dtype=pl.UInt8))
    )


def overhead(flows: pl.LazyFrame, price: pl.Expr, **counts: pl.Expr) -> pl.LazyFrame:
    """Return the usage that a lever itself causes, as flows of their own."""
    none = {count: pl.lit(0.0) for count in COUNTS}
    kind = pl.lit(int(Kind.OVERHEAD), dtype=pl.UInt8)
    return flows.with_columns(**(none | counts), kind=kind, price=price)
