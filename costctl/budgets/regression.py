"""Judges a change: a metric of each group against a saved baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase

from costctl import words
from costctl.baseline import DIMENSIONS, Baseline, BaselineRow, ends
from costctl.budgets.evidence import Case
from costctl.budgets.model import Budget, Regression, Step
from costctl.budgets.spend import doubted
from costctl.budgets.trust import Doubt, doubts
from costctl.budgets.units import COMPARED, Metric, Totals, totals, totals_of
from costctl.budgets.verdict import Change, Outcome, Status, worst
from costctl.vocabulary import Condition, Spent, Window

MISSING = {"warn": Status.WARN, "inconclusive": Status.INCONCLUSIVE, "pass": Status.PASS}
ZERO = Decimal(0)
NAMED = 3
Key = tuple[object, ...]


def judge_regression(case: Case, budget: Budget, rule: Regression) -> Outcome:
    """Return the outcome of a comparison; the reasons name the groups that changed most."""
    metric = COMPARED[rule.metric]
    base = Outcome(
        budget.name,
        "compare",
        rule.metric,
        Status.PASS,
        budget.line,
        unit=metric.unit,
        definition=f"{metric.definition}, against {rule.baseline.name}",
    )
    saved = case.evidence.baseline(rule.baseline)
    if saved is None:
        reason = f"no baseline: {rule.baseline} does not exist"
        hint = "`costctl baseline save --period last-month -o FILE` writes a baseline"
        return replace(base, status=MISSING[rule.on_missing], reasons=(reason,), hints=(hint,))
    since, until = ends(saved.window)
    window = case.last(rule.window or until - since)
    spent = case.spent(window, budget.match, rule.by)
    against, found = _repriced(case, saved, metric)
    changes = _changes(rule, metric, _by_key(spent), _of(against, budget, rule))
    if against is not saved:
        changes = _with_price_effect(changes, metric, _of(saved, budget, rule))
    found += doubts(case, budget, window, spent, priced=metric.priced)
    return doubted(_outcome(base, changes, window, _lessened(rule, changes)), found)


def _repriced(case: Case, saved: Baseline, metric: Metric) -> tuple[Baseline, list[Doubt]]:
    """Return the baseline at today's prices where the price table has changed since."""
    digest = case.evidence.pricing.get("sha256")
    if not metric.priced or digest is None or saved.pricing.get("sha256") == digest:
        return saved, []
    again = case.evidence.repriced(saved) if saved.has_tokens else None
    if again is None:
        return saved, [Doubt(Status.PASS, "price change included: the baseline has other prices")]
    return again, []


def _by_key(spent: Sequence[Spent]) -> dict[Key, Totals]:
    return {s.key: totals([s]) for s in spent}


def _of(saved: Baseline, budget: Budget, rule: Regression) -> dict[Key, Totals]:
    """Return the baseline's rows in scope, summed by the rule's dimensions."""
    places = [DIMENSIONS.index(name) for name in rule.by]
    found: dict[Key, Totals] = {}
    for row in saved.rows:
        if in_scope(row, budget.match):
            key = tuple(row.key[place] for place in places)
            found[key] = found.get(key, Totals()) + totals_of(row)
    return found


def in_scope(row: BaselineRow, where: Sequence[Condition]) -> bool:
    """Return whether a row of a baseline meets all conditions."""
    return all(_matches(row.key[DIMENSIONS.index(c.dimension)], c) for c in where)


def _matches(value: str | None, condition: Condition) -> bool:
    return any(_matches_one(value, pattern) for pattern in condition.patterns)


def _matches_one(value: str | None, pattern: str) -> bool:
    if pattern.startswith("!"):
        return value is None or not fnmatchcase(value, pattern[1:])
    return pattern == "*" if value is None else fnmatchcase(value, pattern)


