import torch

from lifting.methods.dstformer import DSTformer
from tests.lifting.methods.bases.test_sequence_lifter import batch


def test_every_frame_of_a_window_comes_out_root_at_zero():
    model, some = DSTformer(frames=5, width=16, depth=1).eval(), batch(4, frames=5, chunk=5)
    pose = model(some["keypoints"], some["camera"])
    assert pose.shape == (4, 5, 17, 3)
    assert not pose[:, :, 0].any()


def test_a_shorter_window_takes_the_first_places():
    model, some = DSTformer(frames=5, places=9, width=16, depth=1), batch(2, frames=5, chunk=5)
    model.loss(some).backward()
    used = model.net.frame_position.grad.abs().amax((0, 2, 3)) > 0
    assert used.tolist() == [True] * 5 + [False] * 4


def test_both_networks_have_the_published_numbers_of_parameters():
    with torch.device("meta"):
        full, lite = DSTformer(), DSTformer(width=256, mlp_ratio=4)
    assert [sum(p.numel() for p in m.parameters()) for m in (full, lite)] == [
        42_466_317,
        16_001_549,
    ]
