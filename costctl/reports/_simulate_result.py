"""What JSON says about a simulation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from costctl.simulate.basis import Basis
from costctl.simulate.goal_seek import BreakEven, Reach
from costctl.simulate.outcome import LeverLine, Outcome, Target
from costctl.simulate.plan import Provisioned
from costctl.simulate.uncertainty import Spread, Uncertainty
from costctl.vocabulary import Condition


def result_of(outcome: Outcome) -> dict[str, object]:
    """Return the whole outcome, unrounded."""
    found = outcome.attribution
    return {
        "name": outcome.name,
        "basis": _basis(outcome.basis),
        "levers": [_lever(line) for line in outcome.levers],
        "naive_sum_usd": found.naive_sum,
        "interaction_usd": found.interaction,
        "combined_saving_usd": found.combined,
        "after_usd": outcome.after,
        "overhead_usd": found.overhead,
        "saving_share": found.combined / found.before if found.before else 0.0,
        "shapley_sampled": found.sampled,
        "target": _target(outcome.target, outcome.uncertainty),
        "uncertainty": _uncertainty(outcome.uncertainty),
        "dependence": [
            {
                "levers": list(band.levers),
                "after_nested_usd": band.nested,
                "after_independent_usd": band.independent,
                "after_disjoint_usd": band.disjoint,
            }
            for band in outcome.bands
        ],
        "route_order": _route_order(outcome),
        "provisioned": _units(outcome),
        "groups": [
            {
                **dict(zip(outcome.by, line.key, strict=True)),
                "before_usd": line.before,
                "after_usd": line.after,
            }
            for line in outcome.groups
        ],
    }


def _basis(basis: Basis) -> dict[str, object]:
    return {
        "first": basis.span.first,
        "last": basis.span.last,
        "days": basis.span.days,
        "scale": basis.scale,
        "scaled_by": basis.scaled_by,
        "run_rate": basis.is_run_rate,
        "prices_at": basis.prices_at,
        "paid_usd": basis.paid_usd,
        "repriced_usd": basis.repriced_usd,
        "baseline_usd": basis.baseline_usd,
        "outside_usd": basis.outside_usd,
        "unpriced_requests": basis.unpriced_requests,
    }


def _lever(line: LeverLine) -> dict[str, object]:
    planned, saving = line.planned, line.saving
    return {
        "name": planned.name,
        "lever": planned.lever,
        "where": _where(planned.where),
        "unless": [_where(taken) for taken in planned.unless],
        "params": dict(line.params),
        "source": planned.source,
        "sources": dict(planned.sources),
        "standalone_usd": saving.standalone,
        "waterfall_usd": saving.waterfall,
        "shapley_usd": saving.shapley,
        "last_in_usd": saving.last_in,
        "overhead_usd": saving.overhead,
        "notes": list(line.notes),
        "not_applicable": line.not_applicable,
    }


def _where(conditions: Sequence[Condition]) -> dict[str, list[str]]:
    return {condition.dimension: list(condition.patterns) for condition in conditions}


def _target(target: Target | None, spread: Uncertainty | None) -> dict[str, object] | None:
    if target is None:
        return None
    reach = target.reach
    return {
        "usd": target.usd,
        "met": target.met,
        "gap_usd": target.gap,
        "statistic": target.statistic,
        "judged_usd": target.judged,
        "break_even": {name: _break_even(found) for name, found in reach.break_even.items()},
        "theta": reach.theta,
        "least_risk": _least_risk(reach),
        "best_reachable_usd": reach.best.after,
        "pareto": [{"points": points, "after_usd": usd} for points, usd in reach.front],
        "probability_met": spread.independent.met if spread else None,
    }


def _break_even(found: BreakEven) -> dict[str, object]:
    return {"value": found.value, "feasible": found.feasible, "verdict": found.verdict}


def _least_risk(reach: Reach) -> dict[str, object] | None:
    found = reach.least_risk
    if found is None:
        return None
    return {
        "points": found.points,
        "after_usd": found.after,
        "settings": dict(found.settings),
        "complete": reach.complete,
    }


def _uncertainty(found: Uncertainty | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "draws": found.draws,
        "seed": found.seed,
        "distribution": found.distribution,
        "mean_after_usd": found.independent.mean,
        **_percentiles(found.independent),
        "together": {
            **_percentiles(found.together),
            "probability_met": found.together.met,
        },
        "tornado": [
            {
                "parameter": swing.column,
                "low": swing.number.low,
                "mode": swing.number.mode,
                "high": swing.number.high,
                "after_at_low_usd": swing.at_low,
                "after_at_high_usd": swing.at_high,
                "swing_usd": swing.swing,
            }
            for swing in found.tornado
        ],
    }


def _percentiles(spread: Spread) -> Mapping[str, float]:
    return {
        "p10_after_usd": spread.p10,
        "p50_after_usd": spread.p50,
        "p90_after_usd": spread.p90,
    }


def _route_order(outcome: Outcome) -> dict[str, float] | None:
    if outcome.route_orders is None:
        return None
    cheapest, dearest = outcome.route_orders
    return {"after_cheapest_usd": cheapest, "after_dearest_usd": dearest}


def _units(outcome: Outcome) -> dict[str, object] | None:
    if outcome.units is None:
        return None
    sized = outcome.units.sized
    return {
        "offer": _offer(outcome.units.offer),
        "best_units": sized.best,
        "saving_usd": outcome.units.monthly_saving,
        "costs": [{"units": units, "cost_usd": usd} for units, usd in sized.costs.items()],
    }


def _offer(offer: Provisioned) -> dict[str, object]:
    return {
        "where": _where(offer.where),
        **{name: value for name, value in asdict(offer).items() if name != "where"},
    }
