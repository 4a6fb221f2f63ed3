"""Short trainings and tests of every method on made-up people, by one process or by each of two."""

import inspect
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import Callback, LightningDataModule, LightningModule, Trainer

import lifting.methods
from datamodules import SyntheticImages
from datamodules.base import PoseDataModule
from datamodules.h36m.cameras import h36m_camera
from datamodules.relative_depth.labels import DepthLabels
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.methods import LInKs, Method, PoseFlows
from lifting.skeletons import skeleton
from tests.datamodules.examples.test_prior import CAMERA, walk
from tests.made_lifters import save, write_lifters
from tests.made_methods import LIFTERS, made

METHODS = [
    name
    for name, kind in vars(lifting.methods).items()
    if inspect.isclass(kind) and not inspect.isabstract(kind)
]
FLOWS = {"hidden": 8, "blocks": 2}
DETECTOR = {"network": "hrnet_w4", "sigma": 1.5}
# Besides what makes them small: earlier stages, by option, and what the data are to be.
STAGES = {
    "ElePose": {"full_flow": "flow"},
    "LInKs": {"full_flow": "flow", "part_flows": "parts"},
    "OcclusionCompletion": {"left_right": "left_right", "leg_torso": "leg_torso"},
}
DATA: dict[str, dict[str, Any]] = {
    "RelativeDepth": {"depth_labels": DepthLabels(1)},
    "RepNet": {"prior_subjects": ["S5"]},
    "SemiSupervisedVideoPose3D": {"unlabelled_subjects": ["S5"]},
    "TemporalGAN": {"prior_subjects": ["S5"]},
    "VideoPose3D": {"causal": True},
}
# Where it is not the receptive field that has the method's frames.
SEQ2SEQ = "DSTformer", "FlowMatchingLifter", "MixSTE", "MotionAGFormer"
WINDOWS = dict.fromkeys(SEQ2SEQ, "chunk")
# Nothing that processes would draw each for itself.
STILL = {
    "IGANet": {"dropout": False, "drop_path": 0.0},
    "MixSTE": {"drop_path": 0.0},
    "TransformerLifter": {"dropout": 0.0},
}
# Frames of the recordings of each subject. Those that are validated and tested on have odd numbers, and
# that of the test is one recording, which two processes do not share.
FRAMES = {"S1": (33, 20), "S5": (39,), "S8": (13, 5, 7)}
# Of all processes together.
BATCH = 12


def write_stages(folder: Path) -> None:
    """Write a store of made-up people, and the checkpoints of earlier stages."""
    rng, joints = np.random.default_rng(3), "h36m17"
    info = StoreInfo(joints, {"gt": joints}, "made up", "none", {})
    with ClipWriter(folder / "people.h5", info) as store:
        for subject, lengths in FRAMES.items():
            store.add_camera(subject, CAMERA, h36m_camera("S1", CAMERA))
            for number, frames in enumerate(lengths):
                keypoints = 500 * rng.random((frames, 17, 3), np.float32)
                keypoints[..., 2] = 1
                key = ClipKey(subject, f"Walking {number}", "Walking", CAMERA, 50.0, frames)
                store.add(key, {"gt": keypoints}, walk(rng, skeleton(joints))[:frames])
    write_lifters(folder)
    points = 500 + 100 * torch.randn(64, 17, 2)
    parts: dict[str, dict[str, Any]] = {"flow": {}, "parts": {"parts": ("left", "right")}}
    for name, options in parts.items():
        flows = PoseFlows(**FLOWS, **options)
        flows.fit_statistics(points, None)
        save(flows, folder / f"{name}.ckpt")
    for split in ("left_right", "leg_torso"):
        save(LInKs(split=split, width=8), folder / f"{split}.ckpt")


def method_and_data(
    name: str, folder: Path, batch_size: int, **options: Any
) -> tuple[Method, LightningDataModule]:
    """Return a method of little width, and what it is trained on."""
    kind = getattr(lifting.methods, name)
    if kind.sees_images:
        if name == "GuidedDetector":
            options["lifters"] = {"sb": str(folder / "sb.ckpt")}
        return kind(**options, **DETECTOR), _images(folder, batch_size)
    options |= FLOWS if kind is PoseFlows else LIFTERS[name]
    options |= {o: str(folder / f"{s}.ckpt") for o, s in STAGES.get(name, {}).items()}
    method = kind(**options)
    window = {} if method.single_frame else {WINDOWS.get(name, "receptive_field"): method.frames}
    return method, PoseDataModule(
        str(folder / "people.h5"),
        train_subjects=["S1"],
        val_subjects=["S8"],
        test_subjects=["S5"],
        batch_size=batch_size,
        eval_batch_size=4,
        **window,
        **DATA.get(name, {}),
    )


def _images(folder: Path, batch_size: int) -> SyntheticImages:
    return SyntheticImages(
        folder=str(folder),
        images_per_clip=1,
        subjects=("S1",),
        train_subjects=("S1",),
        val_subjects=(),
        test_subjects=(),
        width=32,
        height=64,
        batch_size=batch_size,
        workers=0,
    )


class Begun(Callback):
    """Keeps the sums of all weights and buffers that a process has when training begins, as text."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        state = pl_module.state_dict()
        # NaN is no number that equals itself.
        self.statistics = str({name: value.double().sum().item() for name, value in state.items()})


def trained(name: str, folder: Path, processes: int) -> dict[str, Any]:
    """Train a method for two steps, test another whose weights are drawn, and return their numbers.

    Returns:
        The sum of the ``weights``, all ``statistics`` of the data as training begins, the ``losses`` of
        the last step for the examples of this process, the errors of validation as ``val``, and those of
        the ``test``.
    """
    torch.manual_seed(0)
    still = STILL.get(name, {})
    method, data = method_and_data(name, folder, BATCH // processes, **still)
    begun = Begun()
    trainer = Trainer(
        callbacks=[begun],
        accelerator="cpu",
        devices=processes,
        strategy="ddp" if processes > 1 else "auto",
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_train_batches=1 if method.sees_images else 2,
        max_epochs=1,
    )
    trainer.fit(method, data)
    # Of networks beside the method too, such as critics.
    groups = [group for optimizer in trainer.optimizers for group in optimizer.param_groups]
    weights = [p.double().sum().item() for group in groups for p in group["params"]]
    logged = {key: value.item() for key, value in trainer.callback_metrics.items()}
    found: dict[str, Any] = {
        "weights": sum(weights),
        "statistics": begun.statistics,
        "losses": {k: v for k, v in logged.items() if k.startswith("train/")},
        "val": {k: v for k, v in logged.items() if k.startswith("val/")},
        "test": {},
    }
    if name in LIFTERS:
        torch.manual_seed(0)
        tested = made(name)
        trainer.test(tested, data, verbose=False)
        assert tested.test_result is not None
        found["test"] = tested.test_result.frame_mean
    return found


def trained_by_two(names: list[str], folder: Path) -> list[dict[str, Any]]:
    """Return what :func:`trained` does in each of two processes, by the method's name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    root = str(Path(__file__).parents[1])
    place |= {"WORLD_SIZE": "2", "NODE_RANK": "0", "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.made_trainings", str(folder), *names]
    workers = [
        subprocess.Popen(command, env=os.environ | place | {"LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0]
    return [json.loads((folder / f"of_{rank}.json").read_text("utf-8")) for rank in range(2)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    target = Path(sys.argv[1])
    results = {name: trained(name, target, 2) for name in sys.argv[2:]}
    (target / f"of_{os.environ['LOCAL_RANK']}.json").write_text(json.dumps(results), "utf-8")
