"""The command ``lifting describe``: what a clip store holds, and how much of it is usable."""

from pathlib import Path
from typing import TYPE_CHECKING

from lifting.errors import InputError, Option, Phrase, did_you_mean

if TYPE_CHECKING:
    from datamodules.store.usable import Usable


def describe(
    store: str,
    *,
    usable: str | None = None,
    least_confidence: float = 0.3,
    out: str | None = None,
) -> None:
    """Print what a clip store holds: skeleton, 2D sources, and clips and frames per subject.

    Args:
        store: The clip store.
        usable: A 2D source of it, such as detector: of how many frames is a whole person seen, of how
            many a part of LInKs from which the rest is completed, and of how many each joint?
        least_confidence: From which confidence on a keypoint counts as seen.
        out: Draw these shares into this file, a .png.
    """
    from datamodules.store.clips import ClipStore

    if out is not None and (usable is None or Path(out).suffix.lower() != ".png"):
        remedy = "choose a name that ends in .png, and a source with --usable."
        raise InputError("shows usable frames", Phrase("{} {}", Option("out"), out), remedy)
    if not 0 < least_confidence <= 1:
        where = Phrase("{} {}", Option("least_confidence"), least_confidence)
        raise InputError("is no confidence", where, "give a number above 0, up to 1.")
    with ClipStore(store) as content:
        if usable is None:
            print(content.describe())
            return
        if usable not in content.info.sources:
            known = list(content.info.sources)
            meant = did_you_mean(usable, known) or f"it has {', '.join(known)}."
            raise InputError(f"has no 2D source {usable}", store, meant)
        from datamodules.store.usable import usable_frames

        counts = usable_frames(content, usable, least_confidence)
    _print(counts, f"{store}, {usable}, seen from a confidence of {least_confidence:g} on")
    if out is not None:
        _draw(counts, Path(out), f"{Path(store).name}, {usable}")


def _print(counts: "dict[str, Usable]", heading: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from datamodules.store.usable import JOINTS
    from lifting.skeletons import skeleton

    table = Table("action", "frames", "every joint\n%", "enough to complete\n%", title=heading)
    for action, some in counts.items():
        if action == "all":
            table.add_section()
        shares = [f"{some.percent(count):.1f}" for count in (some.whole, some.partial)]
        table.add_row(action.replace("_", " "), f"{some.frames:,}", *shares)
    console = Console(width=100)
    console.print(table)
    joints = Table("joint", "seen, %")
    for name, count in zip(skeleton(JOINTS).joints, counts["all"].seen.tolist(), strict=True):
        joints.add_row(name.replace("_", " "), f"{counts['all'].percent(count):.1f}")
    console.print(joints)


def _draw(counts: "dict[str, Usable]", path: Path, title: str) -> None:
    from datamodules.store.usable import JOINTS
    from lifting.skeletons import skeleton
    from lifting.viz.figures import save_figure
    from lifting.viz.usable import usable_figure

    shares = {n: (s.percent(s.whole), s.percent(s.partial)) for n, s in counts.items()}
    seen = [counts["all"].percent(count) for count in counts["all"].seen.tolist()]
    save_figure(usable_figure(shares, skeleton(JOINTS).joints, seen, title), path)
    print(f"Drawn in {path}")
