"""Methods in the view of the person: what they see, learn and return does not depend on the image."""

import numpy as np
import pytest
import torch

from lifting.batch import PoseBatch
from lifting.cameras import Camera, nominal_camera, project
from lifting.errors import InputError
from lifting.geometry import centre, rotate, rotation_y
from lifting.inference.prediction import lift
from lifting.inference.window_choice import natural_dilation
from lifting.methods import PoseFlows, RepNet, SemiSupervisedVideoPose3D, VideoPose3D
from lifting.methods.bases.lifter import Lifter
from tests.lifting.made_checkpoints import METHODS, make

pytestmark = pytest.mark.slow(reason="lifts with every kind of method", shapes=True)

SIZE = (1920.0, 1080.0)
# Those that learn from where in the image a person is.
WITHOUT = {"semi_supervised", "temporal_gan"}
VIEWED = [name for name in METHODS if name not in WITHOUT]


def window(frames, examples=4, seed=0) -> PoseBatch:
    """People before a telephone; every input frame has its pose, the output is all of them."""
    draw = torch.Generator().manual_seed(seed)
    body = 300 * torch.randn(examples, 1, 17, 3, generator=draw)
    pose = body + 20 * torch.randn(examples, frames, 17, 3, generator=draw)
    pose += torch.tensor([700.0, -200.0, 5000.0])
    camera = Camera.stack([nominal_camera(*SIZE).to(torch.float32)] * examples)
    keypoints = project(pose.flatten(1, 2), camera).view(*pose.shape[:3], 2)
    return PoseBatch(
        keypoints=keypoints, confidence=torch.ones(keypoints.shape[:3]), camera=camera, pose=pose
    )


def carried(batch: PoseBatch, angle=-0.3) -> tuple[PoseBatch, torch.Tensor]:
    """The same people, carried about the camera by an angle, with the rotation."""
    rotation = rotation_y(torch.tensor(angle))
    pose, camera = rotate(batch["pose"], rotation), batch["camera"]
    keypoints = project(pose.flatten(1, 2), camera).view_as(batch["keypoints"])
    return {**batch, "pose": pose, "keypoints": keypoints}, rotation


@pytest.mark.parametrize("flip_test", [False, True])
@pytest.mark.parametrize("name", VIEWED)
def test_where_and_how_large_a_person_is_seen_does_not_matter(name, flip_test):
    if name == "occlusion" and flip_test:
        pytest.skip("has no mirrored twin")
    method = make(name, view="person", flip_test=flip_test).eval()
    batch = window(method.windows().length)
    with torch.no_grad():
        pose = method.lift(batch)
        doubled = {**batch, "keypoints": 2 * batch["keypoints"]}
        camera = batch["camera"]
        doubled["camera"] = Camera.stack(
            [nominal_camera(*(2 * s for s in SIZE)).to(torch.float32)] * 4
        )
        assert (method.lift(doubled) - pose).abs().max() < 1
        cropped = camera.map(torch.clone)
        corner = torch.tensor([400.0, 100.0])
        cropped.principal, cropped.size = camera.principal - corner, camera.size - corner
        seen = {**batch, "keypoints": batch["keypoints"] - corner, "camera": cropped}
        assert (method.lift(seen) - pose).abs().max() < 1
        moved, rotation = carried(batch)
        assert (moved["keypoints"] - batch["keypoints"])[..., 0].abs().min() > 400
        assert (method.lift(moved) - rotate(pose, rotation)).abs().max() < 1
    assert pose.abs().max() > 10
    in_image = make(name, flip_test=flip_test).eval()
    with torch.no_grad():
        change = in_image.lift(moved) - rotate(in_image.lift(batch), rotation)
    assert change.abs().max() > 1


