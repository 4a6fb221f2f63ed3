"""The tables of the documentation are those that the script prints."""

from pathlib import Path

import numpy as np
import pytest

from scripts.compare_decoders import SIZES, table

PAGE = Path(__file__).parents[2] / "docs" / "detectors.md"


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


def test_the_defaults_are_the_best_under_noise():
    rows = {row.split("|")[1].strip(): numbers(row) for row in table(*SIZES[0])[2:]}
    noisy = {name: errors[2:5].mean() for name, errors in rows.items()}
    differentiable = {name: error for name, error in noisy.items() if "`" not in name}
    assert noisy["`dark`"] < min(noisy["`argmax`"], noisy["`quarter`"], noisy["`soft`"])
    assert noisy["`soft`"] <= min(differentiable.values())
    assert rows["`soft`"].max() < rows["`quarter`"].max()
