"""The page of a report: what is held together, what is marked, what is kept apart."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.reporting import PoseErrors, gather, write_report
from lifting.skeletons import skeleton
from tests.made_runs import TABLE, provenance, write_run

H36M = skeleton("h36m17")
FLAT = [{"action": row["action"], "frames": row["frames"], "epe": 3.0} for row in TABLE]


class Tables(HTMLParser):
    """The tables of a page by their names: rows of cells, marked ones with a star."""

    def __init__(self, text):
        super().__init__()
        self.found, self._row = {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "div" and "aria-label" in given:
            self._rows = self.found.setdefault(given["aria-label"], [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("*" if given.get("class") == "marked" else "")
            self._row = self._rows[-1]

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._row = None

    def handle_data(self, data):
        if self._row is not None:
            self._row[-1] += data.replace("\xa0", " ")


def page(tmp_path, *folders, errors=None):
    runs = gather(folders)
    write_report(tmp_path / "report.html", runs, errors or {})
    text = (tmp_path / "report.html").read_text()
    return text, Tables(text).found


def errors_of(values, frames=4):
    made = np.outer(np.linspace(0, 2, frames), np.ones(17)) * values
    return PoseErrors(H36M, ["S9/a/c"], np.zeros(frames, int), np.arange(frames), made, "s")


def test_runs_of_one_protocol_share_tables_and_the_best_is_marked(tmp_path):
    text, tables = page(tmp_path, write_run(tmp_path / "a"), write_run(tmp_path / "b", scale=0.5))
    assert tables["action average"] == [
        ["run", "method", "frames", "MPJPE, mm ↓", "PCK@150, % ↑"],
        ["a", "SimpleBaseline", "6", "45.0", "87.5"],
        ["b", "SimpleBaseline", "6", "*22.5", "87.5"],
    ]
    assert tables["MPJPE, mm ↓, by action"] == [
        ["action", "a", "b"],
        ["Sitting", "60.0", "*30.0"],
        ["Walking", "30.0", "*15.0"],
        ["action average", "45.0", "*22.5"],
        ["frame average", "40.0", "*20.0"],
    ]
    assert "Not everything compares" not in text
    assert "Not in this report" not in text
    assert text.count("<svg") == 2
    assert "<p>None.</p>" in text


def test_runs_of_other_protocols_stand_apart_and_nothing_is_best(tmp_path):
    text, tables = page(
        tmp_path,
        write_run(tmp_path / "a"),
        write_run(tmp_path / "b", scale=0.5, data={"test_frames": "every64"}),
    )
    assert text.count("tests measured different things") == 1
    assert "B (b): rule for frames: every64" in text
    assert "A: Action average" in text
    assert "B: Action average" in text
    assert "*" not in "".join(cell for row in tables["action average"] for cell in row)


def test_pixels_and_millimetres_are_never_in_one_table(tmp_path):
    text, _ = page(
        tmp_path,
        write_run(tmp_path / "a"),
        write_run(tmp_path / "b", method="HeatmapDetector", table=FLAT),
    )
    assert "A: Action average, 3D poses, millimetres" in text
    assert "B: Action average, 2D keypoints, pixels" in text
    assert "losses of different methods are not the same thing" in text
    # Losses apart; what was validated on the same poses together.
    assert text.count("<svg") == 3


def test_errors_of_the_same_poses_are_drawn_together(tmp_path):
    folders = write_run(tmp_path / "a"), write_run(tmp_path / "b"), write_run(tmp_path / "c")
    errors = {"a": errors_of(10.0), "b": errors_of(20.0), "c": errors_of(1.0, frames=3)}
    text, tables = page(tmp_path, *folders, errors=errors)
    assert "not the same poses were predicted" in text
    assert "A: MPJPE of a pose, mm; 4 poses of 1 clip" in text
    assert [row[:4] for row in tables["quantiles of errors, mm"]] == [
        ["run", "poses", "refused", "mean"],
        ["a", "4", "0", "10.0"],
        ["b", "4", "0", "20.0"],
        ["run", "poses", "refused", "mean"],
        ["c", "3", "0", "1.0"],
    ]
    assert tables["by joint, mm"][:2] == [["joint", "a", "b"], ["pelvis", "*10.0", "20.0"]]


def test_what_is_missing_is_said_and_the_rest_is_shown(tmp_path):
    bare = write_run(tmp_path / "<b>", table=None, steps=0, starts=())
    text, tables = page(tmp_path, write_run(tmp_path / "a"), bare)
    assert "Not in this report:" in text
    assert "&lt;b&gt;: " in text
    assert "<b>:" not in text
    assert "not tested yet" in text
    assert [row[0] for row in tables["action average"]] == ["run", "a"]
    (alone,) = (page(tmp_path, bare)[1],)
    assert list(alone) == ["Provenance"]


def test_commands_and_what_changed_are_shown(tmp_path):
    resumed = provenance("fit") | {"command": "lifting fit --model.lr 0.5", "step": 40}
    resumed["changed"] = {"model.lr": [0.001, 0.5]}
    _, tables = page(tmp_path, write_run(tmp_path / "a", starts=[resumed]))
    (_, row) = tables["History"]
    assert row == ["a", "fit", "40", "lifting fit --model.lr 0.5", "1", "model.lr 0.001 → 0.5"]


def test_every_curve_is_drawn_once(tmp_path):
    folder = write_run(tmp_path / "a")
    # Poses and completed poses have it in common.
    again = folder / "logs/version_1/metrics.csv"
    again.parent.mkdir()
    again.write_text("epoch,step,val/pa_mpjpe\n0,40,60.0\n0,80,50.0\n")
    text, _ = page(tmp_path, folder)
    curves = gather([folder])[0].curves
    assert "val/pa_mpjpe" in curves
    assert "validation PA-MPJPE, mm ↓" in text
    assert text.count("<figure>") == len(curves)


def test_metrics_have_their_names_and_are_explained(tmp_path):
    table = [row | {"n_mpjpe_norm_ratio": 7.0, "mpjve": float("nan")} for row in TABLE]
    text, tables = page(tmp_path, write_run(tmp_path / "a", table=table))
    shown = re.sub(r"<style>.*?</style>", "", text)
    assert "n_mpjpe_norm_ratio" not in shown
    assert tables["action average"][0][3:] == [
        *("MPJPE, mm ↓", "PCK@150, % ↑", "N-MPJPE, ratio of norms, mm ↓")
    ]
    assert '<abbr title="legacy: as N-MPJPE, the scale is the ratio of the norms' in text
    # What was not measured has no table of its own either.
    assert "MPJVE" not in shown


def test_page_fetches_nothing_and_is_whole_or_not_there(tmp_path):
    text, _ = page(tmp_path, write_run(tmp_path / "a"))
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", text)
    with pytest.raises(InputError, match=r"nowhere/a.html: cannot be written"):
        write_report(tmp_path / "nowhere/a.html", gather([tmp_path / "a"]), {})
