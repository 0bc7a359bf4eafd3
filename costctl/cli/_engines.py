"""The one lazy place: what is dear to import is imported here, when a command runs and not when it explains itself.

A command module imports no engine at its top, so that `costctl COMMAND --help` and completion stay instant.
"""

# ruff: noqa: PLC0415 - this is the file for it
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from costctl.store import Store


def rollup_scan() -> ModuleType:
    """Return the module that groups rows."""
    from costctl.store import rollup_scan as module

    return module


def store() -> "type[Store]":
    """Return the usage database."""
    from costctl.store import Store

    return Store


def ingest() -> ModuleType:
    """Return the module that reads logs into a store."""
    from costctl import ingest as module

    return module


def overview() -> ModuleType:
    """Return the module that says what a store holds."""
    from costctl.store import overview as module

    return module


def doubled() -> ModuleType:
    """Return what finds sources that may hold the same calls."""
    from costctl.store import doubled as module

    return module


def watching() -> ModuleType:
    """Return the module that tells how far a statement is."""
    from costctl.store import watching as module

    return module


def kept() -> ModuleType:
    """Return the module that keeps groups with their rows."""
    from costctl.store import kept as module

    return module


def rollup() -> ModuleType:
    """Return the module that sums and prices usage."""
    from costctl.store import rollup as module

    return module


def prices() -> ModuleType:
    """Return the module that loads prices into a store."""
    from costctl.store import prices as module

    return module


def pricebook() -> ModuleType:
    """Return the price table."""
    from costctl import pricebook as module

    return module


def judging() -> ModuleType:
    """Return the module that judges budgets."""
    from costctl.cli import _judging as module

    return module


def costing() -> ModuleType:
    """Return the module that answers a breakdown."""
    from costctl.cli import _costing as module

    return module


def projecting() -> ModuleType:
    """Return the module that projects a period."""
    from costctl.cli import _projecting as module

    return module


def baselines() -> ModuleType:
    """Return the module that saves, reads and prices baselines."""
    from costctl.cli import _baselines as module

    return module


def comparing() -> ModuleType:
    """Return the module that explains a difference."""
    from costctl.cli import _comparing as module

    return module


def classes() -> ModuleType:
    """Return the module that sums what each token class cost."""
    from costctl.store import rollup_classes as module

    return module


def propose() -> ModuleType:
    """Return the module that proposes budgets."""
    from costctl.budgets import propose as module

    return module


def fixed_lines() -> ModuleType:
    """Return the module that knows what costs money without usage."""
    from costctl.store import fixed_lines as module

    return module


def ci() -> ModuleType:
    """Return the writers of files for pipelines."""
    from costctl.render import ci as module
    from costctl.render.ci import (  # noqa: F401 - makes them attributes of the package
        annotations,
        codequality,
        comment,
        junit,
        openmetrics,
        outputs,
        summary,
    )

    return module


def pricebook_tables() -> ModuleType:
    """Return the names of price classes and compiled tables."""
    from costctl.pricebook import tables as module

    return module


def lookup() -> ModuleType:
    """Return the module that asks the compiled price table."""
    from costctl.pricebook import lookup as module

    return module


def pricing() -> ModuleType:
    """Return the report that explains a price."""
    from costctl.reports import pricing_explain as module

    return module


def pricing_list() -> ModuleType:
    """Return the reports that list prices."""
    from costctl.reports import pricing_list as module

    return module


def pricing_check() -> ModuleType:
    """Return the report of a validation."""
    from costctl.reports import pricing_check as module

    return module


def price_check() -> ModuleType:
    """Return the module that looks for suspicious prices."""
    from costctl.pricebook import check as module

    return module


def pricing_show() -> ModuleType:
    """Return the report of a model's price history."""
    from costctl.reports import pricing_show as module

    return module


def simulating() -> ModuleType:
    """Return the module that answers what-if questions."""
    from costctl.cli import _simulating as module

    return module


def compare_tables() -> ModuleType:
    """Return the module that compares price tables."""
    from costctl.pricebook import compare_tables as module

    return module


def public_tables() -> ModuleType:
    """Return the package with the readers of public price tables."""
    from costctl import pricebook as module
    from costctl.pricebook import genai_table, litellm_table  # noqa: F401 - makes them attributes

    return module


def pricing_diff() -> ModuleType:
    """Return the report of a comparison of price tables."""
    from costctl.reports import pricing_diff as module

    return module


def formats() -> ModuleType:
    """Return the module that lists the known log formats."""
    from costctl.cli import _formats as module

    return module


def explaining() -> ModuleType:
    """Return the module that explains how a file is read."""
    from costctl.ingest import explain as module

    return module


def import_write() -> ModuleType:
    """Return the module that brings public figures into price files."""
    from costctl.pricebook import import_write as module

    return module


def pricing_import() -> ModuleType:
    """Return the report of an import."""
    from costctl.reports import pricing_import as module

    return module


def measuring() -> ModuleType:
    """Return the module that measures settings of levers."""
    from costctl.cli import _measuring as module

    return module
