"""Kinds of files that people are lifted from, and the command for each."""

import mimetypes
from pathlib import Path

_REMEDIES = {
    "video": "lift videos by `lifting video`.",
    "image": "lift photographs by `lifting photo`.",
}


def lifted_by(path: Path, *kinds: str) -> str | None:
    """Return which command lifts a file, told by its ending, if it is of one of some kinds.

    Args:
        path: The file.
        kinds: ``"video"``, ``"image"``; either where none is named.

    Example:
        >>> print(lifted_by(Path("walk.mov")))
        lift videos by `lifting video`.
    """
    kind = media_kind(path)
    return None if kind is None or (kinds and kind not in kinds) else _REMEDIES[kind]


def media_kind(path: Path) -> str | None:
    """Return whether a file is a ``"video"`` or an ``"image"``, told by its ending, or None.

    Example:
        >>> media_kind(Path("walk.mov"))
        'video'
    """
    kind = (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
    return kind if kind in _REMEDIES else None
