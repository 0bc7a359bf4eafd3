"""The files of a layer of prices."""

from pathlib import Path

from costctl.errors import CostctlError

MANIFEST = "manifest.yaml"
_SUFFIXES = (".yaml", ".yml")


def price_files(layer: Path) -> list[tuple[Path, str]]:
    """Return the files of a layer, in order, each with the name that messages show.

    A layer is a file or a folder of files; a folder with `providers/` in it is a whole table.
    """
    if not layer.exists():
        raise CostctlError(
            f"no price file at {layer}", "name a price file or a folder of them", "missing_file"
        )
    if not layer.is_dir():
        return [(layer, str(layer))]
    if (layer / "providers").is_dir():
        found = [layer / MANIFEST] if (layer / MANIFEST).is_file() else []
        found += _yaml_in(layer / "providers")
        return [(path, path.relative_to(layer).as_posix()) for path in found]
    return [(path, str(path)) for path in _yaml_in(layer)]


def _yaml_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
