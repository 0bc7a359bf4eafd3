"""What a wrong name on the left of `--map` is answered with."""

import pytest

from costctl.errors import CostctlError
from costctl.formats.stated import stated


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("time", "occurred_at"),
        ("ts", "occurred_at"),
        ("cost", "logged_cost_usd"),
        ("input_tokens", "input"),
        ("output_tokens", "output"),
        ("cached_tokens", "cache_read"),
        ("user", "user_id"),
        ("endpiont", "endpoint"),
    ],
)
def test_a_name_that_logs_use_is_answered_with_the_field_it_means(written, meant):
    with pytest.raises(CostctlError, match=rf"no field named '{written}'; did you mean {meant}\?"):
        stated([f"{written}=x"])
