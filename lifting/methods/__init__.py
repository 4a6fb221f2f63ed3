"""The methods: one LightningModule per publication."""

from lifting.methods.base import Method
from lifting.methods.elepose import ElePose
from lifting.methods.lifter import Lifter
from lifting.methods.links import LInKs
from lifting.methods.occlusion_completion import OcclusionCompletion
from lifting.methods.pose_flows import PoseFlows
from lifting.methods.simple_baseline import SimpleBaseline

__all__ = [
    "ElePose",
    "LInKs",
    "Lifter",
    "Method",
    "OcclusionCompletion",
    "PoseFlows",
    "SimpleBaseline",
]