@pytest.mark.parametrize("causal", [False, True])
def test_training_sees_the_pose_of_the_view(causal):
    method = VideoPose3D(taps=[3, 3], channels=16, causal=causal, view="person")
    batch = window(9)
    batch["pose"] = batch["pose"][:, 8:] if causal else batch["pose"][:, 4:5]
    batch["valid"] = torch.ones(4, 1, dtype=torch.bool)
    viewed = method.into_view(batch)
    # The pose of the view projects onto its keypoints, in the frame that is the output.
    again = project(viewed["pose"][:, 0], viewed["camera"])
    output = viewed["keypoints"][:, -1 if causal else 4]
    torch.testing.assert_close(again, output, atol=0.05, rtol=0)
    moved, _ = carried({**batch, "pose": window(9)["pose"]})
    moved["pose"] = moved["pose"][:, 8:] if causal else moved["pose"][:, 4:5]
    losses = [method.eval().loss(method.into_view(b)) for b in (batch, moved)]
    torch.testing.assert_close(*losses, atol=1e-5, rtol=1e-5)
    # What it learns is what it returns: a net that knows the answer has no error in the camera frame.
    answer = centre(viewed["pose"], 0) / 1000
    method.net.forward = lambda x: answer
    lifted = method.lift(batch)
    torch.testing.assert_close(lifted, centre(batch["pose"], 0), atol=0.01, rtol=0)


@pytest.mark.parametrize("kind", [RepNet, SemiSupervisedVideoPose3D])
def test_those_that_need_the_image_say_so(kind):
    with pytest.raises(InputError, match="where in the image a person is"):
        kind(view="person")
    with pytest.raises(InputError, match=r"--model.view is screen: choose one of image, person"):
        VideoPose3D(view="screen")


def test_flows_see_the_view():
    flows = PoseFlows(hidden=16, blocks=2, view="person")
    batch = window(1)
    batch |= {"valid": torch.ones(4, 1, dtype=torch.bool)}
    moved, _ = carried(batch)
    before, after = (flows.likelihoods(b)["nll"] for b in (batch, moved))
    torch.testing.assert_close(before, after, atol=1e-4, rtol=1e-4)


def test_a_lifter_must_say_whether_it_sees_pixels():
    class Silent(Lifter):
        def configure_nets(self): ...
        def forward(self, keypoints, camera): ...
        def loss(self, batch): ...

    with pytest.raises(
        InputError, match=r"Silent does not say whether it sees pixels: set .*sees_pixels"
    ):
        Silent()


@pytest.fixture(scope="module")
def told():
    torch.manual_seed(0)
    return VideoPose3D(taps=[3, 3], channels=16, view="person", missing=True).eval()


def test_what_is_missing_is_told_and_not_looked_at(told):
    batch = window(9)
    batch["confidence"][:, 2:, 5] = 0
    other = {**batch, "keypoints": batch["keypoints"].clone()}
    other["keypoints"][:, 2:, 5] = 7777.0
    with torch.no_grad():
        torch.testing.assert_close(told.lift(other), told.lift(batch))
        whole = told.lift({**batch, "confidence": torch.ones_like(batch["confidence"])})
    assert (whole - told.lift(batch)).abs().max() > 0.1
    assert told.net.first.weight.shape == (16, 3 * 3 * 17)


def test_lifting_ones_own_needs_no_filling_in(told):
    person = window(20, examples=1)["keypoints"][0].numpy()
    person[:, 3] = np.nan
    person[4:7] = np.nan
    lifted = lift(person, told, skeleton="h36m17", size=SIZE, trajectory=True, device="cpu")
    assert np.isfinite(lifted.pose).all()
    assert np.isfinite(lifted.trajectory).all()
    assert not lifted.known[:, 3].any()
    assert not lifted.known[4:7].any()
    assert lifted.known[8:, 5].all()
    plain = VideoPose3D(taps=[3, 3], channels=16, view="person")
    with pytest.raises(InputError, match="right_ankle"):
        lift(person, plain, skeleton="h36m17", size=SIZE)


@pytest.mark.parametrize(
    ("fps", "rate", "dilation"),
    [
        (60.0, 30.0, 2),
        (50.0, 30.0, 2),
        (30.0, 30.0, 1),
        (10.0, 30.0, 1),
        (None, 30.0, 1),
        (60.0, None, 1),
    ],
)
def test_windows_are_cut_at_the_rate_of_training(told, fps, rate, dilation):
    told.frame_rate = rate
    assert natural_dilation(told, fps) == dilation
    person = window(40, examples=1)["keypoints"][0].numpy()
    options = {"skeleton": "h36m17", "size": SIZE, "fps": fps}
    found = lift(person, told, **options).pose
    np.testing.assert_array_equal(found, lift(person, told, dilation=dilation, **options).pose)
