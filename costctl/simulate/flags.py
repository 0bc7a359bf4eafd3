"""A plan from the flags of a command line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from costctl.errors import CostctlError
from costctl.levers import LEVERS
from costctl.simulate.plan import SIBLING, Plan, PlannedLever, Range
from costctl.simulate.settings import Place, read_number, read_range, read_swap, split_selector
from costctl.simulate.settings import where_of as selected
from costctl.vocabulary import Condition

EMBEDDINGS = ("text-embedding-3-large", "text-embedding-3-small")
CLASSIFIER_TOKENS = {"classifier_in": 105.0, "classifier_out": 5.0}
MODELS = {
    "to": "",
    "lookup_model": "--cache-lookup-model",
    "classifier_model": "--route-classifier",
}
"""Constants that name a model -> the flag that sets them."""

NAMED_BY = {"--route": "--route-to", "--embed-downgrade": "--embed-model"}
"""Which flag says where a lever moves usage, if not its own."""

ORDERS = ("flat", "cheapest", "dearest")


@dataclass(frozen=True)
class Flags:
    """The lever flags as typed; each list holds `[SELECTOR=]VALUE` texts in the order given.

    Attributes:
        cache_lookup_tokens, cache_lookup_model: both or none.
        embed_model: where embeddings move to.
        route_to: None for the cheaper sibling that the price table names.
        route_classifier: a model, or none.
    """

    dedupe: Sequence[str] = ()
    cache_hit: Sequence[str] = ()
    cache_eligible: str | None = None
    cache_lookup_model: str | None = None
    cache_lookup_tokens: str | None = None
    cache_fixed_usd: str | None = None
    swap: Sequence[str] = ()
    embed_downgrade: Sequence[str] = ()
    embed_model: str | None = None
    route: Sequence[str] = ()
    route_to: str | None = None
    route_classifier: str | None = None
    route_order: str | None = None
    trim: Sequence[str] = ()
    compress: Sequence[str] = ()
    compress_to: Sequence[str] = ()
    prompt_cache: Sequence[str] = ()
    output_cut: Sequence[str] = ()
    batch_size: Sequence[str] = ()
    batch_api: Sequence[str] = ()
    flex: Sequence[str] = ()


@dataclass(frozen=True)
class _Simple:
    """A flag whose value is the lever's main number."""

    flag: str
    lever: str
    names: dict[str, str] = field(default_factory=dict)


SIMPLE = {
    "dedupe": _Simple("--dedupe", "dedupe"),
    "cache_hit": _Simple("--cache-hit", "response_cache"),
    "route": _Simple("--route", "route"),
    "trim": _Simple("--trim", "context"),
    "compress": _Simple("--compress", "compress"),
    "prompt_cache": _Simple("--prompt-cache", "prompt_cache"),
    "output_cut": _Simple("--output-cut", "output"),
    "batch_size": _Simple("--batch-size", "batch_requests"),
    "batch_api": _Simple("--batch-api", "tier", {"to_tier": "batch"}),
    "flex": _Simple("--flex", "tier", {"to_tier": "flex"}),
}


def plan_of(
    flags: Flags,
    scenario: Plan,
    known: Callable[[str], bool],
    near: Callable[[str], str] = lambda _: "",
) -> Plan:
    """Return the scenario with the levers of the flags; a flag's replace the file's of their type.

    `known` says whether some price file lists a model, `near` asks whether another one was meant.
    """
    levers = [*_simple(flags), *_swaps(flags, known), *_caps(flags)]
    levers = [_latest_wins(lever, levers[i + 1 :]) for i, lever in enumerate(levers)]
    kept = [_latest_wins(lever, levers, any_flag=True) for lever in scenario.levers]
    for lever in levers:
        _check_models(lever, known, near)
    return replace(scenario, levers=numbered([*kept, *levers]))


def numbered(levers: Sequence[PlannedLever]) -> tuple[PlannedLever, ...]:
    """Give every nameless lever its type as name, numbered when repeated."""
    taken = {lever.name for lever in levers if lever.name}
    found = []
    for lever in levers:
        name, count = lever.name or lever.lever, 1
        while not lever.name and name in taken:
            count += 1
            name = f"{lever.lever}_{count}"
        taken.add(name)
        found.append(replace(lever, name=name))
    return tuple(found)


def _simple(flags: Flags) -> Iterator[PlannedLever]:
    for attribute, simple in SIMPLE.items():
        place = Place(simple.flag)
        lever = LEVERS[simple.lever]
        texts = getattr(flags, attribute)
        for number, text in enumerate(texts, start=1):
            selector, value = split_selector(text)
            planned = PlannedLever(
                "",
                simple.lever,
                selected(selector, place, text),
                {lever.primary: read_range(value, lever.params[lever.primary], place)},
                simple.names,
                {lever.primary: "given"},
                flag=simple.flag,
            )
            yield _completed(planned, flags, last=number == len(texts))
    _refuse_alone(flags)


def _completed(planned: PlannedLever, flags: Flags, *, last: bool) -> PlannedLever:
    if planned.lever == "response_cache":
        return _cache(planned, flags, fixed=last)
    return _route(planned, flags) if planned.lever == "route" else planned


