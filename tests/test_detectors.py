"""Detectors from the command line: trained from 2D, fine-tuned through lifters and tested."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from datamodules import ImageDataModule, SyntheticImages
from lifting.checkpoints import read_checkpoint
from lifting.cli.training import run
from lifting.errors import InputError
from tests.made_lifters import write_lifters

# One worker, so that what is trained for all tests is trained once.
pytestmark = [
    pytest.mark.slow(reason="trains detectors through lifters"),
    pytest.mark.xdist_group("detectors"),
]

ROOT = Path(__file__).parent.parent


def options(*more: str) -> list[str]:
    return [
        *("-c", str(ROOT / "experiments/base.yaml"), "--data", "SyntheticImages"),
        *("--data.subjects", "[S1, S8, S9]", "--data.images_per_clip", "1"),
        *("--data.train_subjects", "[S1]", "--data.val_subjects", "[S8]"),
        *("--data.test_subjects", "[S9]", "--data.width", "64", "--data.height", "64"),
        *(
            "--data.workers",
            "0",
            "--data.batch_size",
            "24",
            "--data.eval_batch_size",
            "24",
            "--wandb",
            "disabled",
        ),
        *("--pictures", "false"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--trainer.limit_val_batches", "1"),
        *("--trainer.limit_train_batches", "2", *more),
    ]


HEATMAPS = (
    *("--model", "HeatmapDetector", "--model.network", "hrnet_w4", "--model.sigma", "1.5"),
    *("--best.monitor", "val/pdj", "--best.mode", "max", "--model.flip_test", "true"),
)
GUIDED = (
    *("--model", "GuidedDetector", "--model.network", "hrnet_w4", "--model.sigma", "1.5"),
    *("--model.leave_out", "true", "--model.mean_pose", "0.05"),
    *(f"--model.lifters.{name}={name}.ckpt" for name in ("sb", "vp", "iga", "mix")),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with four lifters, a detector 'plain' and one 'guided' that starts from it."""
    folder = tmp_path_factory.mktemp("detectors")
    torch.manual_seed(0)
    write_lifters(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(["fit", *options(*HEATMAPS, "--trainer.max_epochs", "1", "--run", "plain")])
        start = "runs/plain/checkpoints/last.ckpt"
        more = ("--model.guides", "[sb, vp]", "--model.start_from", start, "--run", "guided")
        run(["fit", *options(*GUIDED, *more, "--trainer.max_epochs", "2")])
    return folder


@pytest.fixture
def here(trained, monkeypatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_a_detector_is_tested_in_2d_and_through_every_lifter(here):
    more = ("--wandb", "disabled", "--trainer.limit_test_batches", "1")
    result = run(["test", "--run", "guided", *more]).model.test_result
    names = set(result.frame_mean)
    assert names >= {"epe", "pdj", "mpjpe", "mpjpe_unseen", "mpjpe_median", "pa_mpjpe"}
    assert names >= {f"mpjpe_{which}{k}" for k in ("sb", "iga") for which in ("", "truth_")}
    seen = [result.frame_mean[f"mpjpe_{name}"] for name in ("sb", "vp")]
    assert result.frame_mean["mpjpe"] == pytest.approx(sum(seen) / 2)
    with Path("runs/guided/test.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["action"] == "frame average"
    assert float(rows[-1]["mpjpe_unseen"]) == pytest.approx(result.frame_mean["mpjpe_unseen"])
    alone = run(["test", "--run", "plain", *more]).model.test_result
    assert not any("mpjpe" in name for name in alone.frame_mean)


def test_lifters_learn_along_from_the_command_line(here):
    more = ("--model.guides", "[sb]", "--model.lifter_lr", "1e-5", "--trainer.max_steps", "1")
    method = run(["fit", *options(*GUIDED, *more, "--run", "along")]).model
    learnt = read_checkpoint("runs/along/checkpoints/last.ckpt")["state_dict"]
    before = read_checkpoint("sb.ckpt")["state_dict"]
    names = [name for name, _ in method.learning["sb"].named_parameters()]
    assert names
    assert any(not torch.equal(learnt[f"learning.sb.{name}"], before[name]) for name in names)
    assert method.learning["sb"].hparams["width"] == 16


def test_rendered_people_are_not_looked_at_in_a_mirror(here):
    more = ("--wandb", "disabled", "--trainer.limit_test_batches", "1")
    plain = run(["test", "--run", "plain", "--model.flip_test", "false", *more]).model
    asked = run(["test", "--run", "plain", "--model.flip_test", "true", *more]).model
    assert asked.test_result.frame_mean == pytest.approx(plain.test_result.frame_mean)
    # Nor later, on videos of them.
    checkpoint = read_checkpoint("runs/plain/checkpoints/last.ckpt")
    assert checkpoint["hyper_parameters"]["flip_test"] is False
    assert ImageDataModule.mirrored_alike
    assert not SyntheticImages().mirrored_alike
    assert SyntheticImages(dressed="alike").mirrored_alike


def test_keypoints_of_every_image_are_predicted_from_the_checkpoint_alone(here):
    gone = [path.rename(path.with_suffix(".away")) for path in here.glob("*.ckpt")]
    run(
        [
            "predict",
            "--run",
            "guided",
            "--wandb",
            "disabled",
            "--data.eval_batch_size",
            "60",
            "--trainer.limit_predict_batches",
            "1",
        ]
    )
    for path in gone:
        path.rename(path.with_suffix(".ckpt"))
    with np.load("runs/guided/predictions.npz", allow_pickle=False) as file:
        assert file["keypoints"].shape == (60, 17, 2)
        assert (file["confidence"] <= 1.5).all()
        assert np.isfinite(file["keypoints"]).all()


def refused(*arguments: str) -> str:
    with pytest.raises(InputError) as error:
        run(["fit", *options(*arguments, "--run", "refused", "--trainer.max_epochs", "1")])
    assert not Path("runs/refused").exists()
    return str(error.value)


def test_what_does_not_fit_is_refused_in_one_sentence(here):
    assert "No lifter guides" in refused(*GUIDED[:6])
    assert "gone.ckpt: there is no such checkpoint" in refused(
        *GUIDED, "--model.lifters.sb=gone.ckpt"
    )
    plain = "--model.lifters.sb=runs/plain/checkpoints/last.ckpt"
    assert "is of a HeatmapDetector, here one of " in refused(*GUIDED, plain)
    assert "SyntheticImages yields images" in refused("--model", "SimpleBaseline")
    assert "keypoint skeleton is 'h36m17', the data's is 'h36m16'" in refused(
        *HEATMAPS, "--data.keypoint_skeleton", "h36m16"
    )
