"""Boxes round people: what they hold and how far they overlap."""

import pytest
import torch

from lifting.imaging.boxes import box_around, iou


def test_box_holds_the_points_wanted_and_a_margin():
    points = torch.tensor([[10.0, 20.0], [110.0, 60.0], [torch.nan, torch.nan], [900.0, 900.0]])
    wanted = torch.tensor([True, True, False, False])
    assert box_around(points, wanted, 0.1).tolist() == [0.0, 16.0, 120.0, 64.0]


def test_overlap_of_boxes():
    box = torch.tensor([0.0, 0.0, 10.0, 10.0])
    assert iou(box, torch.tensor([5.0, 0.0, 15.0, 10.0])).item() == pytest.approx(1 / 3)
    assert iou(box, torch.tensor([20.0, 0.0, 30.0, 10.0])).item() == 0
