"""Methods: one LightningModule per publication."""

from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.method import Method
from lifting.methods.bases.pose_flows import PoseFlows
from lifting.methods.dstformer import DSTformer
from lifting.methods.elepose import ElePose
from lifting.methods.flow_lifter_twin import FlowLifterTwin
from lifting.methods.flow_matching import FlowMatchingLifter
from lifting.methods.guided_detector import GuidedDetector
from lifting.methods.heatmap_detector import HeatmapDetector
from lifting.methods.iganet import IGANet
from lifting.methods.links import LInKs
from lifting.methods.mixste import MixSTE
from lifting.methods.motion_agformer import MotionAGFormer
from lifting.methods.occlusion_completion import OcclusionCompletion
from lifting.methods.poseformer import PoseFormer
from lifting.methods.poseformer_v2 import PoseFormerV2
from lifting.methods.relative_depth import RelativeDepth
from lifting.methods.relative_depth_twin import RelativeDepthTwin
from lifting.methods.repnet import RepNet
from lifting.methods.semi_supervised import SemiSupervisedVideoPose3D
from lifting.methods.simple_baseline import SimpleBaseline
from lifting.methods.temporal_gan import TemporalGAN
from lifting.methods.video_pose_3d import VideoPose3D
from lifting.methods.window_lifters import LSTMLifter, TransformerLifter, WindowMLPLifter

__all__ = [
    "DSTformer",
    "ElePose",
    "FlowLifterTwin",
    "FlowMatchingLifter",
    "GuidedDetector",
    "HeatmapDetector",
    "IGANet",
    "LInKs",
    "LSTMLifter",
    "Lifter",
    "Method",
    "MixSTE",
    "MotionAGFormer",
    "OcclusionCompletion",
    "PoseFlows",
    "PoseFormer",
    "PoseFormerV2",
    "RelativeDepth",
    "RelativeDepthTwin",
    "RepNet",
    "SemiSupervisedVideoPose3D",
    "SimpleBaseline",
    "TemporalGAN",
    "TransformerLifter",
    "VideoPose3D",
    "WindowMLPLifter",
]
