"""Human3.6M's images in h36m-fetch's layout, made up: cameras, frames, boxes, and damage."""

import h5py
import numpy as np
import pytest
import torch

from datamodules.h36m.cameras import h36m_camera
from datamodules.h36m.image_reader import read_fetch, read_mmpose
from datamodules.synthetic.procedural.clips import generate_sequence
from lifting.cameras import project, world_to_camera
from lifting.errors import InputError
from lifting.skeletons import skeleton
from tests.datamodules.made_images import write_picture

pytestmark = pytest.mark.slow(reason="decodes videos", shapes=True)

VIEWS = ("54138969", "60457274")
KEPT = skeleton("h36m32").indices(skeleton("h36m17").joints)


def write(folder, subject="S9", name="Walking-1", frames=4, digits=6, drop=()):
    world = torch.from_numpy(generate_sequence(0, "S9", "Walking", frames)).double()
    rows = {"pose/3d": [], "pose/2d": [], "camera": [], "frame": []}
    place = folder / subject / name
    for view in VIEWS:
        pose = world_to_camera(world, h36m_camera(subject, view))
        image = project(pose, h36m_camera(subject, view))
        for number in range(frames):
            wide = np.zeros((32, 3)), np.zeros((32, 2))
            wide[0][KEPT], wide[1][KEPT] = pose[number], image[number]
            rows["pose/3d"].append(wide[0])
            rows["pose/2d"].append(wide[1])
            rows["camera"].append(int(view))
            rows["frame"].append(10 * number + 1)
            path = place / "imageSequence" / view / f"img_{10 * number + 1:0{digits}}.jpg"
            write_picture(path, number, (1000, 1002))
    with h5py.File(place / "annot.h5", "w") as file:
        for key, values in rows.items():
            if key not in drop:
                file[key] = np.array(values)
    return folder


@pytest.mark.parametrize("digits", [6, 8])
def test_every_camera_and_frame_is_read(tmp_path, digits):
    records = list(read_fetch(write(tmp_path, digits=digits)).records)
    assert [(r.view, r.frame) for r in records] == [(v, 10 * n) for v in VIEWS for n in range(4)]
    for record in records:
        assert (record.subject, record.action, record.size) == ("S9", "Walking", (1000, 1002))
        projected = project(torch.from_numpy(record.pose), record.camera)
        np.testing.assert_allclose(projected, record.keypoints, atol=1e-6)
        assert (tmp_path / record.path).name == f"img_{record.frame + 1:0{digits}}.jpg"
        low, high = record.keypoints.min(0), record.keypoints.max(0)
        more = 0.075 * (high - low)
        expected = [*np.maximum(low - more, 0), *np.minimum(high + more, (1000, 1002))]
        np.testing.assert_allclose(record.box, expected)
    thinned = list(read_fetch(tmp_path, every=3).records)
    assert [(r.view, r.frame) for r in thinned] == [(v, f) for v in VIEWS for f in (0, 30)]


def test_damaged_video_is_left_out_and_missing_image_refused(tmp_path):
    found = read_fetch(write(tmp_path / "a", "S11", "Directions-2"))
    assert list(found.records) == []
    assert found.left_out == {"a damaged video": 8}
    write(tmp_path / "b")
    next((tmp_path / "b").rglob("img_000001.jpg")).unlink()
    with pytest.raises(InputError, match=r"no img_000001\.jpg in it"):
        list(read_fetch(tmp_path / "b").records)


@pytest.mark.parametrize("entry", ["pose/3d", "pose/2d", "camera", "frame"])
def test_missing_entry_is_refused(tmp_path, entry):
    with pytest.raises(InputError, match=f"no '{entry}'"):
        list(read_fetch(write(tmp_path, drop=(entry,))).records)


def test_other_folders_and_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        read_fetch(tmp_path / "none")
    with pytest.raises(InputError, match=r"no S\*/<action>/annot\.h5"):
        read_fetch(tmp_path)
    np.savez(tmp_path / "a.npz", imgname=np.array(["a"]))
    with pytest.raises(InputError, match="no 'S' in it"):
        read_mmpose(tmp_path / "a.npz", tmp_path)
    np.savez(
        tmp_path / "b.npz",
        imgname=np.array(["a.jpg"]),
        part=np.zeros((1, 17, 3)),
        S=np.zeros((1, 17, 4)),
    )
    with pytest.raises(InputError, match="is not named as"):
        list(read_mmpose(tmp_path / "b.npz", tmp_path).records)
