"""The command ``lifting video``: a video in, its people in 3D out."""

import sys
from typing import Annotated, Any

from lifting.inference.options import LiftOptions


def video(
    video: str,
    *,
    checkpoint: str,
    detector: str | None = None,
    boxes: str | None = None,
    library: str = "onnxruntime",
    crop: tuple[int, int] = (192, 256),
    least_confidence: float = 0.1,
    patience: int = 25,
    shortest: int = 10,
    keypoints: str | None = None,
    format: str | None = None,
    source: str | None = None,
    first: int = 0,
    skeleton: str | None = None,
    track: str | None = None,
    out: str | None = None,
    height: int = 720,
    page_frames: int = 400,
    truth: str | None = None,
    **options: Annotated[Any, LiftOptions, "fps"],
) -> None:
    """Lift the people on a video to 3D, see docs/video.md.

    Ctrl-C while people are detected goes on with those seen so far; while the video is drawn it ends it
    there. Both end with status 130.

    Args:
        video: The video.
        checkpoint: A checkpoint of any lifter.
        detector: Estimates keypoints: a checkpoint of a detector, or an ONNX model.
        boxes: Tells where people are: an ONNX model (YOLOX), or a JSON list as COCO's results; where
            not given, one person is tracked by its keypoints.
        library: Runs ONNX models: onnxruntime, or rtmlib, which has to be installed.
        crop: Width and height of the crops that a checkpoint was trained on.
        least_confidence: Keypoints of less confidence are missing.
        patience: Frames that a person may be out of sight; who comes back later is a new person.
        shortest: Who is detected on fewer frames is left out.
        keypoints: A file of keypoints instead of a detector, as `lifting lift` reads them.
        format: Its format; by the content where not given.
        source: Which 2D source of a clip store.
        first: The number that the file gives to the first frame.
        skeleton: Joint set of the keypoints, if neither file nor model says.
        track: Lift this person alone.
        out: Folder of what is written; beside the video, named after it, where not given.
        height: Frames that are higher are shown at this height.
        page_frames: Frames on the page at most; 0 for no page.
        truth: True poses, an .npz, to print the errors of the person that is seen longest.
        **options: See LiftOptions, ``fps`` being that of the video.
    """
    from lifting.inference.video.command import lift_video, report

    result = lift_video(
        video,
        checkpoint,
        detector=detector,
        boxes=boxes,
        library=library,
        crop=crop,
        least_confidence=least_confidence,
        patience=patience,
        shortest=shortest,
        keypoints=keypoints,
        format=format,
        source=source,
        first=first,
        skeleton=skeleton,
        track=track,
        out=out,
        height=height,
        page_frames=page_frames,
        truth=truth,
        **options,
    )
    print(report(result))
    if result.stopped:
        sys.exit(130)
