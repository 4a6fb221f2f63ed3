"""Pages: what they hold, and that they stand alone."""

import base64
import re

import pytest

from lifting.errors import InputError
from lifting.viz.page import write_page

ROWS = [
    {"case": "a<b", "frames": 3, "mpjpe": 12.34},
    {"case": "case average", "frames": 3, "mpjpe": float("nan")},
]


def page(tmp_path, loss=3.5, **options):
    curves = {"train/loss": ([10.0], [loss]), "val/mpjpe": ([20.0], [80.5])}
    path = tmp_path / "index.html"
    write_page(path, "T & T", **{"tables": {"Test": ROWS}, "curves": curves} | options)
    return path.read_text()


def test_page_has_every_table_under_its_heading(tmp_path):
    text = page(tmp_path, tables={"Test": ROWS, "Occluded": ROWS[:1]})
    assert text.count("<tr") == 3 + 2
    assert text.index(">Test<") < text.index(">12.3<") < text.index(">Occluded<")
    assert "<td>a&lt;b</td>" in text
    assert '<tr class="average"><td>case average</td><td>3</td><td>–</td>' in text
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["index.html"]


def test_long_names_go_on_in_another_line_and_numbers_do_not(tmp_path):
    text = page(tmp_path, tables={"Test": [{"a_long/name": "lr.run_0.5", "frames": 1.5}]})
    assert '<th scope="col">a_long/<wbr>name</th>' in text
    assert "<td>lr.run_0.5</td><td>1.5</td>" in text


def test_curves_are_drawn_in_the_colours_of_the_page(tmp_path):
    text = page(tmp_path)
    drawings = re.findall(r"<svg.*?</svg>", text, re.S)
    assert len(drawings) == 2
    assert "training loss" in drawings[0]
    assert "val/" not in text
    assert 'aria-label="validation, mm: MPJPE"' in drawings[1]
    assert "var(--m0)" in drawings[0]
    assert "currentColor" in drawings[0]
    assert not re.search("#0000a[0-9]", text)
    assert "<svg" not in page(tmp_path, curves=None)


def test_loss_is_drawn_on_a_logarithmic_scale_unless_it_is_below_zero(tmp_path):
    # A logarithmic axis has powers of ten, which are set with a superscript.
    assert "10^{" in page(tmp_path)
    assert "10^{" not in page(tmp_path, loss=-3.5)


def test_page_takes_nothing_from_elsewhere_and_says_so(tmp_path):
    text = page(tmp_path)
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img|video)[^>]+(src|href)=\"(?!data:)", text)


def test_pictures_and_videos_go_into_the_page(tmp_path):
    picture, video = tmp_path / "a.png", tmp_path / "b.MP4"
    picture.write_bytes(b"picture \x89")
    video.write_bytes(b"video \x00")
    text = page(tmp_path, media=[("A <b>", picture), ("B", video)])
    (source,) = re.findall(r'<img alt="A &lt;b&gt;" src="data:image/png;base64,([^"]+)">', text)
    assert base64.b64decode(source) == b"picture \x89"
    (source,) = re.findall(
        r'<video controls loop muted playsinline preload="auto" aria-label="B" '
        r'src="data:video/mp4;base64,([^"]+)"></video>',
        text,
    )
    assert base64.b64decode(source) == b"video \x00"
    assert text.count("<figcaption>") == 2


@pytest.mark.parametrize("name", ["missing.png", "a.gif"])
def test_other_files_are_refused_and_leave_no_page(tmp_path, name):
    (tmp_path / "a.gif").write_bytes(b"x")
    with pytest.raises(InputError, match=name):
        page(tmp_path, media=[("A", tmp_path / name)])
    assert not (tmp_path / "index.html").exists()
