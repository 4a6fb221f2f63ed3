"""Heights, cameras and files of other programs, of a video that the command lifts."""

import numpy as np
import pytest

from datamodules.safe_load import load_npz
from lifting.cli.main import run as command
from lifting.inference.prediction import lift
from lifting.skeletons.standing_height import standing_height
from tests.made_dots import walk, write_dots

pytestmark = pytest.mark.slow(reason="decodes and lifts videos", shapes=True)

FRAMES = 6


def test_a_video_gives_every_file_in_metres_through_its_camera(here, capsys):
    write_dots(here / "walk.mp4", [[points] for points in walk(FRAMES)], rate=30)
    np.savez("walk.npz", keypoints=walk(FRAMES), skeleton="h36m17")
    numbers = [300, 0, 150, 0, 300, 130, 0, 0, 1]
    lens = "distortion_coefficients: {data: [-0.3, 0.1, 0, 0, 0]}"
    (here / "a.yml").write_text(f"camera_matrix: {{data: {numbers}}}\n{lens}\n")
    given = ("--keypoints", "walk.npz", "--checkpoint", "sb.ckpt", "--page_frames", "0")
    asked = ("--height", "1.78", "--formats", "all", "--camera", "a.yml", "--people", "largest")
    command(["video", "walk.mp4", *given, *asked, "--trajectory", "true", "--device", "cpu"])
    folder = here / "walk_3d"
    ends = ("bvh", "c3d", "trc")
    names = ["poses.csv", "poses.npz", "poses_angles.csv"]
    assert sorted(p.name for p in folder.iterdir()) == [
        *names,
        *(f"poses_person.{end}" for end in ends),
        "video.mp4",
    ]
    assert "poses_person.trc" in capsys.readouterr().out
    written = load_npz(folder / "poses.npz")
    np.testing.assert_allclose(written["heights"], [1.78], rtol=1e-4)
    assert standing_height(written["pose"], "h36m17") == pytest.approx(1780, rel=1e-4)
    plain = lift(walk(FRAMES), "sb.ckpt", skeleton="h36m17", size=(320, 240), device="cpu")
    factor = 1780 / standing_height(plain.pose, "h36m17")
    # Another pose, as the camera is known, and not the same one in another size.
    assert np.abs(written["pose"] - factor * plain.pose).max() > 1
    trc = (folder / "poses_person.trc").read_text().splitlines()
    assert trc[2].split("\t")[:5] == ["30", "30", "6", "17", "m"]
    pelvis = [float(cell) for cell in trc[6].split("\t")[2:5]]
    wanted = (written["pose"][0, 0] + written["trajectory"][0]) * [1e-3, -1e-3, -1e-3]
    np.testing.assert_allclose(pelvis, wanted, atol=1e-5)

    command(["video", "walk.mp4", *given, "--formats", "none", "--device", "cpu"])
    assert sorted(p.name for p in folder.iterdir()) == ["poses.npz", "video.mp4"]
