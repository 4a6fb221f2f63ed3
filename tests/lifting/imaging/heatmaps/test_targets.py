import math

import numpy as np
import pytest
import torch

from lifting.imaging.heatmaps import argmax, gaussian_targets, mirrored_maps


def loop(point, size, sigma, quantised):
    """A cell after the other; the published one as its patch of 6 sigma + 3 cells."""
    width, height = size
    out = np.zeros((height, width))
    x, y = point
    if quantised:
        x, y = int(x) + 0.5, int(y) + 0.5
    for r in range(height):
        for c in range(width):
            dx, dy = c + 0.5 - x, r + 0.5 - y
            if not quantised or max(abs(dx), abs(dy)) <= 3 * sigma:
                out[r, c] = math.exp(-(dx * dx + dy * dy) / (2 * sigma**2))
    return out


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_targets_are_gaussians_cell_by_cell(quantised, sigma):
    points = torch.tensor([[[10.3, 7.8], [0.2, 19.9], [-3.4, 5.0]]], dtype=torch.float64)
    maps, weights = gaussian_targets(points, torch.ones(1, 3) > 0, (24, 20), sigma, quantised)
    assert weights.tolist() == [[1, 1, 1]]
    for k in range(3):
        expected = loop(points[0, k].tolist(), (24, 20), sigma, quantised)
        np.testing.assert_allclose(maps[0, k], expected, atol=1e-12)


def test_what_is_hidden_or_too_far_outside_weighs_nothing():
    # With a deviation of 2, the centre of the nearest cell may be 6 pixels off.
    points = torch.tensor([[[5.0, 5.0], [-5.45, 5.0], [-6.1, 5.0], [5.0, 21.6], [5.0, 15.4]]])
    visible = torch.tensor([[False, True, True, True, True]])
    maps, weights = gaussian_targets(points, visible, (12, 10), 2.0)
    assert weights.tolist() == [[0, 1, 0, 0, 1]]
    assert maps[0, [0, 2, 3]].abs().max() == 0
    assert maps[0, 1].max() > 0


def test_quantised_keypoints_beside_the_crop_are_rounded_towards_it():
    # By hand, deviation 2: int(-0.4) and int(-1.9) are the cells 0 and -1, not -1 and -2. A patch of
    # 13 cells round -6 ends in the first column; round -7 it ends before it, where the published code
    # still counts it (0 is not below 0), and round -8 no more. On the other side it begins at 12 - 6.
    places = [-0.4, -1.9, -6.9, -7.1, -8.0, 17.9, 18.0]
    points = torch.tensor([[[x, 5.2] for x in places]])
    maps, weights = gaussian_targets(points, torch.ones(1, 7) > 0, (12, 10), 2.0, True)
    assert weights.tolist() == [[1, 1, 1, 1, 0, 1, 0]]
    row = maps[0, :, 5]
    near = [math.exp(-(d * d) / 8) for d in range(7)]
    assert row[0].tolist() == pytest.approx([*near, 0, 0, 0, 0, 0])
    assert row[1].tolist() == pytest.approx([*near[1:], 0, 0, 0, 0, 0, 0])
    assert row[2].tolist() == pytest.approx([near[6], *[0] * 11])
    assert row[5].tolist() == pytest.approx([*[0] * 11, near[6]])
    assert maps[0, [3, 4, 6]].abs().max() == 0
    # Above the crop as on its left.
    turned, _ = gaussian_targets(points.flip(-1), torch.ones(1, 7) > 0, (10, 12), 2.0, True)
    assert torch.equal(turned, maps.mT)


def test_quantised_peaks_are_half_a_pixel_off_on_either_side_and_others_are_not():
    points = torch.rand(1, 500, 2, generator=torch.Generator().manual_seed(0)) * 30 + 10
    legacy, _ = gaussian_targets(points, torch.ones(1, 500) > 0, (50, 50), 2.0, True)
    found, peak = argmax(legacy)
    assert peak.min() == 1
    off = found - points
    assert 0.45 < off.abs().max() <= 0.5
    # Uniform between both: 1 / sqrt(12).
    assert off.square().mean().sqrt().item() == pytest.approx(12**-0.5, abs=0.02)
    fine, _ = gaussian_targets(points, torch.ones(1, 500) > 0, (50, 50), 2.0)
    rows, columns = (torch.arange(50) + 0.5,) * 2
    mass = fine.sum((2, 3))
    mean = torch.stack(
        ((fine.sum(2) * columns).sum(-1) / mass, (fine.sum(3) * rows).sum(-1) / mass), -1
    )
    torch.testing.assert_close(mean, points, rtol=0, atol=1e-3)


def test_a_mirrored_keypoint_has_the_mirrored_target():
    points = torch.tensor([[[3.2, 4.1], [10.7, 8.0], [6.0, 2.5]]])
    mirror = (1, 0, 2)
    mirrored = torch.stack((16 - points[..., 0], points[..., 1]), -1)[:, list(mirror)]
    seen = torch.ones(1, 3) > 0
    expected, _ = gaussian_targets(points, seen, (16, 12))
    maps, _ = gaussian_targets(mirrored, seen, (16, 12))
    torch.testing.assert_close(mirrored_maps(maps, mirror), expected)
