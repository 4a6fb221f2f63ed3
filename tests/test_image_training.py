"""Training on images from the command line, with a detector that is hardly one."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from lifting.cli.training import run
from lifting.errors import InputError

# One worker, so that what is trained for all tests is trained once.
pytestmark = [
    pytest.mark.slow(reason="trains a detector"),
    pytest.mark.xdist_group("image_training"),
]

ROOT = Path(__file__).parent.parent
DETECTOR = ("--model", "tests.made_detector.TinyDetector")


def options(folder: Path, *more: str) -> list[str]:
    return [
        *("-c", str(ROOT / "experiments/base.yaml"), "--data", "SyntheticImages"),
        *("--data.folder", str(folder), "--data.subjects", "[S1, S8, S9]"),
        *("--data.train_subjects", "[S1]", "--data.val_subjects", "[S8]"),
        *("--data.test_subjects", "[S9]", "--data.images_per_clip", "1"),
        *("--data.width", "24", "--data.height", "32", "--data.workers", "0"),
        *("--data.batch_size", "40", "--trainer.max_epochs", "2", "--wandb", "disabled"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", *more),
    ]


MONITOR = ("--best.monitor", "val/distance")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with a finished run 'one'."""
    folder = tmp_path_factory.mktemp("detected")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(["fit", *options(folder, *DETECTOR, *MONITOR), "--run", "one"])
    return folder


@pytest.fixture
def here(trained, monkeypatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_detector_is_tested_and_predicts_every_image(here):
    cli = run(["test", "--run", "one", "--wandb", "disabled"])
    assert sum(cli.model.test_result.frames) == 30 * 4
    rows = (here / "runs/one/test.csv").read_text().splitlines()
    assert rows[0] == "action,frames,distance"
    run(["predict", "--run", "one", "--wandb", "disabled"])
    with np.load(here / "runs/one/predictions.npz", allow_pickle=False) as file:
        assert file["keypoints"].shape == (30 * 4, 17, 2)
        assert len(file["clips"]) == 30 * 4
        assert set(file["clips"][:, 0]) == {"S9"}


def test_pictures_are_drawn_of_validation_and_test(here):
    folder = here / "runs/one/pictures"
    run(["test", "--run", "one", "--wandb", "disabled"])
    assert {p.name for p in folder.iterdir()} == {"val_epoch0002.png", "test.png"}


@pytest.mark.exhaustive
def test_configuration_says_what_the_best_is_by(here):
    overlay = here / "best.yaml"
    overlay.write_text("best:\n  monitor: val/distance\n  mode: max\n")
    arguments = [*options(here, *DETECTOR), "-c", str(overlay), "--model.lr", "0.1"]
    arguments += ["--pictures", "false"]
    cli = run(["fit", *arguments, "--run", "farthest"])
    with (here / "runs/farthest/logs/version_0/metrics.csv").open() as stream:
        read = [row["val/distance"] for row in csv.DictReader(stream)]
    first, second = (float(value) for value in read if value)
    assert second < first
    best = cli.trainer.checkpoint_callback
    assert best.best_model_score.item() == pytest.approx(first, rel=1e-4)
    kept = torch.load(here / "runs/farthest/checkpoints/best.ckpt", weights_only=True)
    assert (kept["epoch"], kept["global_step"]) == (0, 3)


def refused(*arguments: str) -> str:
    with pytest.raises(InputError) as error:
        run([*arguments])
    return str(error.value)


def test_method_that_lifts_refuses_images(here):
    message = refused("fit", *options(here, "--model", "SimpleBaseline"), "--run", "wrong")
    assert "SimpleBaseline sees keypoints, SyntheticImages yields images" in message
    assert not (here / "runs/wrong").exists()


def test_method_that_sees_images_refuses_keypoints(here, synthetic_folder):
    arguments = [
        *("-c", str(ROOT / "experiments/base.yaml"), "-c"),
        *(str(ROOT / "experiments/data/synthetic.yaml"), "--data.folder", str(synthetic_folder)),
        *("--data.frames_per_sequence", "6", *DETECTOR, "--wandb", "disabled"),
        *("--trainer.accelerator", "cpu", "--run", "wrong"),
    ]
    assert "TinyDetector sees images, Synthetic yields keypoints" in refused("fit", *arguments)
