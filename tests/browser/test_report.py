"""The report in a real browser: within a phone, dark, unfolded, with the worst poses played."""

import numpy as np
import pytest

from lifting.reporting import PoseErrors, gather, write_report
from lifting.skeletons import skeleton
from lifting.viz.player import Clip, PoseTrack
from tests.made_runs import write_run

pytestmark = pytest.mark.slow(reason="drives pages in a browser")

H36M = skeleton("h36m17")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of runs of two protocols, one of them neither trained nor tested."""
    tmp_path = tmp_path_factory.mktemp("report")
    folders = [
        write_run(tmp_path / f"run_with_a_long_name_{n}", scale=1 - n / 10, model={"lr": n})
        for n in range(5)
    ]
    folders.append(write_run(tmp_path / "other", data={"test_frames": "every64"}))
    folders.append(write_run(tmp_path / "untested", table=None, steps=0))
    runs = gather(folders)
    rng = np.random.default_rng(0)
    errors = {
        run.label: PoseErrors(
            *(H36M, ["S9/Walking/c0"], np.zeros(50, int), np.arange(50)),
            rng.gamma(2, 20, (50, 17)),
            "store",
        )
        for run in runs[:5]
    }
    truth = 300 * rng.normal(size=(3, 17, 3))
    worst = Clip(
        "worst of all",
        [PoseTrack(run.label, truth + 90 * rng.normal(size=truth.shape), H36M) for run in runs[:3]],
        fps=1.0,
        truth=PoseTrack("truth", truth, H36M),
        notes=["S9/Walking/c0, frame 7: 90 mm", "second", "third"],
    )
    write_report(tmp_path / "report.html", runs, errors, [worst])
    return tmp_path / "report.html"


@pytest.fixture
def shown(report, open_page):
    """Opens the report."""
    return lambda **options: open_page(report, **options)


def test_worst_poses_are_gone_through_and_metrics_unfold(shown):
    page = shown()
    assert page.locator("#note").inner_text() == "S9/Walking/c0, frame 7: 90 mm"
    page.get_by_role("button", name="Next frame").click()
    assert page.locator("#note").inner_text() == "second"
    by_action = page.get_by_role("region", name="PCK@150, % ↑, by action")
    assert by_action.count() == 0 or not by_action.first.is_visible()
    page.locator("summary", has_text="Every other metric by action").first.click()
    assert by_action.first.is_visible()


def test_lines_have_colours_and_dashes_of_their_own_as_the_legend_says(shown):
    page = shown()
    swatches = page.locator(".legend.lines").first.locator("i")
    looks = [
        swatches.nth(n).evaluate(
            "i => { const s = getComputedStyle(i); return s.borderTopColor + s.borderTopStyle }"
        )
        for n in range(5)
    ]
    assert len(set(looks)) == 5
    # The lines of the first drawing: their strokes are those of the legend.
    strokes = page.locator(".curves svg").first.evaluate(
        "s => [...s.querySelectorAll('path')].map(p => getComputedStyle(p).stroke)"
    )
    assert {look.partition(")")[0] + ")" for look in looks} <= set(strokes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_axes_are_read_in_light_and_dark(shown, scheme):
    page = shown(color_scheme=scheme)
    back, text, axis, box = page.evaluate(
        "['body', 'td', '.curves svg text', '.notice'].map((s, n) => {"
        "const c = getComputedStyle(document.querySelector(s));"
        "return n % 3 ? (n == 2 ? c.fill : c.color) : c.backgroundColor })"
    )
    levels = [
        sum(int(v) for v in colour[4:-1].split(",")[:3]) / 3 for colour in (back, text, axis, box)
    ]
    assert (levels[0] > 128) == (levels[3] > 128) == (scheme == "light")
    assert min(abs(levels[0] - levels[1]), abs(levels[3] - levels[1])) > 150
    assert abs(levels[0] - levels[2]) > 80


def test_on_a_phone_tables_scroll_by_themselves(shown):
    page = shown(width=390, height=844, has_touch=True, device_scale_factor=2)
    page.locator("summary", has_text="Every other metric by action").first.tap()
    assert page.get_by_role("region", name="PCK@150, % ↑, by action").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.get_by_role("region", name="Options that differ").first
    assert wide.evaluate("e => e.scrollWidth > e.clientWidth")
    assert page.locator(".curves svg").first.bounding_box()["width"] <= 390
