"""Learning from what people say of photographs, from the files to the test."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from datamodules.lsp.convert import convert
from datamodules.store.clips import ClipStore
from lifting.cli.training import run
from tests.datamodules.made_lsp import NAMES, annotations, write_json, write_mat

pytestmark = pytest.mark.slow(reason="trains from relative depth")

EXPERIMENTS = Path(__file__).parent.parent / "experiments"


def judged(folder: Path, xy: np.ndarray, numbers: range) -> Path:
    """A file of annotations by a rule that 2D poses tell: what is lower in the image is closer."""
    draws = np.random.default_rng(0)
    every = list(combinations(range(14), 2))
    pairs = []
    for pose in xy:
        chosen = [every[i] for i in draws.choice(len(every), 5, replace=False)]
        pairs.append(
            [(NAMES[a], NAMES[b], NAMES[max((a, b), key=lambda j: pose[j, 1])]) for a, b in chosen]
        )
    content = annotations(xy, np.ones((len(xy), 14), bool), pairs, lambda n: n in numbers)
    return write_json(folder / "relative_depth.json", content)


def lsp(folder: Path, store: Path, said: Path, name: str, *options: str) -> float:
    """Train on photographs, test, and return the share of pairs in another order, percent."""
    names = ["base", "data/lsp"]
    names += [f"relative_depth/{n}" for n in ("relative_depth", "joints_of_lsp", "on_lsp")]
    data = ["--data.store", str(store), "--data.annotations", str(said)]
    run(
        [
            "fit",
            *(word for n in names for word in ("-c", str(EXPERIMENTS / f"{n}.yaml"))),
            *data,
            *(
                "--model.width",
                "64",
                "--wandb",
                "disabled",
                "--pictures",
                "false",
                "--run",
                str(folder / name),
            ),
            *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
            *options,
        ]
    )
    cli = run(["test", "--run", str(folder / name)])
    return cli.model.test_result.frame_mean["disagreement"]


@pytest.mark.exhaustive
def test_made_up_photographs(tmp_path):
    draws = np.random.default_rng(1)
    # Poses that stand and lie, so that what is low is not always the feet.
    body = draws.normal(0, 30, (14, 2))
    angle = draws.uniform(0, 2 * np.pi, 300)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], -1)
    xy = (
        np.einsum("nij,kj->nki", turn.reshape(-1, 2, 2), body)
        + draws.normal(0, 4, (300, 14, 2))
        + 100
    )
    raw = write_mat(tmp_path / "joints.mat", xy, np.ones((300, 14), bool), extended=False)
    convert(raw, tmp_path / "lsp.h5")
    said = judged(tmp_path, xy, range(1, 301))
    # Labels alone: these joints are no body. Tested on what is trained on, as the store has no others.
    options = [
        *("--data.test_subjects", "[train]", "--model.limb_ratios", "person", "--model.limb", "0"),
        *("--model.reprojection", "0", "--trainer.max_steps", "150"),
    ]
    # Where nothing is known half of the pairs are in order.
    assert lsp(tmp_path, tmp_path / "lsp.h5", said, "trained", *options) < 20


@pytest.mark.real
def test_real_keypoints(real_data, tmp_path):
    convert(real_data / "lsp/lsp2000_joints14.npz", tmp_path / "lsp.h5")
    with ClipStore(tmp_path / "lsp.h5") as store:
        keys = sorted(store.keys, key=lambda key: key.sequence)
        xy = np.stack([store.keypoints(key, "gt")[0, :, :2] for key in keys])
        assert [key.sequence for key in keys] == [f"im{n:04}" for n in range(1, 2001)]
    files = tmp_path, tmp_path / "lsp.h5", judged(tmp_path, xy, range(1, 1001))
    person = ("--model.limb_ratios", "person")
    after = lsp(*files, "trained", *person, "--trainer.max_steps", "200")
    assert after < 20
    # A training that starts from there is there already.
    start = ("--model.start_from", str(tmp_path / "trained/checkpoints/best.ckpt"))
    assert lsp(*files, "again", *start, "--trainer.max_steps", "1") == pytest.approx(after, abs=5)
