"""A budget file to start from: commented, and with limits a bit above what is spent today."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from costctl.vocabulary import Spent

__all__ = ["EXAMPLE", "Proposal", "budget_text", "proposals", "quoted"]

ROOM = Decimal("1.2")
DIGITS = 2
MOST_SCOPES = 3
GLOB = frozenset("*?[]")


@dataclass(frozen=True)
class Proposal:
    """A limit per month.

    Attributes:
        endpoint: its scope; None for all usage.
        spent_usd: what the last 30 days cost.
    """

    endpoint: str | None
    spent_usd: Decimal

    @property
    def limit_usd(self) -> Decimal:
        """Return a fifth above the spend, rounded up to two digits."""
        wanted = max(self.spent_usd * ROOM, Decimal(1))
        step = Decimal(1).scaleb(wanted.adjusted() - DIGITS + 1)
        return (wanted / step).to_integral_value(ROUND_CEILING) * step


def proposals(spent: Sequence[Spent]) -> list[Proposal]:
    """Return a limit for all usage and for its dearest endpoints; `spent` is grouped by endpoint."""
    whole = sum((s.cost_usd or Decimal(0) for s in spent), Decimal(0))
    named = [s for s in spent if isinstance(s.key[0], str) and s.cost_usd and _plain(s.key[0])]
    largest = sorted(named, key=lambda s: (-(s.cost_usd or Decimal(0)), str(s.key[0])))
    scopes = [Proposal(str(s.key[0]), s.cost_usd or Decimal(0)) for s in largest[:MOST_SCOPES]]
    return [Proposal(None, whole), *scopes]


def _plain(name: str) -> bool:
    """Return whether a name means itself as a pattern, and can be written in a file."""
    return bool(name) and name.isprintable() and name[0] != "!" and not GLOB & set(name)


def quoted(text: str) -> str:
    """Return text as YAML that means exactly this text."""
    return json.dumps(text, ensure_ascii=False)


EXAMPLE = [Proposal(None, Decimal(2660))]

HEAD = """\
# Budgets of costctl. `costctl check` judges them; `costctl check --validate-only` judges this file.
# For help while typing: costctl schema budgets > budgets.schema.json
version: 1
currency: USD
{timezone:<29} # borders of days, weeks and months

# What to say when a figure cannot be trusted. These are the defaults; each budget may have its own.
defaults:
  on_unpriced: inconclusive     # inconclusive | fail | warn | ignore
  unpriced_tolerance: "0.5%"    # share of the requests in scope that may lack a price
  on_no_data: inconclusive      # or pass, for what is not always in use
  max_data_age: 2d              # older usage is inconclusive

budgets:
"""

WHOLE = """\
  # {why}
  - name: total
    limit: {limit}
    period: month               # day | week | month | quarter | year | {{from: "2026-11-01", to: "2026-12-15"}}
    checks:
      - {{basis: actual,   warn: "80%",  fail: "100%"}}
      - {{basis: forecast, warn: "100%", fail: "110%"}}
"""

SCOPE = """\
  # {why}
  - name: {name}
    match: {{endpoint: {endpoint}}}
    limit: {limit}
    period: month
    checks:
      - {{basis: actual, warn: "80%", fail: "100%"}}
"""

TAIL = """\

  # What a request may cost, over the last seven days.
  # - name: unit-cost
  #   match: {endpoint: "rag_*", model: ["gpt-4o", "gpt-4o-mini"]}
  #   unit: {metric: cost_per_1k_requests, window: 7d, warn: 12.00, fail: 15.00, min_requests: 500}

  # What may change against a saved state: costctl baseline save --period last-month -o baseline.json
  # - name: no-regression
  #   compare:
  #     baseline: baseline.json
  #     metric: cost_per_1k_requests
  #     by: [endpoint, model]
  #     warn: {rel: "5%", abs: 0.50}
  #     fail: {rel: "15%", abs: 2.00}
  #     ignore_below: 1.00

  # What a plan must reach: costctl simulate --scenario scenario.yaml
  # - name: plan-meets-target
  #   simulate: {scenario: scenario.yaml, limit: 3200.00}

# A failure that is known and accepted for a while is a warning until the date.
# waivers:
#   - {budget: total, until: "2026-12-05", reason: "migration"}
"""


def budget_text(found: Sequence[Proposal], timezone: str, *, measured: bool) -> str:
    """Return the content of a budget file."""
    parts = [HEAD.format(timezone=f"timezone: {timezone}")]
    for proposal in found:
        spent = f"the last 30 days cost {proposal.spent_usd:,.2f} USD, and a fifth for growth"
        if proposal.endpoint is None:
            why = f"All usage: {spent}." if measured else "All usage. Put your own limit here."
            parts.append(WHOLE.format(why=why, limit=f"{proposal.limit_usd:.2f}"))
        else:
            name = quoted(proposal.endpoint)
            why = f"{spent[0].upper()}{spent[1:]}."
            limit = f"{proposal.limit_usd:.2f}"
            label = quoted(f"endpoint-{proposal.endpoint}")
            parts.append(SCOPE.format(why=why, name=label, endpoint=name, limit=limit))
    return "".join([*parts, TAIL])
