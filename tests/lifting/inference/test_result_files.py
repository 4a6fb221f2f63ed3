"""Files of a lifting: a second one replaces those of the first, and none of others."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files.track import track_from_points
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import Lifted
from lifting.inference.result_files import ResultFiles
from tests.lifting.inference.keypoint_files import made_keypoints as made


def poses(files):
    points = made.person(17, 3)
    track = track_from_points("anna", points, np.arange(3), "coco17", made.SIZE, 25.0)
    pose = np.zeros((3, 17, 3), np.float32)
    lifted = Lifted(pose, np.ones((3, 17), bool), "h36m17", None, 25.0)
    return pack_poses([track], [lifted], files)


def test_what_an_earlier_lifting_wrote_is_replaced_or_removed(tmp_path):
    page, motion, note = (tmp_path / name for name in ("page.html", "poses_b.bvh", "note.txt"))
    own = tmp_path / "poses.npz"
    ResultFiles(own, "go elsewhere.").refuse_foreign([page, motion])
    for path in (page, motion, note):
        path.write_text("x")
    own.write_bytes(poses([page, motion]))
    results = ResultFiles(own, "go elsewhere.")
    results.refuse_foreign([own, page, motion])
    with pytest.raises(InputError, match=r"note\.txt: is there and was not written.*elsewhere"):
        results.refuse_foreign([note])
    results.remove_left_over([own, page])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["note.txt", "page.html", "poses.npz"]


def test_names_that_lead_out_of_the_folder_are_not_followed(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    folder = tmp_path / "walk_3d"
    folder.mkdir()
    with np.load(_written(folder / "poses.npz", [])) as content:
        changed = dict(content) | {"files": np.array(["../outside.txt", str(outside)])}
    np.savez(folder / "poses.npz", **changed)
    ResultFiles(folder / "poses.npz", "").remove_left_over([])
    assert outside.is_file()


def test_poses_of_an_earlier_version_name_no_files_and_are_replaced(tmp_path):
    with np.load(_written(tmp_path / "poses.npz", [])) as content:
        changed = {name: content[name] for name in content.files if name != "files"}
    np.savez(tmp_path / "poses.npz", **changed)
    (tmp_path / "page.html").write_text("x")
    results = ResultFiles(tmp_path / "poses.npz", "")
    results.refuse_foreign([tmp_path / "page.html"])
    results.remove_left_over([])
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x05\x06" + bytes(18)])
def test_poses_of_others_are_no_results(tmp_path, content):
    path = tmp_path / "poses.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"poses\.npz: is there and was not written by a lifting"):
        ResultFiles(path, "name another.")


def _written(path, files):
    path.write_bytes(poses(files))
    return path
