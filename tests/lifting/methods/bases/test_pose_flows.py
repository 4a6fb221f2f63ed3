import math
from types import SimpleNamespace

import pytest
import torch

from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.methods import PoseFlows
from lifting.skeletons import skeleton

PARTS = ["left", "right", "legs", "torso"]
COUNTS = {"full": 426_800, "left": 279_056, "right": 279_056, "torso": 254_432, "legs": 180_560}


def keypoints(count=256):
    return 500 + 100 * torch.randn(count, 17, 2)


def batch(count=32):
    return {
        "keypoints": keypoints(count)[:, None],
        "valid": torch.ones(count, 1, dtype=torch.bool),
        "action": torch.zeros(count, dtype=torch.long),
        "clip": torch.arange(count),
        "frame": torch.arange(count)[:, None],
    }


def fitted(**options):
    flows = PoseFlows(**{"hidden": 16, "blocks": 2} | options)
    flows.fit_statistics(keypoints(), None)
    return flows


def test_published_sizes_with_the_root_in():
    flows = PoseFlows(parts=["full", *PARTS], hidden=1024, drop_root=False)
    counts = {n: sum(p.numel() for p in f.parameters()) for n, f in flows.flows.items()}
    assert counts == COUNTS


def test_published_elepose_flow():
    flows = PoseFlows(hidden=1024, pca=26, standardise=False)
    assert sum(p.numel() for p in flows.flows.parameters()) == 328_304


@pytest.mark.parametrize(
    ("drop_root", "dims"), [(True, [20, 20, 12, 20]), (False, [22, 22, 14, 20])]
)
def test_dimensions_of_the_parts(drop_root, dims):
    flows = PoseFlows(parts=PARTS, hidden=8, drop_root=drop_root)
    assert [flows.dims(part) for part in PARTS] == dims


def test_loss_is_the_sum_of_the_mean_likelihoods():
    flows, data = fitted(parts=["legs", "torso"], input_noise=0.0), batch()
    nll = flows.nll(flows.head_scale(data["keypoints"])[:, 0])
    torch.testing.assert_close(flows.loss(data), nll["legs"].mean() + nll["torso"].mean())


def test_likelihood_is_that_of_the_flow_on_the_part():
    flows, x = fitted(parts=["legs"]), 0.1 * torch.randn(4, 17, 2)
    legs = skeleton("h36m17").part("legs")
    torch.testing.assert_close(flows.nll(x)["legs"], flows.flow("legs").nll(x[:, legs].flatten(1)))


def test_bits_per_dimension_hold_the_constant():
    flows, data = fitted(parts=["torso"]), batch()
    values = flows.likelihoods(data)
    torso = skeleton("h36m17").part("torso")
    x = flows.head_scale(data["keypoints"])[:, 0, torso].flatten(1)
    expected = -flows.flow("torso").log_prob(x) / (20 * math.log(2))
    torch.testing.assert_close(values["bits_per_dim_torso"], expected)


def test_generated_poses_count_like_real_ones():
    flows, data = fitted(input_noise=0.0, generated=True), batch()
    torch.manual_seed(0)
    x = flows.head_scale(data["keypoints"])[:, 0]
    gaussian = flows.flow("full").gaussian(len(x), flows.step_generator())
    drawn = flows.resample(x, gaussian)
    expected = flows.nll(x)["full"].mean() + flows.nll(drawn)["full"].mean()
    torch.testing.assert_close(flows.loss(data), expected)


def test_random_numbers_depend_on_seed_and_batch_only():
    flows = fitted()
    first = torch.rand(3, generator=flows.step_generator())
    assert torch.equal(first, torch.rand(3, generator=flows.step_generator()))
    flows._batch_idx = 1
    assert not torch.equal(first, torch.rand(3, generator=flows.step_generator()))
    assert not torch.equal(first, torch.rand(3, generator=fitted(seed=1).step_generator()))


@pytest.mark.parametrize(
    ("density", "noise", "steps", "apart"),
    [("coupling", 0.0, 300, 1.0), ("matching", 0.02, 400, 3.0)],
)
def test_training_reaches_the_likelihood_of_a_gaussian(density, noise, steps, apart):
    # The optimum is known: the entropy of the poses themselves.
    torch.manual_seed(0)
    flows = PoseFlows(parts=["legs"], density=density, hidden=64, blocks=4, input_noise=noise)
    mix = torch.randn(12, 12, dtype=torch.float64)

    def draw(count):
        legs = (torch.randn(count, 12, dtype=torch.float64) @ mix).float().unflatten(1, (6, 2))
        points = torch.zeros(count, 17, 2)
        points[:, 1:7] = legs
        points[:, 10, 1] = 1.0
        return points[:, None]

    train = draw(20_000)
    flows.fit_statistics(train[:, 0], None)
    optimizer = torch.optim.Adam(flows.parameters(), 3e-3)
    for step in range(steps):
        flows._batch_idx = step
        rows = torch.randint(len(train), (512,))
        loss = flows.loss({"keypoints": train[rows]})
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    test = draw(20_000)
    with torch.no_grad():
        legs = flows.part(flows.head_scale(test)[:, 0], "legs")
        found = flows.density("legs").drawn_nll(legs, None).mean().item()
    scale = 10 * flows.head_scale.scale.item()
    optimum = 6 + torch.linalg.slogdet(mix).logabsdet.item() - 12 * math.log(scale)
    assert optimum - 0.1 < found < optimum + apart


@pytest.mark.parametrize(
    ("options", "message"),
    [({"parts": []}, "empty"), ({"parts": ["tail"]}, "tail")],
)
def test_wrong_parts_are_named(options, message):
    with pytest.raises(InputError, match=message):
        PoseFlows(**options)


def test_what_flow_matching_cannot_do_is_refused():
    with pytest.raises(InputError, match="density matching generates no poses"):
        PoseFlows(density="matching", generated=True)
    with pytest.raises(InputError, match=r"input_noise is 0\.0: density matching needs some"):
        PoseFlows(density="matching", input_noise=0.0)
    with pytest.raises(InputError, match="have no latent vectors"):
        fitted(density="matching").flow("full")


def test_generating_needs_a_full_flow():
    with pytest.raises(InputError, match="full_flow"):
        PoseFlows(parts=["legs"], generated=True).load_frozen_stages()


@pytest.mark.parametrize(("full", "has_poses"), [(True, True), (False, True), (True, False)])
def test_a_test_measures_depth_where_there_are_poses(full, has_poses):
    flows, data = fitted(parts=["legs", "torso"]), batch(8)
    camera = Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * 8)
    data |= {"camera": camera, "pose": 300 * torch.randn(8, 1, 17, 3)}
    data["valid"][3] = False
    source = SimpleNamespace(actions=["Walking"], has_poses=has_poses)
    flows.evaluation = flows.configure_evaluation(source, full)
    flows.evaluate(data)
    means = flows.evaluation.compute().frame_mean
    assert {"shallow_margin", "flat_margin"} <= means.keys() or not (full and has_poses)
    assert "flat_margin" not in means or (full and has_poses)
    if full and has_poses:
        # Of both parts together, over the frames that are valid.
        alone = {p: fitted(parts=[p]) for p in ("legs", "torso")}
        for part, other in alone.items():
            other.flows[part].load_state_dict(flows.flows[part].state_dict())
            other.head_scale.load_state_dict(flows.head_scale.state_dict())
        margins = [other.depth_margins(data)["flat_margin"] for other in alone.values()]
        assert len(margins[0]) == 7
        assert means["flat_margin"] == pytest.approx((margins[0] + margins[1]).mean().item())
