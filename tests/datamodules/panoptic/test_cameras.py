"""Points that the lenses of CMU Panoptic can see."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from datamodules.panoptic.cameras import HD_CAMERAS, read_cameras, visible
from tests.datamodules.made_panoptic import SEQUENCE, write


@pytest.mark.parametrize("lens", [(-0.3, 0, 0, 0, 0), (-0.29, 0.195, 0.001, 0, -0.058)])
def test_what_a_lens_folds_back_is_not_seen(tmp_path, lens):
    place = write(tmp_path, {}, lens=lens) / SEQUENCE
    camera = read_cameras(place / f"calibration_{SEQUENCE}.json", HD_CAMERAS)["00_03"]
    k1, k2, _, _, k3 = lens

    def inwards(r):
        return -r * (1 + k1 * r**2 + k2 * r**4 + k3 * r**6)

    farthest = minimize_scalar(inwards, bounds=(0, 2), method="bounded").x
    directions = torch.tensor([[0.0, 1, 0], [-0.6, 0.8, 0]], dtype=torch.float64)
    for z in (300.0, 4000.0):
        forward = torch.tensor([0, 0, z], dtype=torch.float64)
        assert visible(0.999 * farthest * z * directions + forward, camera).all()
        assert not visible(1.001 * farthest * z * directions + forward, camera).any()
        assert not visible(0.1 * z * directions - forward, camera).any()


def test_a_lens_without_a_maximum_sees_whatever_is_in_front(tmp_path):
    for number, lens in enumerate([(0, 0, 0, 0, 0), (-0.241, 0.196, 0, 0, 0.005)]):
        place = write(tmp_path / str(number), {}, lens=lens) / SEQUENCE
        camera = read_cameras(place / f"calibration_{SEQUENCE}.json", HD_CAMERAS)["00_03"]
        points = torch.tensor([[0.0, 0, 1], [90, 10, 1], [0, 0, -1], [3, 0, 0]])
        np.testing.assert_array_equal(visible(points, camera), [True, True, False, False])
