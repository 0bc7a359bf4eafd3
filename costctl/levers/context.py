"""Context: fewer chunks and shorter histories."""

from costctl.levers._base import Evidence, Lever, Param, Stage, Unit
from costctl.levers._shorter import BESIDE_SAVED, shorten

LEVER = Lever(
    name="context",
    stage=Stage.CONTEXT,
    title="shorter context",
    about="cuts history and retrieved chunks: less uncached input",
    risk="dropped evidence",
    caveat="trimming the front of a history breaks provider caching; dropped evidence is not priced",
    params={
        "saved": Param(
            "share of the compressible input that goes",
            default=None,
            unit=Unit.SAVED,
            evidence=Evidence(0.1, 0.3, 0.6, "context studies; a vendor reports more"),
            levels={0.1: 1, 0.3: 3, 0.6: 8},
        ),
        **BESIDE_SAVED,
    },
    apply=shorten,
    generating_only=True,
)
