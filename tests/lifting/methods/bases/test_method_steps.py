"""A few steps of every method that is taught by poses: what it lifts comes nearer to them."""

import pytest
import torch

from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch
from tests.made_methods import LIFTERS, made

ROOT = skeleton("h36m17").root
# Taught by other things than poses, or in another scale than theirs, and tested where they are.
OTHERS = {"ElePose", "LInKs", "FlowLifterTwin", "OcclusionCompletion", "RelativeDepth", "RepNet"}
OTHERS |= {"TemporalGAN"}
# Learning rates of those whose last layers are many times wider than others' at this size.
RATES = {"PoseFormer": 3e-3, "PoseFormerV2": 3e-3}
TAUGHT = sorted(LIFTERS.keys() - OTHERS)


def examples(method):
    """Windows of people who all stand much the same."""
    chunk = method.frames if getattr(method, "seq2seq", False) else 1
    some = batch(16, frames=method.frames, chunk=chunk)
    pose = 300 * torch.randn(17, 3, generator=torch.Generator().manual_seed(4))
    noise = some["pose"] - torch.tensor([100.0, -50.0, 5000.0])
    some["pose"] = pose + 0.1 * noise + torch.tensor([100.0, -50.0, 5000.0])
    some["confidence"] = torch.ones(some["keypoints"].shape[:3])
    return some


def mpjpe(method, some):
    """Mean distance of the lifted joints from the true ones, millimetres."""
    method.eval()
    truth = some["pose"] - some["pose"][:, :, ROOT : ROOT + 1]
    with torch.no_grad():
        distance = (method.lift(some) - truth).norm(dim=-1).mean().item()
    method.train()
    return distance


@pytest.mark.parametrize("name", TAUGHT)
def test_what_is_lifted_comes_nearer_to_the_truth(name):
    method = made(name, **({"flip_test": False} if name == "SimpleBaseline" else {}))
    method.requires_grad_(True)
    some = examples(method)
    before = mpjpe(method, some)
    optimizer = torch.optim.Adam(method.parameters(), RATES.get(name, 2e-2))
    for _ in range(8):
        optimizer.zero_grad()
        method.seen_objective(some, method.draw(some))["loss"].backward()
        optimizer.step()
    assert mpjpe(method, some) < 0.9 * before
