"""Compress: prompts are shortened before they are sent."""

from costctl.levers._base import Evidence, Lever, Param, Stage, Unit
from costctl.levers._shorter import COMPRESSOR, shorten

LEVER = Lever(
    name="compress",
    stage=Stage.COMPRESS,
    title="compress prompts",
    about="shortens prompts before they are sent: less uncached input, answers may grow",
    risk="worse or longer answers",
    caveat="answers may grow and get worse: measure both; compressing a cached prefix destroys it",
    params={
        "saved": Param(
            "share of the compressible input that goes",
            default=None,
            unit=Unit.SAVED,
            evidence=Evidence(
                0.20, 0.40, 0.53125, "LLMLingua-2, LongLLMLingua; against it CAVEWOMAN"
            ),
            levels={0.30: 2, 0.45: 4, 0.53125: 6},
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
