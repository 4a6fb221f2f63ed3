"""Files of photographs that are lifted: which are found, and what is written beside them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from lifting.errors import InputError, Option, Phrase
from lifting.inference.media_kinds import lifted_by

ENDINGS = (".jpg", ".jpeg", ".png")
# Says in a picture that it was written here: it is no photograph, and may be replaced.
MARK = ("Software", "lifting photo")


def find_photographs(paths: Sequence[Path]) -> list[Path]:
    """Return the photographs that are named, and those in folders that are, by name.

    What was written here earlier is none.

    Raises:
        InputError: If a path is missing or no photograph, or a folder holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = [p for p in sorted(path.iterdir()) if p.suffix.lower() in ENDINGS]
            inside = [p for p in files if p.is_file() and not _is_picture(p)]
            if not inside:
                raise InputError("holds no photograph", path, f"give {', '.join(ENDINGS)}.")
            found |= dict.fromkeys(inside)
        elif not path.exists():
            raise InputError("there is no such photograph", path, "check the path.")
        elif path.suffix.lower() not in ENDINGS:
            remedy = f"convert it to {' or '.join(ENDINGS[1:])}."
            raise InputError("is no photograph", path, lifted_by(path, "video") or remedy)
        else:
            found[path] = None
    return list(found)


def picture_paths(photographs: Sequence[Path], folder: Path | None) -> list[Path]:
    """Return where the picture of each photograph goes: beside it, or into a folder.

    Raises:
        InputError: If something of others is there.
    """
    taken: dict[Path, None] = {}
    for photograph in photographs:
        place = photograph.parent if folder is None else folder
        path = next(p for p in _candidates(photograph, place) if p not in taken)
        if path.exists() and not _is_picture(path):
            what = f"is there and is no picture of {photograph.name}"
            raise InputError(what, path, Phrase("write elsewhere with {}.", Option("out")))
        taken[path] = None
    return list(taken)


def _candidates(photograph: Path, folder: Path) -> Iterator[Path]:
    yield folder / f"{photograph.stem}_3d.png"
    # Of another ending, or from another folder.
    yield folder / f"{photograph.name}_3d.png"
    number = 2
    while True:
        yield folder / f"{photograph.stem}_{number}_3d.png"
        number += 1


def _is_picture(path: Path) -> bool:
    """Return whether a file is a picture that was written of a photograph."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            return MARK in image.info.items()
    except (OSError, ValueError, SyntaxError):
        return False
