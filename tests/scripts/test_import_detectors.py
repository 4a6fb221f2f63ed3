"""A published detector on the command line: imported, tested, predicting, and exported again."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from datamodules.image_sets.convert import convert, find
from lifting.cli.training import run
from lifting.errors import InputError
from lifting.imaging.heatmaps import decode, heatmap_to_crop
from lifting.published import read_detector
from tests.datamodules.image_sets.test_coco import person as coco_person
from tests.datamodules.image_sets.test_coco import write as write_coco
from tests.lifting.nets.published_detectors import hrnet_keys, made_detector

ROOT = Path(__file__).parent.parent.parent


def script(monkeypatch, name, *arguments):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
    runpy.run_path(str(ROOT / f"scripts/{name}.py"), run_name="__main__")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(made_detector(hrnet_keys(4, 17)), "theirs.pth")
    return tmp_path


def configuration(*data):
    return [
        *("-c", str(ROOT / "experiments/base.yaml"), *data, "--data.workers", "0"),
        *("--data.width", "64", "--data.height", "64", "--data.eval_batch_size", "40"),
        *("--data.train_subjects", "[]", "--data.val_subjects", "[]"),
        *("-c", "ours.yaml", "--ckpt_path", "ours.ckpt"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--wandb", "disabled"),
    ]


def test_a_joint_set_that_is_not_named_is_asked_for_in_one_sentence(here, monkeypatch, capsys):
    with pytest.raises(SystemExit) as end:
        script(monkeypatch, "import_weights", "theirs.pth", "ours.ckpt")
    assert end.value.code == 2
    sentence = capsys.readouterr().err
    assert sentence.startswith("Error: theirs.pth: tensor final_layer.weight")
    assert "give --keypoint_skeleton h36m17 or" in sentence
    assert sentence.count("\n") == 1
    assert [path.name for path in here.iterdir()] == ["theirs.pth"]


@pytest.mark.slow(reason="tests, predicts and exports a detector")
def test_an_imported_detector_is_tested_predicts_and_is_exported(here, monkeypatch):
    options = ("--keypoint_skeleton", "coco17", "--options.sigma", "3", "--family", "HRNet")
    script(monkeypatch, "import_weights", "theirs.pth", "ours.ckpt", *options)
    assert torch.load("ours.ckpt", weights_only=True)["hyper_parameters"]["sigma"] == 3.0
    people = [coco_person(bbox=[5 + 10 * n, 8, 40 + n, 60 + 2 * n]) for n in range(5)]
    convert(find("coco", write_coco(here / "coco", *people), split="test"), here / "coco.h5")
    data = (
        "--data",
        "ImageDataModule",
        "--data.index",
        "coco.h5",
        "--data.test_subjects",
        "[test]",
    )
    arguments = [*configuration(*data), "--run", "theirs"]
    tested = run(["test", *arguments])
    assert np.isfinite(tested.model.test_result.frame_mean["epe"])

    run(["predict", *arguments])
    with np.load("runs/theirs/predictions.npz", allow_pickle=False) as file:
        predicted = dict(file)
    assert predicted["keypoints"].shape == (5, 17, 2)
    # The network by itself, and the affine map of the crop undone by numpy.
    net, _ = read_detector("theirs.pth")
    batch = tested.datamodule.spread("test", 5, torch.device("cpu"))
    with torch.no_grad():
        found, _ = decode(net(batch["image"]), "soft", 3.0)
    inside = heatmap_to_crop(found, "centres").double().numpy()
    affine = batch["affine"].double().numpy()
    moved = inside - affine[:, None, :, 2]
    expected = np.einsum("bij,bkj->bki", np.linalg.inv(affine[:, :, :2]), moved)
    assert predicted["example"].tolist() == batch["example"].tolist()
    np.testing.assert_allclose(predicted["keypoints"], expected, atol=1e-3)

    script(monkeypatch, "export_weights", "ours.ckpt", "again.pth")
    again, theirs = (torch.load(name, weights_only=True) for name in ("again.pth", "theirs.pth"))
    assert again.keys() == theirs.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in theirs.items())


@pytest.mark.slow(reason="tests a detector on rendered images")
def test_an_imported_detector_is_tested_on_images_whose_joints_become_its_own(here, monkeypatch):
    torch.save(made_detector(hrnet_keys(4, 16)), "mpii.pth")
    script(monkeypatch, "import_weights", "mpii.pth", "ours.ckpt")
    data = ("--data", "SyntheticImages", "--data.subjects", "[S9]", "--data.images_per_clip", "1")
    arguments = configuration(*data, "--data.test_subjects", "[S9]")
    tested = run(["test", *arguments, "--run", "theirs"])
    assert tested.datamodule.keypoint_skeleton == "mpii16"
    assert sum(tested.model.test_result.frames) == 30 * 4
    assert np.isfinite(tested.model.test_result.frame_mean["epe"])
    with pytest.raises(InputError, match="holds imported weights and no training to go on with"):
        run(["fit", *arguments, "--run", "new"])
    assert not Path("runs/new").exists()
