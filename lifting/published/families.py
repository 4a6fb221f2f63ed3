"""The families of published weights: what a file's shapes say of the method, and what they do not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from lifting.errors import InputError
from lifting.nets.iganet import joint_graph
from lifting.nets.temporal_transformer import sinusoids
from lifting.published import inference, key_maps
from lifting.published.inference import Found
from lifting.published.key_maps import Options, Pair
from lifting.published.reading import TRAJECTORY
from lifting.published.source import Kind, Source
from lifting.skeletons import skeleton


@dataclass(frozen=True)
class Layout:
    """How a publication arranges its file.

    Attributes:
        pairs: The table of names.
        mark: A tensor that only such files have.
        key: Where the network is in the file, None where the file is the network.
        parallel: Whether ``module.`` stands before every name.
    """

    pairs: Callable[[Options], list[Pair]]
    mark: str
    key: str | None = None
    parallel: bool = False


@dataclass(frozen=True)
class Family:
    """Published weights of one kind.

    Attributes:
        method: Name of the method that a file imports as.
        infer: The method's options by the file's shapes.
        layouts: Known layouts; exports have the first.
        free: Options that the file does not tell, and what each may be.
        fixed: Options that the published code cannot do otherwise.
        constants: Tensors that a file may hold and that are computed here.
        writes_constants: Whether the published code wants them.
    """

    method: Callable[[Source], str]
    infer: Callable[[Source], Found]
    layouts: tuple[Layout, ...]
    free: Mapping[str, Kind] = field(default_factory=dict)
    fixed: Callable[[Options], Found] = lambda options: {}
    constants: Callable[[Options], dict[str, Tensor]] = lambda options: {}
    writes_constants: bool = False


def _always(method: str) -> Callable[[Source], str]:
    return lambda source: method


def _iganet_graph(options: Options) -> dict[str, Tensor]:
    body = skeleton(options["skeleton"])
    centre = body.index("spine") if "spine" in body.joints else body.root
    graph = joint_graph(body.parents, body.mirror_pairs, centre)
    names = ["A"]
    for i in range(options["depth"]):
        block = f"IGANet.blocks.{i}"
        names += [f"{block}.adj", f"{block}.GCN_Block1.adj", f"{block}.GCN_Block2.adj"]
    return dict.fromkeys(names, graph)


def _of_video_pose_3d(source: Source) -> str:
    two = any(name.startswith(f"{TRAJECTORY}.") for name in source.tensors)
    return "SemiSupervisedVideoPose3D" if two else "VideoPose3D"


FAMILIES = {
    "VideoPose3D": Family(
        _of_video_pose_3d,
        inference.video_pose_3d,
        (Layout(key_maps.video_pose_3d, "expand_conv.weight", "model_pos"),),
        free={"causal": bool, "dense": bool},
        fixed=lambda options: {"root_on_ray": False} if "root_on_ray" in options else {},
    ),
    "MixSTE": Family(
        _always("MixSTE"),
        inference.mixste,
        (Layout(key_maps.mixste, "STEblocks.0.norm1.weight", "model_pos", parallel=True),),
        free={"heads": int},
        fixed=lambda options: {"standardise": False},
    ),
    "IGANet": Family(
        _always("IGANet"),
        inference.iganet,
        (Layout(key_maps.iganet, "IGANet.norm.weight"),),
        free={"heads": int},
        fixed=lambda options: {"encoder_activation": False},
        constants=_iganet_graph,
    ),
    "PoseFormerV2": Family(
        _always("PoseFormerV2"),
        inference.poseformer_v2,
        (Layout(key_maps.poseformer_v2, "Freq_embedding.weight", "model_pos", parallel=True),),
        free={"frames": int, "heads": int},
        # Its split in the middle is the right one where both kinds of tokens are as many.
        fixed=lambda options: (
            {} if options["kept"] == options["coefficients"] else {"legacy_split": True}
        ),
    ),
    "PoseFormer": Family(
        _always("PoseFormer"),
        inference.poseformer,
        (Layout(key_maps.poseformer, "Spatial_blocks.0.norm1.weight", "model_pos", parallel=True),),
        free={"heads": int},
    ),
    "SimpleBaseline": Family(
        _always("SimpleBaseline"),
        inference.simple_baseline,
        (
            Layout(key_maps.simple_baseline("bn"), "linear_stages.0.bn1.weight"),
            Layout(
                key_maps.simple_baseline("batch_norm"),
                "linear_stages.0.batch_norm1.weight",
                "state_dict",
            ),
        ),
        fixed=lambda options: {"legacy": False},
    ),
    "ElePose": Family(
        _always("PoseFlows"),
        inference.elepose,
        (Layout(key_maps.elepose, "module_list.0.w_perm"),),
        fixed=lambda options: {"parts": ["full"], "drop_root": False, "standardise": False},
    ),
    "LSTMLifter": Family(
        _always("LSTMLifter"),
        inference.lstm,
        (Layout(key_maps.lstm, "lstm.weight_ih_l0"),),
        free={"frames": int},
        fixed=lambda options: {
            "standardise": False,
            "bidirectional": False,
            "readout": "last",
            "windowed": True,
        },
    ),
    "TransformerLifter": Family(
        _always("TransformerLifter"),
        inference.transformer,
        (Layout(key_maps.transformer, "input_linear.weight"),),
        free={"heads": int},
        fixed=lambda options: {"standardise": False, "pre_norm": False, "readout": "mean"},
        constants=lambda options: {
            "pos_encoder.permanent_pe": sinusoids(options["frames"], options["width"])[None]
        },
        writes_constants=True,
    ),
    "WindowMLPLifter": Family(
        _always("WindowMLPLifter"),
        inference.window_mlp,
        (Layout(key_maps.window_mlp, "fc1.weight"),),
        fixed=lambda options: {"standardise": False},
    ),
}


def family_of(method: str) -> str:
    """Return the family that a method of ours exports as.

    Raises:
        InputError: If there is none.
    """
    # Of ElePose it is the flow that is published, not the lifter.
    others = {"SemiSupervisedVideoPose3D": "VideoPose3D", "PoseFlows": "ElePose", "ElePose": ""}
    name = others.get(method, method)
    if name not in FAMILIES:
        raise InputError(
            f"is of a {method}, which no publication has", remedy="nothing can read it there."
        )
    return name
