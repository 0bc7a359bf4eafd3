"""How a cheaper model does where it already serves a part of an endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costctl.measure.base import Asked, Group, share
from costctl.store import measures_shares
from costctl.table import ENDPOINT_AND_MODEL, Column, Kind, Table
from costctl.words import counted

ALIKE = (0.8, 1.35)
"""Prompts of one kind of work differ at most so much between two tokenizers; else the two models do different work."""


@dataclass(frozen=True)
class Served:
    """A group whose cheaper model already answers calls of the same endpoint.

    Attributes:
        group, target: the group, and what its cheaper model serves there.
        ratio_in, ratio_out: mean prompt and mean answer there, relative to the group's own.
        escalate: share of the cheaper model's calls in sessions after which the session goes on at this model; None
            where no session is logged.
    """

    group: Group
    target: Group
    ratio_in: float
    ratio_out: float
    escalate: float | None

    @property
    def alike(self) -> bool:
        """Return whether both models seem to get the same kind of calls."""
        return ALIKE[0] <= self.ratio_in <= ALIKE[1]

    @property
    def parameters(self) -> dict[str, float]:
        """Return what the routing lever takes from it; nothing where the models get different calls."""
        if not self.alike:
            return {}
        ratios = {"token_ratio_in": self.ratio_in, "token_ratio_out": self.ratio_out}
        return ratios if self.escalate is None else {**ratios, "escalate": self.escalate}

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what to say about it."""
        name = self.target.facts.model
        if not self.alike:
            return (
                (
                    f"{name} serves this endpoint too, but its prompts are {self.ratio_in:.2f} times as long: other "
                    "calls, so its ratios say nothing about these"
                ),
            )
        return (
            (
                f"{name} serves this endpoint too: ratios from its {counted(self.target.facts.requests, 'call')}, though who "
                "chose them is not in the log"
            ),
        )


def served(asked: Asked) -> dict[int, Served]:
    """Return, by the number of a group, what its cheaper model does at the same endpoint."""
    pairs = [(group, target) for group in asked.generating if (target := _target(asked, group))]
    after = _follow_ups(asked) if pairs else {}
    found = (_served(group, target, after) for group, target in pairs)
    return {one.group.facts.number: one for one in found if one is not None}


def _target(asked: Asked, group: Group) -> Group | None:
    """Return the dearest group of the same endpoint at the model that the price table names as cheaper."""
    name = group.rate.cheaper_sibling if group.rate else None
    if name is None:
        return None
    return next(
        (
            other
            for other in asked.at_endpoint.get(group.facts.endpoint, ())
            if other is not group and other.rate and name in _names(other)
        ),
        None,
    )


def _names(group: Group) -> Sequence[str | None]:
    return (group.facts.price_model, group.facts.price_name, group.facts.model)


def _follow_ups(asked: Asked) -> Mapping[int, Mapping[int | None, int]]:
    found: dict[int, dict[int | None, int]] = {}
    for one in measures_shares.follow_ups(asked.store):
        found.setdefault(one.group, {})[one.then] = one.requests
    return found


def _served(
    group: Group, target: Group, after: Mapping[int, Mapping[int | None, int]]
) -> Served | None:
    ours, theirs = group.facts, target.facts
    ratio_in = _ratio(ours.prompt, ours.requests, theirs.prompt, theirs.requests)
    ratio_out = _ratio(ours.output, ours.requests, theirs.output, theirs.requests)
    if ratio_in is None or ratio_out is None:
        return None
    then = after.get(theirs.number, {})
    return Served(
        group, target, ratio_in, ratio_out, share(then.get(ours.number, 0), sum(then.values()))
    )


def _ratio(tokens: int, requests: int, other: int, others: int) -> float | None:
    """Return how many times as many tokens a call has elsewhere; None where that cannot be told."""
    return (
        (other / others) / (tokens / requests) if all((tokens, requests, other, others)) else None
    )


def served_table(found: Sequence[Served]) -> Table:
    """Return the table of these endpoints."""
    return Table(
        name="served",
        title="Where the cheaper model already serves a part",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("target", "Cheaper model", Kind.NAME),
            Column("requests", "Its calls", Kind.COUNT),
            Column("token_ratio_in", "Prompt", Kind.NUMBER),
            Column("token_ratio_out", "Answer", Kind.NUMBER),
            Column("escalate", "Then asked here", Kind.SHARE),
        ),
        rows=tuple(
            (
                one.group.facts.endpoint,
                one.group.facts.model,
                one.target.facts.model,
                one.target.facts.requests,
                one.ratio_in,
                one.ratio_out,
                one.escalate,
            )
            for one in found
        ),
        notes=(
            (
                "Prompt and answer: mean tokens of a call, relative to this model's. Then asked here: of its calls in "
                "sessions, those whose next call at the endpoint went to this model."
            ),
        ),
    )
