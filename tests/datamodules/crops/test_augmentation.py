"""Augmentation: what is drawn, how often, and that it depends on seed, epoch and example alone."""

import math

import numpy as np
import pytest
import torch

from datamodules.crops.augmentation import (
    Augmentation,
    ExampleRandom,
    augmented_affine,
    change_colours,
    colour_factors,
)
from lifting.errors import InputError
from lifting.imaging.crops import apply_affine, crop_affine, fit_aspect, is_mirrored
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")
SIZE = (192, 256)
COUNT = 4000


def affines(how, rows=None, epoch=0, seed=0, labelled=None, joints=JOINTS):
    rows = torch.arange(COUNT) if rows is None else rows
    generator = torch.Generator().manual_seed(1)
    keypoints = 200 + 300 * torch.rand(len(joints), 2, generator=generator)
    box = torch.cat([keypoints.amin(0), keypoints.amax(0)])
    labelled = torch.ones(len(joints), dtype=torch.bool) if labelled is None else labelled
    many = (x.expand(len(rows), *x.shape) for x in (box, keypoints, labelled))
    found = augmented_affine(how, ExampleRandom(seed, epoch, rows), *many, joints, SIZE, 1.25)
    plain = crop_affine(*fit_aspect(box, SIZE), SIZE)
    return found, plain, keypoints, box


def parts(affine, plain):
    """Size relative to the plain crop, and angle, of affines."""
    det = affine[:, 0, 0] * affine[:, 1, 1] - affine[:, 0, 1] * affine[:, 1, 0]
    size = det.abs().sqrt() / plain[0, 0]
    return size, torch.atan2(affine[:, 1, 0], affine[:, 1, 1])


def test_nothing_is_changed_where_nothing_is_asked_for():
    found, plain, _, _ = affines(Augmentation(0.0, 0.0, 0.0, 0.0, 0.0))
    torch.testing.assert_close(found, plain.expand_as(found))


def test_sizes_angles_and_mirroring_are_as_often_as_published():
    found, plain, _, box = affines(Augmentation(0.35, 45.0, 0.5, 0.0))
    size, angle = parts(found, plain)
    # clip(1 + 0.35 N, 0.65, 1.35) enlarges the box: the ends are met by erfc(1 / sqrt 2) of all.
    assert size.min().item() == pytest.approx(1 / 1.35, rel=1e-4)
    assert size.max().item() == pytest.approx(1 / 0.65, rel=1e-4)
    at_ends = ((size - 1 / 1.35).abs() < 1e-4) | ((size - 1 / 0.65).abs() < 1e-4)
    assert at_ends.float().mean().item() == pytest.approx(math.erfc(1 / math.sqrt(2)), abs=0.03)
    turned = angle.abs() > 1e-4
    assert turned.float().mean().item() == pytest.approx(0.6, abs=0.03)
    assert angle.abs().max().item() <= math.pi / 2 + 1e-4
    assert (angle[turned].abs() < math.pi / 4).float().mean().item() == pytest.approx(
        0.683, abs=0.03
    )
    assert is_mirrored(found).float().mean().item() == pytest.approx(0.5, abs=0.03)
    # The middle of the box stays in the middle of the crop.
    centre = ((box[:2] + box[2:]) / 2).expand(COUNT, 1, 2)
    middle = torch.tensor([96.0, 128.0]).expand(COUNT, 1, 2)
    torch.testing.assert_close(apply_affine(found, centre), middle, atol=1e-2, rtol=0)


def test_half_bodies_are_about_upper_or_lower_joints_equally_often():
    found, plain, keypoints, _ = affines(Augmentation(0.0, 0.0, 0.0, 0.3))
    legs = [j for j in range(17) if JOINTS.joints[j].split("_")[-1] in ("hip", "knee", "ankle")]
    lower = [0, *legs]
    upper = [j for j in range(17) if j not in lower]
    shares = []
    for half in (lower, upper):
        low, high = keypoints[half].amin(0), keypoints[half].amax(0)
        scale = 1 / (1.5 * max((high[0] - low[0]) / 192, (high[1] - low[1]) / 256))
        expected = crop_affine((low + high) / 2, scale, SIZE)
        shares.append((found - expected).abs().amax((1, 2)).lt(1e-2).float().mean().item())
    assert shares == pytest.approx([0.15, 0.15], abs=0.02)
    whole = (found - plain).abs().amax((1, 2)).lt(1e-2).float().mean().item()
    assert sum(shares) + whole == pytest.approx(1)


@pytest.mark.parametrize(("count", "share"), [(8, 0.0), (9, 1.0)])
def test_half_body_needs_more_than_eight_joints(count, share):
    labelled = torch.arange(17) < count
    found, plain, _, _ = affines(Augmentation(0.0, 0.0, 0.0, 1.0), labelled=labelled)
    changed = (found - plain).abs().amax((1, 2)) > 1e-2
    assert changed.float().mean().item() == share
    # Seven of them are of the lower body; two are too few for an upper one.
    assert len({tuple(a.flatten().tolist()) for a in found}) == 1


def test_draws_depend_on_seed_epoch_and_example_alone():
    how = Augmentation()
    together = affines(how, torch.arange(10))[0]
    alone = torch.cat([affines(how, torch.tensor([row]))[0] for row in range(10)])
    torch.testing.assert_close(together, alone, rtol=0, atol=0)
    assert (affines(how, torch.arange(10), epoch=1)[0] != together).any(2).any(1).all()
    assert (affines(how, torch.arange(10), seed=1)[0] != together).any(2).any(1).all()


def test_colours_change_as_a_naive_loop_changes_them():
    images = torch.rand(3, 3, 4, 5)
    factors = torch.tensor([[1.2, 0.8, 1.1], [0.7, 1.3, 0.5], [1.0, 1.0, 1.0]])
    ours = change_colours(images, factors).numpy()
    for image, (brightness, contrast, saturation), result in zip(
        images.numpy().astype(float), factors.tolist(), ours, strict=True
    ):
        lit = np.clip(image * brightness, 0, 1)
        grey = np.einsum("chw,c->hw", lit, [0.299, 0.587, 0.114]).mean()
        hard = np.clip(grey + contrast * (lit - grey), 0, 1)
        for y in range(4):
            for x in range(5):
                luma = hard[:, y, x] @ [0.299, 0.587, 0.114]
                expected = np.clip(luma + saturation * (hard[:, y, x] - luma), 0, 1)
                np.testing.assert_allclose(result[:, y, x], expected, atol=1e-5)
    torch.testing.assert_close(torch.from_numpy(ours[2]), images[2])


def test_colour_factors_stay_within_their_share_and_differ_by_purpose():
    factors = colour_factors(Augmentation(colour=0.2), ExampleRandom(0, 0, torch.arange(COUNT)))
    assert factors.min() >= 0.8
    assert factors.max() <= 1.2
    correlation = np.corrcoef(factors.T.numpy())
    assert np.abs(correlation - np.eye(3)).max() < 0.05
    torch.testing.assert_close(factors.mean(0), torch.ones(3), atol=0.01, rtol=0)


@pytest.mark.parametrize(
    "wrong",
    [{"flip": 1.5}, {"half_body": -0.1}, {"scale": 1.0}, {"colour": -1.0}, {"rotation": -1.0}],
)
def test_wrong_amounts_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Augmentation(**wrong)
