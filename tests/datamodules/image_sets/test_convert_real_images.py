"""The samples of real datasets: every reader reads them, and projected poses fall on keypoints."""

import numpy as np
import pytest
import torch

from datamodules.crops.datamodule import ImageDataModule
from datamodules.image_sets.convert import convert, find
from datamodules.image_sets.shelf import read_shelf
from datamodules.matlab import load_mat
from lifting.cameras import project

pytestmark = pytest.mark.real

SAMPLES = {
    "coco": ("coco/test_coco.json", "val", 12),
    "coco wholebody": ("coco/test_coco_wholebody.json", "val", 12),
    "mpii": ("mpii/test_mpii.json", "train", 5),
    "h36m": ("h36m/test_h36m_body3d.npz", None, 4),
    "mpi_inf_3dhp train": ("mpi_inf_3dhp/test_3dhp_train.npz", None, 2),
    "mpi_inf_3dhp test": ("mpi_inf_3dhp/test_3dhp_test.npz", None, 2),
    "lsp": ("../lsp/lspet400", "train", 400),
}


def sample(real_data, name):
    path, split, count = SAMPLES[name]
    return find(name.split()[0], real_data / "samples" / path, split=split), count


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_read_and_handed_over_as_crops(real_data, tmp_path, name):
    found, count = sample(real_data, name)
    convert(found, tmp_path / "index.h5")
    data = ImageDataModule(str(tmp_path / "index.h5"), workers=0, eval_batch_size=16)
    data.subjects["test"] = sorted({r.subject for r in sample(real_data, name)[0].records})
    data.setup("test")
    assert len(data.split("test")) == count
    batch = data.on_after_batch_transfer(next(iter(data.test_dataloader())), 0)
    assert not data.broken
    # A photograph: neither black nor of one colour, beyond what lies outside of it.
    assert (batch["image"].std((2, 3)).amin(1) > 0.1).all()
    # People fill a good part of their crops.
    affine, size = batch["affine"], batch["box"][:, 2:] - batch["box"][:, :2]
    share = (size.T * affine[:, 0, 0]) / torch.tensor([[192.0], [256.0]])
    torch.testing.assert_close(share.amax(0), torch.full((len(size),), 0.8), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("name", "error"), [("h36m", 0.01), ("mpi_inf_3dhp train", 3.0), ("mpi_inf_3dhp test", 12.0)]
)
def test_projected_pose_falls_on_the_keypoints(real_data, name, error):
    found, count = sample(real_data, name)
    records = list(found.records)
    assert len(records) == count
    for record in records:
        projected = project(torch.from_numpy(record.pose), record.camera).numpy()
        distance = np.linalg.norm(projected - record.keypoints, axis=-1)
        assert distance.max() < error


@pytest.mark.parametrize(("kind", "error", "count"), [("shelf", 0.1, 5), ("campus", 1.5, 3)])
def test_shelf_and_campus_project_onto_their_own_2d(real_data, kind, error, count):
    folder = real_data / "samples" / kind
    records = [r for r in read_shelf(folder).records if r.frame == 0 and r.subject == "actor0"]
    truth = load_mat(folder / "actorsGT.mat", ("actor2D",))["actor2D"][0, 0][0, 0]
    assert len(records) == count
    for record in records:
        expected = np.asarray(truth[0, int(record.view[-1])], float)
        inside = record.visibility > 0
        distance = np.linalg.norm(record.keypoints - expected, axis=-1)[inside]
        assert np.median(distance) < error


def test_panoptic_sample_projects_as_opencv_says(real_data):
    found = find("panoptic", real_data / "samples/panoptic_body3d", every=1, alone=False)
    records = list(found.records)
    assert {r.view for r in records} <= {"00_03", "00_06", "00_12", "00_13", "00_23"}
    assert {r.subject for r in records} == {"160906_band1", "160906_band2"}
    # People of the band: upright, feet near the floor, as tall as people are.
    for record in records:
        if record.pose is None:
            continue
        rotation, position = record.camera.rotation.numpy(), record.camera.position.numpy()
        height = (record.pose @ rotation + position)[:, 2]
        assert -150 < height.min() < 600
        assert 900 < height.max() < 2100
