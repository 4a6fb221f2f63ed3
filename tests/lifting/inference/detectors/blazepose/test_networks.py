"""The networks on a rendered person, against what MediaPipe 0.10.14 finds there."""

import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from datamodules.synthetic.rendered.video import draw_cameras, render_video
from lifting.errors import InputError
from lifting.inference.detectors.blazepose.networks import BlazePose
from lifting.inference.people.region_tracker import RegionTracker
from lifting.inference.video.reader import Video

# Made by its graph `pose_landmark_cpu` in static mode, complexity 1.
MEDIAPIPE = json.loads((Path(__file__).parent / "mediapipe_landmarks.json").read_text())


@pytest.fixture(scope="module")
def picture():
    """A rendered person who walks, 400 x 400."""
    return next(iter(render_video(0, "S9", "Walking", next(iter(draw_cameras(0, "S9"))), 1, 400)))


@pytest.mark.parametrize("way", ["upright", "turned"])
def test_landmarks_are_those_of_mediapipe(blazepose, picture, way):
    image = np.ascontiguousarray(np.rot90(picture)) if way == "turned" else picture
    (person,) = blazepose.detect(image)
    made, wanted = blazepose.landmarks(image, person.region), MEDIAPIPE[way]
    assert made.score > 0.9
    height = np.ptp(np.array(wanted["pixels"]), axis=0).max()
    distances = np.linalg.norm(made.places[:, :2] - wanted["pixels"], axis=1) / height
    # Renderings differ by single bytes between versions of numpy.
    assert np.median(distances) < 0.001
    assert distances.max() < 0.01
    np.testing.assert_allclose(made.visibility, wanted["visibility"], atol=0.02)
    np.testing.assert_allclose(made.world, wanted["metres"], atol=0.005)


def test_nobody_is_on_an_empty_image(blazepose):
    assert blazepose.detect(np.full((120, 200, 3), 128, np.uint8)) == []


def test_a_damaged_and_an_exchanged_file_are_named(blazepose_folder, tmp_path):
    for path in blazepose_folder.glob("*.tflite"):
        shutil.copy(path, tmp_path)
    person, landmarks = tmp_path / "pose_detection.tflite", tmp_path / "pose_landmark_full.tflite"
    content = person.read_bytes()
    person.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"pose_detection.tflite: damaged or no LiteRT model"):
        BlazePose(tmp_path)
    shutil.copy(landmarks, person)
    with pytest.raises(InputError, match=r"pose_detection.tflite: is another model"):
        BlazePose(tmp_path)


@pytest.mark.real
@pytest.mark.slow(reason="runs both networks on frames of real videos")
@pytest.mark.parametrize("camera", ["cam01", "cam03"])
def test_a_gymnast_is_followed_as_by_mediapipe(blazepose, real_data, camera):
    video = Video(real_data / f"video/pose2sim_single/{camera}.mp4")
    made = RegionTracker(blazepose, 0.1, 25).track(list(islice(video, 8)))
    stored = np.load(real_data / f"video/mediapipe_keypoints/pose2sim_{camera}.npz")
    wanted = stored["landmarks"][:8, :, :2] * stored["size"]
    distances = np.linalg.norm([people[0].keypoints[:, :2] for people in made] - wanted, axis=-1)
    height = np.ptp(wanted, axis=1).max(1)
    # The stored ones are smoothed over time, which these are not.
    assert np.median(distances / height[:, None]) < 0.01
