"""What can be asked about: folders, files and stores."""

from pathlib import Path

import numpy as np
import pytest

from datamodules.annotation.images import load_images
from datamodules.clips import ClipStore
from datamodules.lsp_convert import convert
from datamodules.synthetic import Synthetic
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
