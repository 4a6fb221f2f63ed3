"""People of files and of runs, with what they were lifted from."""

import numpy as np
import pytest

from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural.clips import write_store
from lifting.cameras import nominal_camera
from lifting.errors import InputError
from lifting.inference.audit import audit
from lifting.inference.audited_people import people_of_run, with_keypoints
from lifting.inference.keypoint_files import track_from_points
from tests.lifting.inference.test_audit import shown
from tests.lifting.metrics.test_anatomy import person


def track(name, camera=None, size=(640.0, 480.0)):
    points = np.arange(3 * 17 * 3, dtype=float).reshape(3, 17, 3)
    points[..., 2] = 1
    points[1, 4, 2] = 0
    return track_from_points(name, points, np.array([1, 2, 4]), "h36m17", size, 25.0, camera)


def test_keypoints_are_found_by_name_and_frame():
    (seen,) = with_keypoints([shown(*[person()] * 4)], [track("other"), track("someone")], "k.json")
    points = seen.person.keypoints
    # Frames 0 to 3, of which the file has 1 and 2.
    assert np.isnan(points[[0, 3]]).all()
    assert points[1, 0].tolist() == [0, 1]
    assert np.isnan(points[2, 4]).all()
    assert seen.person.keypoint_joints.name == "h36m17"
    assert seen.camera.focal.tolist() == [640, 640]


def test_a_known_camera_is_taken():
    camera = nominal_camera(1000, 700)
    (seen,) = with_keypoints([shown(person())], [track("someone", camera, None)], "k.json")
    assert seen.camera.principal.tolist() == [500, 350]


def test_people_of_another_file_are_refused():
    with pytest.raises(InputError, match=r"k\.json.*someone.*other"):
        with_keypoints([shown(person())], [track("other"), track("third")], "k.json")
    # A single one is the same whatever the names.
    (seen,) = with_keypoints([shown(person())], [track("other")], "k.json")
    assert seen.person.name == "someone"


def test_a_run_knows_keypoints_cameras_and_truth(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datamodules.synthetic.procedural.clips.SEQUENCES", ("Walking",))
    write_store("data/synthetic_seed0_4frames.h5", 0, 4, ("S9",))
    with ClipStore("data/synthetic_seed0_4frames.h5") as store:
        keys = store.keys[:2]
        pose = np.concatenate([store.pose(key) for key in keys])
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").write_text(
        "data: {class_path: Synthetic, init_args: {frames_per_sequence: 4}}\n"
    )
    content = {
        "pose": 1.1 * (pose - pose[:, :1]),
        "trajectory": 1.1 * pose[:, 0],
        "clip": np.repeat([0, 1], 4),
        "frame": np.tile(np.arange(4), 2),
        "clips": np.array([(key.subject, key.sequence, key.camera) for key in keys]),
    }
    np.savez(run / "predictions.npz", **content)
    predicted, true = people_of_run(run)
    assert [p.name for p, _ in predicted] == [k.path.removeprefix("clips/") for k in keys]
    found = [audit(person, camera).values for person, camera in predicted]
    # A world of another size looks the same.
    assert max(values["reprojection"] for values in found) < 0.1
    np.testing.assert_allclose(true[0].person.pose, (pose - pose[:, :1])[:4], atol=1e-3)
    assert audit(*true[0]).values["reprojection"] is None
    content.pop("trajectory")
    np.savez(run / "predictions.npz", **content)
    assert audit(*people_of_run(run)[0][0]).values["reprojection"] is None
