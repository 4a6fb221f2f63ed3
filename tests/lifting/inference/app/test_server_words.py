"""Words of the server of the app: warnings, and nothing of the command line's."""

import json
import re

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.skeletons import skeleton
from tests.lifting.inference.app.served import POINTS, SIZED, results
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.keypoints.test_orientation import walking


def test_what_is_warned_of_is_on_the_page(asking, capsys):
    def people(points):
        return json.dumps(
            [{"image_id": t, "keypoints": made.flat(p)} for t, p in enumerate(points)]
        ).encode()

    points, seen = walking("halpe26", 30)
    joints = skeleton("halpe26")
    swapped = np.concatenate([points, 0.9 * seen[..., None]], -1)[:, list(joints.mirror)]
    sides = {"lifter": "vp", "width": 1000, "height": 1000}
    job = asking.give("walk.json", people(swapped))["job"]
    answer = asking.json("/lift", {"job": job, **sides})
    assert any("left and right are exchanged" in text for text in answer["warnings"])
    assert all(text.startswith("walk.json: person0: ") for text in answer["warnings"])
    # Where it ends with an error they are told as well, of whoever asks and nobody else.
    answer = asking.json("/lift", {"job": job, **sides, "smooth": "one_euro"})
    assert "error" in answer
    assert answer["warnings"]
    assert "warnings" not in asking.json("/lift", {"job": "gone", **sides})
    assert capsys.readouterr().err == ""


def test_what_the_app_was_started_with_is_told_in_its_terminal(
    served_lifters, asking, monkeypatch, capsys
):
    def gone(path):
        raise InputError("is gone", "/secret/place.ckpt", Phrase("give {}.", Option("checkpoint")))

    monkeypatch.setattr(served_lifters, "_load", gone)
    job = asking.give("walk.json", results(POINTS))["job"]
    said = "The lifter 'vp' cannot be loaded; the app's terminal says why."
    assert asking.json("/lift", {"job": job, **SIZED}) == {"error": said}
    assert "/secret/place.ckpt: is gone; give --checkpoint." in capsys.readouterr().err


def test_no_option_of_a_command_reaches_a_page(asking, tmp_path):
    """Files whose errors name one in the terminal."""
    arrays = {"two.npy": np.ones((4, 23, 2)), "one.npz": np.ones((4, 17, 2))}
    for name, content in arrays.items():
        (np.save if name.endswith("npy") else np.savez)(tmp_path / name, content)
    made.store(tmp_path / "clips.h5", POINTS, ("a", "b"))
    made.coco_results(tmp_path / "faint.json", [(0, made.person(17, 1)[0] * [1, 1, 0.05])])
    gaps = list(zip((0, 1, 9000), POINTS, strict=False))
    made.coco_results(tmp_path / "gaps.json", gaps)
    (tmp_path / "boxes.json").write_text('[{"bbox": [1, 2, 3, 4], "image_id": 1}]')
    (tmp_path / "film.gif").write_bytes(b"GIF89a")
    (tmp_path / "film.mp4").write_bytes(b"x")
    jobs = {
        path.name: asking.give(path.name, path.read_bytes())["job"]
        for path in tmp_path.iterdir()
        if path.is_file()
    }
    options = [
        {},
        {"skeleton": "halpe26"},
        {"format": "mediapipe"},
        {"format": "x"},
        {"smooth": "one_euro"},
    ]
    said = {}
    for name, job in jobs.items():
        for more in options:
            answer = asking.json("/lift", {"job": job, **SIZED, **more})
            said[name, *more.values()] = [answer.get("error", ""), *answer.get("warnings", [])]
    texts = [text for found in said.values() for text in found]
    assert "“Joint set”" in said["two.npy",][0]
    assert "the least confidence that the app was started with" in said["faint.json",][0]
    assert len([text for text in texts if text]) > 20
    assert not [text for text in texts if re.search(r"--[a-z]", text) or "lifting video" in text]
