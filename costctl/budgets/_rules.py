"""Reads the four kinds of rules that a budget can have."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from costctl.budgets import _fields as fields
from costctl.budgets.model import Level, Plan, Regression, Spend, SpendCheck, Step, Unit
from costctl.budgets.units import COMPARED, METRICS
from costctl.errors import nearest
from costctl.yaml_file import Reader

WEEK = timedelta(days=7)
TOO_EARLY = ("skip", "warn", "inconclusive")


def read_spend(reader: Reader, _: Path) -> Spend | None:
    """Read `limit`, `period` and `checks`."""
    limit = fields.amount(reader, "limit")
    period = fields.period(reader)
    checks = tuple(_spend_check(item, limit) for item in reader.mappings("checks"))
    _distinct(reader, checks)
    if limit is None:
        return None
    if not checks:
        whole = Level(Decimal(1), of_limit=True, line=reader.line)
        checks = (SpendCheck("actual", reader.line, fail=whole),)
    return Spend(limit, period, checks)


def _distinct(reader: Reader, checks: Sequence[SpendCheck]) -> None:
    """Refuse two checks that no output could tell apart."""
    first: dict[tuple[str, str], SpendCheck] = {}
    for check in checks:
        earlier = first.setdefault((check.basis, check.use), check)
        if earlier is not check:
            line = f"first on line {earlier.line}"
            what = f"a second {check.basis} check ({line}); give one warn and one fail"
            reader.problems.add(check.line, what)


def _spend_check(item: Reader, limit: Decimal | None) -> SpendCheck:
    basis = item.text("basis", choices=("actual", "forecast"))
    entries = item.node.entries or {}
    for word in {"on", "yes", "true"} & set(entries):
        item.asked.add(word)
        item.bad(entries[word], f"`{word}` is read as true by YAML, use `basis`")
    if basis is None and "basis" not in entries and "on" not in entries:
        item.problems.add(item.line, "basis is missing; write actual or forecast")
    warn, fail = fields.level(item, "warn"), fields.level(item, "fail")
    if warn is None and fail is None and not {"warn", "fail"} & set(entries):
        item.problems.add(item.line, "neither warn nor fail is given")
    _ordered(item, warn, fail, limit)
    check = SpendCheck(basis or "actual", item.line, warn, fail)
    if basis == "forecast":
        check = SpendCheck(
            basis,
            item.line,
            warn,
            fail,
            item.text("use", "p50", choices=("p50", "p90")) or "p50",
            fields.count(item, "min_days", 7),
            item.text("on_too_early", "skip", choices=TOO_EARLY) or "skip",
        )
    item.done(also=() if basis == "forecast" else ("basis", "warn", "fail"))
    return check


def _ordered(item: Reader, warn: Level | None, fail: Level | None, limit: Decimal | None) -> None:
    if warn is None or fail is None:
        return
    if warn.of_limit and fail.of_limit:
        wrong = warn.amount >= fail.amount
    elif limit is None:
        return
    else:
        wrong = warn.of(limit) >= fail.of(limit)
    if wrong:
        item.problems.add(warn.line, "warn is at or above fail; it would never warn first")


def read_unit(reader: Reader, _: Path) -> Unit | None:
    """Read `unit`: a ratio over a window with its thresholds."""
    unit = reader.mapping("unit")
    if unit is None:
        return None
    metric = unit.text("metric", required=True, choices=METRICS)
    shares = metric is not None and METRICS[metric].is_share
    warn = fields.ratio(unit, "warn", shares=shares)
    fail = fields.ratio(unit, "fail", shares=shares)
    direction = unit.text("direction", "max", choices=("max", "min")) or "max"
    window = fields.duration(unit, "window", WEEK) or WEEK
    least = fields.count(unit, "min_requests", 0)
    if warn is None and fail is None and not {"warn", "fail"} & set(unit.keys()):
        unit.problems.add(unit.line, "unit: neither warn nor fail is given")
    if warn is not None and fail is not None and _beyond(warn, fail, direction):
        side = "at or above" if direction == "max" else "at or below"
        unit.problems.add(unit.line, f"unit: warn is {side} fail; it would never warn first")
    unit.done()
    return Unit(metric, window, warn, fail, direction, least) if metric else None


def _beyond(warn: Decimal, fail: Decimal, direction: str) -> bool:
    return warn >= fail if direction == "max" else warn <= fail


def read_compare(reader: Reader, folder: Path) -> Regression | None:
    """Read `compare`: a metric against a baseline, group by group."""
    compare = reader.mapping("compare")
    if compare is None:
        return None
    baseline = compare.text("baseline", required=True)
    metric = compare.text("metric", required=True, choices=set(COMPARED) - {"cost_per_user"})
    warn, fail = _step(compare, "warn"), _step(compare, "fail")
    if warn is None and fail is None and not {"warn", "fail"} & set(compare.keys()):
        compare.problems.add(compare.line, "compare: neither warn nor fail is given")
    _steps_ordered(compare, warn, fail)
    rule = Regression(
        folder / (baseline or ""),
        metric or "cost",
        _by(compare),
        warn,
        fail,
        fields.duration(compare, "window", None),
        compare.text("require", "all", choices=("all", "any")) or "all",
        compare.number("ignore_below", Decimal(0)) or Decimal(0),
        compare.text("on_missing", "warn", choices=("warn", "inconclusive", "pass")) or "warn",
        compare.flag("fail_on_drop"),
    )
    compare.done()
    return rule if baseline and metric else None


def _by(compare: Reader) -> tuple[str, ...]:
    names = compare.texts("by", ("endpoint", "model"))
    for name in names:
        if not fields.known_dimension(name):
            node = compare.get("by") or compare.node
            known = ("endpoint", "model", "provider", "region", "tier")
            compare.bad(node, f"compare.by: {name!r} is no dimension{nearest(name, known)}")
    return names


def _step(compare: Reader, key: str) -> Step | None:
    step = compare.mapping(key)
    if step is None:
        return None
    rel, absolute = step.share("rel"), step.number("abs")
    node = step.get("rel")
    if node is not None and rel is not None and rel > fields.MOST:
        step.bad(node, f"compare.{key}.rel: {fields.shown(node)} is above 1000%")
    if rel is None and absolute is None and not {"rel", "abs"} & set(step.keys()):
        step.problems.add(step.line, f"compare.{key}: give rel, abs or both")
    step.done()
    return Step(rel, absolute)


def _steps_ordered(compare: Reader, warn: Step | None, fail: Step | None) -> None:
    if warn is None or fail is None:
        return
    pairs = [(warn.rel, fail.rel), (warn.abs, fail.abs)]
    both = [(w, f) for w, f in pairs if w is not None and f is not None]
    if both and (any(w > f for w, f in both) or all(w == f for w, f in both)):
        compare.problems.add(compare.line, "compare: warn is at or beyond fail; lower it")


def read_simulate(reader: Reader, folder: Path) -> Plan | None:
    """Read `simulate`: a scenario and the bill that it must not exceed."""
    plan = reader.mapping("simulate")
    if plan is None:
        return None
    scenario = plan.text("scenario", required=True)
    limit = fields.amount(plan, "limit")
    use = plan.text("use", "p50", choices=("p50", "p90")) or "p50"
    plan.done()
    return Plan(folder / scenario, limit, use) if scenario and limit is not None else None
