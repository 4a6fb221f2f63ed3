"""Pairs of published names and ours."""

import torch

from lifting.published.families.base import Pair


def test_values_in_another_order_come_back():
    pair = Pair("theirs", "ours", rows=(2, 0, 1), columns=(1, 0))
    theirs = torch.arange(6.0).view(3, 2)
    assert pair.to_ours(theirs).tolist() == [[5, 4], [1, 0], [3, 2]]
    assert torch.equal(pair.to_published(pair.to_ours(theirs)), theirs)
    bias = torch.arange(3.0)
    assert pair.to_ours(bias).tolist() == [2, 0, 1]
    assert torch.equal(pair.to_published(pair.to_ours(bias)), bias)
    assert pair.to_ours(torch.tensor(5.0)) == 5
