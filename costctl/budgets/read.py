"""Reads a budget file strictly: every problem is told at once, with its line."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from costctl.budgets import _fields as fields
from costctl.budgets._rules import read_compare, read_simulate, read_spend, read_unit
from costctl.budgets.model import Budget, BudgetFile, Plan, Policy, Regression, Spend, Unit, Waiver
from costctl.budgets.periods import to_utc
from costctl.errors import CostctlError, nearest
from costctl.yaml_file import Reader, load

HINT = "`costctl init` writes a commented budgets.yaml to start from"
CURRENCY = "USD"

RULES: dict[str, Callable[[Reader, Path], Spend | Unit | Regression | Plan | None]] = {
    "limit": read_spend,
    "unit": read_unit,
    "compare": read_compare,
    "simulate": read_simulate,
}


def read_budgets(path: Path, *, as_of: datetime | None = None, tz: str = "UTC") -> BudgetFile:
    """Return the file's budgets; waivers that ended before `as_of` are an error."""
    reader = load(path, hint=HINT)
    problems = reader.problems
    _version(reader)
    currency = _currency(reader)
    timezone = _timezone(reader)
    policy = _defaults(reader)
    budgets, notes = _budgets(reader, policy, path.parent)
    waivers = _waivers(reader, budgets, as_of, ZoneInfo(timezone or tz))
    reader.done()
    problems.raise_if_any(hint="`costctl check --validate-only` judges the file without data")
    return BudgetFile(str(path), currency, timezone, budgets, waivers, notes)


def _version(reader: Reader) -> None:
    version = reader.text("version", required=True)
    if version not in {None, "1"}:
        node = reader.get("version")
        reader.problems.add(node.line if node else 1, f"version: {version!r} is not 1")


def _currency(reader: Reader) -> str:
    currency = reader.text("currency", CURRENCY) or CURRENCY
    node = reader.get("currency")
    if currency != CURRENCY and node is not None:
        what = f"currency: {currency!r}, but the price table is in {CURRENCY}; nothing is converted"
        reader.bad(node, what)
    return currency


def _timezone(reader: Reader) -> str | None:
    name = reader.text("timezone")
    node = reader.get("timezone")
    if name is None or node is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.bad(node, f"timezone: {name!r} is no time zone; write one such as Europe/Berlin")
        return None
    return name


def _defaults(reader: Reader) -> Policy:
    defaults = reader.mapping("defaults")
    if defaults is None:
        return Policy()
    policy = _policy(defaults, Policy())
    defaults.done()
    return policy


def _policy(reader: Reader, base: Policy) -> Policy:
    unpriced = ("inconclusive", "fail", "warn", "ignore")
    tolerance = reader.share("unpriced_tolerance", base.unpriced_tolerance)
    if tolerance is not None and tolerance > 1:
        node = reader.get("unpriced_tolerance") or reader.node
        reader.bad(node, 'unpriced_tolerance: above 100%; write a share such as "0.5%"')
    age = fields.duration(reader, "max_data_age", base.max_data_age)
    no_data = ("inconclusive", "pass")
    return Policy(
        reader.text("on_unpriced", base.on_unpriced, choices=unpriced) or base.on_unpriced,
        base.unpriced_tolerance if tolerance is None else tolerance,
        reader.text("on_no_data", base.on_no_data, choices=no_data) or base.on_no_data,
        age or base.max_data_age,
    )


def _budgets(
    reader: Reader, policy: Policy, folder: Path
) -> tuple[tuple[Budget, ...], tuple[str, ...]]:
    items = reader.mappings("budgets", required=True)
    if not items and reader.get("budgets") is not None and not reader.problems:
        reader.bad(reader.get("budgets") or reader.node, "budgets: the list is empty")
    first_line: dict[str, int] = {}
    found, notes = [], []
    for item in items:
        budget = _budget(item, policy, folder)
        name, line = _name(item)
        if name in first_line:
            what = f"name: {name!r} stands twice (first on line {first_line[name]})"
            item.problems.add(line, f"{what}; names must be unique")
        elif name:
            first_line[name] = line
        if budget is not None:
            found.append(budget)
            notes += _notes(budget)
    return tuple(found), tuple(notes)


def _notes(budget: Budget) -> list[str]:
    if isinstance(budget.rule, Spend | Plan) and budget.rule.limit == Decimal(0):
        return [f"budget {budget.name} has a limit of 0: its scope must not be used at all"]
    return []


def _name(item: Reader) -> tuple[str, int]:
    node = item.get("name")
    return (node.text or "", node.line) if node is not None else ("", item.line)


def _budget(item: Reader, policy: Policy, folder: Path) -> Budget | None:
    name = item.text("name", required=True)
    if name is not None and not name.strip():
        item.bad(item.get("name") or item.node, "name: empty; write a short unique name")
    scope = fields.match(item)
    own = _policy(item, policy)
    rule = _rule(item, folder)
    item.done()
    if name is None or rule is None:
        return None
    if isinstance(rule, Regression):
        _comparable(item, rule, [condition.dimension for condition in scope])
    return Budget(name, _name(item)[1], rule, scope, own)


BASELINE_DIMENSIONS = ("endpoint", "model", "provider", "region", "tier")


def _comparable(item: Reader, rule: Regression, scope: Sequence[str]) -> None:
    for name in (*scope, *rule.by):
        if name not in BASELINE_DIMENSIONS:
            known = ", ".join(BASELINE_DIMENSIONS)
            what = f"{name}: a baseline knows only {known}{nearest(name, BASELINE_DIMENSIONS)}"
            item.problems.add(item.line, what)


def _rule(item: Reader, folder: Path) -> Spend | Unit | Regression | Plan | None:
    given = [key for key in RULES if key in (item.node.entries or {})]
    if len(given) == 1:
        return RULES[given[0]](item, folder)
    for key in (*RULES, "period", "checks"):
        item.asked.add(key)
    listed = ", ".join(RULES)
    if given:
        what = f"{' and '.join(given)} in one budget: give it a single rule of {listed}"
    else:
        what = f"no rule: give it one of {listed}"
    item.problems.add(item.line, what)
    return None


def _waivers(
    reader: Reader, budgets: Sequence[Budget], as_of: datetime | None, zone: ZoneInfo
) -> tuple[Waiver, ...]:
    names = [name for name, _ in map(_name, reader.mappings("budgets")) if name]
    names += [budget.name for budget in budgets]
    found = []
    for item in reader.mappings("waivers"):
        name = item.text("budget", required=True)
        day = item.day("until", required=True)
        reason = item.text("reason", required=True)
        item.done()
        if name is not None and name not in names:
            node = item.get("budget") or item.node
            item.bad(node, f"budget: {name!r} is no budget of this file{nearest(name, names)}")
        if name is None or day is None or reason is None:
            continue
        until = to_utc(datetime.combine(day, time()), zone)
        if as_of is not None and as_of >= until:
            node = item.get("until") or item.node
            item.bad(node, f"until: the waiver of {name} ended on {day}; remove or renew it")
        found.append(Waiver(name, until, str(day), reason, item.line))
    return tuple(found)


def select(file: BudgetFile, names: Sequence[str]) -> tuple[Budget, ...]:
    """Return the named budgets in order of the file, all of them where none is named."""
    known = [budget.name for budget in file.budgets]
    for name in names:
        if name not in known:
            listed = ", ".join(known)
            raise CostctlError(
                f"no budget is named {name!r}{nearest(name, known)}", hint=f"there are: {listed}"
            )
    return tuple(b for b in file.budgets if not names or b.name in names)
