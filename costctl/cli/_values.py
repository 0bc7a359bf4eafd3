"""Text from the command line to the few types that our flags have.

typer builds a pydantic adapter for every flag, which costs 100 ms per run; these need none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

WHOLE = re.compile(r"-?[0-9]{1,18}")

CONVERTERS: dict[object, Callable[[Any], object]] = {
    str: str,
    bool: bool,
    Path: Path,
    list[str]: list,
}


@dataclass(frozen=True)
class Plain:
    """Converts the value of a flag; takes the place of typer's own converter."""

    convert: Callable[[Any], object]

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> object:
        """Return the value in its type, None where nothing was given."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        try:
            return self.convert(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from error


def simplify(command: Any) -> None:
    """Give the flags of a command our converter where it knows their type."""
    for param in command.params:
        simplify_flag(param)


def simplify_flag(param: Any) -> None:
    """Give one flag our converter."""
    info = param.type_descriptor.parameter_info
    convert = _converter(param.type_descriptor.annotation, info.min, info.max)
    if convert is not None:
        param._runtime_param = Plain(convert)  # noqa: SLF001 - where typer keeps the one it builds lazily


def _converter(
    annotation: object, least: float | None, most: float | None
) -> Callable[[Any], object] | None:
    if get_origin(annotation) is Literal:
        return _one_of(tuple(map(str, get_args(annotation))))
    if annotation is int:
        return _whole(least, most)
    known = isinstance(annotation, type) or annotation == list[str]
    return CONVERTERS.get(annotation) if known else None


def _whole(least: float | None, most: float | None) -> Callable[[Any], object]:
    def _number(value: object) -> int:
        if not WHOLE.fullmatch(str(value)):
            raise ValueError(f"{value!r} is no whole number")
        number = int(str(value))
        if least is not None and number < least:
            raise ValueError(f"{number} is less than {least:g}")
        if most is not None and number > most:
            raise ValueError(f"{number} is more than {most:g}")
        return number

    return _number


def _one_of(words: tuple[str, ...]) -> Callable[[Any], object]:
    def _chosen(value: object) -> object:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return value

    return _chosen
