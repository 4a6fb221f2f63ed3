"""The same person in every format is the same track."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import FORMATS, read_tracks
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton
from tests.datamodules.made_npz import metadata
from tests.lifting.inference.keypoint_files import made_keypoints as made

NOTHING, SIZED = ReadOptions(), ReadOptions(**made.SIDES)
COCO, OPENPOSE, MEDIAPIPE = made.person(17), made.person(25), made.person(33)


def one(path, options=NOTHING):
    (track,) = read_tracks(path, options)
    return track


def check(track, points, skeleton, frames=None, size=None):
    assert track.skeleton == skeleton
    assert track.frames.tolist() == (list(range(len(points))) if frames is None else frames)
    assert track.size == size
    np.testing.assert_allclose(track.keypoints, points[..., :2], atol=1e-3)
    np.testing.assert_allclose(track.confidence, points[..., 2], atol=1e-3)


def test_coco_results(tmp_path):
    path = made.coco_results(tmp_path / "r.json", [(t + 4, p) for t, p in enumerate(COCO)])
    check(one(path), COCO, "coco17", frames=[4, 5, 6, 7, 8, 9])
    check(one(path, SIZED), COCO, "coco17", frames=[4, 5, 6, 7, 8, 9], size=made.SIZE)


def test_coco_annotations(tmp_path):
    labelled = COCO.copy()
    labelled[..., 2] = np.arange(17) % 3
    people = [(t, p, {"track_id": 3}) for t, p in enumerate(labelled)]
    path = made.coco_annotations(tmp_path / "a.json", people)
    expected = labelled.copy()
    expected[..., 2] = np.array([0, 0.5, 1])[np.arange(17) % 3]
    track = one(path)
    check(track, expected, "coco17", size=made.SIZE)
    assert track.name == "3"


def test_images_without_a_person_are_frames_too(tmp_path):
    people = [(t, COCO[t], {}) for t in (1, 2, 5)]
    path = made.coco_annotations(tmp_path / "a.json", people)
    check(one(path), COCO[[1, 2, 5]], "coco17", frames=[1, 2, 5], size=made.SIZE)


def test_names_of_a_category_tell_the_joint_set(tmp_path):
    halpe, names = made.person(26), ["nose", "left_eye"]
    people = [(t, p, {}) for t, p in enumerate(halpe)]
    ours = list(skeleton("halpe26").joints)
    path = made.coco_annotations(tmp_path / "a.json", people, categories=[{"keypoints": ours}])
    check(one(path), halpe, "halpe26", size=made.SIZE)
    made.coco_annotations(path, people, categories=[{"keypoints": names}])
    with pytest.raises(InputError, match=r"nose, left_eye .*--skeleton"):
        read_tracks(path, NOTHING)
    check(one(path, ReadOptions(skeleton="halpe26")), halpe, "halpe26", size=made.SIZE)


@pytest.mark.parametrize(
    ("count", "joints", "kept"),
    [(17, "coco17", 17), (26, "halpe26", 26), (136, "halpe26", 26), (133, "coco17", 17)],
)
@pytest.mark.parametrize("name", ["{}.jpg", "frame_{:06d}.png", "cam2_{}.jpg"])
def test_alphapose(count, joints, kept, name, tmp_path):
    points = made.person(count)
    people = [(t, p, 7.0) for t, p in enumerate(points)]
    track = one(made.alphapose(tmp_path / "a.json", people, name))
    check(track, points[:, :kept], joints)
    assert track.name == "7"


def test_heights_of_heatmaps_above_one_are_sure(tmp_path):
    points = COCO.copy()
    points[:, 3, 2] = 1.07
    track = one(made.alphapose(tmp_path / "a.json", [(t, p, 0) for t, p in enumerate(points)]))
    assert (track.confidence[:, 3] == 1).all()


@pytest.mark.parametrize(("count", "joints"), [(25, "openpose25"), (18, "openpose18")])
@pytest.mark.parametrize("key", ["pose_keypoints_2d", "pose_keypoints"])
def test_openpose(count, joints, key, tmp_path):
    points = made.person(count)
    frames = {t: [(p, -1)] for t, p in enumerate(points)}
    check(one(made.openpose(tmp_path / "json", frames, key)), points, joints)


def test_openpose_writes_files_for_frames_without_anyone(tmp_path):
    frames = {t: [(OPENPOSE[t], -1)] if t != 2 else [] for t in range(6)}
    kept = [0, 1, 3, 4, 5]
    track = one(made.openpose(tmp_path / "json", frames))
    check(track, OPENPOSE[kept], "openpose25", frames=kept)
    whole = track.contiguous("x")
    assert whole.frames.tolist() == list(range(6))
    assert not whole.confidence[2].any()
    np.testing.assert_allclose(whole.keypoints[kept], OPENPOSE[kept][..., :2])


LANDMARKS = [made.landmarks(p) for p in MEDIAPIPE]
LAYOUTS = {
    "list of frames": LANDMARKS,
    "lists of numbers": [made.shares(p).tolist() for p in MEDIAPIPE],
    "list of people": [[frame] for frame in LANDMARKS],
    "dictionaries": [{"frame": t, "pose_landmarks": f} for t, f in enumerate(LANDMARKS)],
    "frames": {"fps": 30, "frames": [{"landmarks": frame} for frame in LANDMARKS]},
    "nested": [{"pose_landmarks": {"landmark": frame}} for frame in LANDMARKS],
    "tasks": {"frames": [{"pose_landmarks": [frame]} for frame in LANDMARKS]},
    "people with landmarks": [{"poses": [{"landmarks": frame}]} for frame in LANDMARKS],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_mediapipe(layout, tmp_path):
    kind = "mediapipe" if layout == "people with landmarks" else None
    path = made.write(tmp_path / "m.json", LAYOUTS[layout])
    check(one(path, replace(SIZED, format=kind)), MEDIAPIPE, "mediapipe33", size=made.SIZE)
    with pytest.raises(InputError, match="--width and --height"):
        read_tracks(path, replace(NOTHING, format=kind))


def test_mediapipe_frames_without_anyone(tmp_path):
    for nobody in (None, [], {"pose_landmarks": None}, {"pose_landmarks": []}):
        frames = [nobody, *LANDMARKS[1:3], nobody, LANDMARKS[4]]
        path = made.write(tmp_path / "m.json", frames)
        check(one(path, SIZED), MEDIAPIPE[[1, 2, 4]], "mediapipe33", [1, 2, 4], made.SIZE)


@pytest.mark.parametrize("columns", [3, 4])
def test_mediapipe_arrays(columns, tmp_path):
    landmarks = made.shares(MEDIAPIPE)[..., :columns]
    landmarks[2] = np.nan
    np.savez(tmp_path / "m.npz", landmarks=landmarks)
    expected = MEDIAPIPE.copy()
    if columns == 3:
        expected[..., 2] = 1
    expected[2] = 0
    kept = [0, 1, 3, 4, 5]
    check(one(tmp_path / "m.npz", SIZED), expected[kept], "mediapipe33", kept, made.SIZE)


def test_world_landmarks_are_no_keypoints(tmp_path):
    world = made.shares(MEDIAPIPE)
    world[..., :2] -= world[:, [23, 24], :2].mean(1, keepdims=True)
    path = made.write(tmp_path / "m.json", world.tolist())
    with pytest.raises(InputError, match="world landmarks"):
        read_tracks(path, SIZED)


def test_an_npz_of_ours(tmp_path):
    path = tmp_path / "k.npz"
    frames = [3, 4, 5, 9, 10, 11]
    np.savez(path, keypoints=COCO, skeleton="coco17", size=made.SIZE, fps=50, frame=frames)
    track = one(path)
    check(track, COCO, "coco17", frames=frames, size=made.SIZE)
    assert track.fps == 50
    np.savez(path, keypoints=COCO[..., :2], confidence=COCO[..., 2], skeleton="coco17")
    check(one(path), COCO, "coco17")


def test_an_npz_of_several_people(tmp_path):
    both = np.stack([COCO, made.person(17, seed=1)])
    np.savez(tmp_path / "k.npz", reconstruction=both[..., :2])
    tracks = read_tracks(tmp_path / "k.npz", ReadOptions(skeleton="h36m17"))
    assert [track.name for track in tracks] == ["person0", "person1"]
    for track, points in zip(tracks, both, strict=True):
        expected = np.concatenate([points[..., :2], np.ones((6, 17, 1))], -1)
        check(track, expected, "h36m17")


def test_a_single_array_may_be_flat_or_one_frame(tmp_path):
    path, wanted = tmp_path / "k.npy", ReadOptions(skeleton="h36m17")
    np.save(path, COCO[..., :2].reshape(6, 34))
    sure = np.concatenate([COCO[..., :2], np.ones((6, 17, 1))], -1)
    check(one(path, wanted), sure, "h36m17")
    np.save(path, COCO[2])
    check(one(path, wanted), COCO[2:3], "h36m17")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"k\.npy: damaged or not an \.npy file"):
        read_tracks(path, wanted)


def test_a_number_of_joints_that_several_sets_have_is_refused(tmp_path):
    path = tmp_path / "k.npz"
    np.savez(path, keypoints=COCO)
    with pytest.raises(InputError, match=r"17 keypoints may be h36m17.*coco17.*--skeleton"):
        read_tracks(path, NOTHING)
    check(one(path, ReadOptions(skeleton="coco17")), COCO, "coco17")
    np.savez(path, made.person(26))
    assert one(path).skeleton == "halpe26"


def test_video_pose_3d(tmp_path):
    moved = COCO + np.array([1, 1, 0])
    tree = {"walk.mp4": {"custom": [COCO]}, "sit.mp4": {"custom": [moved, None, COCO]}}
    video = {"walk.mp4": {"w": 1280, "h": 720}}
    np.savez(
        tmp_path / "d.npz",
        positions_2d=np.array(tree, dtype=object),
        metadata=np.array(metadata("coco17", video_metadata=video), dtype=object),
    )
    tracks = {track.name: track for track in read_tracks(tmp_path / "d.npz", NOTHING)}
    assert list(tracks) == ["sit.mp4/custom/cam0", "sit.mp4/custom/cam2", "walk.mp4/custom"]
    check(tracks["walk.mp4/custom"], COCO, "coco17", size=made.SIZE)
    check(tracks["sit.mp4/custom/cam0"], moved, "coco17")


def test_a_clip_store(tmp_path):
    track = one(made.store(tmp_path / "s.h5", COCO))
    check(track, COCO, "coco17", size=made.SIZE)
    assert (track.name, track.fps) == ("anna/walk 1/front", 25.0)
    assert track.camera.focal.tolist() == [1280, 1280]
    path = made.store(tmp_path / "t.h5", COCO, sources=("gt", "mine"))
    with pytest.raises(InputError, match=r"several 2D sources.*--source: gt, mine"):
        read_tracks(path, NOTHING)
    with pytest.raises(InputError, match=r"no 2D source 'cpn'.*gt, mine"):
        read_tracks(path, ReadOptions(source="cpn"))
    check(one(path, ReadOptions(source="gt")), COCO, "coco17", size=made.SIZE)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_format_that_the_file_is_not_in_is_said(kind, tmp_path):
    path = made.write(tmp_path / "x.json", [{"something": 1}])
    with pytest.raises(InputError, match=r"x\.json"):
        read_tracks(path, replace(SIZED, format=kind))
    np.savez(tmp_path / "x.npz", pose=np.zeros((3, 17, 3)), frame=np.arange(3))
    with pytest.raises(InputError, match=r"x\.npz"):
        read_tracks(tmp_path / "x.npz", replace(SIZED, format=kind))


UNKNOWN = {
    "empty": [],
    "number": 3,
    "text": "keypoints",
    "other": {"data": []},
    "one frame of OpenPose": {"people": []},
    "mixed": [{"image_id": 1, "keypoints": []}, [1]],
    "boxes": [{"image_id": 1, "bbox": [1, 2, 3, 4]}],
    "short": [{"image_id": 1, "keypoints": [1, 2, 3]}],
    "uneven": [{"image_id": 1, "keypoints": [1, 2]}],
    "words": [{"image_id": 1, "keypoints": ["a", "b", "c"]}],
    "fraction": [{"image_id": 1.5, "keypoints": [1.0] * 51}],
    "no number": [{"image_id": "a.jpg", "keypoints": [1.0] * 51}],
    "far": [{"image_id": 10**30, "keypoints": [1.0] * 51}],
    "nobody": [{"image_id": 1, "keypoints": [0.0] * 51}],
    "twice": [
        {"image_id": "a/1.jpg", "keypoints": [1.0] * 51},
        {"image_id": "b/1.jpg", "keypoints": [1.0] * 51},
    ],
    "images": {"images": [{"id": 1}], "annotations": []},
    "no images": {"images": 3, "annotations": []},
    "nowhere": {
        "images": [{"id": 1, "width": 9, "height": 9}],
        "annotations": [{"image_id": [], "keypoints": []}],
    },
    "nobody annotated": {"images": [{"id": 1, "width": 9, "height": 9}], "annotations": []},
    "landmarks": [[{"x": 1}] * 33],
    "few landmarks": [{"landmarks": [{"x": 0.1, "y": 0.1}] * 32}],
    "frame": [{"frame": "one", "landmarks": []}, {"landmarks": []}],
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_other_layouts_are_refused_in_one_sentence(case, tmp_path):
    path = made.write(tmp_path / "x.json", UNKNOWN[case])
    with pytest.raises(InputError, match=r"x\.json") as caught:
        read_tracks(path, SIZED)
    assert str(caught.value)[-1] in ".?"


ARRAYS = {
    "nothing": {},
    "poses": {"pose": np.zeros((3, 17, 3))},
    "two": {"a": np.zeros((3, 17, 2)), "b": np.zeros((3, 17, 2))},
    "odd": {"keypoints": np.zeros((3, 35)), "skeleton": "coco17"},
    "words": {"keypoints": np.array(["a"])},
    "empty": {"keypoints": np.zeros((0, 17, 2)), "skeleton": "coco17"},
    "unknown set": {"keypoints": COCO, "skeleton": "coco18"},
    "other set": {"keypoints": COCO, "skeleton": "openpose25"},
    "no set": {"keypoints": np.ones((3, 5, 2))},
    "percent": {"keypoints": 100 * COCO, "skeleton": "coco17"},
    "confidence": {"keypoints": COCO, "confidence": np.ones((6, 17)), "skeleton": "coco17"},
    "size": {"keypoints": COCO, "skeleton": "coco17", "size": [1.0]},
    "fps": {"keypoints": COCO, "skeleton": "coco17", "fps": 0},
    "frame": {"keypoints": COCO, "skeleton": "coco17", "frame": np.zeros(6, int)},
    "nobody": {"keypoints": 0 * COCO, "skeleton": "coco17"},
}


@pytest.mark.parametrize("case", ARRAYS)
def test_other_arrays_are_refused_in_one_sentence(case, tmp_path):
    np.savez(tmp_path / "x.npz", **ARRAYS[case])
    with pytest.raises(InputError, match=r"(x\.npz|skeleton 'coco18')"):
        read_tracks(tmp_path / "x.npz", NOTHING)


def test_what_the_options_say_may_not_contradict_the_file(tmp_path):
    path = tmp_path / "k.npz"
    np.savez(path, keypoints=COCO, skeleton="coco17", size=made.SIZE)
    with pytest.raises(InputError, match="coco17, not h36m17"):
        read_tracks(path, ReadOptions(skeleton="h36m17"))
    with pytest.raises(InputError, match="1280 x 720"):
        read_tracks(path, ReadOptions(width=640.0, height=480.0))
    store = made.store(tmp_path / "s.h5", COCO)
    with pytest.raises(InputError, match="coco17, not h36m17"):
        read_tracks(store, ReadOptions(skeleton="h36m17"))
    landmarks = made.write(tmp_path / "m.json", LANDMARKS)
    with pytest.raises(InputError, match="mediapipe33, not coco17"):
        read_tracks(landmarks, ReadOptions(skeleton="coco17", **made.SIDES))
    results = made.coco_results(tmp_path / "r.json", [(0, COCO[0])])
    with pytest.raises(InputError, match="17 keypoints, but 'openpose25' has 25"):
        read_tracks(results, ReadOptions(skeleton="openpose25"))


def test_files_that_are_not_there_or_damaged(tmp_path):
    for name in ("x.json", "x.npz", "x.h5"):
        with pytest.raises(InputError, match=name):
            read_tracks(tmp_path / name, NOTHING)
        (tmp_path / name).write_text("[" * 5)
        with pytest.raises(InputError, match=name):
            read_tracks(tmp_path / name, NOTHING)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no json files"):
        read_tracks(tmp_path / "empty", NOTHING)
    for content in ({"people": 3}, [], {"people": [{"person_id": [0]}]}, {"people": [3]}):
        folder = tmp_path / "openpose"
        folder.mkdir(exist_ok=True)
        made.write(folder / "a_0_keypoints.json", content)
        with pytest.raises(InputError, match="a_0_keypoints"):
            read_tracks(folder, NOTHING)


@pytest.mark.real
def test_real_annotations_of_photographs(real_data):
    path = real_data / "samples/coco/test_coco.json"
    with pytest.raises(InputError, match="--stills"):
        read_tracks(path, NOTHING)
    tracks = read_tracks(path, ReadOptions(stills=True))
    content = json.loads(path.read_text())
    labelled = [a for a in content["annotations"] if not a["iscrowd"] and any(a["keypoints"][2::3])]
    assert len(tracks) == len(labelled) > 5
    assert {t.size for t in tracks} <= {
        (float(i["width"]), float(i["height"])) for i in content["images"]
    }
    first = sorted(content["images"], key=lambda image: image["id"])[0]
    theirs = [a for a in labelled if a["image_id"] == first["id"]]
    mine = [t for t in tracks if t.frames[0] == 0]
    assert len(mine) == len(theirs)
    wanted = np.array(theirs[0]["keypoints"], float).reshape(17, 3)
    np.testing.assert_allclose(mine[0].keypoints[0], wanted[:, :2])
    assert np.array_equal(mine[0].confidence[0] > 0, wanted[:, 2] > 0)
    boxes = real_data / "samples/coco/test_coco_det_AP_H_56.json"
    with pytest.raises(InputError, match="boxes without keypoints"):
        read_tracks(boxes, NOTHING)
    with pytest.raises(InputError, match=r"root \(pelvis\).*--skeleton"):
        read_tracks(real_data / "samples/h36m/h36m_coco.json", NOTHING)


@pytest.mark.parametrize(("name", "command"), [("a.mp4", "video"), ("a.jpg", "photo")])
def test_videos_and_photographs_are_sent_to_their_commands(tmp_path, name, command):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match=f"is no file of keypoints; .* `lifting {command}`"):
        read_tracks(tmp_path / name, NOTHING)


def test_names_that_cannot_be_printed_or_written_are_changed(tmp_path):
    names = np.array(["a\x1b[2J\tb", "\u6f22"])
    both = np.concatenate([COCO[..., :2], COCO[..., :2] + 300])
    numbers = {"frame": np.tile(np.arange(6), 2), "track": np.repeat([0, 1], 6)}
    np.savez(tmp_path / "k.npz", keypoints=both, tracks=names, skeleton="coco17", **numbers)
    tracks = read_tracks(tmp_path / "k.npz", NOTHING)
    assert [track.name for track in tracks] == ["a_[2J_b", "\u6f22"]
