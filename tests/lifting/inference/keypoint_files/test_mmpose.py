"""MMPose's json, after its inferencer and its demos."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton
from tests.lifting.inference.keypoint_files import made_keypoints as made

COCO = made.person(17)


def instances(*people):
    """What ``split_instances`` of MMPose returns."""
    return [
        {
            "keypoints": points[:, :2].tolist(),
            "keypoint_scores": points[:, 2].tolist(),
            "bbox": [[1.0, 2.0, 3.0, 4.0]],
            "bbox_score": 0.9,
        }
        for points in people
    ]


def video(points=COCO, first=0):
    return [{"frame_id": t + first, "instances": instances(p)} for t, p in enumerate(points)]


def meta(joints, names):
    return {
        "dataset_name": joints,
        "num_keypoints": len(names),
        "keypoint_id2name": {str(i): name for i, name in enumerate(names)},
    }


LAYOUTS = {
    "inferencer": (video(), 0),
    "demo": ({"meta_info": {"dataset_name": "coco"}, "instance_info": video(first=1)}, 1),
    "returned": ({"predictions": [instances(p) for p in COCO], "visualization": []}, 0),
    "frames without anybody": ([{"frame_id": 0, "instances": []}, *video(first=1)], 1),
    "0.x": ([[{"bbox": [0, 0, 9, 9], "keypoints": p.tolist(), "track_id": 3}] for p in COCO], 0),
    "nested": (
        [
            {"frame_id": t, "instances": [{k: [v] for k, v in instances(p)[0].items()}]}
            for t, p in enumerate(COCO)
        ],
        0,
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, tmp_path):
    content, first = LAYOUTS[layout]
    (track,) = read_tracks(made.write(tmp_path / "m.json", content), ReadOptions())
    assert (track.skeleton, track.frames.tolist()) == ("coco17", list(range(first, first + 6)))
    np.testing.assert_allclose(track.keypoints, COCO[..., :2])
    np.testing.assert_allclose(track.confidence, COCO[..., 2])


def test_an_image_and_a_folder_of_them(tmp_path):
    for number, points in enumerate(COCO):
        made.write(tmp_path / f"walk_{number:03d}.json", instances(points))
    (track,) = read_tracks(tmp_path, ReadOptions())
    np.testing.assert_allclose(track.keypoints, COCO[..., :2])
    (track,) = read_tracks(tmp_path / "walk_002.json", ReadOptions(stills=True))
    np.testing.assert_allclose(track.keypoints, COCO[2:3, :, :2])


def test_the_joint_set_is_told_by_the_names(tmp_path):
    """Halpe's 26 in MMPose's own words, and Human3.6M, whose 17 are not COCO's."""
    halpe = made.person(26)
    names = [
        {"head_top": "head", "neck_base": "neck", "pelvis": "hip"}.get(joint, joint)
        for joint in skeleton("halpe26").joints
    ]
    content = {"meta_info": meta("halpe26", names), "instance_info": video(halpe)}
    (track,) = read_tracks(made.write(tmp_path / "m.json", content), ReadOptions())
    assert track.skeleton == "halpe26"
    np.testing.assert_allclose(track.keypoints, halpe[..., :2])
    content = {"meta_info": meta("h36m", ["root"] * 17), "instance_info": video()}
    (track,) = read_tracks(made.write(tmp_path / "m.json", content), ReadOptions())
    assert track.skeleton == "h36m17"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"keypoints": np.zeros((17, 3)).tolist()}, "entry 0: holds poses in 3D, which are lifted"),
        ({"keypoint_scores": [1.0] * 16}, "entry 0: its 'keypoint_scores' are not one per"),
        ({"keypoints": [["a", "b"]]}, "entry 0: has no 'keypoints'"),
        (
            {"keypoints": [[1.0, 2.0]] * 5, "keypoint_scores": [1] * 5},
            "entry 0: 5 keypoints are of no known",
        ),
    ],
)
def test_what_cannot_be_read_is_said(change, sentence, tmp_path):
    frames = [{"frame_id": 0, "instances": [instances(COCO[0])[0] | change]}]
    with pytest.raises(InputError, match=rf"m\.json: {sentence}"):
        read_tracks(made.write(tmp_path / "m.json", frames), ReadOptions())


@pytest.mark.real
@pytest.mark.parametrize(("name", "first"), [("mmpose.json", 1), ("mmpose_inferencer.json", 0)])
def test_real_cases(cases, name, first):
    (track,) = read_tracks(cases / "common_files_that_are_not_read" / name, ReadOptions())
    assert track.skeleton == "coco17"
    assert track.frames.tolist() == list(range(first, first + 20))
    np.testing.assert_allclose(track.keypoints[0, 0], [836.23, 444.04])
