"""Videos of people of dots, whose keypoints are known, lifted from end to end."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datamodules.safe_load import load_npz
from lifting.cli.main import run as command
from lifting.errors import InputError
from lifting.export.bvh import bvh_text
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from lifting.inference.people.single_person import SinglePersonTracker
from lifting.inference.people.tracked_people import track_people
from lifting.inference.prediction import lift
from lifting.inference.video import lifting as video_lifting
from lifting.inference.video.lifting import lift_video, report
from lifting.inference.video.outputs import write_keypoints
from lifting.inference.video.reader import Video
from lifting.skeletons import skeleton
from lifting.viz.side_by_side import SideBySide
from tests.datamodules.made_videos import turn, write_frames
from tests.made_dots import CROP, layout, paint, walk, write_boxes, write_dots
from tests.made_lifters import save, simple_baseline

pytestmark = pytest.mark.slow(reason="encodes, decodes and lifts videos", shapes=True)

FRAMES = 16
SIZE = (320, 240)
FILES = ["keypoints.npz", "page.html", "poses.npz", "poses_person0.bvh", "video.mp4"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A video of one person."""
    path = tmp_path_factory.mktemp("video") / "walk.mp4"
    return write_dots(path, [[points] for points in walk(FRAMES)], rate=30)


@pytest.fixture
def here(here, recording):
    """The folder with the video in it, too."""
    (here / "walk.mp4").symlink_to(recording)
    return here


def detect(video="walk.mp4", **options):
    given = {"checkpoint": "sb.ckpt", "detector": "dots.ckpt", "crop": CROP, "device": "cpu"}
    return lift_video(video, **{**given, "shortest": 2} | options)


def times(path):
    video = Video(path)
    return [frame.pts * video.time_base for frame in video]


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_person_is_detected_lifted_and_drawn(here):
    made = detect("walk.mp4", checkpoint="vp.ckpt", trajectory=True, smooth="savgol")
    assert names("walk_3d") == FILES
    (track,) = made.tracks
    np.testing.assert_allclose(track.keypoints, walk(FRAMES), atol=1.3)
    poses = load_npz("walk_3d/poses.npz")
    wanted = lift(
        track.keypoints,
        "vp.ckpt",
        skeleton="h36m17",
        size=SIZE,
        fps=30,
        confidence=track.confidence,
        trajectory=True,
        smooth="savgol",
        device="cpu",
    )
    np.testing.assert_allclose(poses["pose"], wanted.pose, atol=1e-3)
    np.testing.assert_allclose(poses["trajectory"], wanted.trajectory, rtol=1e-5)
    assert poses["frame"].tolist() == list(range(FRAMES))
    assert (poses["skeleton"], poses["fps"], poses["known"].all()) == ("h36m17", 30, True)
    motion = bvh_text(poses["pose"], "h36m17", 30, poses["trajectory"])
    assert Path("walk_3d/poses_person0.bvh").read_text() == motion

    source, drawn = Video("walk.mp4"), Video("walk_3d/video.mp4")
    assert drawn.size == (320 + 240, 240)
    assert (drawn.fps, drawn.frames, made.frames) == (source.fps, FRAMES, FRAMES)
    assert (drawn.time_base, times("walk_3d/video.mp4")) == (source.time_base, times("walk.mp4"))
    frame, copy = (list(video)[7].image for video in (source, drawn))
    off = np.abs(frame.astype(int) - copy[:, :320])
    # But for what is drawn over it, it is the same frame, and it is drawn over.
    assert np.median(off) < 4 < 60 < off.max()
    page = Path("walk_3d/page.html").read_text()
    assert page.count("data:image/jpeg") == FRAMES
    assert "walk.mp4" in page
    assert report(made).splitlines() == [
        "walk.mp4: 16 frames, 1 person (h36m17 to h36m17)",
        "  person0: frames 0 to 15",
        "poses.npz, poses_person0.bvh, keypoints.npz, video.mp4, page.html are in walk_3d",
        f"Open {here / 'walk_3d/page.html'} in a browser.",
    ]

    # What was detected is read instead of being detected again.
    lift_video("walk.mp4", "vp.ckpt", keypoints="walk_3d/keypoints.npz", out="again")
    assert names("again") == [name for name in FILES if name != "keypoints.npz"]
    again = load_npz("again/poses.npz")["pose"]
    plain = lift(track.keypoints, "vp.ckpt", skeleton="h36m17", size=SIZE, device="cpu").pose
    np.testing.assert_allclose(again, plain, atol=0.05)


