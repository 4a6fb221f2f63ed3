"""Choice of the tracker, by what the options name."""

import json
import sys

import pytest

from lifting.errors import InputError
from lifting.inference.detectors import factory
from lifting.inference.detectors.factory import build_tracker, tracker_maker
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.detectors.rtmlib import NamedModels
from lifting.inference.people.detect_and_track import DetectAndTrack
from lifting.inference.people.region_tracker import RegionTracker
from lifting.inference.people.single_person import SinglePersonTracker


class Networks:
    """BlazePose, of which only the folder and the threads are noted."""

    def __init__(self, folder, threads):
        self.folder, self.threads = folder, threads


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files of BlazePose, and what it is registered as."""
    monkeypatch.setattr(factory, "BlazePose", Networks)
    for name in factory.MODEL_FILES:
        (tmp_path / name).touch()
    monkeypatch.setattr(factory, "resolve", lambda name, kind: tmp_path)
    return tmp_path


def test_blazepose_tracks_everyone_where_nothing_is_named(folder):
    assert DetectorOptions().name == "blazepose"
    tracker = build_tracker(DetectorOptions(patience=7, least_confidence=0.2))
    assert isinstance(tracker, RegionTracker)
    assert tracker.skeleton == "mediapipe33"
    assert (tracker._networks.folder, tracker._networks.threads) == (folder, 1)
    assert (tracker._patience, tracker._min_confidence, tracker._most) == (7, 0.2, None)
    assert build_tracker(DetectorOptions(), most=1)._most == 1


def test_trackers_of_one_maker_share_their_networks_and_nothing_else(folder):
    make = tracker_maker(DetectorOptions())
    first, second = make(), make()
    assert first is not second
    assert first._networks is second._networks
    assert first._tracker is not second._tracker


def test_blazepose_in_boxes(folder):
    boxes = folder / "boxes.json"
    boxes.write_text(json.dumps([{"image_id": 0, "bbox": [0, 0, 9, 9], "score": 1}]))
    tracker = build_tracker(DetectorOptions(boxes=str(boxes)))
    assert isinstance(tracker, DetectAndTrack)
    assert tracker.skeleton == "mediapipe33"


def test_blazepose_needs_no_joint_set(folder):
    with pytest.raises(InputError, match=r"--skeleton: blazepose tells its joint set"):
        build_tracker(DetectorOptions(skeleton="coco17"))


def test_what_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"blazepos: there is no such detector; .* blazepose\?"):
        build_tracker(DetectorOptions("blazepos"))
    with pytest.raises(InputError, match=r"a folder without BlazePose's pose_detection.tflite and"):
        build_tracker(DetectorOptions(str(tmp_path)))


def test_how_to_install_rtmlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(InputError, match=r"--detector rtmlib:balanced needs rtmlib, .*\[rtmlib\]"):
        build_tracker(DetectorOptions("rtmlib:balanced"))


def test_models_of_rtmlib(monkeypatch, tmp_path):
    opened = []

    def noted(kind):
        def build(*given):
            opened.append((kind, *given))
            return type(kind, (), {"skeleton": "halpe26"})()

        return build

    models = NamedModels(tmp_path / "yolox", tmp_path / "rtm", "halpe26")
    monkeypatch.setattr(factory, "named_models", {"light": models}.__getitem__)
    monkeypatch.setattr(factory, "RtmlibPoseEstimator", noted("pose"))
    monkeypatch.setattr(factory, "RtmlibPersonDetector", noted("boxes"))
    tracker = build_tracker(DetectorOptions("rtmlib:light", device="cpu"))
    assert isinstance(tracker, DetectAndTrack)
    assert opened == [
        ("pose", tmp_path / "rtm", "halpe26", "cpu"),
        ("boxes", tmp_path / "yolox", "cpu"),
    ]


def test_other_detectors_track_one_person_by_its_keypoints(monkeypatch):
    pose = type("Pose", (), {"skeleton": "coco17"})()
    monkeypatch.setattr(factory, "resolve", lambda name, kind: factory.Path(name))
    monkeypatch.setattr(factory, "OnnxPoseEstimator", lambda *given: pose)
    assert isinstance(build_tracker(DetectorOptions("a.onnx")), SinglePersonTracker)
