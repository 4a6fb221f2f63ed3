"""Images of other sizes than those of training: what lifters that have learnt pixels make of them."""

from types import SimpleNamespace

import pytest
import torch

from lifting.cameras import Camera, nominal_camera
from tests.made_methods import LIFTERS, made

PIXELS = [name for name in LIFTERS if made(name).sees_pixels]
GENERATOR = torch.Generator().manual_seed(0)
KEYPOINTS = 500 + 100 * torch.randn(4, 1, 17, 2, generator=GENERATOR)


def cameras(*sizes):
    return Camera.stack([nominal_camera(*map(float, size)) for size in sizes]).to(torch.float32)


def batch(keypoints, camera):
    count = len(keypoints)
    seen = torch.ones(count, 1, 17)
    return {
        "keypoints": keypoints,
        "confidence": seen,
        "camera": camera,
        "valid": torch.ones(count, 1, dtype=torch.bool),
        "clip": torch.zeros(count, dtype=torch.long),
        "frame": torch.arange(count)[:, None],
    }


def predicted(method, keypoints, camera):
    return method.predict_step(batch(keypoints, camera), 0)["pose"].flatten(-2)


def test_there_is_something_to_test():
    assert {"SimpleBaseline", "RelativeDepth", "ElePose", "OcclusionCompletion"} <= set(PIXELS)


@pytest.mark.parametrize("name", PIXELS)
def test_the_same_person_in_more_pixels_has_the_same_pose(name):
    method = made(name)
    method.image_side = 1000.0
    sizes = [(1000, 800), (600, 1000), (1000, 1000), (1000, 10)]
    expected = predicted(method, KEYPOINTS, cameras(*sizes))
    zoom = torch.tensor([0.5, 1.92, 3.0, 1.02])
    larger = [(z * w, z * h) for z, (w, h) in zip(zoom.tolist(), sizes, strict=True)]
    found = predicted(method, zoom[:, None, None, None] * KEYPOINTS, cameras(*larger))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=0.02)
    # One that was imported does not know how large they were.
    method.image_side = None
    other = predicted(method, zoom[:, None, None, None] * KEYPOINTS, cameras(*larger))
    assert (other - expected).abs().amax() > 1


@pytest.mark.parametrize("side", [1000, 1002, 995])
def test_sizes_as_in_training_are_taken_as_they_are(side):
    method = made("SimpleBaseline")
    method.image_side = 1001.0
    keypoints, camera = method.at_training_size(KEYPOINTS, cameras(*4 * [(side, 700)]))
    assert keypoints.equal(KEYPOINTS)
    assert camera.size[0].tolist() == [side, 700]


def test_a_camera_keeps_its_view():
    camera = cameras((640, 480))
    scaled = camera.scaled(torch.tensor([2.0]))
    for field, value in (("focal", 1280), ("principal", 640), ("size", 1280)):
        assert getattr(scaled, field)[0, 0] == value
    assert scaled.rotation.equal(camera.rotation)


@pytest.mark.parametrize("sizes", [2 * [(1000, 800)], [(500, 400), (1500, 1000)]])
def test_training_sees_images_of_several_sizes_as_a_test_does(sizes):
    method = made("SimpleBaseline")
    keypoints, camera = KEYPOINTS[:2], cameras(*sizes)
    sample = batch(keypoints, camera)
    data = SimpleNamespace(
        frame_rate=None,
        training_frames=lambda: (keypoints[:, 0], torch.randn(2, 17, 3)),
        spread=lambda split, count, device: sample,
    )
    method.take_statistics(data)
    assert method.image_side == 1000.0
    seen = method.into_view(sample)
    in_test, _ = method.at_training_size(keypoints, camera)
    torch.testing.assert_close(seen["keypoints"], in_test)
    assert (seen is sample) == (sizes[0][0] == 1000)
