"""Pages: what they hold, and that they stand alone."""

import base64
import json
import re

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.skeletons import skeleton
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR
from lifting.viz.page import write_page
from lifting.viz.plotly_poses import COMPLETED_COLOUR, Sample, sample_figure, sample_traces
from lifting.viz.viewer import write_viewer

H36M = skeleton("h36m17")
RNG = np.random.default_rng(0)
ROWS = [
    {"case": "a<b", "frames": 3, "mpjpe": 12.34},
    {"case": "case average", "frames": 3, "mpjpe": float("nan")},
]


def sample(title="one", completed=None, truth=True):
    pose = RNG.normal(size=(17, 3)).astype(np.float32) * 300
    return Sample(title, RNG.random((17, 2)) * 900, pose, pose + 50 if truth else None, completed)


def page(tmp_path, loss=3.5, **options):
    log = tmp_path / "logs/version_0/metrics.csv"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"epoch,step,train/loss,val/mpjpe\n0,10,{loss},\n0,20,,80.5\n")
    path = tmp_path / "index.html"
    options = {"tables": {"Test": ROWS}, "samples": []} | options
    joints = {"keypoint_joints": H36M, "pose_joints": H36M}
    write_page(path, "T & T", "intro", tmp_path, **options, **joints)
    return path.read_text()


def bones(traces, colour, dash=None):
    """Bones drawn in a colour: every one is two points and a gap."""
    lines = [
        t for t in traces if t.type == "scatter3d" and (t.line.color, t.line.dash) == (colour, dash)
    ]
    return sum(int(np.isfinite(np.asarray(t.x)).sum()) // 2 for t in lines)


def test_page_has_every_table_under_its_heading(tmp_path):
    text = page(tmp_path, tables={"Test": ROWS, "Occluded": ROWS[:1]})
    assert text.count("<tr") == 3 + 2
    assert text.index(">Test<") < text.index(">12.3<") < text.index(">Occluded<")
    assert "<td>a&lt;b</td>" in text
    assert '<tr class="average"><td>case average</td><td>3</td><td>–</td>' in text
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["index.html"]


def test_loss_is_drawn_on_a_logarithmic_scale_unless_it_is_below_zero(tmp_path):
    assert '"type":"log"' in page(tmp_path)
    assert '"type":"log"' not in page(tmp_path, loss=-3.5)


def test_pictures_and_videos_go_into_the_page(tmp_path):
    picture, video = tmp_path / "a.png", tmp_path / "b.MP4"
    picture.write_bytes(b"picture \x89")
    video.write_bytes(b"video \x00")
    text = page(tmp_path, media=[("A <b>", picture), ("B", video)])
    (source,) = re.findall(r'<img alt="A &lt;b&gt;" src="data:image/png;base64,([^"]+)">', text)
    assert base64.b64decode(source) == b"picture \x89"
    (source,) = re.findall(
        r'<video autoplay loop muted playsinline src="data:video/mp4;base64,([^"]+)"></video>', text
    )
    assert base64.b64decode(source) == b"video \x00"
    assert text.count("<figcaption>") == 2


@pytest.mark.parametrize("name", ["missing.png", "a.gif"])
def test_other_files_are_refused_and_leave_no_page(tmp_path, name):
    (tmp_path / "a.gif").write_bytes(b"x")
    with pytest.raises(InputError, match=name):
        page(tmp_path, media=[("A", tmp_path / name)])
    assert not (tmp_path / "index.html").exists()


def test_completed_joints_are_dashed_and_the_page_says_so(tmp_path):
    completed = np.zeros(17, bool)
    completed[H36M.part("left_arm")] = True
    traces = sample_figure(sample(completed=completed), H36M, H36M).data
    assert bones(traces, COMPLETED_COLOUR, "dash") == 3
    assert bones(traces, TRUTH_COLOUR) == 16
    assert sum(bones(traces, colour) for colour in SIDE_COLOURS.values()) == 13
    assert "not seen" in page(tmp_path, samples=[sample(completed=completed)])
    assert "not seen" not in page(tmp_path, samples=[sample()])


def test_samples_have_the_same_lines_in_the_same_order():
    """So that one can take the place of another in an animation."""
    none, every = np.zeros(17, bool), np.ones(17, bool)
    first, second = (sample_traces(sample(completed=c), H36M, H36M) for c in (none, every))
    assert [t.line for t in first] == [t.line for t in second]
    assert bones(second, COMPLETED_COLOUR, "dash") == bones(first, TRUTH_COLOUR) == 16
    assert bones(first, COMPLETED_COLOUR, "dash") == bones(second, SIDE_COLOURS["left"]) == 0


def frames_of(text):
    """The frames that plotly is told to add, as JSON."""
    start = text.rindex("Plotly.addFrames(")
    frames, _ = json.JSONDecoder().raw_decode(text, text.index("[", start))
    return frames


def decode(array):
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])


def test_viewer_has_a_frame_and_a_step_per_sample(tmp_path):
    samples = [sample(f"frame {i}") for i in range(3)]
    write_viewer(tmp_path / "v.html", "A <b>", samples, H36M, H36M, fps=10.0)
    text = (tmp_path / "v.html").read_text()
    frames = frames_of(text)
    assert len(frames) == 3
    truth = decode(frames[2]["data"][3]["x"]).reshape(16, 3)
    bone = samples[2].truth[list(H36M.bones[0]), 0]
    np.testing.assert_allclose(truth[0, :2], bone)
    assert all(f'"label":"frame {i}"' in text for i in range(3))
    assert '"duration":100.0' in text
    assert "A &lt;b&gt;" in text.replace("\\u003c", "<").replace("\\u0026", "&")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", text)


def test_viewer_of_a_single_pose_without_truth_has_no_slider(tmp_path):
    write_viewer(tmp_path / "v.html", "A", [sample("frame 7", truth=False)], H36M, H36M)
    text = (tmp_path / "v.html").read_text()
    assert "Plotly.addFrames(" not in text
    assert "frame 7" in text
