"""The command ``lifting audit``: how plausible lifted poses are, told without truth."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lifting.cli.named_poses import in_folder, is_file, of_run
from lifting.errors import InputError, Option, Phrase, warn

if TYPE_CHECKING:
    from lifting.inference.audit import Audited
    from lifting.inference.audited_people import Seen

# More people are not printed one by one.
_MOST_PRINTED = 20
# Percent of typical keypoints below which a warning is given.
_FEW = 50.0


def audit(
    poses: str,
    *,
    keypoints: str | None = None,
    flow: str | None = None,
    skeleton: str | None = None,
    track: str | None = None,
    out: str | None = None,
) -> None:
    """Judge lifted poses without truth: asymmetry, lengths that vary, limbs bent the wrong way.

    Args:
        poses: A file of poses, an .npz or .npy, as `lifting lift` and `lifting video` write it, or of
            another program; the folder of a lifted video; or the name of a run that `lifting predict`
            was run for, which knows its keypoints and the truth beside.
        keypoints: The keypoint file that the poses were lifted from, or the clip store.
        flow: Checkpoint of a flow over 2D poses (PoseFlows): are the keypoints like those it was trained
            on?
        skeleton: Joint set of a file of poses, if it does not say.
        track: This person of a file of poses alone.
        out: Write everything into this file, a .json.
    """
    if out is not None and Path(out).suffix.lower() != ".json":
        raise InputError("is no .json", Phrase("{} {}", Option("out"), out), "choose such a name.")
    poses = in_folder(poses)
    given = {"keypoints": keypoints, "skeleton": skeleton, "track": track}
    if not is_file(poses):
        for name, value in given.items():
            if value is not None:
                raise InputError(f"{poses} is a run", Option(name), "leave it out.")
    elif flow is not None and keypoints is None:
        remedy = Phrase("name the file with {}.", Option("keypoints"))
        raise InputError("needs the keypoints that were lifted", Option("flow"), remedy)
    people, true = _people(poses, keypoints, skeleton, track)
    rows = _judged(people, flow)
    everyone = _everyone(rows, "all")
    truth = _everyone(_judged(true, None), "truth") if true else None
    _print([*rows[: _MOST_PRINTED + 1], everyone, *([truth] if truth else [])], len(rows), poses)
    typical = everyone.values["typical_keypoints"]
    if typical is not None and typical < _FEW:
        what = (
            f"{100 - typical:.0f} % of the keypoints are unlike those that the flow was trained on"
        )
        warn(InputError(what, poses, "lifters of the same training may give wrong poses."))
    if out is not None:
        _write(Path(out), poses, rows, everyone, truth)


def _people(
    poses: str, keypoints: str | None, skeleton: str | None, track: str | None
) -> tuple[list["Seen"], list["Seen"]]:
    from lifting.inference.audited_people import Seen, people_of_run, with_keypoints
    from lifting.inference.keypoint_files import read_tracks
    from lifting.inference.options import ReadOptions
    from lifting.inference.pose_reading import read_people, select_people
    from lifting.runs.folder import run_folder

    if not is_file(poses):
        return people_of_run(Path(run_folder(of_run(poses))))
    path = Path(poses)
    people = select_people(read_people(path, skeleton)[0], track, path)
    if keypoints is None:
        return [Seen(person) for person in people], []
    where = Path(keypoints)
    return with_keypoints(people, read_tracks(where, ReadOptions()), where), []


def _judged(people: Sequence["Seen"], flow: str | None) -> list["Audited"]:
    from lifting.inference.audit import audit as judge
    from lifting.methods import PoseFlows
    from lifting.methods.bases.checkpointed import load_frozen

    trained = None if flow is None else load_frozen(flow, PoseFlows)
    return [judge(person, camera, trained) for person, camera in people]


def _everyone(rows: Sequence["Audited"], name: str) -> "Audited":
    from lifting.inference.audit import together

    return together(rows, name)


def _print(rows: Sequence["Audited"], people: int, title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from lifting.metrics.registry import with_unit

    shown = rows if people <= _MOST_PRINTED else [r for r in rows if r.name in ("all", "truth")]
    columns = [c for c in rows[0].values if any(row.values[c] is not None for row in rows)]
    heads = [with_unit(column, columns).replace(", ", "\n", 1) for column in columns]
    table = Table("person", "frames", *heads, title=title)
    for row in shown:
        if row.name == "all":
            table.add_section()
        numbers = [row.values[column] for column in columns]
        texts = ["–" if number is None else f"{number:.1f}" for number in numbers]
        table.add_row(row.name, f"{row.frames:,}", *texts)
    Console(width=120).print(table)


def _write(
    path: Path, poses: str, rows: Sequence["Audited"], everyone: "Audited", truth: "Audited | None"
) -> None:
    from lifting.files import beside
    from lifting.inference.outputs import counted

    def content(row: "Audited") -> dict[str, object]:
        return {"frames": row.frames, **row.values}

    written: dict[str, object]
    written = {"poses": poses, "people": [{"name": r.name, **content(r)} for r in rows]}
    written |= {"all": content(everyone)}
    written |= {} if truth is None else {"truth": content(truth)}
    with beside(path) as partial:
        partial.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print(f"{counted(len(rows))} in {path}")
