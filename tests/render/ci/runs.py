"""Runs with every awkward value."""

from datetime import datetime
from decimal import Decimal

from costctl.budgets.model import BudgetFile, Waiver
from costctl.budgets.verdict import Driver, Outcome, Run, Status
from costctl.table import Envelope

HOSTILE = "\x1b[31m100%,\r\n::error::x </script>|`@me` &amp; ]]> \x00\ufffe =cmd #1"
AS_OF = datetime(2026, 11, 23)  # noqa: DTZ001 - naive UTC
ENVELOPE = Envelope(AS_OF, pricing={"version": "2026-11-23", "sha256": "0123456789ab"})


def outcome(status, name="total", line=7, **more: object):
    values: dict[str, object] = {
        "value": Decimal("125.5"),
        "limit": Decimal(100),
        "reasons": ("above 100%",),
    }
    values |= more
    basis = values.pop("basis", "actual")
    return Outcome(name, basis, values.pop("metric", "cost"), status, line, **values)


def run_of(*outcomes: Outcome, path="budgets.yaml"):
    return Run(BudgetFile(path, "USD", None, ()), outcomes)


def every_kind():
    waiver = Waiver("waived", AS_OF, "2026-12-05", HOSTILE, 40)
    driver = Driver((("endpoint", HOSTILE), ("model", None)), Decimal(5), Decimal("1.5"))
    return run_of(
        outcome(Status.FAIL, HOSTILE, 3, drivers=(driver,), reasons=(HOSTILE,)),
        outcome(Status.INCONCLUSIVE, "unsure", 9, value=None),
        outcome(Status.WARN, "waived", 12, waiver=waiver),
        outcome(Status.PASS, "fine", 15, value=Decimal(1), reasons=()),
        outcome(
            Status.SKIP,
            "young",
            18,
            basis="forecast",
            detail="month p50",
            value=None,
            reasons=("too early",),
        ),
        outcome(
            Status.FAIL,
            "hits",
            21,
            basis="unit",
            metric="cache_hit_rate",
            unit="share",
            value=Decimal("0.31"),
            limit=Decimal("0.4"),
            least=True,
        ),
    )


def many(count=10_000):
    return run_of(*(outcome(Status.FAIL, f"budget-{n}", n + 1) for n in range(count)))
