"""Files of a lifting, told from those of others: the ``.npz`` of its poses names them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from lifting.containers.arrays import load_npz, npz_names
from lifting.errors import InputError
from lifting.files import name_of, on_disk

# Entries that a file of poses has had from the first version on.
_OWN = ("pose", "known", "frame", "track", "tracks", "skeleton", "fps")


class ResultFiles:
    """The files that a lifting writes into a folder, and those of an earlier one that they replace.

    Args:
        poses: The ``.npz`` of the poses, whose entry ``files`` names all that was written with it.
        remedy: What to do where something of others is in the way.

    Raises:
        InputError: If there is a file of that name which no lifting wrote.
    """

    def __init__(self, poses: Path, remedy: str) -> None:
        self.poses = poses
        self._remedy = remedy
        # None: of a version that did not name them.
        self._earlier: set[str] | None = set()
        if poses.exists():
            self._earlier = _named(poses, remedy)

    def refuse_foreign(self, paths: Iterable[Path]) -> None:
        """Refuse to write over what no earlier lifting wrote.

        Raises:
            InputError: If one of the paths is such a file.
        """
        for path in paths:
            own = path == self.poses or self._earlier is None or name_of(path) in self._earlier
            if path.exists() and not own:
                raise InputError("is there and was not written by a lifting", path, self._remedy)

    def remove_left_over(self, now: Iterable[Path]) -> None:
        """Remove what the earlier lifting wrote and this one did not."""
        names = {name_of(path) for path in now}
        for name in (self._earlier or set()) - names:
            (self.poses.parent / on_disk(name)).unlink(missing_ok=True)


def _named(poses: Path, remedy: str) -> set[str] | None:
    """Return the names of the files that were written with one of poses, or None if it does not tell.

    Raises:
        InputError: If it is no file of poses.
    """
    foreign = InputError("is there and was not written by a lifting", poses, remedy)
    try:
        entries = npz_names(poses)
        if not all(entry in entries for entry in _OWN):
            raise foreign
        if "files" not in entries:
            return None
        # Of a long recording the names alone are read.
        names = [str(name) for name in np.ravel(load_npz(poses, ["files"])["files"])]
    except InputError as error:
        raise foreign from error
    # Nothing but a plain name: a path would lead out of the folder.
    return {name for name in names if name == Path(name).name}