def test_frames_without_the_person_are_gaps(here):
    truth = walk(20)
    shown = [[points] if n not in (8, 9, 10) else [] for n, points in enumerate(truth)]
    write_dots(here / "gap.mp4", shown)
    made = detect("gap.mp4")
    (track,), (lifted,) = made.tracks, made.lifted
    # Who is lost is looked for at once, and then on the tenth frame.
    gap = np.flatnonzero((track.confidence == 0).all(1))
    assert gap[:3].tolist() == [8, 9, 10]
    assert not lifted.known[gap].any()
    assert lifted.known[np.setdiff1d(np.arange(20), gap)].all()
    between = lift(truth[[7, gap[-1] + 1]], "sb.ckpt", skeleton="h36m17", size=SIZE, device="cpu")
    assert np.isfinite(lifted.pose).all()
    low, high = np.sort(between.pose, 0)
    assert ((lifted.pose[gap] > low - 30) & (lifted.pose[gap] < high + 30)).mean() > 0.9
    assert f"frames 0 to 19, {len(gap)} of them filled in" in report(made)
    assert "person0 not seen: filled in" in Path("gap_3d/page.html").read_text()


def test_times_that_vary_and_portraits_stay_as_they_are(here):
    when = [100, 140, 300, 310, 500, 1000, 1001, 1200]
    people = [[points] for points in walk(8)]
    write_dots(here / "vfr.mkv", people, times=when)
    detect("vfr.mkv", page_frames=0)
    assert names("vfr_3d") == [name for name in FILES if name != "page.html"]
    assert [round(1000 * t) for t in times("vfr_3d/video.mp4")] == when
    assert times("vfr_3d/video.mp4") == times("vfr.mkv")

    # Lying in the file, and meant to be turned clockwise: rendered upright, then laid down.
    upright = [paint((240, 320), [points[:, ::-1] * 0.9]) for points in walk(6)]
    turn(write_frames(here / "portrait.mp4", (np.rot90(image).copy() for image in upright), SIZE))
    made = detect("portrait.mp4", boxes=None)
    assert made.tracks[0].size == (240, 320)
    np.testing.assert_allclose(made.tracks[0].keypoints, walk(6)[..., ::-1] * 0.9, atol=1.3)
    assert Video("portrait_3d/video.mp4").size == (480, 320)


def test_people_in_boxes_are_told_apart_and_one_can_be_chosen(here):
    one = np.stack([layout(20 + 15 * t, 20, 50, 80) for t in range(12)])
    two = np.stack([layout(250 - 15 * t, 130, 50, 80) for t in range(12)])
    shown = [[a, b] if n < 9 else [a] for n, (a, b) in enumerate(zip(one, two, strict=True))]
    write_dots(here / "two.mp4", shown)
    write_boxes(here / "boxes.json", shown)
    made = detect("two.mp4", boxes="boxes.json", out="both")
    assert [len(track.frames) for track in made.tracks] == [12, 9]
    np.testing.assert_allclose(made.tracks[0].keypoints, one, atol=1.3)
    np.testing.assert_allclose(made.tracks[1].keypoints, two[:9], atol=1.3)
    poses = load_npz("both/poses.npz")
    assert poses["tracks"].tolist() == ["person0", "person1"]
    assert np.bincount(poses["track"]).tolist() == [12, 9]

    kept = detect("two.mp4", boxes="boxes.json", out="long", shortest=10)
    assert [track.name for track in kept.tracks] == ["person0"]
    read = lift_video("two.mp4", "sb.ckpt", keypoints="both/keypoints.npz", track="person1")
    assert [len(track.frames) for track in read.tracks] == [9]


def test_errors_are_the_distances_from_the_truth(here, capsys):
    pose = lift(walk(FRAMES), "sb.ckpt", skeleton="h36m17", size=SIZE, device="cpu").pose
    absolute, numbers = pose[3:] + np.array([0, 30, 3000]), range(3, FRAMES)
    np.savez("truth.npz", pose=absolute, skeleton="h36m17", frame=numbers)
    np.savez("walk.npz", keypoints=walk(FRAMES) + np.array([0, 5]), skeleton="h36m17")
    arguments = ["--checkpoint", "sb.ckpt", "--keypoints", "walk.npz", "--truth", "truth.npz"]
    command(["video", "walk.mp4", *arguments])
    lifted = load_npz("walk_3d/poses.npz")["pose"][3:]
    mpjpe = np.linalg.norm(lifted - pose[3:], axis=-1).mean()
    assert f"person and the truth: MPJPE {mpjpe:.1f} mm" in capsys.readouterr().out
    assert 0.5 < mpjpe < 300
    assert '"truth":{' in Path("walk_3d/page.html").read_text()


def test_stopped_while_detecting_it_goes_on_with_what_was_seen(here, press_at):
    write_dots(here / "long.mp4", [[points] for points in walk(40)])
    press_at(2, SinglePersonTracker, "track")
    made = detect("long.mp4")
    assert made.stopped
    assert len(made.tracks[0].frames) == made.frames == len(list(Video("long_3d/video.mp4"))) == 16
    assert names("long_3d") == FILES


