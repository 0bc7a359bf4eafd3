"""Lines of a file, counted in parts."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costctl.sources.lines import count


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text("a\n", max_size=12), cut=st.integers(0, 12))
def test_lines_of_two_parts_are_those_of_the_whole(tmp_path, text, cut):
    path = tmp_path / "a.log"
    path.write_bytes(text.encode())
    at = min(cut, len(text))
    whole = len(text.splitlines())
    assert count(path) == whole
    assert count(path, end=at) == len(text[:at].splitlines())
    assert count(path, end=at) + count(path, start=at, end=len(text)) == whole
