"""What a shell may offer for a value: names that are known without opening anything."""

from pathlib import Path

from costctl.vocabulary import DIMENSIONS

FORMATS = Path(__file__).parent.parent / "formats"


def some_dimensions(incomplete: str) -> list[str]:
    """Return `--by` lists that go on from what is typed."""
    head, comma, last = incomplete.rpartition(",")
    before = head.split(",") if head else []
    return [
        f"{head}{comma}{name}"
        for name in DIMENSIONS
        if name.startswith(last) and name not in before
    ]


def a_condition(incomplete: str) -> list[str]:
    """Return the dimensions that a condition may begin with."""
    return [f"{name}=" for name in DIMENSIONS if name.startswith(incomplete)]


def a_log_format(incomplete: str) -> list[str]:
    """Return the names of the log formats that come with the program."""
    names = ["auto", *sorted(path.stem for path in FORMATS.glob("*.yaml"))]
    return [name for name in names if name.startswith(incomplete)]