def test_stopped_while_drawing_it_leaves_a_video_that_plays(here, press_at, capsys):
    np.savez("walk.npz", keypoints=walk(FRAMES), skeleton="h36m17")
    arguments = ["walk.mp4", "--checkpoint", "sb.ckpt", "--keypoints", "walk.npz"]
    press_at(5, SideBySide, "draw")
    with pytest.raises(SystemExit) as ended:
        command(["video", *arguments])
    assert ended.value.code == 130
    assert times("walk_3d/video.mp4") == times("walk.mp4")[:5]
    assert Path("walk_3d/page.html").read_text().count("data:image/jpeg") == 5
    assert len(load_npz("walk_3d/poses.npz")["pose"]) == FRAMES
    assert "Stopped early" in capsys.readouterr().out


def test_damaged_frames_are_left_out_and_counted(here):
    path = write_dots(here / "damaged.mkv", [[points] for points in walk(40)])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    path.write_bytes(content)
    left = times(path)
    made = detect("damaged.mkv", shortest=1)
    assert 10 < made.frames == len(left) < 41
    assert times("damaged_3d/video.mp4") == left
    if made.damaged:
        assert f"{made.damaged} damaged parts of the video were left out" in report(made)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"video": "sb.ckpt"}, "sb.ckpt: is no video"),
        ({"video": "gone.mp4"}, "gone.mp4: there is no such video"),
        ({"video": "empty.mp4"}, r"empty.mp4: nobody was seen on its 3 frames"),
        ({"shortest": 100}, "walk.mp4: nobody was seen on 100 frames, but on 16; lower --shortest"),
        ({"checkpoint": "dots.ckpt"}, "dots.ckpt: is of a DotDetector, here one of"),
        ({"checkpoint": "other.ckpt"}, "other.ckpt: .*'mpi3dhp28'.*'h36m17'"),
        ({"detector": "sb.ckpt"}, "sb.ckpt: is of a SimpleBaseline, here one of"),
        ({"keypoints": "walk.npz"}, "Give either --detector or --keypoints"),
        ({"detector": None, "keypoints": "no.npz"}, "no.npz: there is no such file"),
        ({"detector": None, "keypoints": "long.npz"}, "long.npz: has frames 0 to 39, but walk.mp4"),
        ({"detector": None, "keypoints": "large.npz"}, "large.npz: its images are not 320 x 240"),
        ({"detector": None, "keypoints": "long.npz", "boxes": "b.json"}, "--boxes says where"),
        ({"boxes": "walk.npz"}, "walk.npz: damaged or not a JSON file"),
        ({"boxes": "named.json"}, "named.json: an 'image_id' is no number; number frames"),
        ({"library": "opencv"}, "--library is opencv: choose onnxruntime or rtmlib"),
        ({"skeleton": "coco17"}, "--skeleton: a checkpoint tells its joint set"),
        ({"crop": (100, 100)}, "--crop is .100, 100.: give multiples of 32"),
        ({"least_confidence": 2.0}, "--least_confidence is 2.0"),
        ({"patience": -1}, "--patience is -1"),
        ({"height": 8}, "--height is 8"),
        ({"people": "zoe"}, "walk.mp4: shows no 'zoe', but person0"),
        ({"camera": "wide.yml"}, "wide.yml: is the calibration of images of 1280 x 720 px"),
        ({"smooth": "butter"}, "^There is no smoothing 'butter'"),
        ({"dilation": 0}, "^dilation is 0"),
        ({"device": "abacus"}, "device is 'abacus'"),
        ({"truth": "walk.npz"}, "walk.npz: has no numbers 'pose'"),
        ({"track": "nobody"}, "walk.mp4: shows no 'nobody', but person0"),
        ({"out": "walk.npz"}, "walk.npz: is no folder"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_left(here, options, sentence):
    np.savez("walk.npz", keypoints=walk(FRAMES), skeleton="h36m17")
    np.savez("long.npz", keypoints=walk(40), skeleton="h36m17")
    np.savez("large.npz", keypoints=walk(FRAMES), skeleton="h36m17", size=(640, 480))
    matrix = "camera_matrix: {data: [900, 0, 640, 0, 900, 360, 0, 0, 1]}"
    (here / "wide.yml").write_text(f"image_width: 1280\nimage_height: 720\n{matrix}\n")
    (here / "named.json").write_text('[{"image_id": "a.jpg", "bbox": [1, 2, 3, 4]}]')
    if options.get("video") == "empty.mp4":
        write_dots(here / "empty.mp4", [[], [], []])
    if options.get("checkpoint") == "other.ckpt":
        save(simple_baseline("mpi3dhp28"), here / "other.ckpt")
    before = names(here)
    with pytest.raises(InputError, match=sentence):
        detect(**options)
    assert names(here) == before


def test_the_source_is_not_written_over(here):
    source = write_dots(here / "video.mp4", [[points] for points in walk(3)])
    content = source.read_bytes()
    with pytest.raises(InputError, match=r"video\.mp4: would be written over; name another folder"):
        detect("video.mp4", out=".")
    assert source.read_bytes() == content


def peak(work):
    """Return by how many megabytes the memory of the process grows at most while work is done."""
    Path("/proc/self/clear_refs").write_text("5")

    def status(name):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    before = status("VmRSS")
    work()
    return status("VmHWM") - before


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux's /proc")
def test_memory_does_not_grow_with_the_video(here):
    class Blind:
        skeleton = "h36m17"

        def track(self, frames):
            assert len(frames) <= 8
            return [[] for _ in frames]

    def work(frames):
        path = here / f"{frames}.mp4"
        where = np.concatenate([layout(30, 40, 60, 110)[None]] * frames)
        np.savez(here / f"{frames}.npz", keypoints=where, skeleton="h36m17")
        shades = (np.full((240, 320, 3), n % 200, np.uint8) for n in range(frames))
        write_frames(path, shades, SIZE)

        def run():
            track_people(Video(path), Blind(), 8, lambda: False, lambda done: None)
            lift_video(
                str(path), "sb.ckpt", keypoints=f"{frames}.npz", page_frames=10, device="cpu"
            )

        return run

    short, long = work(20), work(320)
    short()
    # 300 frames more would be 69 MB.
    assert peak(long) < peak(short) + 25


def test_keypoints_written_are_those_of_everyone_under_their_names(here):
    two = np.stack([walk(FRAMES), walk(FRAMES)[:, ::-1]])
    missing = np.full_like(two[1, :4], np.nan)
    np.savez("two.npz", keypoints=np.stack([two[0], [*missing, *two[1, 4:]]]), skeleton="h36m17")
    _, second = read_tracks(Path("two.npz"), ReadOptions())
    write_keypoints(
        here / "kept.npz", [replace(second.trimmed(), name="anna", size=SIZE, fps=30.0)]
    )
    (track,) = read_tracks(Path("kept.npz"), ReadOptions())
    assert (track.name, track.skeleton) == ("anna", "h36m17")
    assert track.frames.tolist() == list(range(4, FRAMES))
    np.testing.assert_allclose(track.keypoints, two[1, 4:], rtol=1e-6)

    detect()
    (track,) = read_tracks(Path("walk_3d/keypoints.npz"), ReadOptions())
    assert (track.skeleton, track.size, track.fps) == ("h36m17", (320.0, 240.0), 30.0)
    assert track.keypoints.shape == (FRAMES, len(skeleton("h36m17")), 2)


def test_a_second_run_replaces_its_own_files_and_refuses_those_of_others(here, monkeypatch):
    np.savez("two.npz", keypoints=np.stack([walk(FRAMES)] * 2), skeleton="h36m17")
    lift_video("walk.mp4", "sb.ckpt", keypoints="two.npz", page_frames=4)
    assert "poses_person1.bvh" in names("walk_3d")
    Path("walk_3d/note.txt").write_text("mine")
    detect(page_frames=0)
    assert names("walk_3d") == sorted({*FILES, "note.txt"} - {"page.html"})
    Path("elsewhere").mkdir()
    Path("elsewhere/page.html").write_text("mine")
    with pytest.raises(InputError, match=r"elsewhere/page\.html: is there and was not written by"):
        detect(out="elsewhere")
    assert names("elsewhere") == ["page.html"]
    # Nobody has waited for the detector, or the lifter, by then.
    Path("elsewhere/page.html").rename("elsewhere/poses_person1.bvh")
    monkeypatch.setattr(video_lifting, "detect_tracks", lambda *_: pytest.fail("is detected"))
    with pytest.raises(InputError, match=r"poses_person1\.bvh: is there and was not written by"):
        detect(out="elsewhere")
    Path("elsewhere/poses_person1.bvh").rename("elsewhere/poses.csv")
    with pytest.raises(InputError, match=r"poses\.csv: is there and was not written by"):
        detect(out="elsewhere", formats="csv")
    monkeypatch.setattr(video_lifting, "lift_everyone", lambda *_: pytest.fail("is lifted"))
    Path("elsewhere/poses.csv").rename("elsewhere/poses_person0.trc")
    with pytest.raises(InputError, match=r"poses_person0\.trc: is there and was not written by"):
        lift_video("walk.mp4", "sb.ckpt", keypoints="two.npz", formats="trc", out="elsewhere")
    assert names("elsewhere") == ["poses_person0.trc"]
