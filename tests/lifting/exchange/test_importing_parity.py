"""Imported weights against outputs, gradients and statistics of the authors' own code, in float64.

``LIFTING_TESTS=all`` has the cases of 243 frames, too, and the gradients of the largest ones.
"""

import numpy as np
import pytest
import torch

from lifting.geometry import mirror
from lifting.nets.motion_agformer import most_similar
from lifting.published import FAMILIES
from lifting.published.families.base import expand
from lifting.skeletons import skeleton
from tests.exhaustive import EXHAUSTIVE
from tests.lifting.published import parity as vectors
from tests.lifting.published.made_files import MADE, double, windows

MIRROR = skeleton("h36m17").mirror
CASES = {
    "magf_xs_27": ("MotionAGFormer", "model", 2_241_531),
    "dst_lite_81": ("DSTformer", "model_pos", 16_001_549),
    **({"magf_b_243": ("MotionAGFormer", "model", 11_723_811)} if EXHAUSTIVE else {}),
    **({"dst_lite_243": ("DSTformer", "model_pos", 16_001_549)} if EXHAUSTIVE else {}),
}
# The gradients of the lite network on 81 frames take longer than all the rest.
TRAINED = ("magf_xs_27", "dst_lite_81") if EXHAUSTIVE else ("magf_xs_27",)


@pytest.mark.parametrize(
    ("key", "shape", "expected"),
    [
        (
            *("joints_embed.weight", (64, 3)),
            [-0.1577569544, -0.8952443600, 0.9737945199, 0.5120707750],
        ),
        ("norm.weight", (64,), [1.0081226826, 1.1920680999]),
        ("pos_embed", (1, 17, 64), [-0.1150266305, -0.0860042796]),
    ],
)
def test_weights_of_the_vectors_are_the_known_ones(key, shape, expected):
    made = vectors.made(key, shape).flatten()[: len(expected)]
    torch.testing.assert_close(made, torch.tensor(expected), rtol=0, atol=5e-8)


def test_files_of_mpi_inf_3dhp_are_metric_in_halves_of_its_images(imported):
    made, joints = MADE["MotionAGFormer"], "mpi3dhp17_test"
    given = {"skeleton": joints, "keypoint_skeleton": joints}
    method, _, _ = imported(made.file(), "MotionAGFormer", given=given)
    options = method.hparams
    assert (options["target"], options["unit"], options["legacy_graph"]) == ("metric", 1024, True)
    # By place: the network is that of the other order.
    x = windows(made.frames, coordinates=3)
    expected = made.reference(double(made.state()), x)
    with torch.no_grad():
        torch.testing.assert_close(method.double().net(x), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["MotionAGFormer", "DSTformer"])
def test_published_weights_have_the_published_input_and_output(name, imported):
    made = MADE[name]
    method, _, _ = imported(made.file(), name, given=made.options)
    assert method.hparams["target"] == "image"
    assert method.hparams["confidence"] == "scores"


def test_what_no_file_tells_is_taken_from_the_user(imported):
    made = MADE["DSTformer"]
    given = {"target": "absolute", "bone": 230, "confidence": "seen"}
    method, _, _ = imported(made.file(), "DSTformer", given=made.options | given)
    assert {name: method.hparams[name] for name in given} == given


@pytest.mark.real
@pytest.mark.parametrize("name", CASES)
def test_imported_weights_compute_what_the_authors_code_does(name, parity, imported):
    kind, network, parameters = CASES[name]
    case = vectors.load(parity / f"{name}.npz")
    # As trainings leave it, with a number of numpy's.
    content = {network: vectors.weights(case), "epoch": 3, "min_mpjpe": np.float64(38.4)}
    method, _, _ = imported(content, kind)
    assert sum(p.numel() for p in method.parameters()) == parameters
    net = method.double().net
    seen = {}
    hooks = [net.head.last.register_forward_pre_hook(lambda _, x: seen.update(representation=x[0]))]
    if kind == "MotionAGFormer":
        mixer = net.layers[0].temporal_graph.mixer
        hooks.append(mixer.register_forward_pre_hook(lambda _, x: seen.update(tokens=x[0])))
    one = slice(0, 1)
    found = vectors.check_output(case, net, one)
    frames = case["frames"]
    representation = seen["representation"][:, frames]
    torch.testing.assert_close(
        representation.float(), torch.from_numpy(case["rep"][one]), rtol=0, atol=1e-6
    )
    if "tokens" in seen:
        graph = most_similar(seen["tokens"][:1], 2, legacy_ties=True)[0]
        assert np.array_equal(graph > 0, case["adj_temporal_joint0"][0])
    for hook in hooks:
        hook.remove()
    if name not in TRAINED:
        return
    x = mirror(torch.from_numpy(case["x"][one]).double(), MIRROR)
    with torch.no_grad():
        mean = (found + mirror(net(x), MIRROR)) / 2
    expected = torch.from_numpy(case["y_flip64"][one])
    torch.testing.assert_close(mean, expected, rtol=0, atol=1e-9)
    pairs = expand(FAMILIES[kind].layouts[0].pairs(method.hparams), method.state_dict())
    names = {pair.published: ours.removeprefix("net.") for ours, pair in pairs.items()}
    vectors.check_training(case, net, names)
