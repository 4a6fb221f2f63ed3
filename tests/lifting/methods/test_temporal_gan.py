"""Effects of the temporal GAN's own losses on a generator."""

import pytest
import torch

from lifting.cameras import project
from lifting.methods.temporal_gan import TemporalGAN
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch
from tests.lifting.methods.made_steps import descend

BODY = skeleton("h36m17")


def temporal(**options):
    small = {"taps": [3], "channels": 16, "critic_width": 16, "realism": 0.0}
    method = TemporalGAN(**(small | options))
    method.initialise_at(0.3 * torch.randn(5, 17, 3) + torch.tensor([0.0, 0.0, 5.0]))
    return method


def placed(method, some):
    """Lifted poses in their places, metres."""
    made = method.generate(some)
    return (made.pose + made.view[:, :, None]).detach()


def image_error(method, some):
    """Mean distance of projected joints from the keypoints of the output frames, pixels."""
    points = 1000 * placed(method, some)
    pixels = project(points.flatten(1, 2), some["camera"]).view(*points.shape[:3], 2)
    return (pixels - some["keypoints"][:, 1:-1]).norm(dim=-1).mean().item()


def movement(method, some):
    return placed(method, some).diff(dim=1).norm(dim=-1).mean().item()


def lopsidedness(method, some):
    """Mean difference of the bones of either side, metres."""
    pose = method.generate(some).pose.detach()
    gaps = []
    for parent, child in BODY.bones:
        other = BODY.mirror[parent], BODY.mirror[child]
        if child != other[1]:
            lengths = [
                (pose[..., c, :] - pose[..., p, :]).norm(dim=-1)
                for p, c in (other, (parent, child))
            ]
            gaps.append((lengths[0] - lengths[1]).abs().mean())
    return torch.stack(gaps).mean().item()


@pytest.mark.parametrize(
    ("options", "measure", "lr"),
    [
        ({"image": "distance"}, image_error, 1e-3),
        ({"image": "depth"}, image_error, 1e-4),
        ({"reprojection": 1e-9, "smoothness": 1.0}, movement, 1e-2),
        ({"reprojection": 1e-9, "symmetry": 1.0}, lopsidedness, 1e-3),
    ],
    ids=["distance", "depth", "smoothness", "symmetry"],
)
def test_each_loss_lowers_what_it_is_about(options, measure, lr):
    method, some = temporal(**options), batch(8, frames=5, chunk=3)
    values = [measure(method, some)]
    for _ in range(5):
        descend(method.loss(some), method.generator.parameters(), lr)
        values.append(measure(method, some))
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.98 * values[0]
