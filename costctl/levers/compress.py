"""Compress: prompts are shortened before they are sent."""

from costctl.levers._base import Evidence, Lever, Param, Stage, Unit
from costctl.levers._shorter import BESIDE_SAVED, shorten

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
        **BESIDE_SAVED,
    },
    apply=shorten,
    generating_only=True,
)
