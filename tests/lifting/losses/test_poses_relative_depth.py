"""The losses of relative depth, against numpy and closed forms."""

import math

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.losses.poses import limb_ratio_loss, ranking_loss, smooth_norm
from lifting.skeletons import skeleton
from lifting.skeletons.limbs import average_person, limbs, unit_limb

YES = torch.ones(4, 3, dtype=torch.bool)


def by_hand(gap, farther, m):
    size = np.abs(gap).mean()
    total = 0.0
    for d, r in zip(gap.ravel() / size, farther.ravel(), strict=True):
        total += abs(r) * math.log(1 + math.exp(min(85, -r * m * d))) + (1 - abs(r)) * d**2
    return total / gap.size


@pytest.mark.parametrize("multiplier", [1.0, 2.5])
def test_ranking_is_the_published_formula(multiplier):
    gap = torch.randn(4, 3, dtype=torch.float64) * 200
    farther = torch.randint(-1, 2, (4, 3))
    want = by_hand(gap.numpy(), farther.numpy(), multiplier)
    assert ranking_loss(gap, farther, YES, multiplier).item() == pytest.approx(want)


def test_a_right_order_costs_less_than_a_wrong_one():
    gap = torch.tensor([[100.0, 50.0, 80.0]]).repeat(4, 1)
    right, wrong = (ranking_loss(gap, torch.full((4, 3), r), YES).item() for r in (1, -1))
    assert right < math.log(2) < wrong


def test_pairs_without_a_label_do_not_count():
    gap, farther = torch.randn(4, 3) * 100, torch.randint(-1, 2, (4, 3))
    some = torch.tensor([[True, False, True]]).repeat(4, 1)
    want = ranking_loss(gap[:, ::2], farther[:, ::2], YES[:, :2])
    torch.testing.assert_close(ranking_loss(gap, farther, some), want)
    assert ranking_loss(gap, farther, torch.zeros_like(some)).item() == 0


@pytest.mark.parametrize("farther", [-1, 0, 1])
def test_ties_give_numbers(farther):
    """The original divides by the mean depth of a batch that may be zero (specification E1)."""
    gap = torch.zeros(4, 3, requires_grad=True)
    loss = ranking_loss(gap, torch.full((4, 3), farther), YES)
    loss.backward()
    assert loss.item() == pytest.approx(abs(farther) * math.log(2))
    assert gap.grad.isfinite().all()


def test_the_mean_depth_can_be_taken_as_a_constant():
    gap = torch.tensor([[100.0, -30.0, 10.0]], requires_grad=True)
    farther, yes = torch.tensor([[1, 1, -1]]), YES[:1]
    frozen = (2.5 / gap.abs().mean()).item()
    unit = torch.tensor([[1.0, 1.0, -1.0]]) * gap
    want = torch.log1p(torch.exp(-frozen * unit)).mean()
    (expected,) = torch.autograd.grad(want, gap)
    (got,) = torch.autograd.grad(ranking_loss(gap, farther, yes, detach=True), gap)
    torch.testing.assert_close(got, expected)
    (through,) = torch.autograd.grad(ranking_loss(gap, farther, yes), gap)
    # Depths that grow together change nothing then.
    assert (through * gap).sum().item() == pytest.approx(0, abs=1e-6)


def test_smooth_norm_has_a_gradient_at_zero():
    x = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    smooth_norm(x).sum().backward()
    assert torch.equal(x.grad, torch.zeros_like(x))
    y = torch.randn(5, 3, dtype=torch.float64)
    want = [math.sqrt(sum(c * c for c in row) + 1e-8) for row in y.tolist()]
    assert smooth_norm(y).tolist() == pytest.approx(want)


def test_limbs_count_by_their_ratio_whatever_the_size():
    chain = ((0, 1), (1, 2), (2, 3))
    pose = torch.tensor([[0.0, 0, 0], [2, 0, 0], [2, 1, 0], [2, 1, 3]], dtype=torch.float64)
    ratios = torch.tensor([2.5, 1.0, 2.0], dtype=torch.float64)
    for size in (1.0, 300.0):
        loss = limb_ratio_loss(size * pose, chain, 1, ratios).item()
        assert loss == pytest.approx((0.5 + 0 + 1) / 3, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "count", "ratios"),
    [
        # Table 1, "Skeleton from [41]", in the order of the joints at the limbs' ends.
        (
            "h36m17",
            16,
            "hip .35 knee .95 ankle 1 spine .575 thorax .625 face .175 head .175 shoulder .45 "
            "elbow .75 wrist .7",
        ),
        ("lsp14", 12, "knee 1.0081 hip .6017 elbow .6278 wrist .56 shoulder .334 head_top .3907"),
    ],
)
def test_an_average_person(name, count, ratios):
    words = ratios.split()
    known = dict(zip(words[::2], map(float, words[1::2]), strict=True)) | {"ankle": 1.0}
    joints, found = skeleton(name).joints, average_person(name)
    assert len(limbs(name)) == len(found) == count
    assert found[unit_limb(name)] == 1
    for (_, end), ratio in zip(limbs(name), found.tolist(), strict=True):
        limb = joints[end].removeprefix("left_").removeprefix("right_")
        assert ratio == pytest.approx(known[limb], abs=1e-4)


def test_an_unknown_person_is_refused():
    with pytest.raises(InputError, match="average person are not known for 'mpii16'"):
        average_person("mpii16")
