"""Objectives broken on purpose: the tests of each must notice.

``LIFTING_MUTATIONS=1`` runs them, as ``make mutations`` does. In the usual run it is only made sure that
what is to be broken is still there.
"""

import ast
import os
from collections import Counter

import pytest

from tests.mutations.running import FAILED, ROOT, Copy, listed

MUTATIONS = listed()
ASKED = bool(os.environ.get("LIFTING_MUTATIONS"))
SKIPPED = pytest.param(None, marks=pytest.mark.skip(reason="set LIFTING_MUTATIONS=1"), id="all")
NAMES = [mutation.name for mutation in MUTATIONS]


def test_what_is_broken_is_found_once_and_is_still_code_when_broken():
    assert max(Counter(NAMES).values()) == 1
    for mutation in MUTATIONS:
        text = (ROOT / mutation.file).read_text("utf-8")
        assert text.count(mutation.text) == 1, f"{mutation.name}: {mutation.file} was changed"
        assert mutation.wrong != mutation.text
        ast.parse(mutation.applied(text))
        assert (ROOT / mutation.tests).is_file(), mutation.name


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    made = Copy(tmp_path_factory.mktemp("mutations") / "suite")
    yield made
    made.close()


@pytest.mark.unforked
@pytest.mark.slow(reason="runs other tests")
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not ASKED, reason="set LIFTING_MUTATIONS=1")
def test_the_tests_pass_where_nothing_is_broken(copy):
    status, words = copy.test(sorted({mutation.tests for mutation in MUTATIONS}))
    assert status == 0, words


@pytest.mark.unforked
@pytest.mark.slow(reason="runs other tests")
@pytest.mark.parametrize(
    "mutation", MUTATIONS if ASKED else [SKIPPED], ids=NAMES if ASKED else None
)
def test_it_is_noticed(copy, mutation):
    with copy.mutated(mutation):
        status, words = copy.test([mutation.tests])
    assert status == FAILED, words
