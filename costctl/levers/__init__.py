"""The levers: one file each, found by listing this folder."""

from importlib import import_module
from pkgutil import iter_modules

from costctl.levers._base import Lever, Param, Setting, Stage, Unit

__all__ = ["LEVERS", "Lever", "Param", "Setting", "Stage", "Unit"]


def _found() -> dict[str, Lever]:
    names = [module.name for module in iter_modules(__path__) if not module.name.startswith("_")]
    levers = [import_module(f"{__name__}.{name}").LEVER for name in names]
    return {lever.name: lever for lever in sorted(levers, key=lambda lever: lever.stage)}


LEVERS = _found()
"""Name -> lever, in the order in which they apply."""
