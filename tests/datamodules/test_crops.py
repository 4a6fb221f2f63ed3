"""Crops: affines against a solve of three points, and what goes to a crop and back."""

import math

import numpy as np
import pytest
import torch

from datamodules.crops import (
    box_around,
    crop_affine,
    fit_aspect,
    inverse,
    is_mirrored,
    overlap,
    to_crop,
    to_image,
    transform,
)
from lifting.skeletons import skeleton

WIDTH, HEIGHT = 192, 256


def three_points(centre, extent, angle, flip):
    """The affine by where centre, middle of the right edge and middle of the lower edge go."""
    cos, sin = math.cos(angle), math.sin(angle)
    right, down = np.array([cos, -sin]), np.array([sin, cos])  # of the crop, in the image
    source = np.stack([centre, centre + right * extent[0] / 2, centre + down * extent[1] / 2])
    edge = 0 if flip else WIDTH
    target = np.array([[WIDTH / 2, HEIGHT / 2], [edge, HEIGHT / 2], [WIDTH / 2, HEIGHT]])
    design = np.concatenate([source, np.ones((3, 1))], 1)
    return np.linalg.solve(design, target).T


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("degrees", [0, 30, -75, 180])
def test_affine_is_that_of_three_points(degrees, flip):
    angle = math.radians(degrees)
    box = torch.tensor([[310.0, 80.0, 470.0, 620.0], [12.5, 300.0, 900.0, 420.0]])
    centre, scale = fit_aspect(box, WIDTH, HEIGHT)
    flips = torch.tensor([flip, flip])
    affine = crop_affine(centre, scale, WIDTH, HEIGHT, torch.full((2,), angle), flips)
    corners = np.array([[0, 0], [1000, 0], [0, 1002], [1000.0, 1002]])
    # The first box is too high for the crop, the second too wide.
    extents = np.array([[540 * 0.75, 540], [887.5, 887.5 / 0.75]]) * 1.25
    for row, extent in enumerate(extents):
        middle = np.array([(box[row, 0] + box[row, 2]) / 2, (box[row, 1] + box[row, 3]) / 2])
        expected = three_points(middle, extent, angle, flip)
        exact = corners @ expected[:, :2].T + expected[:, 2]
        ours = transform(torch.from_numpy(corners).float(), affine[row]).numpy()
        np.testing.assert_allclose(ours, exact, atol=1e-3)
    assert is_mirrored(affine).tolist() == [flip, flip]


def test_affine_without_rotation_is_the_closed_form_of_heat_maps():
    box = torch.tensor([100.0, 50.0, 220.0, 450.0])
    centre, scale = fit_aspect(box, 288, 384)
    affine = crop_affine(centre, scale, 288, 384)
    point = torch.tensor([[31.0, 7.0]])  # in the heat map, a quarter of the crop
    extent = 400 * 0.75 * 1.25
    expected = torch.tensor([160.0, 250.0]) + (point - torch.tensor([36.0, 48.0])) * extent / 72
    torch.testing.assert_close(transform(4 * point, inverse(affine)), expected)


def test_what_goes_to_a_crop_comes_back():
    joints = skeleton("h36m17")
    keypoints = 1000 * torch.rand(6, 17, 2)
    box = torch.cat([keypoints.amin(1), keypoints.amax(1)], -1)
    centre, scale = fit_aspect(box, WIDTH, HEIGHT)
    flip = torch.arange(6) % 2 == 0
    affine = crop_affine(centre, scale, WIDTH, HEIGHT, torch.linspace(-2, 2, 6), flip)
    there = to_crop(keypoints, affine, joints.mirror)
    torch.testing.assert_close(to_image(there, affine, joints.mirror), keypoints, atol=1e-3, rtol=0)
    left, right = joints.index("left_wrist"), joints.index("right_wrist")
    moved = transform(keypoints, affine)
    torch.testing.assert_close(there[0, right], moved[0, left])
    torch.testing.assert_close(there[1, right], moved[1, right])


def test_mirrored_crop_shows_the_mirrored_image():
    centre, scale = torch.tensor([[500.0, 400.0]]), torch.tensor([0.5])
    plain = crop_affine(centre, scale, WIDTH, HEIGHT)
    flipped = crop_affine(centre, scale, WIDTH, HEIGHT, flip=torch.tensor([True]))
    points = torch.tensor([[[430.0, 390.0], [520.0, 600.0]]])
    expected = transform(points, plain)
    expected[..., 0] = WIDTH - expected[..., 0]
    torch.testing.assert_close(transform(points, flipped), expected)


def test_box_holds_the_points_wanted_and_a_margin():
    points = torch.tensor([[10.0, 20.0], [110.0, 60.0], [torch.nan, torch.nan], [900.0, 900.0]])
    wanted = torch.tensor([True, True, False, False])
    assert box_around(points, wanted, 0.1).tolist() == [0.0, 16.0, 120.0, 64.0]


def test_overlap_of_boxes():
    box = torch.tensor([0.0, 0.0, 10.0, 10.0])
    assert overlap(box, torch.tensor([5.0, 0.0, 15.0, 10.0])).item() == pytest.approx(1 / 3)
    assert overlap(box, torch.tensor([20.0, 0.0, 30.0, 10.0])).item() == 0
