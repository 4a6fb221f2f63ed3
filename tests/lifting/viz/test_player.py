"""Tests of the content of the player: numbers as they are, text that cannot break out."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from lifting.metrics.registry import title
from lifting.skeletons import skeleton
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PlayedVideo, PoseTrack, player, resource, small_jpeg
from lifting.viz.stick_figure import stick_figure

H36M, H36M16 = skeleton("h36m17"), skeleton("h36m16")
RNG = np.random.default_rng(0)


def track(name="M", frames=3, joints=H36M, **more):
    return PoseTrack(name, RNG.normal(size=(frames, len(joints), 3)) * 300, joints, **more)


def content(*clips):
    text = player(clips)
    (data,) = re.findall(r'<script type="application/json" id="clips">(.*?)</script>', text, re.S)
    return json.loads(data)


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed), "<f4")


def test_poses_keypoints_and_marks_arrive_as_they_were():
    known = np.ones((3, 17), bool)
    known[1, 4] = False
    lifted, truth = track(known=known), track("truth", joints=H36M16)
    lifted.poses[2, 5] = np.nan
    keypoints = RNG.random((3, 16, 2))
    (clip,) = content(Clip("c", [lifted], 50.0, truth, keypoints, H36M16))["clips"]
    (method,) = clip["methods"]
    assert np.array_equal(numbers(method["values"]), lifted.poses.astype("f4").ravel(), True)
    assert np.array_equal(numbers(clip["truth"]["values"]), truth.poses.astype("f4").ravel())
    assert np.array_equal(numbers(clip["keypoints"]["values"]), keypoints.astype("f4").ravel())
    assert method["hidden"] == [17 + 4]
    assert clip["truth"]["hidden"] is None
    assert (clip["fps"], clip["frames"]) == (50.0, [0, 1, 2])
    names = (method["joints"], clip["truth"]["joints"], clip["keypoints"]["joints"])
    assert names == ("h36m17", "h36m16", "h36m16")


def test_joint_sets_are_named_with_bones_and_sides():
    skeletons = content(Clip("c", [track()], truth=track("truth", joints=H36M16)))["skeletons"]
    assert list(skeletons) == ["h36m17", "h36m16"]
    assert skeletons["h36m17"]["joints"] == list(H36M.joints)
    assert skeletons["h36m17"]["bones"] == [list(bone) for bone in H36M.bones]
    assert skeletons["h36m17"]["sides"][H36M.index("left_knee")] == "left"
    assert skeletons["h36m17"]["lines"] == skeletons["h36m17"]["bones"]


def test_sets_whose_tree_is_no_body_are_drawn_as_people():
    coco = skeleton("coco17")
    packed = content(Clip("c", [track(joints=coco)]))["skeletons"]["coco17"]
    figure = stick_figure(coco)
    assert packed["lines"] == [list(line) for line in figure.lines] != packed["bones"]
    assert packed["lineSides"] == list(figure.sides)
    assert packed["middles"] == [list(pair) for pair in figure.middles]


def test_a_room_is_as_large_as_everyone_s_way_through_it():
    still = np.zeros((3, 17, 3))
    still[:, 1] = [0.0, 500, 0]
    ways = [np.linspace([x, 0, 4000], [x, 0, 6000], 3) for x in (-1000, 1000)]
    tracks = [PoseTrack(f"p{n}", still, H36M, None, way) for n, way in enumerate(ways)]
    (clip,) = content(Clip("c", tracks))["clips"]
    assert clip["room"]["centre"] == [0, 250, 5000]
    assert clip["room"]["reach"] == pytest.approx(np.hypot(np.hypot(1000, 1000), 250), abs=1)
    assert clip["room"]["floor"] == 500
    assert clip["scene"]["reach"] == 250
    np.testing.assert_allclose(numbers(clip["methods"][1]["trajectory"]), ways[1].ravel())
    # Who is where has to be known of all.
    (clip,) = content(Clip("c", [tracks[0], track("p")]))["clips"]
    assert clip["room"] is None


def test_a_video_is_named_and_is_not_part_of_the_page(tmp_path):
    video = PlayedVideo("a walk #1.mp4", np.array([0, 0.04, 0.1]), (0.5, 1), drawn=True)
    clip = Clip("c", [track()], images=[b"x"], image_frames=[1], video=video)
    (packed,) = content(clip)["clips"]
    assert packed["video"] == {
        **{"source": "a%20walk%20%231.mp4", "times": [0, 0.04, 0.1]},
        **{"share": [0.5, 1], "drawn": True},
    }
    assert (packed["imageFrames"], len(packed["images"])) == ([1], 1)
    for shown, allowed in ((clip, True), (Clip("c", [track()]), False)):
        write_page(tmp_path / "a.html", "A", [shown])
        text = (tmp_path / "a.html").read_text()
        assert ("media-src data: 'self' file:;" in text) == allowed
        assert "connect-src" not in text


def test_scene_is_that_of_the_poses_and_not_of_one_that_went_astray():
    corner = np.array([[-100.0, -800.0, 50.0], [300.0, 200.0, 250.0]])
    poses = np.repeat(corner, [8, 9], axis=0)[None].repeat(400, 0)
    poses[7, 3] = 1e6
    poses[9, 4] = np.nan
    scene = content(Clip("c", [PoseTrack("M", poses, H36M)]))["clips"][0]["scene"]
    assert scene["centre"] == [100, -300, 150]
    assert scene["reach"] == pytest.approx(np.hypot(np.hypot(200, 500), 100), abs=0.1)
    assert scene["floor"] == 200


def test_poses_all_unknown_have_a_scene_too():
    nothing = PoseTrack("M", np.full((2, 17, 3), np.nan), H36M)
    assert content(Clip("c", [nothing]))["clips"][0]["scene"]["reach"] > 0


def test_text_cannot_end_the_script():
    evil = "</script><script>alert(1)</script><!--"
    clip = Clip(evil, [track(evil)], notes=[evil] * 3)
    text = player([clip])
    assert evil not in text
    assert text.count("</script>") == 2
    assert content(clip)["clips"][0]["notes"] == [evil] * 3


def test_thousand_frames_of_four_methods_stay_below_three_megabytes(tmp_path):
    tracks = [track(f"M{n}", 1000) for n in range(4)]
    keypoints = RNG.random((1000, 17, 2))
    clip = Clip("c", tracks, truth=track("truth", 1000), keypoints=keypoints)
    write_page(tmp_path / "page.html", "Long", [clip])
    assert 1.5e6 < (tmp_path / "page.html").stat().st_size < 3e6


def test_small_jpeg_keeps_the_shape_of_what_is_large_and_the_size_of_what_is_small():
    image = np.full((480, 640, 3), (10, 200, 30), np.uint8)
    assert Image.open(io.BytesIO(small_jpeg(image))).size == (320, 240)
    small = Image.open(io.BytesIO(small_jpeg(image[:100, :50])))
    assert (small.size, small.format) == ((50, 100), "JPEG")
    np.testing.assert_allclose(np.asarray(small)[50, 20], (10, 200, 30), atol=6)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"methods": []}, "has no poses"),
        ({"fps": 0.0}, "has 0.0 frames per second"),
        ({"truth": track("truth", 4)}, "as many frames of everything"),
        ({"video": PlayedVideo("a.mp4", np.zeros(2))}, "as many frames of everything"),
        ({"notes": ["a"]}, "as many frames of everything"),
        ({"methods": [track(frames=0)]}, "as many frames of everything"),
        ({"keypoints": np.zeros((3, 16, 2))}, "16 joints where 'h36m17' has 17"),
        ({"methods": [PoseTrack("M", np.zeros((3, 17, 3)), H36M16)]}, "17 joints where 'h36m16'"),
    ],
)
def test_what_does_not_go_together_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Clip(**{"name": "c", "methods": [track()]} | options)


def test_the_metric_of_aligned_poses_is_named_as_the_registry_does():
    (plain,) = content(Clip("c", [track()]))["clips"]
    (aligned,) = content(Clip("c", [track()], aligned=True))["clips"]
    assert plain["metric"][0] == title("mpjpe")
    assert aligned["metric"][0] == title("pa_mpjpe")
    assert "similarity" in aligned["metric"][1]
    # Every number of a panel has its name.
    code = resource("player.js")
    assert "`${clip.metric[0]} ${millimetres(track.means[frame])} mm`" in code
