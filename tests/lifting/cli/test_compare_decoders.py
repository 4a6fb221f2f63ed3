"""The tables of the documentation are those that the script prints."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from lifting.cli.compare_decoders import SIZES, table
from lifting.imaging.heatmaps import decode

pytestmark = pytest.mark.slow(reason="decodes thousands of simulated heat-maps", shapes=True)

PAGE = Path(__file__).parents[3] / "docs" / "detectors.md"


def numbers(row):
    return np.array([float(cell) for cell in row.strip("| ").split("|")[1:]])


@pytest.mark.parametrize("size", SIZES)
def test_the_page_has_the_errors_that_are_measured(size):
    head, line, *rows = table(*size)
    page = PAGE.read_text().splitlines()
    title = f"{size[0]} × {size[1]}, deviation {size[2]:g}"
    start = page.index(next(text for text in page if title in text))
    assert page[start + 2 : start + 4] == [head, line]
    shown = page[start + 4 : start + 4 + len(rows)]
    assert [row.split("|")[1] for row in shown] == [row.split("|")[1] for row in rows]
    for row, measured in zip(shown, rows, strict=True):
        np.testing.assert_allclose(numbers(row), numbers(measured), atol=0.0021)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.exhaustive
def test_the_default_has_the_smallest_mean_error(size):
    # The last column is of the targets; no decoder can do anything about it.
    means = {row.split("|")[1].strip(): numbers(row)[:-1].mean() for row in table(*size)[2:]}
    assert (
        min(means, key=means.get) == f"`{inspect.signature(decode).parameters['decoder'].default}`"
    )
