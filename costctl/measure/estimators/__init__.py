"""One file an estimator: a number for one parameter of one lever, from rows.

To add one, add a file with a constant `ESTIMATOR`; nothing else lists them.
"""

import importlib
import pkgutil

from costctl.levers import LEVERS
from costctl.measure.base import Estimator


def estimators() -> list[Estimator]:
    """Return all estimators along the path of a request."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [
        importlib.import_module(f"{__name__}.{name}").ESTIMATOR
        for name in names
        if not name.startswith("_")
    ]
    return sorted(found, key=lambda one: (LEVERS[one.lever].stage, one.name))
