"""The page of the app: in one piece, and asking this server alone."""

import re

from lifting.inference.app.page import app_page
from lifting.skeletons import SKELETONS


def test_page_holds_everything_and_names_no_other_place():
    page = app_page(["sb", "<b>%SCRIPT%</b>"], ["coco", "npz"], takes_pictures=False).decode()
    assert "<option>sb</option><option>&lt;b&gt;%SCRIPT%&lt;/b&gt;</option>" in page
    assert not re.findall(r"%[A-Z]+%", page.replace("%SCRIPT%&lt;", ""))
    assert "<option>coco</option><option>npz</option>" in page
    assert all(f"<option>{name}</option>" in page for name in SKELETONS)
    # Style and script are inside, and lead nowhere.
    for part in ("drawScene", "--left: #0072b2", 'id="flat"', "async function ask"):
        assert part in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_page_says_what_it_takes():
    without, with_ = (app_page(["a"], [], sees).decode() for sees in (False, True))
    assert "start the app with a detector" in without
    assert "pictures and videos." in with_
    assert "--detector" not in with_
