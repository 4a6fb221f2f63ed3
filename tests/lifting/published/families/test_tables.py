"""The tables at the sizes of the published files: every name and shape, in both directions."""

import pytest
import torch

from lifting import methods
from lifting.published import FAMILIES
from lifting.published.families.base import expand
from tests.lifting.nets.published import (
    iganet_keys,
    mixste_keys,
    poseformer_keys,
    poseformer_v2_keys,
)
from tests.lifting.nets.published_two_streams import dstformer_keys, motion_agformer_keys
from tests.lifting.nets.published_video_pose_3d import video_pose_3d_keys
from tests.lifting.published import made_files

ELEPOSE = {"drop_root": False, "standardise": False, "pca": 26, "hidden": 1024}
SIXTEEN = {"keypoint_skeleton": "h36m16", "predict_root": False}
FIVE = [3, 3, 3, 3, 3]
FULL_SIZE = {
    "VideoPose3D 243": ("VideoPose3D", {"taps": FIVE}, video_pose_3d_keys(taps=FIVE)),
    "VideoPose3D 27": ("VideoPose3D", {"taps": [3, 3, 3]}, video_pose_3d_keys()),
    "VideoPose3D 1, panoptic": (
        "VideoPose3D",
        {"taps": [1, 1, 1], "skeleton": "panoptic15", "keypoint_skeleton": "panoptic15"},
        video_pose_3d_keys(15, 15, (1, 1, 1)),
    ),
    "VideoPose3D dense": (
        "VideoPose3D",
        {"taps": [3, 3, 3], "dense": True},
        video_pose_3d_keys()
        | {"layers_conv.0.weight": (1024, 1024, 7), "layers_conv.2.weight": (1024, 1024, 19)},
    ),
    "MixSTE": ("MixSTE", {"standardise": False}, mixste_keys()),
    "MixSTE 1": ("MixSTE", {"frames": 1, "standardise": False}, mixste_keys(frames=1)),
    "MotionAGFormer L": (
        "MotionAGFormer",
        {"depth": 26, "standardise": False},
        motion_agformer_keys(243, 17, 128, 26),
    ),
    "DSTformer": ("DSTformer", {"standardise": False}, dstformer_keys()),
    "DSTformer lite": (
        "DSTformer",
        {"width": 256, "mlp_ratio": 4, "standardise": False},
        dstformer_keys(width=256, ratio=4),
    ),
    "IGANet": ("IGANet", {}, iganet_keys()),
    "PoseFormer": ("PoseFormer", {}, poseformer_keys()),
    "PoseFormerV2": (
        "PoseFormerV2",
        {"frames": 243, "kept": 27, "coefficients": 27},
        poseformer_v2_keys(27, 27),
    ),
    "SimpleBaseline": ("SimpleBaseline", {}, made_files.simple_baseline_keys()),
    "SimpleBaseline 16": ("SimpleBaseline", SIXTEEN, made_files.simple_baseline_keys(32, 48)),
    "ElePose": ("ElePose", ELEPOSE, made_files.elepose_keys()),
    "LSTMLifter": (
        "LSTMLifter",
        {"bidirectional": False, "readout": "last", "standardise": False},
        made_files.lstm_keys(),
    ),
    "TransformerLifter": (
        "TransformerLifter",
        {"pre_norm": False, "readout": "mean", "standardise": False},
        {k: s for k, s in made_files.transformer_keys().items() if "permanent_pe" not in k},
    ),
    "WindowMLPLifter": ("WindowMLPLifter", {"standardise": False}, made_files.window_mlp_keys()),
}
# Parameters as the publications or the issue of their networks count them.
COUNTS = {
    "VideoPose3D 243": 16_952_371,
    "VideoPose3D 27": 8_555_571,
    "VideoPose3D 1, panoptic": 4_281_389,
    "MixSTE": 33_783_811,
    "MixSTE 1": 33_659_907,
    "MotionAGFormer L": 19_007_111,
    "DSTformer": 42_466_317,
    "DSTformer lite": 16_001_549,
    "IGANet": 10_623_657 + 6,
    "SimpleBaseline": 4_296_755,
    "SimpleBaseline 16": 4_291_632,
    "ElePose": 339_120,
    "LSTMLifter": 1_148_467,
    "TransformerLifter": 1_603_379,
    "WindowMLPLifter": 2_873_395,
}


def built(family, options):
    method = {"ElePose": "PoseFlows"}.get(family, family)
    with torch.device("meta"):
        return getattr(methods, method)(**options)


def published(method, layout):
    own = method.state_dict()
    pairs = expand(layout.pairs(method.hparams), own)
    return own, pairs, {p.published: tuple(p.to_published(own[n]).shape) for n, p in pairs.items()}


@pytest.mark.parametrize("case", FULL_SIZE)
def test_names_and_shapes_are_the_published_ones_at_full_size(case):
    family, options, keys = FULL_SIZE[case]
    method = built(family, options)
    own, pairs, found = published(method, FAMILIES[family].layouts[0])
    assert found == keys
    # What has no published name are the statistics.
    statistics = {"SimpleBaseline": 4, "ElePose": 3}.get(family, 0)
    assert len(own) - len(pairs) == statistics
    for name, pair in pairs.items():
        assert (
            pair.to_ours(torch.empty(keys[pair.published], device="meta")).shape == own[name].shape
        )


@pytest.mark.parametrize("case", COUNTS)
def test_counts_of_parameters_are_the_published_ones(case):
    _, _, keys = FULL_SIZE[case]
    counted = [
        torch.Size(shape).numel()
        for name, shape in keys.items()
        if "running_" not in name and "num_batches" not in name
    ]
    assert sum(counted) == COUNTS[case]


def test_both_ports_of_simple_baseline_differ_in_the_names_of_normalisation_only():
    method = built("SimpleBaseline", SIXTEEN)
    layout = FAMILIES["SimpleBaseline"].layouts[1]
    keys = made_files.simple_baseline_keys(32, 48, norm="batch_norm")
    assert published(method, layout)[2] == keys


def test_two_networks_of_semi_supervised_training():
    with torch.device("meta"):
        method = methods.SemiSupervisedVideoPose3D(taps=FIVE)
    keys = video_pose_3d_keys(taps=FIVE)
    trajectory = video_pose_3d_keys(joints=1, taps=FIVE)
    found = published(method, FAMILIES["VideoPose3D"].layouts[0])[2]
    assert found == keys | {f"model_traj.{name}": shape for name, shape in trajectory.items()}
