"""Every method with a learning rate of 1e12: it ends with its sentence, and saves nothing of that."""

import inspect

import pytest
import torch
from lightning import Trainer

import lifting.methods
from callbacks import BestCheckpoint, Divergence, LastCheckpoint
from datamodules import SyntheticImages
from datamodules.base import PoseDataModule
from datamodules.relative_depth.labels import DepthLabels
from lifting.errors import DivergenceError
from lifting.methods import LInKs, PoseFlows
from tests.datamodules.examples.test_prior import write
from tests.made_lifters import save, write_lifters
from tests.made_methods import LIFTERS
from tests.test_experiments import METHODS as EXPERIMENTS
from tests.test_experiments import class_of

pytestmark = pytest.mark.slow(reason="trains every method")

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
DATA = {
    "RelativeDepth": {"depth_labels": DepthLabels(1)},
    "RepNet": {"prior_subjects": ["S5"]},
    "SemiSupervisedVideoPose3D": {"unlabelled_subjects": ["S5"]},
    "TemporalGAN": {"prior_subjects": ["S5"]},
    "VideoPose3D": {"causal": True},
}
# Where it is not the receptive field that has the method's frames.
WINDOWS = {"MixSTE": "chunk"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a store of poses and the checkpoints of earlier stages."""
    folder = tmp_path_factory.mktemp("made")
    write(folder / "poses.h5", ["S1", "S5", "S8"])
    write_lifters(folder)
    keypoints = 500 + 100 * torch.randn(64, 17, 2)
    parts = {"flow": {}, "parts": {"parts": ("left", "right")}}
    for name, options in parts.items():
        flows = PoseFlows(**FLOWS, **options)
        flows.fit_statistics(keypoints, None)
        save(flows, folder / f"{name}.ckpt")
    for split in ("left_right", "leg_torso"):
        save(LInKs(split=split, width=8), folder / f"{split}.ckpt")
    return folder


def method_and_data(name, folder):
    """Return a method of little width, and what it is trained on."""
    kind = getattr(lifting.methods, name)
    options = {"lr": 1e12, "warmup": 0.0, "schedule": "constant"}
    if kind.sees_images:
        options |= DETECTOR
        if name == "GuidedDetector":
            options["lifters"] = {"sb": str(folder / "sb.ckpt")}
        return kind(**options), images(folder)
    options |= FLOWS if kind is PoseFlows else LIFTERS[name]
    options |= {o: str(folder / f"{s}.ckpt") for o, s in STAGES.get(name, {}).items()}
    method = kind(**options)
    window = {} if method.single_frame else {WINDOWS.get(name, "receptive_field"): method.frames}
    more = window | DATA.get(name, {})
    store = str(folder / "poses.h5")
    return method, PoseDataModule(store, train_subjects=["S1"], batch_size=8, **more)


def images(folder):
    return SyntheticImages(
        folder=str(folder),
        images_per_clip=1,
        subjects=("S1",),
        train_subjects=("S1",),
        val_subjects=(),
        test_subjects=(),
        width=64,
        height=64,
        batch_size=8,
        workers=0,
    )


@pytest.mark.parametrize("name", METHODS)
def test_a_learning_rate_of_1e12_ends_in_a_sentence(name, made, tmp_path):
    method, data = method_and_data(name, made)
    checkpoints = str(tmp_path / "checkpoints")
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=1,
        limit_train_batches=3,
        callbacks=[
            Divergence(tmp_path),
            LastCheckpoint(checkpoints),
            BestCheckpoint(checkpoints),
        ],
    )
    with pytest.raises(
        DivergenceError, match=r"diverged: (at|by) step \d \(epoch 0\) the (loss|weights)"
    ):
        trainer.fit(method, data)
    assert not list(tmp_path.rglob("*.ckpt"))


def test_there_are_all_methods_that_experiments_name():
    named = {class_of(path, "model").rpartition(".")[2] for path in EXPERIMENTS}
    assert named <= set(METHODS)
