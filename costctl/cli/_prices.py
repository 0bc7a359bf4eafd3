"""Which price table a run uses, and how it gets into a store."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from costctl.cli import _engines
from costctl.config import Config
from costctl.errors import CostctlError
from costctl.user_cache import cache_folder

if TYPE_CHECKING:
    from costctl.store import Store


def load_prices(store: "Store", config: Config) -> dict[str, object]:
    """Load the price table into a store and return its version and digest.

    What is odd about the table itself is for `costctl pricing validate`, not for every question.
    """
    pricebook = _engines.pricebook()
    layers, known_on = price_layers(config)
    settings = pricebook.PricingSettings.default(*config.paths)
    loaded = _engines.prices().prepare_prices(
        store,
        lambda: pricebook.compile_book(pricebook.open_book(layers, settings, known_on)),
        key=pricebook.cache_key(layers, settings, known_on),
        cache=cache_folder(),
    )
    return {"version": loaded.version, "sha256": loaded.sha256}


def price_layers(config: Config) -> tuple[tuple[Path, ...], date | None]:
    """Return the extra price layer, or the day on which the table is looked at, that `--pricing` names."""
    given = config.get("pricing")
    if given is None:
        return (), None
    path = Path(given)
    if path.exists():
        return (path,), None
    try:
        return (), date.fromisoformat(given)
    except ValueError as error:
        raise CostctlError(
            f"no price file at {given}",
            "give a file, a folder, or a day such as 2026-11-01",
            "missing_file",
        ) from error
