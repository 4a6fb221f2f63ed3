"""Tables that LInKs, RepNet and their like share, at the sizes of the published networks."""

import pytest
import torch

from lifting import methods
from lifting.published import FAMILIES
from lifting.published.families.base import expand
from tests.lifting.published import made_unsupervised as made

WIDE = {"width": 1024, "gain": 1.0}


def prefixed(**parts):
    return {f"{part}.{name}": shape for part, keys in parts.items() for name, shape in keys.items()}


def lifters(*parts):
    sizes = {part: len(made.PARTS[part]) for part in parts}
    return {part: made.depth_lifter_keys(joints, 1024) for part, joints in sizes.items()}


COMPLETIONS = {
    f"{name}_estimator": made.completion_keys(17 - len(joints), len(joints), 1024)
    for name, joints in made.COMPLETIONS.items()
}
CRITIC = made.critic_keys(1000)
# Method, options, names and shapes, and parameters as the publications' code has them.
CASES = {
    "ElePoseLifter": (
        *("ElePose", {"width": 1024}),
        made.depth_lifter_keys(17, 1024, 2, "depth", batch=True),
        10_570_770,
    ),
    "LInKs": ("LInKs", WIDE, prefixed(**lifters("left", "right")), 2 * 14_758_924),
    "OcclusionCompletion": (
        *("OcclusionCompletion", {"lifter_width": 1024}),
        prefixed(**lifters(*made.PARTS), **COMPLETIONS),
        2 * 14_758_924 + 14_746_632 + 14_755_851 + 4 * 8_466_441 + 3 * 8_466_450 + 8_466_462,
    ),
    "RepNet": (
        *("RepNet", {"legacy_bones": True}),
        prefixed(model_G=made.repnet_keys(1000), model_D=CRITIC),
        11_098_054 + 2_373_401,
    ),
    "TemporalGAN": (
        *("TemporalGAN", {"legacy_bones": True}),
        prefixed(
            model_G_pose=made.generator_keys(32, 48, 1000),
            model_G_root=made.generator_keys(34, 3, 1000),
            model_D=CRITIC,
        ),
        8_149_048 + 8_110_003 + 2_373_401,
    ),
    "RelativeDepth": ("RelativeDepth", {}, made.relative_depth_keys(17, 1024), 2_194_535),
}


@pytest.mark.parametrize("family", CASES)
def test_names_and_shapes_are_the_published_ones_at_full_size(family):
    method, options, keys, count = CASES[family]
    with torch.device("meta"):
        built = getattr(methods, method)(**options)
        unused = FAMILIES[family].unused(built.hparams)
    own = built.state_dict()
    found = {
        pair.published: tuple(pair.to_published(own[name]).shape)
        for name, pair in expand(FAMILIES[family].layouts[0].pairs(built.hparams), own).items()
    }
    found |= {name: tuple(value.shape) for name, value in unused.items()}
    # Files of the time have no counters of batches.
    counters = {name for name in found if name.endswith("num_batches_tracked")} - keys.keys()
    assert {name: shape for name, shape in found.items() if name not in counters} == keys
    weights = [
        torch.Size(shape).numel()
        for name, shape in keys.items()
        if "running_" not in name and "num_batches" not in name
    ]
    assert sum(weights) == count
