"""Coordinates are not rounded by autocast, on their way into a network or out of it."""

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from lifting.nets import fp32
from lifting.nets.convolution import HeatmapHead
from lifting.nets.critic import MotionCritic, PoseCritic
from lifting.nets.depth_lifter import CompletionNet, DepthLifter
from lifting.nets.dstformer import DSTformerNet
from lifting.nets.fp32 import Fp32Linear
from lifting.nets.iganet import IGANetwork
from lifting.nets.mixste import MixSTENet
from lifting.nets.motion_agformer import MotionAGFormerNet
from lifting.nets.part_lifters import mix_depths
from lifting.nets.poseformer import PoseFormerNet
from lifting.nets.poseformer_v2 import PoseFormerV2Net
from lifting.nets.residual_mlp import ResidualMLP
from lifting.nets.temporal_convolution import TemporalConvolution
from lifting.nets.velocity import VelocityNet
from lifting.nets.window_networks import LSTMNet, TemporalTransformer, WindowMLP
from lifting.skeletons import skeleton

BODY = skeleton("h36m17")
WINDOW = (4, 9, 17, 2)
WITH_CONFIDENCE = (4, 9, 17, 3)


class Velocity(VelocityNet):
    """Of keypoints and the pose on its way, as one tensor."""

    def forward(self, x):
        return super().forward(x[..., :2], x[..., 2:], x.mean((1, 2, 3)))


# A network, and the shape of what goes into it.
NETS = {
    "temporal_convolution": (lambda: TemporalConvolution(taps=(3, 3), channels=32), WINDOW),
    "lstm": (lambda: LSTMNet(frames=9, width=16), WINDOW),
    "transformer": (lambda: TemporalTransformer(frames=9, width=32, heads=4), WINDOW),
    "window_mlp": (lambda: WindowMLP(frames=9, width=32), WINDOW),
    "poseformer": (lambda: PoseFormerNet(frames=9, width=16, depth=1), WINDOW),
    "poseformer_v2": (lambda: PoseFormerV2Net(frames=9, kept=3, coefficients=3, depth=1), WINDOW),
    "mixste": (lambda: MixSTENet(frames=9, width=32, depth=1), WINDOW),
    "iganet": (lambda: IGANetwork(BODY.parents, BODY.mirror_pairs, 7, width=32), WINDOW),
    "motion_agformer": (lambda: MotionAGFormerNet(frames=9, width=32, depth=1), WITH_CONFIDENCE),
    "dstformer": (lambda: DSTformerNet(frames=9, width=32, depth=1), WITH_CONFIDENCE),
    "velocity": (lambda: Velocity(frames=9, width=32, depth=1), (4, 9, 17, 5)),
    "residual_mlp": (lambda: ResidualMLP(34, 51, width=32), (4, 34)),
    "depth_lifter": (lambda: DepthLifter(17, width=32), (4, 17, 2)),
    "completion": (lambda: CompletionNet(14, 3, width=32), (4, 14, 3)),
}
# Those whose outputs are none of coordinates.
OTHERS = {
    "pose_critic": (lambda: PoseCritic(BODY, width=32), (4, 17, 3)),
    "motion_critic": (lambda: MotionCritic(BODY, frames=3, width=32), (4, 3, 17, 3)),
    "heatmap_head": (lambda: HeatmapHead(8, 17), (4, 8, 6, 6)),
}


@pytest.fixture(params=NETS.values(), ids=list(NETS))
def case(request):
    make, shape = request.param
    net = make().eval()

    def low(x):
        with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
            out = net(x)
        return out[0] if isinstance(out, tuple) else out

    # Between 0.8 and 1, where neighbours in bfloat16 are 0.004 apart.
    return low, 0.8 + 0.2 * torch.rand(shape)


def test_outputs_are_finer_than_bfloat16(case):
    low, x = case
    out = low(x)
    assert out.dtype == torch.float32
    rounded = out.bfloat16().float()
    assert (out != rounded).float().mean() > 0.9


def test_movements_that_bfloat16_would_swallow_reach_the_output(case):
    low, x = case
    grid = x.bfloat16().float()
    moved = grid + 5e-4
    assert torch.equal(moved.bfloat16().float(), grid)
    assert not torch.equal(low(moved), low(grid))


def test_the_layer_is_torchs_own_and_keeps_the_precision_of_its_weights():
    layer = Fp32Linear(5, 3)
    x = torch.randn(7, 5)
    expected = functional.linear(x, layer.weight, layer.bias)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(x), expected)
        assert layer(x.bfloat16()).dtype == torch.float32
    assert layer.double()(x).dtype == torch.float64


def test_depths_of_parts_are_mixed_exactly():
    mixture, depths = torch.rand(2, 3, 17), torch.rand(3, 4, 17)
    expected = torch.einsum("hpj,pbj->hbj", mixture.double(), depths.double()).float()
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(mix_depths(mixture, depths), expected, rtol=1e-6, atol=1e-6)


class Products(TorchDispatchMode):
    """Keeps, of every product of float32, what would be allowed to round its operands on a GPU."""

    KINDS = ("mm", "addmm", "bmm", "baddbmm", "convolution", "lstm", "mkldnn_rnn_layer")

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        tensors = [x for x in args if isinstance(x, torch.Tensor)]
        if func.__name__.partition(".")[0] in self.KINDS and tensors[0].dtype == torch.float32:
            precision = torch.get_float32_matmul_precision()
            self.seen.append((func.__name__, torch.backends.cudnn.allow_tf32, precision))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("make", "shape"), {**NETS, **OTHERS}.values(), ids=[*NETS, *OTHERS])
def test_no_product_of_float32_is_rounded_where_tf32_is_allowed(make, shape, monkeypatch):
    monkeypatch.setattr(fp32, "_knows_tf32", lambda x: True)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    net, x = make().eval(), torch.rand(shape)
    torch.set_float32_matmul_precision("high")
    try:
        with torch.autocast("cpu", torch.bfloat16), Products() as products:
            net(x)
        assert torch.backends.cudnn.allow_tf32
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")
    assert products.seen
    assert not [seen for seen in products.seen if seen[1:] != (False, "highest")]


def test_matmul_precision_holds_for_convolutions_too(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    try:
        for precision, allowed in (("high", True), ("highest", False)):
            fp32.set_matmul_precision(precision)
            assert torch.get_float32_matmul_precision() == precision
            assert torch.backends.cudnn.allow_tf32 is allowed
    finally:
        torch.set_float32_matmul_precision("highest")
