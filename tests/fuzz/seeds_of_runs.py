"""Small checkpoints, pipelines and folders of runs; each function returns the path of its own."""

import pickle
from pathlib import Path

import numpy as np
import torch

from lifting.export.hub import to_hub
from lifting.methods import SimpleBaseline
from tests import made_lifters, made_runs
from tests.fuzz.seed_texts import write_json, write_text
from tests.lifting.containers import made_python2


def pickle_of_poses(folder: Path) -> Path:
    tree = {"S1": {"walk": [np.ones((2, 3)), 1.5, "a", None]}, "text": np.array(["x"])}
    (folder / "a.pkl").write_bytes(pickle.dumps(tree, 2))
    return folder / "a.pkl"


def _lifter() -> SimpleBaseline:
    return made_lifters.with_statistics(SimpleBaseline(width=4, blocks=1))


def checkpoint(folder: Path) -> Path:
    return Path(made_lifters.save(_lifter(), folder / "a.ckpt"))


def legacy_checkpoint(folder: Path) -> Path:
    content = torch.load(checkpoint(folder), weights_only=True)
    torch.save(content, folder / "a.ckpt", _use_new_zipfile_serialization=False)
    return folder / "a.ckpt"


def hub_options(folder: Path) -> Path:
    to_hub(checkpoint(folder), folder / "hub")
    return folder / "hub/config.json"


def hub_weights(folder: Path) -> Path:
    return hub_options(folder).with_name("model.safetensors")


def published(folder: Path) -> Path:
    torch.save({"model_pos": {"w": torch.ones(2, 3)}, "epoch": 8, "lr": 0.1}, folder / "a.bin")
    return folder / "a.bin"


def published_python2(folder: Path) -> Path:
    beside = {"opt": made_python2.instance("opts.a.Options", {"lr": 0.1}), "epoch": 3}
    data = made_python2.python2_file(
        {"w": torch.ones(2, 3)}, stat_2d={"mean": made_python2.array(np.ones(3))}, **beside
    )
    (folder / "a.pth.tar").write_bytes(data)
    return folder / "a.pth.tar"


def published_npz(folder: Path) -> Path:
    np.savez(folder / "a.npz", w=np.ones((2, 3), np.float32), b=np.zeros(2, np.float32))
    return folder / "a.npz"


def registry(folder: Path) -> Path:
    file = {"path": "a.ckpt", "size": 3, "sha256": "ab" * 32}
    entry = {"kind": "lifter", "source": "https://example.org/a", "files": [file]}
    own = {"kind": "lifter", "source": "path:/nowhere", "licence": "CC0", "about": "mine"}
    return write_json(folder / "models.json", {"walker": entry, "own": own})


_CONFIG = """\
# Options of a run.
trainer: {max_epochs: 10, callbacks: [{class_path: callbacks.EMA, init_args: {decay: 0.9}}]}
usual: &usual {lr: 1e-3, seed: 0}
model:
  class_path: lifting.methods.SimpleBaseline
  init_args: {<<: *usual, skeleton: h36m17}
data:
  class_path: datamodules.Synthetic
  init_args: {frames_per_sequence: 6, source: gt}
ckpt_path: null
"""


def configuration(folder: Path) -> Path:
    return write_text(folder / "a.yaml", _CONFIG)


def pipeline(folder: Path) -> Path:
    text = """\
name: links
configs: [base, data/synthetic]
options: {wandb: disabled}
seeds: [0, 1]
stages:
  flow: {configs: [unsupervised/full_flow], options: {model.hidden: 64}}
  lifter:
    configs: [unsupervised/left_right]
    checkpoints: {model.full_flow: flow}
    grid: {model.lr: [0.1, 0.2]}
  table: {command: python a.py, creates: a.h5}
"""
    return write_text(folder / "a.yaml", text)


def stage(folder: Path) -> Path:
    inputs = {kind: {} for kind in ("configs", "options", "command", "files")}
    inputs["files"] = {"a.h5": {"size": 1, "mtime_ns": 2, "sha256": "ab"}}
    record = {"commands": ["lifting fit"], "inputs": inputs, "seconds": 1.5, "output": None}
    return write_json(folder / "stage.json", record)


def _run(folder: Path) -> Path:
    return made_runs.write_run(folder / "first", steps=3)


def run_config(folder: Path) -> Path:
    return _run(folder) / "config.yaml"


def run_provenance(folder: Path) -> Path:
    return _run(folder) / "provenance.json"


def run_table(folder: Path) -> Path:
    return _run(folder) / "test.csv"


def run_log(folder: Path) -> Path:
    return _run(folder) / "logs/version_0/metrics.csv"
