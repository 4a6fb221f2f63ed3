"""3DPW becomes a clip store: poses before the camera of each frame, OpenPose beside the projection."""

import pickle

import numpy as np
import pytest
import torch

from datamodules import ThreeDPW
from datamodules.store.clips import ClipStore
from datamodules.threedpw.convert import convert
from datamodules.threedpw.raw import read_sequence
from lifting.errors import InputError
from lifting.skeletons import skeleton
from tests.datamodules.made_threedpw import INTRINSICS, SMPL, camera_poses, world, write

# Of h36m17's joints those of SMPL.
NEAREST = {"spine": "spine2", "thorax": "neck", "face": "head"}


def in_camera(frames, seed=0):
    """Each joint of each frame before its camera, millimetres, reckoned one by one."""
    points = np.empty((frames, 24, 3))
    for frame, (pose, joints) in enumerate(
        zip(camera_poses(frames), world(frames, seed), strict=True)
    ):
        for joint, place in enumerate(joints):
            points[frame, joint] = 1000 * (pose @ [*place, 1])[:3]
    return points


def test_poses_are_before_the_camera_of_each_frame(tmp_path):
    made = write(tmp_path, people=2)
    convert(tmp_path, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        names = [f"downtown_walking_00 {person} 00000" for person in range(2)]
        assert [(k.subject, k.sequence, k.action, k.fps, k.frames) for k in store.keys] == [
            ("train", name, "downtown_walking", 30.0, 6) for name in names
        ]
        assert store.info.sources == {"gt": "h36m17", "detected": "openpose18"}
        assert set(store.info.inputs) == {"train/downtown_walking_00.pkl"}
        for person, key in enumerate(store.keys):
            expected, pose = in_camera(6, person), store.pose(key)
            for joint, name in enumerate(skeleton("h36m17").joints):
                if name != "head":
                    of_smpl = list(SMPL).index(NEAREST.get(name, name))
                    np.testing.assert_allclose(pose[:, joint], expected[:, of_smpl], atol=1e-3)
            face, head, neck = (
                pose[:, skeleton("h36m17").index(n)] for n in ("face", "head", "thorax")
            )
            # Straight on from the neck, as far as Human3.6M's is.
            np.testing.assert_allclose(head - face, 1.3 * (face - neck), atol=1e-2)
            # The top of the head, 11 cm above the base of the skull in Human3.6M.
            assert 90 < np.linalg.norm(head - face, axis=-1).mean() < 140
            seen = pose / pose[..., 2:] @ INTRINSICS.T
            gt = store.keypoints(key, "gt")
            np.testing.assert_allclose(gt[..., :2], seen[..., :2], atol=1e-2)
            assert (gt[..., 2] == 1).all()
            detected = store.keypoints(key, "detected")
            np.testing.assert_allclose(
                detected[..., :2], made["poses2d"][person][:, :2].swapaxes(1, 2), rtol=1e-6
            )
            scores = made["poses2d"][person][:, 2]
            np.testing.assert_allclose(detected[..., 2], np.minimum(scores, 1), rtol=1e-6)
            camera = store.camera(key)
            assert camera.size.tolist() == [1080, 1920]
            torch.testing.assert_close(camera.rotation, torch.eye(3).double())


def test_frames_whose_camera_is_not_known_and_people_behind_it_part_clips(tmp_path):
    valid = np.array([1, 1, 0, 1, 1, 1], bool)
    poses = camera_poses(6)
    # Turned about in the last frame but one.
    poses[4, :3] = np.diag([-1, 1, -1]) @ poses[4, :3]
    write(tmp_path, campose_valid=[valid], cam_poses=poses)
    report = convert(tmp_path / "sequenceFiles", tmp_path / "out.h5", shortest=2)
    with ClipStore(tmp_path / "out.h5") as store:
        (key,) = store.keys
        assert (key.sequence, key.frames) == ("downtown_walking_00 0 00000", 2)
    assert "in a run that is too short (2), the camera's pose is not known (1)" in report
    assert "behind the camera (1)" in report
    assert report.endswith("missing of the published splits: validation, test")
    convert(tmp_path, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        found = {key.sequence[-5:]: store.frames(key).tolist() for key in store.keys}
    assert found == {"00000": [0, 1], "00003": [3], "00005": [5]}


def test_the_published_splits_are_the_datamodules(tmp_path):
    for split, name in (("train", "a_00"), ("validation", "b_00"), ("test", "c_01")):
        write(tmp_path, split, name)
    convert(tmp_path, tmp_path / "out.h5")
    data = ThreeDPW(store=str(tmp_path / "out.h5"), source="detected", batch_size=4)
    data.setup("fit")
    data.setup("test")
    assert (len(data.bank("train")), len(data.bank("test"))) == (6, 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cam_poses": np.eye(4)}, r"'cam_poses' is float64 \(4, 4\), expected N x 4 x 4"),
        ({"cam_poses": np.full((6, 4, 4), np.nan)}, "'cam_poses' holds NaN or infinity"),
        ({"cam_intrinsics": -INTRINSICS}, "'cam_intrinsics' are those of no camera"),
        ({"cam_intrinsics": "none"}, "'cam_intrinsics' is <U4"),
        ({"poses2d": []}, "is not as 3DPW's sequenceFiles are"),
        ({"poses2d": [np.zeros((5, 3, 18))]}, r"'poses2d\[0\]' is .*, expected 6 x 3 x 18"),
        ({"jointPositions": [np.zeros((6, 69))]}, r"'jointPositions\[0\]' is"),
        ({"campose_valid": [np.zeros(6, bool)]}, r"nobody to convert.*not known \(6\)"),
        ({"jointPositions": [world(6).reshape(6, 72) / 1000]}, "the poses seem to be in metres"),
    ],
)
def test_other_content_is_refused_and_nothing_written(tmp_path, changes, message):
    write(tmp_path, **changes)
    with pytest.raises(InputError, match=message):
        convert(tmp_path, tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


def test_what_is_no_sequence_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no \.pkl in train, validation, test"):
        convert(tmp_path, tmp_path / "out.h5")
    with pytest.raises(InputError, match="--shortest is 0"):
        convert(tmp_path, tmp_path / "out.h5", shortest=0)
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(InputError, match="has no 'jointPositions'"):
        read_sequence(path)
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(InputError, match=r"refused, because it asks to run 'os\.system'"):
        read_sequence(path)
