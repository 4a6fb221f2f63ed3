"""Tests of what MotionAGFormer and DSTformer share: input, units of the output, losses."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import bone_lengths
from lifting.methods.dstformer import DSTformer
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch, set_up

BODY = skeleton("h36m17")
FOCAL, CENTRE, SIZE = (1150.0, 1130.0), (510.0, 390.0), (1000.0, 800.0)


def camera(examples):
    def rows(*values):
        return torch.tensor(values).expand(examples, -1)

    return Camera(
        focal=rows(*FOCAL),
        principal=rows(*CENTRE),
        radial=torch.zeros(examples, 3),
        tangential=torch.zeros(examples, 2),
        tangential_gain=torch.ones(examples),
        size=rows(*SIZE),
        rotation=torch.eye(3).expand(examples, 3, 3),
        position=torch.zeros(examples, 3),
    )


def clips(examples=3, frames=5):
    some = batch(examples, frames, frames)
    some["confidence"] = torch.rand(examples, frames, 17)
    return some | {"camera": camera(examples)}


def method(**options):
    small = {"frames": 5, "width": 16, "depth": 1, "heads": 4, "representation": 8}
    return DSTformer(**small, **options).eval()


class Says(nn.Module):
    """A network that keeps what it sees and says what it is told to."""

    def __init__(self, words):
        super().__init__()
        self.words = words

    def forward(self, x):
        self.saw = x
        return self.words


def lifted(words, some, **options):
    lifter = method(standardise=False, **options)
    lifter.net = Says(words)
    return lifter.lift(some), lifter.net.saw


def screen(x, y):
    """Both over half the width, the middle of the image at zero."""
    return (x - SIZE[0] / 2) / (SIZE[0] / 2), (y - SIZE[1] / 2) / (SIZE[0] / 2)


@pytest.mark.parametrize("confidence", ["one", "seen", "scores"])
def test_the_network_sees_the_screen_and_confidences(confidence):
    some, words = clips(), torch.zeros(3, 5, 17, 3)
    some["confidence"][0, 1, 2] = 0
    _, saw = lifted(words, some, confidence=confidence)
    x, y = screen(*some["keypoints"].unbind(-1))
    expected = torch.stack([x, y, some["confidence"]], -1)
    if confidence != "scores":
        expected[..., 2] = 1
    if confidence == "seen":
        expected[0, 1, 2] = 0
    torch.testing.assert_close(saw, expected)


def test_of_a_mirrored_clip_scores_are_exchanged_with_their_joints():
    lifter, some = method(confidence="scores", standardise=False), clips()
    keypoints = lifter.seen(some)
    x = lifter.network_input(keypoints, some["camera"])
    twin = lifter.network_input(*lifter.mirrored(keypoints, some["camera"]))
    expected = x[:, :, list(BODY.mirror)] * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(twin, expected)


def standardised(some, **options):
    """A method that took the statistics of a batch, and what its network sees of it, less confidence."""
    lifter = method(**options)
    data = SimpleNamespace(
        training_frames=lambda: (some["keypoints"].flatten(0, 1), some["pose"].flatten(0, 1)),
        frame_rate=50.0,
        spread=lambda split, count, device: some,
    )
    lifter.take_statistics(data)
    return lifter.network_input(lifter.seen(some), some["camera"])


@pytest.mark.parametrize("confidence", ["one", "scores"])
def test_coordinates_are_relative_to_the_root_and_standardised(confidence):
    some = clips()
    saw = standardised(some, confidence=confidence)
    x = torch.stack(screen(*some["keypoints"].unbind(-1)), -1).double().numpy()
    relative = x - x[:, :, :1]
    relative[:, :, 0] = x[:, :, 0]
    expected = (relative - relative.mean((0, 1))) / relative.std((0, 1))
    np.testing.assert_allclose(saw[..., :2].numpy(), expected, atol=1e-4)
    scores = some["confidence"] if confidence == "scores" else torch.ones(3, 5, 17)
    assert torch.equal(saw[..., 2], scores)


def test_missing_keypoints_neither_move_the_others_nor_the_statistics():
    some = clips(examples=40)
    missing = torch.rand(40, 5, 17) < 0.2
    some["confidence"] = (~missing).float()
    saw = standardised(some, confidence="seen")
    assert not saw[missing].any()
    assert (saw[~missing][:, 2] == 1).all()
    x = torch.stack(screen(*some["keypoints"].unbind(-1)), -1).where(~missing[..., None], torch.nan)
    x = x.double().numpy()
    middle = np.where(
        missing[..., [0]].numpy()[..., None], np.nanmean(x, 2, keepdims=True), x[:, :, :1]
    )
    relative = x - middle
    relative[:, :, 0] = x[:, :, 0]
    mean = np.nanmean(relative, (0, 1))
    filled = np.where(np.isnan(relative), mean, relative)
    expected = np.nan_to_num((relative - mean) / filled.std((0, 1)))
    np.testing.assert_allclose(saw[..., :2].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("unit", [1000.0, 1024.0])
def test_metric_poses_are_in_the_unit_with_the_root_at_zero(unit):
    words = torch.randn(3, 5, 17, 3)
    pose, _ = lifted(words, clips(), unit=unit)
    expected = unit * words
    expected[:, :, BODY.root] = 0
    torch.testing.assert_close(pose, expected)
    some = clips()
    target = method(unit=unit).expected_output(some) * unit
    torch.testing.assert_close(target, some["pose"] - some["pose"][:, :, :1])


@pytest.mark.parametrize("target", ["image", "absolute"])
def test_poses_of_the_image_lie_on_the_keypoints_and_are_as_deep_as_wide(target):
    some = clips()
    found = method(target=target).expected_output(some)
    for clip, frame, joint in ((0, 0, 3), (2, 4, 16), (1, 2, 0)):
        root, point = (some["pose"][clip, frame, j].tolist() for j in (BODY.root, joint))
        expected = []
        for x, y, z in (point, root):
            pixels = FOCAL[0] * x / z + CENTRE[0], FOCAL[1] * y / z + CENTRE[1]
            expected.append(screen(*pixels))
        x, y = expected[0]
        if target == "image":
            x, y = x - expected[1][0], y - expected[1][1]
        # Half the width is so many millimetres at the distance of the root.
        half = SIZE[0] / 2 * root[2] / (sum(FOCAL) / 2)
        depth = (point[2] - root[2]) / half
        assert found[clip, frame, joint].tolist() == pytest.approx([x, y, depth], abs=1e-5)


@pytest.mark.parametrize("target", ["image", "absolute"])
def test_the_bones_make_millimetres_of_poses_of_the_image(target):
    """Exactly those of the truth, where a person is far away and the mean of the bones is known."""
    some = clips()
    some["pose"][..., 2] += 1e6
    relative = some["pose"] - some["pose"][:, :, :1]
    bone = 250.0
    relative *= (bone / bone_lengths(relative, BODY.bones).mean(-1))[..., None, None]
    some["pose"] = relative + some["pose"][:, :, :1]
    square = some["camera"].focal.mean().expand(3, 2)
    some["camera"] = Camera(**vars(some["camera"]) | {"focal": square})
    words = (
        method(target=target)
        .double()
        .expected_output(
            {k: v.double() if k == "pose" else v for k, v in some.items()}
            | {"camera": some["camera"].to(torch.float64)}
        )
    )
    pose, _ = lifted(words, some, target=target, bone=bone)
    torch.testing.assert_close(pose.float(), relative, rtol=0.01, atol=2.0)


def test_the_root_is_put_at_zero_where_it_is_none_and_subtracted_where_it_has_a_place():
    words = torch.randn(3, 5, 17, 3)
    poses = {target: lifted(words, clips(), target=target)[0] for target in ("image", "absolute")}
    for target, pose in poses.items():
        expected = words.clone()
        if target == "image":
            expected[:, :, BODY.root] = 0
        expected = expected - expected[:, :, :1]
        lengths = bone_lengths(expected, BODY.bones).mean(-1)
        torch.testing.assert_close(pose, expected * (243 / lengths)[..., None, None])


def loss_by_hand(pred, target, valid, scale_free, velocity):
    position, scaled, moved = [], [], []
    for p, g, v in zip(pred, target, valid, strict=True):
        for t in np.flatnonzero(v):
            position.append(np.mean([math.dist(a, b) for a, b in zip(p[t], g[t], strict=True)]))
            s = np.linalg.lstsq(p[t].reshape(-1, 1), g[t].ravel(), rcond=None)[0]
            scaled.append(np.mean(np.linalg.norm(s * p[t] - g[t], axis=-1)))
            if t + 1 < len(v) and v[t + 1]:
                step = (p[t + 1] - p[t]) - (g[t + 1] - g[t])
                moved.append(np.mean(np.linalg.norm(step, axis=-1)))
    return np.mean(position) + scale_free * np.mean(scaled) + velocity * np.mean(moved)


@pytest.mark.parametrize("target", ["metric", "image"])
@pytest.mark.parametrize("weights", [(0.5, 20.0), (3.0, 0.0)])
def test_the_loss_is_mpjpe_with_n_mpjpe_and_velocity(target, weights):
    lifter = method(target=target, scale_free=weights[0], velocity=weights[1])
    some = clips()
    some["valid"][0, 3:] = False
    some["valid"][1, :2] = False
    pred = lifter.output(some["keypoints"], some["camera"]).double().detach().numpy()
    target = lifter.expected_output(some).double().numpy()
    expected = loss_by_hand(pred, target, some["valid"].numpy(), *weights)
    assert lifter.loss(some).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("term", ["scale_free", "velocity"])
def test_each_further_term_pulls_at_what_it_is_about_and_nothing_else(term):
    """The shape of a pose whatever its size is; movements wherever the person is."""
    some, gradients = clips(), []
    words = method().expected_output(some) + 0.3 * torch.randn(3, 5, 17, 3)
    for weight in (0.0, 1.0):
        lifter = method(**({"scale_free": 0.0, "velocity": 0.0} | {term: weight}))
        said = words.clone().requires_grad_()
        lifter.net = Says(said)
        gradients.append(torch.autograd.grad(lifter.loss(some), said)[0])
    gradient = gradients[1] - gradients[0]
    target = method().expected_output(some)

    def error(x):
        if term == "velocity":
            return (x - target).diff(dim=1).norm(dim=-1).mean().item()
        scale = (x * target).sum((-2, -1)) / x.square().sum((-2, -1))
        return (scale[..., None, None] * x - target).norm(dim=-1).mean().item()

    assert error(words - 0.5 * gradient) < error(words) - 1e-4
    untouched = gradient.mean(1) if term == "velocity" else (gradient * words).sum((-2, -1))
    torch.testing.assert_close(untouched, torch.zeros_like(untouched), atol=1e-5, rtol=0)


@pytest.mark.parametrize("target", ["metric", "image", "absolute"])
def test_following_the_gradient_of_the_loss_brings_the_output_to_the_truth(target):
    some = clips()
    lifter = method(target=target)
    expected = lifter.expected_output(some)
    words = nn.Parameter(expected + 0.1 * torch.randn_like(expected))
    lifter.net = Says(words)
    adam = torch.optim.Adam([words], 0.01)
    before = (words - expected).norm()
    for _ in range(40):
        adam.zero_grad()
        lifter.loss(some).backward()
        adam.step()
    assert (words - expected).norm() < 0.5 * before


def test_windows_must_be_cut_as_wholes():
    set_up(method(), receptive_field=1, chunk=5)
    with pytest.raises(InputError, match=r"--data.receptive_field 1 --data.chunk 5"):
        set_up(method(), receptive_field=5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "metres"}, "model.target is metres: choose one of metric, image, absolute"),
        ({"confidence": "all"}, "model.confidence is all: choose one of one, seen, scores"),
        ({"unit": 0.0}, "unit is 0.0 mm: give a length above zero"),
        ({"bone": -1.0}, "bone is -1.0 mm: give a length above zero"),
        ({"confidence": "scores", "view": "person"}, "has no scores of detectors: set"),
        ({"keypoint_skeleton": "mpii16"}, "every keypoint to a joint"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        method(**options)
