"""The command ``lifting view``: predictions of runs beside the truth, and files of 3D poses."""

from pathlib import Path

from lifting.cli.named_poses import in_folder, is_file, of_run
from lifting.errors import InputError, Option, Phrase
from lifting.runs.folder import known_config, run_folder
from lifting.runs.options import flat, method_of

_ENDINGS = (".html", ".mp4", ".gif", ".png")
# Frames of a run that are shown at most, if nothing is said.
_OF_RUN = 200


def view(
    run: str,
    *,
    clip: str | None = None,
    index: int | None = None,
    out: str | None = None,
    start: int = 0,
    frames: int | None = None,
    every: int = 1,
    align: bool = False,
    reproject: bool = False,
    beside: list[str] | None = None,
    skeleton: str | None = None,
    track: str | None = None,
    fps: float | None = None,
    part: str | None = None,
) -> None:
    """Show predicted 3D poses, those of runs over the truth: a page to turn, a video, or a picture.

    Of a run of flows: the 2D poses that they encode, decode and draw.

    Args:
        run: Name of the run, which `lifting predict` was run for; or the folder of a lifted video, or a
            file of poses, an .npz or .npy, as `lifting lift` and `lifting video` write it, or of another
            program.
        clip: Clip as subject/sequence/camera, or the beginning of it; the first where not given.
        index: A single pose instead, by its row in predictions.npz.
        out: Where to: .html is a page to play and turn, .mp4 and .gif turn, .png is six frames;
            predictions.html in the folder of the run, or a page beside the file, where not given.
        start: Number of the frame to begin with.
        frames: Frames to show at most; 200 of a run, and all of a file, where not given.
        every: Show every n-th predicted frame.
        align: Fit each pose to the truth by a similarity first, as PA-MPJPE does.
        reproject: Show in place of the keypoints what the camera sees of the poses, if the method says
            where people are.
        beside: Names of other runs, such as '[second]', whose poses of the same frames stand beside
            (page, video).
        skeleton: Joint set of a file of poses, if it does not say.
        track: This person of a file of poses alone.
        fps: Frames per second of a file of poses, if it does not say.
        part: Of a run of flows, the part whose flow is shown; the first where not given.
    """
    run = in_folder(run)
    of_poses: dict[str, object] = {"clip": clip, "index": index, "align": align, "beside": beside}
    of_poses["reproject"] = reproject
    if is_file(run):
        _refuse(
            {**of_poses, "part": part},
            f"{run} is a file",
        )
        where = None if out is None else Path(out)
        _check(where, start, frames, every)
        if fps is not None and not 0 < fps < float("inf"):
            raise InputError(Phrase("{} {}: give frames per second.", Option("fps"), fps))
        from lifting.cli.view_file import view_file

        print(view_file(Path(run), where, skeleton, track, fps, (start, frames, every)))
        return
    frames = _OF_RUN if frames is None else frames
    _refuse({"skeleton": skeleton, "track": track, "fps": fps}, f"{run} is a run")
    folder = Path(run_folder(of_run(run)))
    if method_of(flat(known_config(folder))) == "PoseFlows":
        _refuse(of_poses, f"{run} is a run of flows")
        from lifting.cli.view_flow import view_flow

        print(view_flow(folder, None if out is None else Path(out), part))
        return
    _refuse({"part": part}, f"{run} is no run of flows")
    path = folder / "predictions.html" if out is None else Path(out)
    _check(path, start, frames, every)
    if beside and path.suffix.lower() == ".png":
        remedy = "choose a name that ends in .html, .mp4 or .gif."
        raise InputError("shows one run", Phrase("{} {}", Option("out"), path), remedy)
    if clip is not None and index is not None:
        raise InputError(Phrase("{} and {}: give one of them.", Option("clip"), Option("index")))
    from lifting.cli.view_writers import WRITERS, rows_of, shown_runs
    from lifting.inference.saved_predictions import predictions_of_run

    predictions = predictions_of_run(folder)
    rows = rows_of(predictions, clip, index, start)[::every][:frames]
    runs = shown_runs(folder, predictions, rows, align, beside or [], reproject)
    key = runs[0].shown.key.path.removeprefix("clips/")
    names = ", ".join(one.name for one in runs)
    WRITERS[path.suffix.lower()](path, f"{names}: {key}" + (", aligned" if align else ""), runs)
    print(f"{len(runs[0].shown.frames)} frames of {key} in {path}")


def _refuse(options: dict[str, object], what: str) -> None:
    """Refuse options that say nothing about what is shown.

    Raises:
        InputError: If one of them is given.
    """
    given = [f"--{name}" for name, value in options.items() if value not in (None, False)]
    if given:
        raise InputError(what, ", ".join(given), "leave it out.")


def _check(out: Path | None, start: int, frames: int | None, every: int) -> None:
    """Refuse endings and numbers that are none.

    Raises:
        InputError: If one of them is wrong.
    """
    if out is not None and out.suffix.lower() not in _ENDINGS:
        raise InputError(
            Phrase("{} {}: choose a name that ends in {}.", Option("out"), out, ", ".join(_ENDINGS))
        )
    if start < 0 or every < 1 or (frames is not None and frames < 1):
        where = f"--start {start}, --frames {frames}, --every {every}"
        raise InputError("give a frame from 0 on, and one or more of the others.", where)
