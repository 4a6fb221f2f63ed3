"""The command ``lifting view``: predictions of runs beside the truth."""

from pathlib import Path

from lifting.errors import InputError
from lifting.runs.folder import run_folder

_ENDINGS = (".html", ".mp4", ".png")


def view(
    run: str,
    *,
    clip: str | None = None,
    index: int | None = None,
    out: str | None = None,
    start: int = 0,
    frames: int = 200,
    every: int = 1,
    align: bool = False,
    beside: list[str] | None = None,
) -> None:
    """Show what runs predicted, in colour, and the truth in grey: a page to turn, a video, or a picture.

    Args:
        run: Name of the run, which `lifting predict` was run for.
        clip: Clip as subject/sequence/camera, or the beginning of it; the first where not given.
        index: A single pose instead, by its row in predictions.npz.
        out: Where to: .html is a page to play and turn, .mp4 turns, .png is six frames;
            predictions.html in the folder of the run where not given.
        start: Number of the frame to begin with.
        frames: Frames to show at most.
        every: Show every n-th predicted frame.
        align: Fit each pose to the truth by a similarity first, as PA-MPJPE does.
        beside: Names of other runs, such as '[second]', whose poses of the same frames stand beside
            (page, video).
    """
    folder = Path(run_folder(run))
    path = folder / "predictions.html" if out is None else Path(out)
    if path.suffix.lower() not in _ENDINGS:
        raise InputError(f"--out {path}: choose a name that ends in {', '.join(_ENDINGS)}.")
    if beside and path.suffix.lower() == ".png":
        remedy = "choose a name that ends in .html or .mp4."
        raise InputError("shows one run", f"--out {path}", remedy)
    if clip is not None and index is not None:
        raise InputError("--clip and --index: give one of them.")
    if start < 0 or min(frames, every) < 1:
        where = f"--start {start}, --frames {frames}, --every {every}"
        raise InputError("give a frame from 0 on, and one or more of the others.", where)
    from lifting.cli.view_writers import WRITERS, rows_of, shown_runs
    from lifting.inference.saved_predictions import predictions_of_run

    predictions = predictions_of_run(folder)
    rows = rows_of(predictions, clip, index, start)[::every][:frames]
    runs = shown_runs(folder, predictions, rows, align, beside or [])
    key = runs[0].shown.key.path.removeprefix("clips/")
    names = ", ".join(one.name for one in runs)
    WRITERS[path.suffix.lower()](path, f"{names}: {key}" + (", aligned" if align else ""), runs)
    print(f"{len(runs[0].shown.frames)} frames of {key} in {path}")
