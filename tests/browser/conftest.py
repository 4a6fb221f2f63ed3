"""Pages opened from a file, as a reader does, by whom every word and every request is noted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a file; at the end of the test there may be no error, no message and no request.

    But for that of a video beside it, by its name: the browser says where it is missing.
    """
    contexts, faults, requests, media = [], [], [], set()

    def open_file(
        path: Path, width: int = 1200, height: int = 900, video: str = "", **options: Any
    ) -> Any:
        media.add((path.parent / video).as_uri())
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        missing = "ERR_FILE_NOT_FOUND" if video else None
        page.on(
            "console",
            lambda message: (missing and missing in message.text) or faults.append(message.text),
        )
        page.on("request", lambda request: request.url in media or requests.append(request.url))
        page.goto(path.as_uri())
        # The first drawing follows the layout of the page.
        page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert faults == []
    assert all(url.startswith("file:") and url.endswith(".html") for url in requests)
    assert len(requests) == len(contexts)
