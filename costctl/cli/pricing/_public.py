"""Public price tables: from a file, or from a package that happens to be installed; never from the network."""

import importlib
import importlib.util
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from costctl.cli import _engines
from costctl.errors import CostctlError

if TYPE_CHECKING:
    from costctl.pricebook.upstream import OfferedTable

Public = Literal["genai-prices", "litellm"]
INSTALLED = "installed"
LITELLM_FILE = "model_prices_and_context_window_backup.json"


def public_table(name: str, source: str, at: date) -> "OfferedTable":
    """Read a public table as it is at a day."""
    reader = _engines.public_tables()
    if source == INSTALLED:
        return _installed_litellm() if name == "litellm" else _installed_genai(at)
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CostctlError(
            f"{path}: {getattr(error, 'strerror', None) or error}",
            "name the table's JSON file, or `installed`",
            "missing_file",
        ) from error
    table: OfferedTable = (
        reader.litellm_table.read_litellm(text)
        if name == "litellm"
        else reader.genai_table.read_genai(text, at)
    )
    return table


def _installed_litellm() -> "OfferedTable":
    # The package is looked up, not imported: its import takes seconds.
    found = importlib.util.find_spec("litellm")
    if found is None or not found.origin:
        raise _not_installed("litellm")
    text = (Path(found.origin).parent / LITELLM_FILE).read_text(encoding="utf-8")
    table: OfferedTable = _engines.public_tables().litellm_table.read_litellm(
        text, _version("litellm")
    )
    return table


def _installed_genai(at: date) -> "OfferedTable":
    reader = _engines.public_tables().genai_table
    try:
        providers = importlib.import_module("genai_prices.data").providers
    except ImportError as error:
        raise _not_installed("genai-prices") from error
    table: OfferedTable = reader.of_providers(reader.plain(providers), at, _version("genai-prices"))
    return table


def _not_installed(name: str) -> CostctlError:
    return CostctlError(
        f"{name} is not installed beside costctl",
        "name the table's JSON file instead",
        "missing_file",
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
