"""Images for annotation: folders, files and stores."""

from pathlib import Path

import numpy as np
import pytest

from datamodules.lsp.convert import convert
from datamodules.relative_depth.annotation.images import (
    frame_name,
    level_axis,
    load_images,
)
from datamodules.store.clips import ClipStore
from datamodules.synthetic.poses import Synthetic
from lifting.errors import InputError
from lifting.skeletons import skeleton
from tests.datamodules.made_lsp import points, write_jpg, write_mat


def test_folder_file_and_store_hold_the_same_images(tmp_path):
    xy, seen = points(2)
    raw = write_mat(tmp_path / "raw/joints.mat", xy, seen, extended=False)
    for number in (1, 2):
        write_jpg(raw.parent / f"images/im000{number}.jpg", 150, 140)
    convert(raw.parent, tmp_path / "lsp.h5")
    pictures = raw.parent / "images"
    ways = [(raw.parent, None), (pictures, None), (raw, pictures), (tmp_path / "lsp.h5", pictures)]
    for source, given in ways:
        images = load_images(source, given)
        assert [i.name for i in images] == ["im0001", "im0002"]
        assert [i.picture for i in images] == [
            pictures / "im0001.jpg",
            pictures / "im0002.jpg",
        ]
        for image, where, visible in zip(images, xy, seen, strict=True):
            np.testing.assert_allclose(image.keypoints, where, rtol=1e-6)
            np.testing.assert_array_equal(image.seen, visible)
            assert image.train
            assert image.depth is None
    assert load_images(tmp_path / "lsp.h5")[0].picture is None


def test_clips_of_a_3d_store_give_their_middle_frame_and_its_depth(synthetic_folder):
    data = Synthetic(folder=str(synthetic_folder), frames_per_sequence=6)
    data.prepare_data()
    with ClipStore(data.store) as store:
        key = store.keys[5]
        pose = store.pose(key)[3]
    image = load_images(Path(data.store))[5]
    assert image.name == f"{key.subject}_{key.sequence}_{key.camera}_3"
    source, target = skeleton("h36m17"), skeleton("lsp14")
    for joint in ("left_knee", "right_wrist", "left_ankle"):
        assert image.depth[target.index(joint)] == pytest.approx(pose[source.index(joint), 2])


def test_what_is_missing_is_named(tmp_path):
    write_jpg(tmp_path / "pictures/im0001.jpg", 10, 10)
    with pytest.raises(InputError, match=r"pictures: no joints\.mat in it or beside it"):
        load_images(tmp_path / "pictures")
    with pytest.raises(InputError, match="there is no such file"):
        load_images(tmp_path / "gone.h5")


def test_frames_of_a_store_are_found_by_name(synthetic_folder):
    data = Synthetic(folder=str(synthetic_folder), frames_per_sequence=6)
    data.prepare_data()
    with ClipStore(data.store) as store:
        first, other = store.keys[5], store.keys[300]
        names = {frame_name(first, 1), frame_name(first, 4), frame_name(other, 0), "S1_Nowhere_0_1"}
        poses = {key: store.pose(key) for key in (first, other)}
    images = load_images(Path(data.store), names=names)
    assert {image.name for image in images} == names - {"S1_Nowhere_0_1"}
    knee = skeleton("h36m17").index("left_knee")
    for image in images:
        key = next(k for k in (first, other) if image.name.startswith(f"{k.subject}_{k.sequence}_"))
        depth = poses[key][int(image.name.rpartition("_")[2]), knee, 2]
        assert image.depth[skeleton("lsp14").index("left_knee")] == pytest.approx(depth)


def test_images_of_a_file_are_found_by_name(tmp_path):
    raw = write_mat(tmp_path / "joints.mat", *points(3), extended=False)
    assert [i.name for i in load_images(raw, names=["im0003", "im0009"])] == ["im0003"]
    convert(raw, tmp_path / "lsp.h5")
    assert [i.name for i in load_images(tmp_path / "lsp.h5", names=["im0003"])] == ["im0003"]


@pytest.mark.parametrize("pitch", [-0.4, 0.0, 0.3])
def test_level_depth_is_distance_along_the_floor(pitch):
    yaw, roll = 1.1, 0.2
    # x to the right, y down, z ahead, of a camera that has turned, looks down, and is tilted.
    ahead = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), -np.sin(pitch)])
    right = np.array([np.sin(yaw), -np.cos(yaw), 0])
    down = np.cross(ahead, right)
    tilted = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
    rotation = np.stack([*tilted, ahead])
    # Steps ahead on the floor, to the side, and up.
    for step, expected in (((1, 0, 0), 1), ((0, 1, 0), 0), ((0, 0, 1), 0)):
        along = np.array([np.cos(yaw), np.sin(yaw), 0]), right, np.array([0, 0, 1.0])
        world = sum(size * axis for size, axis in zip(step, along, strict=True))
        assert (rotation @ world) @ level_axis(rotation) == pytest.approx(expected, abs=1e-12)


def test_a_camera_that_looks_down_has_no_level_axis():
    assert np.isnan(level_axis(np.diag([1.0, -1.0, -1.0]))).all()
