"""Sequence lifters end to end: however sequences are cut, every frame counts once and alike."""

from pathlib import Path

import numpy as np
import pytest

from datamodules.safe_load import load_npz
from lifting.cli.training import run

pytestmark = [
    pytest.mark.slow(reason="trains sequence lifters"),
    pytest.mark.xdist_group("sequences"),
]

ROOT = Path(__file__).parent.parent
FRAMES = 6
CLIPS = 2 * 30 * 4


def command(name: str, folder: Path, run_folder: Path, recipe: str, *more: str) -> list[str]:
    configs = ("base", "data/synthetic", f"sequences/{recipe}")
    return [
        name,
        *(option for c in configs for option in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
        *("--data.folder", str(folder), "--data.frames_per_sequence", str(FRAMES)),
        *("--data.batch_size", "64", "--trainer.max_epochs", "1", "--wandb", "disabled"),
        *("--pictures", "false"),
        *("--trainer.limit_train_batches", "6", "--trainer.log_every_n_steps", "1"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--run", str(run_folder), *more),
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic):
    """A function that trains a recipe and returns the folder of its run."""
    data = tmp_path_factory.mktemp("data")
    give_synthetic(data, FRAMES)

    def train(recipe: str, *more: str) -> Path:
        folder = tmp_path_factory.mktemp("runs") / recipe
        run(command("fit", data, folder, recipe, *more))
        return folder

    return train


def errors_of(folder: Path, *more: str) -> tuple[dict[str, float], int]:
    result = run(["test", "--run", str(folder), *more]).model.test_result
    return result.frame_mean, sum(result.frames)


@pytest.mark.exhaustive
def test_the_error_does_not_depend_on_how_long_the_pieces_of_a_sequence_are(trained):
    narrow = ("--model.channels", "16", "--data.test_chunk", "1024")
    folder = trained("video_pose_3d_27", *narrow)
    whole, frames = errors_of(folder)
    assert frames == CLIPS * FRAMES
    for chunk in ("4", "6"):
        pieces, frames = errors_of(folder, "--data.test_chunk", chunk)
        assert frames == CLIPS * FRAMES
        assert pieces == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize(
    "window", [4, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in (6, 27))]
)
def test_every_frame_of_a_seq2seq_lifter_counts_once_also_of_shorter_clips(trained, window):
    narrow = ("--model.width", "16", "--model.depth", "1", "--model.frames", str(window))
    folder = trained("mixste_27", *narrow, "--data.chunk", str(window))
    _, frames = errors_of(folder)
    assert frames == CLIPS * FRAMES
    run(["predict", "--run", str(folder)])
    predicted = load_npz(folder / "predictions.npz")
    seen = np.stack([predicted["clip"], predicted["frame"]], -1)
    assert len(np.unique(seen, axis=0)) == len(seen) == CLIPS * FRAMES


def test_a_semi_supervised_lifter_finds_a_trajectory(trained):
    narrow = ("--model.channels", "16", "--model.supervised_epochs", "0", "--data.label_share", "1")
    folder = trained("semi_supervised", *narrow)
    errors, frames = errors_of(folder)
    assert frames == CLIPS * FRAMES
    run(["predict", "--run", str(folder)])
    predicted = load_npz(folder / "predictions.npz")
    assert predicted["trajectory"].shape == (CLIPS * FRAMES, 3)
    assert errors["root_error"] > 0


@pytest.mark.exhaustive
def test_a_training_that_starts_from_another_has_its_parameters_and_its_statistics(trained):
    narrow = ("--model.width", "16", "--model.frames", "5", "--data.receptive_field", "5")
    first = trained("lstm", *narrow)
    start = ("--model.start_from", str(first / "checkpoints/last.ckpt"))
    # Without a step worth mentioning it is where the other was, though these subjects differ.
    still = ("--model.lr", "1e-12", "--data.train_subjects", "[S1]", "--data.batch_size", "4")
    second = trained("lstm", *narrow, *start, *still)
    expected, _ = errors_of(first, "--ckpt_path", "last")
    errors, _ = errors_of(second)
    assert errors == pytest.approx(expected, rel=1e-4)
