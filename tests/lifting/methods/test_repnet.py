"""Effects of RepNet's own losses on a generator."""

import numpy as np
import torch

from lifting.methods.repnet import RepNet
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch
from tests.lifting.methods.made_steps import descend

ROOT = skeleton("h36m17").root


def repnet(**options):
    return RepNet(**({"width": 16, "critic_width": 16, "realism": 0.0} | options))


def image_error(method, some):
    """Root mean square between turned joints and keypoints of unit deviation, in one size of frame."""
    pixels = some["keypoints"][:, 0].double().numpy()
    x = np.delete(pixels - pixels[:, ROOT : ROOT + 1], ROOT, 1)
    x /= np.sqrt((x**2).mean((1, 2), keepdims=True))
    made = method.generate(some)
    pose = np.delete(made.pose[:, 0].detach().double().numpy(), ROOT, 1)
    return np.sqrt(((pose @ made.view.detach().double().numpy() - x) ** 2).mean())


def skew(method, some):
    """Longer over shorter axis of the cameras' images of a sphere, which is 1 for orthographic ones."""
    return float(np.mean([np.linalg.cond(k) for k in method.generate(some).view.detach()]))


def test_the_reprojection_brings_the_image_to_the_keypoints():
    method, some = repnet(camera=0.0), batch(8, frames=1)
    errors = [image_error(method, some)]
    for _ in range(5):
        descend(method.loss(some), method.generator.parameters(), 1e-2)
        errors.append(image_error(method, some))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.98 * errors[0]


def test_the_camera_loss_makes_axes_orthogonal_and_equally_long():
    method, some = repnet(reprojection=1e-9), batch(8, frames=1)
    skews = [skew(method, some)]
    for _ in range(5):
        descend(method.loss(some), method.generator.parameters(), 3e-3)
        skews.append(skew(method, some))
    assert skews == sorted(skews, reverse=True)
    assert skews[-1] - 1 < 0.95 * (skews[0] - 1)


def test_keypoints_are_shares_of_the_width_whatever_the_height_is():
    """A strip below the image moves its middle, which is nothing relative to the root."""
    method, some = repnet(normalise="global"), batch(8, frames=1)
    pose = method(some["keypoints"], some["camera"])
    some["camera"].size[:, 1] += 300
    torch.testing.assert_close(method(some["keypoints"], some["camera"]), pose, rtol=1e-3, atol=0.1)
    some["camera"].size[:, 0] += 300
    assert (method(some["keypoints"], some["camera"]) - pose).abs().max() > 1
