"""The page, driven in a real browser as an annotator would, and its server asked by hand."""

import http.client
import json
import threading
from contextlib import contextmanager

import pytest

from datamodules.relative_depth.annotation.answers import read_answers
from datamodules.relative_depth.annotation.images import load_images
from datamodules.relative_depth.annotation.questions import ask
from datamodules.relative_depth.annotation.server import AnnotationServer
from datamodules.relative_depth.annotation.session import Session
from lifting.errors import InputError
from tests.datamodules.made_lsp import points, write_jpg, write_mat
from tests.datamodules.relative_depth.annotation.made_annotations import judged


@contextmanager
def served(path, images, name="anna", pairs=2):
    session = Session(path, name, ask(images, name, pairs), 0, pairs)
    with AnnotationServer(session, images, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def texts(page):
    return tuple(page.locator(f"#{place} span").inner_text() for place in ("first", "second"))


def progress(page, text):
    page.get_by_text(text, exact=True).wait_for()


@pytest.mark.slow(reason="drives pages in a browser")
def test_an_annotator_answers_undoes_leaves_and_finishes(browser, tmp_path):
    images = judged(3)
    path = tmp_path / "answers.json"
    asked_for = []
    with served(path, images) as server:
        context = browser.new_context()
        page = context.new_page()
        page.on("request", lambda request: asked_for.append(request.url))
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(server.url)
        progress(page, "0 of 6")
        assert page.locator("#undo").is_disabled()
        question = server.session.questions[0]
        assert texts(page) == tuple(
            server.state()["question"][place]["name"] for place in ("first", "second")
        )
        # The rings lie on the joints.
        ring = page.locator("circle.first")
        keypoints = next(i for i in images if i.name == question.image).keypoints
        assert float(ring.get_attribute("cx")) == pytest.approx(keypoints[question.first, 0])
        assert float(ring.get_attribute("cy")) == pytest.approx(keypoints[question.first, 1])
        assert page.locator("line").count() == 13
        page.click("#first")
        progress(page, "1 of 6")
        page.keyboard.press("p")
        progress(page, "2 of 6")
        page.keyboard.press("u")
        progress(page, "3 of 6")
        page.keyboard.press("g")
        progress(page, "4 of 6")
        page.click("#undo")
        progress(page, "3 of 6")
        answers = read_answers(path)["anna"].answers
        assert [a.nearer for a in answers] == ["first", "second", None]
        assert [a.question for a in answers] == server.session.questions[:3]
        assert all(0 < a.seconds < 60 for a in answers)
        assert all(url.startswith(server.url) for url in asked_for)
        assert faults == []
        context.close()
    with served(path, images) as server:
        page = browser.new_page()
        page.goto(server.url)
        progress(page, "3 of 6")
        for number in range(4, 7):
            page.click("#second")
            progress(page, f"{number} of 6")
        page.get_by_text("All done. Thank you!").wait_for()
        assert page.locator("#first").is_hidden()
        page.close()
    assert [a.nearer for a in read_answers(path)["anna"].answers] == [
        *("first", "second", None),
        *3 * ["second"],
    ]


@pytest.mark.slow(reason="drives pages in a browser")
def test_the_picture_is_shown_on_a_phone_and_a_failure_is_said(browser, tmp_path):
    xy, seen = points(1)
    folder = write_mat(tmp_path / "raw/joints.mat", xy, seen, extended=False).parent
    write_jpg(folder / "images/im0001.jpg", 150, 140)
    images = load_images(folder / "images")
    with served(tmp_path / "answers.json", images) as server:
        page = browser.new_page(viewport={"width": 360, "height": 640}, color_scheme="dark")
        page.goto(server.url)
        progress(page, "0 of 2")
        page.locator("image").wait_for(state="attached")
        assert page.locator("image").get_attribute("width") == "150"
        assert page.locator("line").count() == 0
        # Everything is in view without scrolling.
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        (tmp_path / "answers.json").write_text("{")
        page.click("#first")
        page.get_by_text("Not saved").wait_for()
        assert "damaged" in page.locator("#message").inner_text()
        page.close()


def test_server_refuses_what_does_not_come_from_its_page(tmp_path):
    images = judged(2)
    good = {"number": 0, "nearer": "first", "seconds": 1}
    with served(tmp_path / "answers.json", images) as server:

        def ask_for(method, path, content=None, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            body = None if content is None else json.dumps(content)
            kind = {} if content is None else {"Content-Type": "application/json"}
            connection.request(method, path, body, kind | headers)
            return connection.getresponse().status

        assert server.server_address[0] == "127.0.0.1"
        assert ask_for("GET", "/") == ask_for("GET", "/state") == 200
        assert ask_for("GET", "/state", Host="evil.example:80") == 403
        assert ask_for("POST", "/answer", good, Origin="http://evil.example") == 403
        assert ask_for("POST", "/answer", good, **{"Content-Type": "text/plain"}) == 400
        assert ask_for("GET", "/picture/..%2F..%2Fetc%2Fpasswd") == 404
        assert ask_for("GET", "/picture/im0001") == 404
        assert ask_for("GET", "/elsewhere") == 404
        for wrong in (
            [],
            {},
            {**good, "nearer": "both"},
            {**good, "nearer": ["first"]},
            {**good, "seconds": float("nan")},
            {**good, "number": "0"},
            {**good, "more": "x" * 5000},
        ):
            assert ask_for("POST", "/answer", wrong) == 400, wrong
        assert read_answers(tmp_path / "answers.json")["anna"].answers == []
        assert ask_for("POST", "/answer", good, Origin=server.url.rstrip("/")) == 200
        assert len(read_answers(tmp_path / "answers.json")["anna"].answers) == 1
        with pytest.raises(InputError, match="is not free: give another"):
            AnnotationServer(server.session, images, server.server_port)
