"""The report of runs with predictions: its numbers, its worst poses, and every fault in one sentence."""

import base64
import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import procrustes

from lifting.cli.report import report as command
from lifting.errors import InputError
from tests.made_runs import FRAMES, write_predictions, write_recordings, write_run

pytestmark = pytest.mark.slow(reason="draws whole reports", shapes=True)

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """Runs that predicted two sequences, and some that predicted less; poses and truth of two."""
    folder = tmp_path_factory.mktemp("report")
    write_recordings(folder)
    runs = folder / "runs"
    first = write_predictions(write_run(runs / "first"), 40, refuse=[3], folder=folder)
    second = write_predictions(write_run(runs / "second", scale=0.5), 10, seed=1, folder=folder)
    write_predictions(write_run(runs / "half"), 20, every=2, folder=folder)
    write_run(runs / "bare", table=None, starts=())
    lost = write_run(runs / "lost", data={"frames_per_sequence": 9})
    write_predictions(lost, 20, folder=folder)
    return folder, first, second


@pytest.fixture
def report(workplace, monkeypatch):
    monkeypatch.chdir(workplace[0])

    def write(runs, out, align, worst):
        command(*runs, out=out, align=align, worst=worst)
        return Path(out or f"runs/{runs[0]}/report.html")

    return write


def clips_of(path):
    """The clips of a page, unpacked."""
    pattern = r'<script type="application/json" id="clips">(.*?)</script>'
    clips = json.loads(re.findall(pattern, Path(path).read_text())[0])["clips"]
    for clip in clips:
        for track in (*clip["methods"], clip["truth"]):
            values = np.frombuffer(base64.b64decode(track["values"]), "<f4")
            track["poses"] = values.reshape(-1, 17, 3)
    return clips


def row_of(text, name, label):
    """The other cells of a row of a table of the page."""
    table = re.search(rf'aria-label="{re.escape(name)}"><table>(.*?)</table>', text, re.S)[1]
    row = re.search(rf"<tr><td>{label}</td>(.*?)</tr>", table)[1]
    return re.findall(r"<td[^>]*>([^<]*)</td>", row)


def test_errors_and_worst_poses_are_those_of_the_predictions(report, workplace, tmp_path):
    path = report(["first", "second"], str(tmp_path / "a.html"), False, 2)
    text = path.read_text()
    (first, truth), (second, _) = workplace[1:]
    errors = [
        np.linalg.norm(np.delete(first - truth, 3, 0), axis=-1),
        np.linalg.norm(second - truth, axis=-1),
    ]
    for label, found, refused in zip(("first", "second"), errors, "10", strict=True):
        cells = row_of(text, "quantiles of errors, mm", label)
        means = found.mean(1)
        wanted = [
            means.mean(),
            np.median(means),
            *np.percentile(means, [75, 90, 95, 99]),
            means.max(),
        ]
        assert cells == [f"{len(truth):,}", refused, *(f"{x:.1f}" for x in wanted)]
    cells = row_of(text, "by joint, mm", "left wrist")
    assert cells == [f"{found[:, 13].mean():.1f}" for found in errors]

    worst, other = clips_of(path)
    assert (worst["name"], other["name"]) == ("worst of first", "worst of second")
    assert [method["name"] for method in worst["methods"]] == ["first", "second"]
    assert [method["name"] for method in other["methods"]] == ["second", "first"]
    by_frame = np.linalg.norm(np.nan_to_num(first) - truth, axis=-1).mean(1)
    by_frame[3] = 0
    half = len(truth) // 2
    rows = [int(by_frame[:half].argmax()), half + int(by_frame[half:].argmax())]
    rows.sort(key=lambda row: -by_frame[row])
    np.testing.assert_array_equal(worst["methods"][0]["poses"], first[rows])
    np.testing.assert_array_equal(worst["methods"][1]["poses"], second[rows])
    np.testing.assert_allclose(worst["truth"]["poses"], truth[rows], atol=1e-3)
    assert worst["frames"] == [row % FRAMES for row in rows]
    for note, row in zip(worst["notes"], rows, strict=True):
        assert note.endswith(f", frame {row % FRAMES}")


def test_aligned_errors_are_those_of_procrustes_analysis(report, workplace, tmp_path):
    path = report(["second"], str(tmp_path / "a.html"), True, 0)
    predicted, truth = workplace[2]
    wanted = []
    for pose, true in zip(predicted, truth, strict=True):
        # Its result is in units of the truth's norm.
        a, b, _ = procrustes(true, pose)
        size = np.linalg.norm(true - true.mean(0))
        wanted.append(np.linalg.norm((a - b) * size, axis=-1).mean())
    text = path.read_text()
    assert "PA-MPJPE of a pose, mm" in text
    assert row_of(text, "quantiles of errors, mm", "second")[2] == f"{np.mean(wanted):.1f}"
    assert "Worst poses" not in text


def test_other_poses_are_set_apart_and_what_is_missing_is_told(report, workplace, capsys):
    path = report(["first", "half", "bare", "lost"], None, False, 3)
    assert path == Path("runs/first/report.html")
    text = path.read_text()
    assert "not the same poses were predicted" in text
    assert [[m["name"] for m in clip["methods"]] for clip in clips_of(path)] == [
        ["first"],
        ["half"],
    ]
    told = capsys.readouterr().out
    for sentence in (
        "bare: runs/bare/test.csv: not tested yet; run `lifting test --run runs/bare`.",
        "bare: runs/bare/predictions.npz: not predicted yet",
        "lost: data/synthetic_seed0_9frames.h5",
    ):
        assert sentence in told
        assert sentence.partition(": ")[2].split(";")[0].replace("`", "") in text.replace("`", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"runs": ["none"]}, "runs/none: there is no such run; check its name."),
        ({"runs": ["runs"]}, "run 'runs': is the folder of all runs; name one of those in it."),
        ({"runs": ["./data"]}, "data: is no run, for it has no config.yaml"),
        ({"runs": ["first", "runs/first"]}, "is given twice"),
        ({"out": "a.pdf"}, "--out a.pdf: is a page; choose a name that ends in .html."),
        ({"out": "nowhere/a.html"}, "nowhere/a.html: cannot be written"),
        ({"worst": -1}, "--worst -1: give a number of poses"),
    ],
)
def test_fault_is_named_in_one_sentence(report, arguments, sentence):
    given = {"runs": ["bare"], "out": "a.html", "align": False, "worst": 1} | arguments
    with pytest.raises(InputError) as error:
        report(**given)
    assert sentence in str(error.value)
    assert not Path("a.html").exists()


def test_command_writes_the_page_or_ends_with_a_sentence(workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace[0])

    def script(*words):
        monkeypatch.setattr(sys, "argv", ["report.py", *words])
        runpy.run_path(str(ROOT / "scripts/report.py"), run_name="__main__")

    script("second", "first", "--out", "both.html", "--worst", "1")
    assert "both.html in a browser" in capsys.readouterr().out
    assert len(clips_of("both.html")[0]["frames"]) == 1
    with pytest.raises(SystemExit) as ended:
        script("none")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Error: runs/none: there is no such run; check its name.\n"
