"""What a compiled table is kept under."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from costctl.errors import CostctlError
from costctl.pricebook.files import price_files
from costctl.pricebook.settings import PricingSettings
from costctl.pricebook.tables import COMPILER_VERSION


def cache_key(layers: Sequence[Path], settings: PricingSettings, known_on: date | None) -> str:
    """Return the SHA-256 over compiler version, day, and the name and bytes of every price file."""
    digest = hashlib.sha256(f"{COMPILER_VERSION}|{known_on}".encode())
    for path, shown in _all_files(layers, settings):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CostctlError(f"{path}: {error.strerror or error}", code="missing_file") from error
        digest.update(f"|{shown}|{len(content)}|".encode())
        digest.update(content)
    return digest.hexdigest()


def _all_files(layers: Sequence[Path], settings: PricingSettings) -> list[tuple[Path, str]]:
    """Return every file whose bytes decide the table, in the order of the layers."""
    found = price_files(settings.builtin) if settings.builtin else []
    for config in settings.configs:
        found += _of_config(config)
    for layer in layers:
        found += price_files(layer)
    return found


def _of_config(config: Path) -> list[tuple[Path, str]]:
    from costctl.pricebook.read_config import named_files  # noqa: PLC0415 - only a settings file needs YAML

    found = named_files(config)
    own, named = found[:1], found[1:]
    return [*((path, str(path)) for path in own), *(f for path in named for f in price_files(path))]
