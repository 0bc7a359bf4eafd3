"""Settings: flags, then `COSTCTL_*`, then the project's `costctl.yaml`, then the user's, then defaults."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from costctl.errors import CostctlError

if TYPE_CHECKING:
    from costctl.yaml_file import Reader
    from costctl.yaml_tree import Node

FILE = "costctl.yaml"
VERSION = "1"
DEFAULTS = {"db": "costctl.duckdb", "timezone": "UTC"}
VARIABLES = {
    "db": "COSTCTL_DB",
    "timezone": "COSTCTL_TZ",
    "budgets": "",
    "pricing": "COSTCTL_PRICING",
    "as_of": "COSTCTL_AS_OF",
    "format": "COSTCTL_FORMAT",
}
"""Every setting of one value, and the environment variable that sets it."""

FLAGS = {"timezone": "--tz", "as_of": "--as-of"}
PATHS = frozenset({"db", "budgets"})
SECTIONS = ("pricing", "formats", "endpoint")
"""Parts of the file that their owners read."""


class Setting(NamedTuple):
    """A value and where it came from."""

    name: str
    value: str
    origin: str


class ConfigFile(NamedTuple):
    """A settings file that was found.

    Attributes:
        path: where it lies; paths in it are relative to its folder.
        reader: its content; `pricing`, `formats` and `endpoint` are read by their owners.
    """

    path: Path
    reader: "Reader"


@dataclass(frozen=True)
class Config:
    """What holds for this run.

    Attributes:
        files: the user's file before the project's; later ones are stronger.
        settings: every value with its origin, by name.
        details: the values of the sections that other parts read, such as `pricing.default_provider`.
    """

    files: tuple[ConfigFile, ...]
    settings: Mapping[str, Setting]
    details: tuple[Setting, ...] = ()

    def get(self, name: str) -> str | None:
        """Return a value, None where nothing sets it."""
        found = self.settings.get(name)
        return found.value if found else None

    @property
    def db(self) -> Path:
        """Return the path of the usage database."""
        return Path(self.settings["db"].value)

    @property
    def timezone(self) -> str:
        """Return the zone of days and months."""
        return self.settings["timezone"].value

    @property
    def budgets(self) -> Path | None:
        """Return the budget file that the settings name."""
        value = self.get("budgets")
        return Path(value) if value else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the settings files, the weakest first."""
        return tuple(file.path for file in self.files)


def load_config(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    folder: Path,
    *,
    config: Path | None = None,
) -> Config:
    """Return the settings of a run started in a folder.

    Errors: `CostctlError` when a named file is missing, or a file has an unknown key or a wrong value.
    """
    files = tuple(_read(path) for path in _found(environ, folder, config))
    settings = {name: Setting(name, value, "default") for name, value in DEFAULTS.items()}
    for file in files:
        settings |= {setting.name: setting for setting in _values(file)}
    for name, variable in VARIABLES.items():
        value = environ.get(variable, "") if variable else ""
        if value:
            settings[name] = Setting(name, value, variable)
    for name, given in flags.items():
        if given is not None:
            settings[name] = Setting(name, given, FLAGS.get(name, f"--{name}"))
    return Config(files, settings, _details(files))


def _details(files: tuple[ConfigFile, ...]) -> tuple[Setting, ...]:
    """Return the values of the sections; what a later file states replaces the whole of it."""
    found: dict[str, list[Setting]] = {}
    for file in files:
        for section in SECTIONS:
            node = file.reader.get(section)
            entries = {} if node is None else node.entries or {"": node}
            for key, entry in entries.items():
                name = f"{section}.{key}" if key else section
                found[name] = list(_leaves(name, entry, file.path))
    return tuple(setting for settings in found.values() for setting in settings)


def _leaves(name: str, node: "Node", path: Path) -> Iterator[Setting]:
    if node.entries is not None:
        for key, entry in node.entries.items():
            yield from _leaves(f"{name}.{key}", entry, path)
    elif node.items is not None:
        for number, item in enumerate(node.items, start=1):
            yield from _leaves(f"{name}[{number}]", item, path)
    else:
        yield Setting(name, node.text or "", f"{path}:{node.line}")


def _found(environ: Mapping[str, str], folder: Path, named: Path | None) -> Iterator[Path]:
    user = _user_file(environ)
    if user is not None and user.is_file():
        yield user
    given = named or (Path(environ["COSTCTL_CONFIG"]) if environ.get("COSTCTL_CONFIG") else None)
    if given is not None:
        if not given.is_file():
            raise CostctlError(
                f"no settings file at {given}", "`costctl init` writes one", "missing_file"
            )
        yield given
        return
    nearest = _nearest(folder, environ)
    if nearest is not None:
        yield nearest


def _user_file(environ: Mapping[str, str]) -> Path | None:
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / "costctl" / FILE
    return Path(environ["HOME"]) / ".config" / "costctl" / FILE if environ.get("HOME") else None


def _nearest(folder: Path, environ: Mapping[str, str]) -> Path | None:
    home = Path(environ["HOME"]) if environ.get("HOME") else None
    for place in (folder, *folder.parents):
        if (place / FILE).is_file():
            return place / FILE
        if (place / ".git").exists() or place == home:
            return None
    return None


def _read(path: Path) -> ConfigFile:
    from costctl.yaml_file import load  # noqa: PLC0415 - only a run with a settings file pays for YAML

    reader = load(path)
    version = reader.text("version", VERSION)
    if version != VERSION:
        node = reader.get("version")
        reader.problems.add(
            node.line if node else 1, f"version: {version!r}; this costctl reads version {VERSION}"
        )
    for name in SECTIONS:
        reader.get(name)
    for name in ("db", "timezone", "budgets"):
        reader.text(name)
    reader.done()
    reader.problems.raise_if_any("`costctl schema config` shows what the file may hold")
    return ConfigFile(path, reader)


def _values(file: ConfigFile) -> Iterator[Setting]:
    for name in ("db", "timezone", "budgets"):
        node = file.reader.get(name)
        if node is None or node.text is None:
            continue
        value = str(file.path.parent / node.text) if name in PATHS else node.text
        yield Setting(name, value, f"{file.path}:{node.line}")
