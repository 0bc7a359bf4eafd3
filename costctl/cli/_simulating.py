"""Brings a session's usage and prices to the simulation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

from costctl.budgets.evidence import Projected
from costctl.cli._dimensions import dimensions_of
from costctl.cli._lever_options import LeverOptions, PlanOptions
from costctl.cli._session import Session
from costctl.cli._when import moment_of
from costctl.errors import CostctlError, NoDataError
from costctl.reports._simulate_hints import hints
from costctl.reports.simulate import simulate_report
from costctl.reports.sweep import sweep_report
from costctl.simulate.basis import Basis, basis_of, span_of
from costctl.simulate.flags import Flags, plan_of
from costctl.simulate.inputs import Source
from costctl.simulate.outcome import Outcome
from costctl.simulate.plan import SIBLING, Plan
from costctl.simulate.run import Options, prepare, simulate
from costctl.simulate.scenario import read_scenario
from costctl.simulate.sweep import Axis, read_axes, sweep
from costctl.store import rollup, rollup_groups
from costctl.store.rollup_mixes import Mix, mixes
from costctl.store.rollup_rates import is_listed, near, rates_at
from costctl.table import Envelope, Report
from costctl.vocabulary import DEFAULT_BY, Condition, Query, Spent
from costctl.yaml_file import NUMBER

LOGGED = frozenset({"endpoint", "model", "tier", "price_name"})
MODELS = ("to", "lookup_model", "classifier_model")
MOST_DRAWS = 1_000_000


@dataclass(frozen=True)
class Asked:
    """A question about levers, ready to be answered.

    Attributes:
        source: usage and prices at the price date.
        total: all usage in scope.
        days: its days with usage, where they are known.
        mixes: what each endpoint and model used, beside what it would cost elsewhere.
    """

    plan: Plan
    source: Source
    basis: Basis
    total: Spent
    days: tuple[date, ...] | None
    mixes: Sequence[Mix]


@dataclass(frozen=True)
class Question:
    """What is asked, read and found readable before any usage is.

    Attributes:
        scenario: the plan of the file; an empty one without.
        invoice: one month's invoice.
        prices_at: the one date of all prices, as text, and who says so.
    """

    flags: Flags
    scenario: Plan
    target: Decimal | None
    invoice: Decimal | None
    month: str | None
    prices_at: tuple[str | None, str]


def question_of(levers: LeverOptions, options: PlanOptions) -> Question:
    """Read the flags and the scenario; whatever is wrong with them is said before a log is opened."""
    scenario = read_scenario(options.scenario) if options.scenario else Plan()
    target, invoice = options.target, options.invoice_total
    question = Question(
        flags=Flags(**asdict(levers)),
        scenario=scenario,
        target=money(target, "--target") if target is not None else scenario.target_usd,
        invoice=_invoice(invoice),
        month=options.month or scenario.month,
        prices_at=(
            (options.prices_at, "--prices-at")
            if options.prices_at
            else (scenario.prices_at, f"{scenario.path}: prices_at")
        ),
    )
    plan_of(question.flags, scenario, lambda _: True)  # which models there are is known later
    return question


def asked(
    session: Session, question: Question, by: Sequence[str] = (), *, tips: bool = False
) -> Asked:
    """Return the plan of the command line over the usage in scope; with what to give tips from, if asked."""
    store = session.store
    plan = plan_of(
        question.flags, question.scenario, partial(is_listed, store), partial(near, store)
    )
    return _over(
        session,
        replace(plan, target_usd=question.target),
        _prices_at(session, *question.prices_at),
        by=by,
        month=question.month,
        invoice=question.invoice,
        tips=tips,
    )


def answer(
    session: Session,
    question: Question,
    *,
    by: Sequence[str],
    options: Options,
    order_free: bool,
) -> tuple[Report, Envelope, int, bool]:
    """Return the report, what surrounds it, how many rows of usage it is about, and whether any has a price."""
    names = dimensions_of(by, DEFAULT_BY)
    found = asked(session, question, names, tips=True)
    outcome = simulate(found.plan, found.source, found.basis, replace(options, by=names))
    report = simulate_report(
        outcome,
        order_free=order_free,
        hints=hints(found.mixes, found.plan.levers, found.basis.prices_at),
    )
    return report, session.envelope(found.total, found.days), found.total.rows, outcome.priced


def axes_of(question: Question, parameters: Sequence[str]) -> tuple[Axis, ...]:
    """Read what to vary."""
    return read_axes(parameters, plan_of(question.flags, question.scenario, lambda _: True).levers)


def swept(
    session: Session, question: Question, axes: Sequence[Axis]
) -> tuple[Report, Envelope, int]:
    """Return the bill over a grid, what surrounds it, and how many rows of usage it is about."""
    found = asked(session, question)
    prepared = prepare(found.plan, found.source, found.basis)
    if prepared is None:
        raise unpriced()
    report = sweep_report(sweep(prepared.problem, axes), found.plan.target_usd)
    return report, session.envelope(found.total, found.days), found.total.rows


def unpriced() -> NoDataError:
    """Return what is raised where a projection has nothing to stand on."""
    return NoDataError(
        "no usage in this scope has a price", "`costctl pricing explain MODEL` says why"
    )


def projected(session: Session, scenario: Path, match: tuple[Condition, ...]) -> Projected:
    """Return the bill that a scenario projects over a scope."""
    plan = read_scenario(scenario)
    at = _prices_at(session, plan.prices_at, f"{scenario}: prices_at")
    scope = replace(session, query=replace(session.query, where=(*session.query.where, *match)))
    found = _over(scope, plan, at, by=(), month=plan.month, invoice=None)
    outcome = simulate(found.plan, found.source, found.basis)
    return _as_projected(outcome)


def _as_projected(outcome: Outcome) -> Projected:
    notes = tuple(
        f"{line.planned.name}: not applicable because {line.not_applicable}"
        for line in outcome.levers
        if line.not_applicable
    )
    spread = outcome.uncertainty
    if spread is None:
        return Projected(outcome.after, None, notes)
    return Projected(spread.independent.p50, spread.independent.p90, notes)


def _over(
    session: Session,
    plan: Plan,
    at: datetime,
    *,
    by: Sequence[str],
    month: str | None,
    invoice: Decimal | None,
    tips: bool = False,
) -> Asked:
    source = _source(session, plan, at, by)
    total, days = rollup.total_again(session.store)
    # Both ask what the last grouping left; whatever groups anew must come later.
    used = mixes(session.store, replace(session.query, by=DEFAULT_BY), at) if tips else ()
    window = session.query.window
    span = span_of(window, total.first, total.last, session.as_of, session.moment.zone)
    basis = basis_of(
        source.groups,
        span,
        prices_at=at,
        as_of=session.as_of,
        month=month,
        invoice=invoice,
    )
    if invoice is not None and total.rows and not basis.paid_usd:
        raise NoDataError(
            "--invoice-total: the usage in this scope cost nothing, so no factor makes it the invoice",
            "`costctl breakdown` shows what has a price",
        )
    return Asked(plan, source, basis, total, days if session.query.tz == "UTC" else None, used)


def _source(session: Session, plan: Plan, at: datetime, by: Sequence[str]) -> Source:
    selectors = [where for lever in plan.levers for where in (lever.where, *lever.unless)]
    named = [condition.dimension for where in selectors for condition in where]
    if plan.provisioned:
        named += [c.dimension for c in plan.provisioned.where]
    dims = tuple(name for name in dict.fromkeys((*by, *named)) if name not in LOGGED)
    also = tuple(
        dict.fromkeys(
            lever.names[name]
            for lever in plan.levers
            for name in MODELS
            if lever.names.get(name, SIBLING) != SIBLING
        )
    )
    store, query = session.store, _at(session.query, at)
    return Source(
        rollup_groups.groups(store, query, dims, also),
        dims,
        rates=partial(rates_at, store, at),
        cut=lambda cap: rollup_groups.cut_by_cap(store, query, cap, dims, also),
        ordered=lambda order, fractions: rollup_groups.ordered_shares(
            store, query, order, fractions, dims=dims, also=also
        ),
        long=lambda minima: rollup_groups.shares_at_least(store, query, minima, dims, also),
        hours=partial(_hours, session),
    )


def _hours(session: Session, where: tuple[Condition, ...]) -> list[tuple[int, int]]:
    """Return uncached input and output of each hour."""
    query = replace(session.query, by=("hour",), where=(*session.query.where, *where))
    return [(s.tokens.input_uncached, s.tokens.output) for s in session.spent(query)]


def _at(query: Query, at: datetime) -> Query:
    return replace(query, prices_at=at)


def _prices_at(session: Session, text: str | None, place: str) -> datetime:
    return moment_of(text, session.moment.zone, place) if text else session.as_of


def money(text: str, flag: str) -> Decimal:
    """Return an amount of the command line."""
    if not NUMBER.fullmatch(text):
        raise CostctlError(f"{flag}: {text!r} is no amount", "write one such as 3200 or 3200.50")
    return Decimal(text)


def _invoice(text: str | None) -> Decimal | None:
    amount = money(text, "--invoice-total") if text is not None else None
    if amount is not None and not amount:
        raise CostctlError("--invoice-total: 0 scales everything to nothing", "write one above 0")
    return amount


def options_of(
    draws: str | None, seed: str | None, distribution: str, confidence: str | None
) -> Options:
    """Return how draws are made."""
    found = Options(distribution=distribution)
    if draws is not None:
        found = replace(found, draws=_count(draws, "--draws", MOST_DRAWS))
    if seed is not None:
        found = replace(found, seed=_count(seed, "--seed", 2**63))
    if confidence not in {None, "0.5", "0.9"}:
        raise CostctlError(
            f"--confidence: {confidence!r} is neither 0.5 nor 0.9", "0.5 is the median"
        )
    return replace(found, confidence=float(confidence or 0.5))


def _count(text: str, flag: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise CostctlError(f"{flag}: {text!r} is no count up to {most:,}", "such as 10000")
    return int(text)
