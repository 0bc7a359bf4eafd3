"""Which files make up the price table."""

from dataclasses import dataclass
from pathlib import Path


def shipped() -> Path:
    """Return the folder of the price files that come with the program."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_pricing"
    return installed if installed.is_dir() else package.parent / "pricing"


@dataclass(frozen=True)
class PricingSettings:
    """Where prices come from besides the layers of the command line.

    Attributes:
        configs: `costctl.yaml` files whose `pricing` section counts, the user's before the project's. Their
            `table` and `providers` are layers; `deployments`, `overlays` and `default_provider` of a later
            file replace those of an earlier one.
        builtin: the lowest layer; None for a table without it.
    """

    configs: tuple[Path, ...] = ()
    builtin: Path | None = None

    @classmethod
    def default(cls, *configs: Path) -> "PricingSettings":
        """Return the shipped table below the given configuration files."""
        return cls(configs, shipped())
