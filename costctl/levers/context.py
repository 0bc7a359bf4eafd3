"""Context: fewer chunks and shorter histories."""

from costctl.levers._base import Evidence, Lever, Param, Stage, Unit
from costctl.levers._shorter import COMPRESSOR, shorten

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
        "compressible": Param(
            "share of the input that can be cut",
            default=1,
            evidence=Evidence(0.5, 0.75, 0.95, "judgement; instructions cannot be cut"),
        ),
        "output_factor": Param(
            "length of answers afterwards, relative to now",
            neutral=1,
            default=1,
            unit=Unit.RATIO,
            more_saves=False,
            evidence=Evidence(0.95, 1.05, 1.30, "studies disagree: 0.95 to 1.8"),
        ),
        "compressor_usd_per_1m": COMPRESSOR,
    },
    apply=shorten,
    generating_only=True,
)
