"""Price files from disk: layers of providers, and everything wrong with any of them told at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from costctl.errors import CostctlError
from costctl.pricebook.facts import Overrides, Place, ProviderFile
from costctl.pricebook.files import MANIFEST, price_files
from costctl.pricebook.read import provider_file
from costctl.pricebook.read_config import Section, section
from costctl.pricebook.settings import PricingSettings
from costctl.yaml_file import loads


@dataclass
class Findings:
    """Problems of all files, each as `path:line: what`."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: Place, what: str) -> None:
        """Note a problem."""
        self.lines.append(f"{place}: {what}")

    def raise_if_any(self) -> None:
        """Raise one error that lists them all, so that nothing is half loaded."""
        if self.lines:
            text = "\n".join(dict.fromkeys(self.lines))
            raise CostctlError(
                text, "`costctl pricing validate PATH` checks a price file", "invalid_file"
            )


@dataclass(frozen=True)
class Layer:
    """The providers of one layer, and the version that its manifest gives."""

    providers: tuple[ProviderFile, ...]
    version: str | None = None


@dataclass(frozen=True)
class Stack:
    """Layers from the lowest to the highest, and what the configuration says besides."""

    layers: tuple[Layer, ...]
    overrides: Overrides
    shipped: bool = False


def read_stack(layers: Sequence[Path], settings: PricingSettings) -> Stack:
    """Read all layers: shipped, configuration files, then those of the command line.

    Errors: `CostctlError` that lists every problem of every file.
    """
    findings = Findings()
    found = [read_layer(settings.builtin, findings)] if settings.builtin else []
    overrides = Overrides()
    for config in settings.configs:
        stated = section(config)
        if stated is not None:
            findings.lines += stated.problems
            found += [read_layer(table, findings) for table in stated.tables]
            found += [Layer(stated.providers)] if stated.providers else []
            overrides = _replaced(overrides, stated)
    found += [read_layer(layer, findings) for layer in layers]
    findings.raise_if_any()
    return Stack(tuple(found), overrides, shipped=settings.builtin is not None)


def _replaced(before: Overrides, stated: Section) -> Overrides:
    """Return the overrides of a later file over those of an earlier one, key by key."""
    given, keys = stated.overrides, stated.stated
    chosen = given if given.default_provider else before
    return Overrides(
        default_provider=chosen.default_provider,
        default_place=chosen.default_place,
        deployments=given.deployments if "deployments" in keys else before.deployments,
        discounts=given.discounts if "overlays" in keys else before.discounts,
        fixed=given.fixed if "overlays" in keys else before.fixed,
    )


def read_layer(path: Path, findings: Findings) -> Layer:
    """Read a file or folder as one layer; problems are noted and the rest is still read."""
    providers: dict[str, ProviderFile] = {}
    version = None
    for file, shown in price_files(path):
        if file.name == MANIFEST:
            version = _manifest(file, shown, findings)
            continue
        for found in _read(file, shown, findings):
            before = providers.get(found.provider)
            providers[found.provider] = _joined(before, found, findings) if before else found
    return Layer(tuple(providers.values()), version)


def _text(file: Path, shown: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CostctlError(f"{shown}:1: not UTF-8 text", code="invalid_file") from error
    except OSError as error:
        raise CostctlError(f"{shown}: {error.strerror or error}", code="missing_file") from error


def _read(file: Path, shown: str, findings: Findings) -> Iterator[ProviderFile]:
    try:
        found, problems = _stated(_text(file, shown), shown)
    except CostctlError as error:
        findings.lines += str(error).splitlines()
        return
    findings.lines += problems
    yield found


@lru_cache(maxsize=64)
def _stated(text: str, shown: str) -> tuple[ProviderFile, tuple[str, ...]]:
    """Return what a file states and its problems; a run that looks at several tables reads the shipped files once."""
    top = loads(text, shown)
    return provider_file(top), tuple(top.problems.lines())


def _manifest(file: Path, shown: str, findings: Findings) -> str | None:
    try:
        top = loads(_text(file, shown), shown)
    except CostctlError as error:
        findings.lines += str(error).splitlines()
        return None
    top.text("schema", required=True, choices=("1",))
    version = top.text("table_version", required=True)
    top.mappings("sources")
    top.done()
    findings.lines += top.problems.lines()
    return version


def _joined(first: ProviderFile, second: ProviderFile, findings: Findings) -> ProviderFile:
    """Return one provider that two files of a layer state together."""
    if first.extends and second.extends and first.extends != second.extends:
        findings.add(
            second.place, f"extends: {second.extends}, but {first.place} says {first.extends}"
        )
    return replace(
        first,
        names=tuple(sorted({*first.names, *second.names})),
        home=first.home or second.home,
        default_region=first.default_region or second.default_region,
        strip_prefixes=tuple(dict.fromkeys((*first.strip_prefixes, *second.strip_prefixes))),
        regions={**second.regions, **first.regions},
        extends=first.extends or second.extends,
        tiers_known=tuple(dict.fromkeys((*first.tiers_known, *second.tiers_known))),
        models=(*first.models, *second.models),
    )
