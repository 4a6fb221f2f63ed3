"""MotionAGFormer: attention and graph convolutions side by side, a pose for every frame of the clip.

Paper: MotionAGFormer: Enhancing 3D Human Pose Estimation with a Transformer-GCNFormer Network.
https://arxiv.org/abs/2310.16288
Official code: https://github.com/TaatiTeam/MotionAGFormer

@inproceedings{mehraban2024motionagformer,
  title={MotionAGFormer: Enhancing 3D Human Pose Estimation with a Transformer-GCNFormer Network},
  author={Mehraban, Soroush and Adeli, Vida and Taati, Babak},
  booktitle={WACV}, year={2024}
}
"""

from typing import Any

from lifting.errors import InputError
from lifting.methods.bases.clip_lifter import ClipLifter
from lifting.nets.motion_agformer import PUBLISHED_GRAPH, MotionAGFormerNet, bone_graph
from lifting.skeletons import skeleton


class MotionAGFormer(ClipLifter):
    """Mehraban et al., WACV 2024.

    XS, S, B and L of the paper are 12, 26, 16 and 26 blocks of width 64, 64, 128 and 128, on 27, 81, 243
    and 243 frames.

    Deviations from the official code: standardised keypoints (``standardise: false``); every joint
    gathers from all that it shares a bone with, where three edges of the original lead one way only
    (``legacy_graph: true``); of frames that are equally similar the nearest is the neighbour, where
    rounding decides in the original (``legacy_ties: true``); metric poses (``target: image``); no
    scores of detectors (``confidence: scores``); a cosine schedule (``schedule: exponential``,
    ``lr_decay: 0.99``); padding behind a clip that is shorter than a window does not count.

    Args:
        frames: Frames of a window, all of which are predicted.
        width: Width of the tokens.
        depth: Layers of a stream of attention and a stream of graph convolutions each.
        heads: Attention heads.
        neighbours: Most similar frames that a frame gathers from in the graph over time.
        representation: Width of the representation before the last layer.
        drop_path: Probability that a branch of the last layer is dropped in training.
        legacy_graph: The published graph, by the place of joints in Human3.6M's order.
        legacy_ties: Gather from all frames that are as similar as the last neighbour.
        sdpa: Torch's fused attention instead of an explicit one.
        **kwargs: See :class:`lifting.methods.bases.clip_lifter.ClipLifter`.

    Raises:
        InputError: If keypoints and poses have different joints, or the published graph other ones.
    """

    def __init__(
        self,
        frames: int = 243,
        width: int = 128,
        depth: int = 16,
        heads: int = 8,
        neighbours: int = 2,
        representation: int = 512,
        drop_path: float = 0.0,
        legacy_graph: bool = False,
        legacy_ties: bool = False,
        sdpa: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the network on the graph of the skeleton."""
        super().configure_nets()
        body, graph = skeleton(self.hparams["skeleton"]), PUBLISHED_GRAPH
        if not self.hparams["legacy_graph"]:
            graph = bone_graph(body.parents)
        elif len(body) != len(graph):
            what = f"The published graph has {len(graph)} joints, {body.name} has {len(body)}"
            raise InputError(f"{what}: set --model.legacy_graph false.")
        windows = self.options("frames", "neighbours", "legacy_ties")
        layers = self.options("width", "depth", "heads", "representation", "drop_path", "sdpa")
        self.net = MotionAGFormerNet(graph, **windows, **layers)
