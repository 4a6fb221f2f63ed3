"""HTML page of the app, in one piece."""

import html
from collections.abc import Iterable
from importlib.resources import files

from lifting.skeletons import SKELETONS
from lifting.viz.player import resource

_RESOURCES = files("lifting.inference.app")
# What the parts of the page share, and the parts.
_SHARED = ("ask.js", "tabs.js", "turning.js")
_PARTS = ("playground.js", "files.js", "camera.js")


def app_page(lifters: Iterable[str], formats: Iterable[str], takes_pictures: bool) -> bytes:
    """Return the page, with lifters and formats of files to choose from, and pictures or not."""
    code = resource("player_draw.js") + "".join(map(_resource, _SHARED))
    code += "".join(f"{{{_resource(name)}}}" for name in _PARTS)
    kinds = "Keypoints of any detector (npz, npy, json; of OpenPose all its files)"
    camera = "Frames go from this browser to the app on this machine, and are kept nowhere."
    if takes_pictures:
        kinds += ", pictures and videos."
    else:
        kinds += ". For pictures and videos start the app with a detector."
        camera = "To see people on its pictures, start the app with a detector."
    page = _resource("page.html")
    for name, text in {
        "STYLE": resource("page.css") + _resource("app.css"),
        "SCRIPT": f'"use strict";{{{code}}}',
        "SKELETONS": _options(SKELETONS),
        "FORMATS": _options(formats),
        "FILES": "Keypoints, pictures, videos" if takes_pictures else "Keypoint files",
        "KINDS": kinds,
        "CAMERA": camera,
        # The last one: a name may be anything.
        "LIFTERS": _options(lifters),
    }.items():
        page = page.replace(f"%{name}%", text)
    return page.encode()


def _resource(name: str) -> str:
    return _RESOURCES.joinpath(name).read_text(encoding="utf-8")


def _options(names: Iterable[str]) -> str:
    return "".join(f"<option>{html.escape(name)}</option>" for name in names)
