"""Folders of runs, written by hand: what training, testing and predicting leave in them."""

import csv
import json

import numpy as np
import pytest
import yaml

from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural.clips import write_store

FRAMES = 6
STORE = f"data/synthetic_seed0_{FRAMES}frames.h5"
DATA = {
    "frames_per_sequence": FRAMES,
    "val_subjects": ["S8"],
    "test_subjects": ["S9"],
    "test_frames": "all",
    "source": "gt",
    "seed": 0,
}
TABLE = [
    {"action": "Sitting", "frames": 2, "mpjpe": 60.0, "pck": 80.0},
    {"action": "Walking", "frames": 4, "mpjpe": 30.0, "pck": 95.0},
    {"action": "action average", "frames": 6, "mpjpe": 45.0, "pck": 87.5},
    {"action": "frame average", "frames": 6, "mpjpe": 40.0, "pck": 90.0},
]


def provenance(stage, commit="1234567890abcdef", digest="feedbeefcafe"):
    return {
        "stage": stage,
        "code": {"commit": commit, "modified": False},
        "libraries": {"torch": "2.13.0", "lightning": "2.6.6", "numpy": "2.4.6"},
        "python": "3.11.7",
        "machine": "x86_64, 1 threads",
        "devices": "1 x CPU",
        "data": {"synthetic.h5": digest},
        "frozen": {},
    }


def write_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def write_run(
    folder,
    method="SimpleBaseline",
    table=TABLE,
    scale=1.0,
    steps=40,
    starts=None,
    model=None,
    data=None,
):
    """Write a run with errors of TABLE times ``scale``; parts that are None are left out."""
    folder.mkdir(parents=True)
    config = {
        "seed_everything": 0,
        "model": {
            "class_path": f"lifting.methods.{method}",
            "init_args": {"skeleton": "h36m17", "lr": 0.001, "seed": 0, **(model or {})},
        },
        "data": {"class_path": "datamodules.Synthetic", "init_args": {**DATA, **(data or {})}},
        "run": str(folder),
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    if table is not None:
        scaled = [{k: scale * v if k == "mpjpe" else v for k, v in row.items()} for row in table]
        write_csv(folder / "test.csv", scaled)
    if steps:
        rows = [
            {"epoch": 0, "step": n, "train/loss": 100 * scale / (1 + n), "val/mpjpe": ""}
            for n in range(steps)
        ]
        rows += [
            {"epoch": 0, "step": n, "train/loss": "", "val/mpjpe": 200 * scale / (1 + n)}
            for n in range(0, steps, 10)
        ]
        write_csv(folder / "logs/version_0/metrics.csv", rows)
    starts = [provenance("fit"), provenance("test")] if starts is None else starts
    if starts:
        (folder / "provenance.json").write_text(json.dumps(starts))
    return folder


def write_recordings(folder):
    """Write two sequences of the synthetic human, of one person before every camera."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datamodules.synthetic.procedural.clips.SEQUENCES", ("Walking", "Sitting"))
        (folder / "data").mkdir()
        write_store(str(folder / STORE), 0, FRAMES, ("S9",))


def write_predictions(run, noise, seed=0, every=1, refuse=(), folder="."):
    """Write predictions for a run, the truth with noise in millimetres; returns them with the truth."""
    poses, rows, clips = [], [], []
    with ClipStore(f"{folder}/{STORE}") as store:
        for key in store.keys:
            pose = store.pose(key)[::every]
            poses.append(pose - pose[:, :1])
            rows += [(len(clips), frame) for frame in range(0, FRAMES, every)]
            clips.append(key.path.removeprefix("clips/").split("/"))
    truth = np.concatenate(poses)
    made = truth + noise * np.random.default_rng(seed).normal(size=truth.shape)
    made[list(refuse)] = np.nan
    made = made.astype(np.float32)
    clip, frame = np.array(rows).T
    np.savez(run / "predictions.npz", pose=made, clips=np.array(clips), clip=clip, frame=frame)
    return made, truth
