"""A logged dict means what Python says it means."""

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costctl.sources.log_text import records

PLAIN = st.text("abc XYZ0.:{}[],é'\"\\\t", max_size=6)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    PLAIN,
    st.lists(PLAIN, max_size=2),
    st.sampled_from(["True", "None", "null"]),
)


def read(line: str) -> object:
    ((_, _, document),) = records([line])
    return None if document is None else json.loads(document)


@given(st.dictionaries(PLAIN, VALUES, max_size=4))
def test_a_dict_is_read_back(more):
    logged = {"prompt_tokens": 1, **more}
    assert read(f"INFO:cost:{logged!r}") == logged


@pytest.mark.parametrize(
    "text",
    [
        "{'prompt_tokens': 1_000}",
        "{'prompt_tokens': 0x10}",
        "{'prompt_tokens': 1, 'a': 'x' 'y'}",
        "{'prompt_tokens': 1, 'a': u'x',}",
        "{'prompt_tokens': 1, 'a': '''x'''}",
        "{'prompt_tokens': 1e3, 'a': (1, 2)}",
        "{'prompt_tokens': 1, 'a': \"it's\"}",
    ],
)
def test_forms_that_only_python_knows_are_read(text):
    assert read(text) == json.loads(json.dumps(ast.literal_eval(text)))


@pytest.mark.parametrize("word", ["null", "true", "NaN", "Infinity", "-Infinity", "nan", "a", "01"])
def test_words_that_are_no_literals_of_python_are_refused(word):
    assert read(f"{{'prompt_tokens': 1, 'a': {word}}}") is None