def _cache(planned: PlannedLever, flags: Flags, *, fixed: bool) -> PlannedLever:
    """Return the cache with what it needs; however often its hit rate is set, it is run and paid once."""
    lever = LEVERS["response_cache"]
    texts = {
        "eligible": ("--cache-eligible", flags.cache_eligible),
        "lookup_tokens": ("--cache-lookup-tokens", flags.cache_lookup_tokens),
    }
    params = dict(planned.params)
    for name, (flag, text) in texts.items():
        if text is not None:
            params[name] = read_range(text, lever.params[name], Place(flag))
    if flags.cache_fixed_usd is not None:
        place = Place("--cache-fixed-usd")
        value = read_number(flags.cache_fixed_usd, lever.param("fixed_usd"), place)
        params |= {"fixed_usd": Range.point(value)} if fixed else {}
    if (flags.cache_lookup_model is None) != (flags.cache_lookup_tokens is None):
        raise CostctlError(
            "--cache-lookup-model and --cache-lookup-tokens belong together",
            hint="give both, such as --cache-lookup-model text-embedding-3-small --cache-lookup-tokens 40",
        )
    model = flags.cache_lookup_model
    names = {"lookup_model": model} if model else {}
    return replace(planned, params=params, names=names, sources=dict.fromkeys(params, "given"))


def _route(planned: PlannedLever, flags: Flags) -> PlannedLever:
    names = {"to": flags.route_to or SIBLING}
    params, sources = dict(planned.params), dict(planned.sources)
    if flags.route_classifier not in {None, "none"}:
        names["classifier_model"] = str(flags.route_classifier)
        for name, tokens in CLASSIFIER_TOKENS.items():
            params[name] = Range.point(tokens)
            sources[name] = "evidence"
    order = flags.route_order or "flat"
    return replace(planned, names=names, params=params, sources=sources, order=order)


def _refuse_alone(flags: Flags) -> None:
    """Refuse a flag that only adds to another which is absent."""
    cache = (flags.cache_eligible, flags.cache_lookup_model, flags.cache_lookup_tokens)
    if not flags.cache_hit and any(x is not None for x in (*cache, flags.cache_fixed_usd)):
        raise CostctlError("--cache-... without --cache-hit", hint="add --cache-hit 0.2")
    route = (flags.route_to, flags.route_classifier, flags.route_order)
    if not flags.route and any(x is not None for x in route):
        raise CostctlError("--route-... without --route", hint="add --route 0.4")
    if not flags.embed_downgrade and flags.embed_model is not None:
        raise CostctlError(
            "--embed-model without --embed-downgrade", hint="add --embed-downgrade 0.55"
        )


def _swaps(flags: Flags, known: Callable[[str], bool]) -> Iterator[PlannedLever]:
    share = LEVERS["swap"].params["share"]
    for text in flags.swap:
        old, new, moving = read_swap(text, known, share, Place("--swap"))
        yield _swap("--swap", (Condition("model", (old,)),), new, moving)
    for text in flags.embed_downgrade:
        place = Place("--embed-downgrade")
        selector, value = split_selector(text)
        where = (
            *selected(selector, place, text),
            Condition("price_name", (EMBEDDINGS[0],)),
        )
        to = flags.embed_model or EMBEDDINGS[1]
        yield _swap("--embed-downgrade", where, to, read_range(value, share, place))


def _swap(flag: str, where: tuple[Condition, ...], to: str, share: Range) -> PlannedLever:
    return PlannedLever(
        "", "swap", where, {"share": share}, {"to": to}, {"share": "given"}, flag=flag
    )


def _caps(flags: Flags) -> Iterator[PlannedLever]:
    place = Place("--compress-to")
    for text in flags.compress_to:
        selector, value = split_selector(text)
        size = read_number(value, LEVERS["batch_requests"].params["size"], place)
        yield PlannedLever(
            "",
            "compress",
            selected(selector, place, text),
            {"saved": Range.point(1.0)},
            sources={"saved": "measured"},
            flag="--compress-to",
            cap_tokens=int(size),
        )


def _latest_wins(
    lever: PlannedLever, later: Sequence[PlannedLever], *, any_flag: bool = False
) -> PlannedLever:
    """Take away what a later setting of the same flag, or any flag of the type, selects."""
    taken = tuple(
        other.where
        for other in later
        if other.lever == lever.lever and (any_flag or other.flag == lever.flag)
    )
    return replace(lever, unless=(*lever.unless, *taken))


def _check_models(
    lever: PlannedLever, known: Callable[[str], bool], near: Callable[[str], str]
) -> None:
    for name, flag in MODELS.items():
        model = lever.names.get(name)
        if model is not None and model != SIBLING and not known(model):
            raise unknown_model(flag or NAMED_BY.get(lever.flag, lever.flag), model, near(model))


def unknown_model(place: str, model: str, near: str = "") -> CostctlError:
    """Return the complaint about a model that no price file lists."""
    meant = f"; {near}" if near else ""
    return CostctlError(
        f"{place}: no price file lists the model {model}{meant}",
        hint="`costctl pricing list` shows the models",
        code="unknown_model",
    )