def _changes(
    rule: Regression, metric: Metric, now: Mapping[Key, Totals], base: Mapping[Key, Totals]
) -> tuple[Change, ...]:
    found = []
    for key in {**base, **now}:
        sides = base.get(key), now.get(key)
        if max(side.cost_usd if side else ZERO for side in sides) < rule.ignore_below:
            continue
        change = _change(rule, tuple(zip(rule.by, key, strict=True)), metric, *sides)
        if change is not None:
            found.append(change)
    return tuple(sorted(found, key=lambda c: (c.status.rank, -abs(c.delta), str(c.key))))


def _change(
    rule: Regression,
    key: tuple[tuple[str, object], ...],
    metric: Metric,
    before: Totals | None,
    after: Totals | None,
) -> Change | None:
    base = metric.value(before) if before else None
    value = metric.value(after) if after else None
    if base is None and value is None:
        return None
    delta = (value or ZERO) - (base or ZERO)
    rel = delta / base if base and value is not None else None
    label = "removed" if value is None else "changed" if base else "new"
    status = Status.PASS if label == "removed" else _status(rule, delta, rel)
    return Change(key, label, status, base, value, delta, rel)


def _status(rule: Regression, delta: Decimal, rel: Decimal | None) -> Status:
    if delta < 0 and not rule.fail_on_drop:
        return Status.PASS
    for step, status in ((rule.fail, Status.FAIL), (rule.warn, Status.WARN)):
        if step is not None and _exceeds(step, rule.require, abs(delta), rel):
            return status
    return Status.PASS


def _exceeds(step: Step, require: str, delta: Decimal, rel: Decimal | None) -> bool:
    """Return whether the given thresholds are exceeded; a group without a base has no percentage."""
    tests = []
    if step.abs is not None:
        tests.append(delta > step.abs)
    if step.rel is not None and rel is not None:
        tests.append(abs(rel) > step.rel)
    return bool(tests) and (all(tests) if require == "all" else any(tests))


def _with_price_effect(
    changes: Iterable[Change], metric: Metric, old: Mapping[Key, Totals]
) -> tuple[Change, ...]:
    found = []
    for change in changes:
        before = old.get(tuple(value for _, value in change.key))
        base = metric.value(before) if before else None
        known = base is not None and change.base is not None
        effect = (change.base or ZERO) - (base or ZERO) if known else None
        found.append(replace(change, price_effect=effect))
    return tuple(found)


def _lessened(rule: Regression, changes: Iterable[Change]) -> list[Change]:
    """Return what went away, or fell by as much as would be a breach upwards: no failure, and often a lost log."""
    steps = [step for step in (rule.fail, rule.warn) if step is not None]
    return [
        change
        for change in changes
        if change.delta < 0
        and change.status is Status.PASS
        and (
            change.label == "removed"
            or any(_exceeds(step, rule.require, -change.delta, change.rel) for step in steps)
        )
    ]


def _outcome(
    base: Outcome, changes: tuple[Change, ...], window: Window, lessened: Sequence[Change]
) -> Outcome:
    status = worst([c.status for c in changes]) if changes else Status.PASS
    breached = [c for c in changes if c.status in {Status.FAIL, Status.WARN}]
    reasons = _reasons(breached, base.unit) + _reasons(lessened, base.unit)
    first = changes[0] if changes else None
    return replace(
        base,
        status=status,
        value=first.value if first else None,
        limit=first.base if first else None,
        window=window,
        reasons=tuple(reasons),
        changes=changes,
    )


def _reasons(changes: Sequence[Change], unit: str) -> list[str]:
    more = len(changes) - NAMED
    rest = [f"and {words.counted(more, 'more group')}"] if more > 0 else []
    return [_reason(change, unit) for change in changes[:NAMED]] + rest


def _reason(change: Change, unit: str) -> str:
    name = " ".join(str(value) if value is not None else "(none)" for _, value in change.key)
    moved = words.change(change.delta, unit)
    if change.rel is None or change.label == "removed":
        return f"{name}: {change.label}, {moved}"
    return f"{name}: {change.rel * 100:+,.1f}% ({moved})"
