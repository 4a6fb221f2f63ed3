"""JSON that Python reads and nothing else can hold."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifting.containers.json_files import load_json, parse_json
from lifting.errors import InputError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(codec="utf-8"))
    | st.floats(allow_infinity=False, allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


@given(PLAIN, st.booleans())
def test_what_can_be_held_is_read_as_the_library_does(content, escaped):
    assert parse_json(json.dumps(content, ensure_ascii=escaped), "here") == content


def test_nan_is_what_is_missing():
    assert math.isnan(parse_json("[NaN]", "here")[0])
    assert math.isnan(parse_json("[NaN, 123456789012345678]", "here")[0])


@pytest.mark.parametrize(
    "text",
    ["1e999", "-1E+400", "9" * 400, "-9223372036854775809", "1" + 320 * "0" + ".5", "Infinity"],
)
def test_a_number_that_nothing_holds_is_named(text):
    with pytest.raises(InputError, match=r"walk\.json: holds (the number|an infinite number)"):
        parse_json(f'{{"a": [{text}]}}', "walk.json")


@pytest.mark.parametrize("text", ["9223372036854775807", "1e308", "0." + 30 * "1", "1e-400"])
def test_the_largest_and_the_finest_numbers_are_read(text):
    assert parse_json(text, "here") == json.loads(text)


@pytest.mark.parametrize("text", ['"\\ud800"', '{"\\uDFFF": 1}', "[" * 100_000, "", "{", "[1,]"])
def test_half_letters_and_depths_are_refused(text):
    with pytest.raises(InputError, match="here: damaged or not a JSON file"):
        parse_json(text, "here")
    assert parse_json('"\\ud83d\\ude00"', "here") == "\U0001f600"


def test_other_encodings_are_refused(tmp_path):
    (tmp_path / "a.json").write_bytes(b'"\xe4"')
    with pytest.raises(InputError, match=r"a\.json: damaged or not a JSON file"):
        load_json(tmp_path / "a.json")
