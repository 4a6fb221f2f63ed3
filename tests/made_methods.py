"""Every lifter and detector at tiny width, with random weights and made-up statistics."""

import torch

from lifting import methods
from lifting.methods import Lifter, Method
from tests.made_lifters import with_statistics

TRANSFORMER = {"width": 8, "depth": 1, "heads": 2}
CONVOLUTION = {"taps": [3, 3], "channels": 8}

LIFTERS = {
    "DSTformer": {**TRANSFORMER, "frames": 4, "places": 5, "representation": 8},
    "ElePose": {"width": 8, "critic": 1.0, "critic_width": 8},
    "FlowLifterTwin": {"width": 8},
    "FlowMatchingLifter": {
        **TRANSFORMER,
        "frames": 4,
        "flow_depth": 1,
        "hypotheses": 3,
        "steps": 2,
    },
    "IGANet": {**TRANSFORMER, "width": 16},
    "LInKs": {"width": 8, "critic": 1.0, "critic_width": 8},
    "LSTMLifter": {"frames": 5, "width": 8},
    "MixSTE": {**TRANSFORMER, "frames": 4, "depth": 2},
    "MotionAGFormer": {**TRANSFORMER, "frames": 4, "representation": 8},
    "OcclusionCompletion": {"width": 8, "lifter_width": 8},
    "PoseFormer": {**TRANSFORMER, "frames": 5},
    "PoseFormerV2": {**TRANSFORMER, "frames": 9, "kept": 3, "coefficients": 3},
    "RelativeDepth": {"width": 8},
    "RelativeDepthTwin": {"width": 8},
    "RepNet": {"width": 8, "critic_width": 8},
    "SemiSupervisedVideoPose3D": CONVOLUTION,
    "SimpleBaseline": {"width": 8, "flip_test": True},
    "TemporalGAN": {**CONVOLUTION, "critic_width": 8},
    "TransformerLifter": {"frames": 5, "width": 8, "layers": 1, "heads": 2, "hidden": 8},
    "VideoPose3D": {**CONVOLUTION, "causal": True},
    "WindowMLPLifter": {"frames": 5, "width": 8},
}
DETECTORS = {
    "HeatmapDetector": {"network": "pose_resnet_18"},
    "GuidedDetector": {
        "network": "pose_resnet_18",
        "decoder": "dark",
        "alignment": "centres",
        "flip_test": True,
    },
}


def made(kind: str, **options: object) -> Method:
    """Return a method whose every weight and buffer is its own."""
    method = getattr(methods, kind)(**{**LIFTERS, **DETECTORS}[kind] | options)
    if isinstance(method, Lifter):
        with_statistics(method)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.add_(0.03 * torch.randn_like(parameter))
        for name, buffer in method.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.1)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
    return method.eval().requires_grad_(False)
