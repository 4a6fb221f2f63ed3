"""Videos of the procedural human: their ground truth is what is rendered."""

import numpy as np
import pytest
import torch

from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from datamodules.synthetic.rendered.video import render_video
from lifting.cameras import project, world_to_camera
from lifting.errors import InputError

NAMES = ("S9", "Walking", "54138969")


def test_video_is_that_of_its_names_and_as_large_as_asked():
    made = render_video(3, *NAMES, frames=4, size=200, every=5)
    assert (made.size, made.fps) == ((200, 200), 10.0)
    world = torch.from_numpy(generate_sequence(3, "S9", "Walking", 20)[::5]).double()
    camera = draw_cameras(3, "S9")["54138969"]
    pose = world_to_camera(world, camera)
    np.testing.assert_allclose(made.pose, pose, atol=1e-6)
    # A fifth of the pixels of the whole image.
    np.testing.assert_allclose(made.keypoints, project(pose, camera) / 5, atol=1e-6)
    first, again = (list(render_video(3, *NAMES, frames=4, size=200, every=5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_joints_lie_on_the_person_that_is_rendered():
    made = render_video(0, *NAMES, frames=2, size=240)
    images = [frame.astype(int) for frame in made]
    background = render_video(0, *NAMES, frames=2, size=240)
    # The background without the person: the person far behind the camera's back is not rendered.
    scene = background.scene(0)
    empty = type(scene)(
        scene.pose + np.array([1e5, 0, 0]), scene.camera, scene.appearance, scene.background, None
    )
    ground = empty.render(np.eye(2, 3), 240, 240, np.random.default_rng(0)).astype(int)
    x, y = made.keypoints[0].astype(int).T
    changed = np.abs(images[0] - ground).max(-1) > 25
    assert changed[y, x].mean() > 0.7
    assert changed.mean() < 0.3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"subject": "S2"}, "There is no subject 'S2'"),
        ({"sequence": "Flying"}, "There is no sequence 'Flying'"),
        ({"view": "1"}, "There is no camera '1'"),
        ({"frames": 0}, "--frames is 0"),
        ({"every": 0}, "--every is 0"),
    ],
)
def test_what_there_is_not_is_named(change, sentence):
    names = dict(zip(("subject", "sequence", "view"), NAMES, strict=True))
    with pytest.raises(InputError, match=sentence):
        render_video(0, **{**names, "frames": 2} | change)
