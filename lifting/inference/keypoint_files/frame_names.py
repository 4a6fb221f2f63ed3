"""Numbers of frames in the names of files."""

import re
from collections.abc import Iterable

from lifting.errors import InputError


def frame_numbers(names: Iterable[str], where: object) -> dict[str, int]:
    """Return the number of each frame by its name.

    It is the last number in the name that tells all of them apart: in ``frame_3_of_20.jpg`` the first,
    in ``cam2_000003.jpg`` the second.

    Raises:
        InputError: If there is no number in a name, or none that tells them apart.

    Example:
        >>> frame_numbers(["f_0_of_20.jpg", "f_1_of_20.jpg"], "walk.json")
        {'f_0_of_20.jpg': 0, 'f_1_of_20.jpg': 1}
    """
    distinct = list(dict.fromkeys(names))
    # From the last on, which the suffix of some files is: .mp4, .h5.
    numbers = [[int(digits) for digits in re.findall(r"\d+", name)][::-1] for name in distinct]
    for name, found in zip(distinct, numbers, strict=True):
        if not found:
            raise InputError(f"'{name}' holds no number of a frame.", where)
    for place in range(min(map(len, numbers), default=0)):
        column = [found[place] for found in numbers]
        if len(set(column)) == len(distinct):
            return dict(zip(distinct, column, strict=True))
    last: dict[int, str] = {}
    for name, found in zip(distinct, numbers, strict=True):
        if last.setdefault(found[0], name) != name:
            what = f"'{last[found[0]]}' and '{name}' share a number"
            raise InputError(what, where, "give the frames of one video.")
    return dict(zip(distinct, (found[0] for found in numbers), strict=True))
