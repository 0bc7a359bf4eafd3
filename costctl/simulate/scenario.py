"""A plan from a scenario file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from costctl.errors import CostctlError, nearest
from costctl.levers import LEVERS, Lever, Param, Unit
from costctl.simulate.flags import ORDERS, numbered
from costctl.simulate.plan import SIBLING, Plan, PlannedLever, Provisioned, Range
from costctl.simulate.selectors import LEVER_DIMENSIONS, conditions, read_where
from costctl.simulate.settings import Place, read_number, read_range
from costctl.yaml_file import Reader, load

VERSION = "1"
PERIODS = ("30d", "calendar")
CLASSIFIER = {"input_tokens": "classifier_in", "output_tokens": "classifier_out"}
ROUNDING = 1e-12
MOST_SIZES = 10_000
"""So many numbers of provisioned units are tried at most."""

UNITS = Param("", unit=Unit.SIZE)
AMOUNT = Param("", unit=Unit.USD)
RATIO = Param("", unit=Unit.RATIO)


def read_scenario(path: Path) -> Plan:
    """Read a scenario file; all its problems are told at once."""
    reader = load(path, hint="`costctl simulate --help` shows what a scenario may say")
    reader.text("version", required=True, choices=(VERSION,))
    levers = [_lever(one) for one in reader.mappings("levers")]
    plan = Plan(
        levers=numbered([lever for lever in levers if lever is not None]),
        name=reader.text("name", "") or "",
        target_usd=reader.number("target_usd"),
        month=reader.text("period", choices=PERIODS),
        prices_at=reader.text("prices_at"),
        provisioned=_provisioned(reader),
        path=str(path),
    )
    reader.done()
    _refuse_twins(reader, plan)
    reader.problems.raise_if_any()
    return plan


def _refuse_twins(reader: Reader, plan: Plan) -> None:
    names: dict[str, int] = {}
    for lever in plan.levers:
        line = int(lever.place.rpartition(":")[2])
        if lever.name in names:
            first = names[lever.name]
            reader.problems.add(
                line, f"two levers are called {lever.name} (first on line {first}); name one anew"
            )
        names.setdefault(lever.name, line)


@dataclass
class _Draft:
    """A lever while its keys are read."""

    params: dict[str, Range] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def _lever(reader: Reader) -> PlannedLever | None:
    kind = reader.text("lever", required=True, choices=LEVERS)
    if kind is None or kind not in LEVERS:
        reader.done(reader.keys())
        return None
    lever, draft = LEVERS[kind], _Draft()
    measured = reader.texts("measured")
    _read_params(reader, lever, draft, measured)
    _read_names(reader, lever, draft)
    planned = PlannedLever(
        name=reader.text("name", "") or "",
        lever=kind,
        where=read_where(reader, LEVER_DIMENSIONS),
        unless=tuple(conditions(one, LEVER_DIMENSIONS) for one in reader.mappings("unless")),
        params=draft.params,
        names=draft.names,
        sources=draft.sources,
        levels=_levels(reader, lever),
        order=_order(reader, lever),
        cap_tokens=_cap(reader, lever, draft),
        place=f"{reader.problems.path}:{reader.line}",
    )
    _refuse_unknown_measured(reader, lever, measured)
    reader.done()
    return planned


def _read_params(reader: Reader, lever: Lever, draft: _Draft, measured: tuple[str, ...]) -> None:
    for name, param in lever.all_params().items():
        if name in CLASSIFIER.values():
            continue
        found = _range(reader, name, param)
        if found is not None:
            draft.params[name] = found
            draft.sources[name] = "measured" if name in measured else "given"
        elif reader.get(name) is None and _is_needed(reader, lever, name):
            _assume(reader, draft, name, param)
    if lever.name == "prompt_cache":
        _refuse_too_much(reader, draft)


def _refuse_too_much(reader: Reader, draft: _Draft) -> None:
    """Refuse to read and write more input than there is."""
    shares = [
        draft.params[name].high for name in ("read_share", "write_share") if name in draft.params
    ]
    if sum(shares) > 1 + ROUNDING:
        reader.bad(
            reader.get("write_share") or reader.node,
            f"write_share: with read_share it makes {sum(shares):.0%} of the input; keep the sum at or below 1",
        )


def _is_needed(reader: Reader, lever: Lever, name: str) -> bool:
    """Return whether a lever is about this number and says nothing of it."""
    capped = lever.name == "compress" and reader.get("cap_tokens") is not None
    return name == lever.primary and lever.params[name].default is None and not capped


def _assume(reader: Reader, draft: _Draft, name: str, param: Param) -> None:
    """Take what is known by evidence for a number that nobody gave."""
    known = param.evidence
    if known is None:
        reader.bad(reader.node, f"{name} is missing")
        return
    draft.params[name] = Range(known.low, known.mode, known.high)
    draft.sources[name] = "evidence"


def _range(reader: Reader, name: str, param: Param) -> Range | None:
    node = reader.get(name)
    if node is None:
        return None
    if node.text is None:
        reader.bad(node, f"{name} is a {node.kind}; write a number, a percentage or LOW:MODE:HIGH")
        return None
    try:
        return read_range(node.text, param, Place(name), signed=True)
    except CostctlError as error:
        reader.bad(node, f"{error}; {error.hint}")
        return None


def _read_names(reader: Reader, lever: Lever, draft: _Draft) -> None:
    for name in lever.names:
        if name == "classifier_model":
            _read_classifier(reader, lever, draft)
            continue
        text = reader.text(name, required=name == lever.moves and lever.name != "route")
        if text is not None:
            draft.names[name] = text
    if lever.name == "route":
        draft.names.setdefault("to", SIBLING)
    if ("lookup_model" in draft.names) != ("lookup_tokens" in draft.params) and (
        lever.name == "response_cache"
    ):
        reader.bad(reader.node, "lookup_model and lookup_tokens belong together; give both or none")


def _read_classifier(reader: Reader, lever: Lever, draft: _Draft) -> None:
    inner = reader.mapping("classifier")
    if inner is None:
        return
    model = inner.text("model", required=True)
    if model is not None:
        draft.names["classifier_model"] = model
    for key, name in CLASSIFIER.items():
        found = _range(inner, key, lever.params[name])
        if found is None:
            inner.get(key, required=True)
            continue
        draft.params[name] = found
        draft.sources[name] = "given"
    inner.done()


def _levels(reader: Reader, lever: Lever) -> Mapping[str, Mapping[float, int]]:
    inner = reader.mapping("levels")
    if inner is None:
        return {}
    found: dict[str, dict[float, int]] = {}
    for name in inner.keys():  # noqa: SIM118 - a reader is no dictionary
        if name not in lever.params:
            node = (inner.node.entries or {})[name]
            inner.bad(node, f"levels.{name}: no such parameter{nearest(name, lever.params)}")
            inner.get(name)
            continue
        values = inner.mapping(name, required=True)
        if values is not None:
            found[name] = _risks(values, lever.params[name])
    inner.done()
    return found


def _risks(reader: Reader, param: Param) -> dict[float, int]:
    found = {}
    for text in reader.keys():  # noqa: SIM118 - a reader is no dictionary
        node = (reader.node.entries or {})[text]
        points = reader.number(text, required=True)
        try:
            value = read_number(text, param, Place("levels"), signed=True)
        except CostctlError as error:
            reader.bad(node, f"{error}; {error.hint}")
            continue
        if points is None or points != int(points):
            reader.bad(node, f"levels: the risk of {text} is no whole number")
            continue
        found[value] = int(points)
    return found


def _order(reader: Reader, lever: Lever) -> str:
    if lever.name != "route":
        return "flat"
    return reader.text("order", "flat", choices=ORDERS) or "flat"


def _cap(reader: Reader, lever: Lever, draft: _Draft) -> int | None:
    if lever.name != "compress":
        return None
    node = reader.get("cap_tokens")
    if node is None:
        return None
    if "saved" in draft.params:
        reader.bad(node, "cap_tokens: stands instead of saved; give one of them")
    found = _point(reader, "cap_tokens", UNITS)
    draft.params["saved"] = Range.point(1.0)
    draft.sources["saved"] = "measured"
    return None if found is None else int(found)


def _refuse_unknown_measured(reader: Reader, lever: Lever, measured: tuple[str, ...]) -> None:
    for name in measured:
        if name not in lever.all_params():
            node = reader.get("measured") or reader.node
            reader.bad(node, f"measured: no such parameter {name}{nearest(name, lever.params)}")


def _provisioned(reader: Reader) -> Provisioned | None:
    inner = reader.mapping("ptu")
    if inner is None:
        return None
    where = read_where(inner)
    found = {
        name: _required(inner, name, param)
        for name, param in {
            "tpm_per_unit": RATIO,
            "usd_per_unit_hour": AMOUNT,
            "output_ratio": AMOUNT,
            "min_units": UNITS,
            "step": UNITS,
            "max_units": UNITS,
        }.items()
    }
    inner.done()
    if found["max_units"] < found["min_units"]:
        inner.bad(inner.node, "ptu: max_units is below min_units")
    numbers = (found["max_units"] - found["min_units"]) // found["step"] + 1
    if numbers > MOST_SIZES:
        inner.bad(
            inner.node,
            f"ptu: {numbers:,.0f} numbers of units to try, at most {MOST_SIZES:,}; raise step or lower max_units",
        )
    return Provisioned(
        where,
        found["tpm_per_unit"],
        found["usd_per_unit_hour"],
        found["output_ratio"],
        int(found["min_units"]),
        int(found["step"]),
        int(found["max_units"]),
    )


def _required(reader: Reader, name: str, param: Param) -> float:
    node = reader.get(name, required=True)
    found = _point(reader, name, param) if node is not None else None
    return 1.0 if found is None else found


def _point(reader: Reader, name: str, param: Param) -> float | None:
    """Return a number that nobody draws from a range."""
    found = _range(reader, name, param)
    if found is not None and not found.is_point:
        reader.bad(reader.get(name) or reader.node, f"{name} is a range; write one number")
    return found.mode if found else None
