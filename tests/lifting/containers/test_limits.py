"""Limits: by the size of a file, from the environment, and of values that are there by reference."""

import numpy as np
import pytest

from lifting.containers.limits import VARIABLE, LimitError, check_unpacked, check_values
from lifting.errors import InputError

MB = 1 << 20


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(bytes(100))
    return path


def test_a_small_file_may_hold_256_mb_and_a_large_one_fifty_times_its_size(small, tmp_path):
    check_unpacked(256 * MB, small)
    with pytest.raises(LimitError, match=r"a\.npz: would take 268 MB unpacked"):
        check_unpacked(256 * MB + 1, small)
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(10 * MB)
    check_unpacked(500 * MB, large)
    with pytest.raises(LimitError, match=f"{VARIABLE}=none"):
        check_unpacked(500 * MB + 1, large)


@pytest.mark.parametrize(("text", "limit"), [("8k", 8 << 10), ("3 MiB", 3 * MB), ("12", 12)])
def test_the_variable_sets_the_limit(small, monkeypatch, text, limit):
    monkeypatch.setenv(VARIABLE, text)
    check_unpacked(limit, small)
    with pytest.raises(LimitError):
        check_unpacked(limit + 1, small)


def test_none_lifts_every_limit_and_anything_else_is_refused(small, monkeypatch):
    monkeypatch.setenv(VARIABLE, "none")
    check_unpacked(1 << 60, small)
    check_values(nested(12), small)
    monkeypatch.setenv(VARIABLE, "much")
    with pytest.raises(InputError, match=f"{VARIABLE}: is 'much'; give a size"):
        check_unpacked(1, small)


def nested(depth):
    """Ten times the same list, which holds ten times the same list, and so on."""
    tree = [0.0] * 10
    for _ in range(depth):
        tree = [tree] * 10
    return tree


def test_values_by_reference_are_counted_wherever_they_are(small):
    check_values(nested(4), small)
    with pytest.raises(LimitError, match=r"holds more than 2,000,000 values, nearly all"):
        check_values(nested(11), small)
    with pytest.raises(LimitError, match="by reference"):
        check_values(nested(400), small)
    held = np.empty(3, object)
    held[:] = [nested(11), 1, 2]
    with pytest.raises(LimitError):
        check_values({"a": (held,)}, small)


@pytest.mark.exhaustive
def test_many_values_that_are_all_there_are_no_fault(small):
    check_values([[float(n)] for n in range(1_100_000)], small)


def test_a_container_in_itself_is_refused(small):
    tree = {"a": []}
    tree["a"].append(tree)
    with pytest.raises(InputError, match="inside itself"):
        check_values(tree, small)
