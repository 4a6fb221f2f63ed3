"""The command ``lifting app``: poses lifted on a page in the browser of this machine."""

import sys

from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.keypoints.threshold import LEAST_CONFIDENCE, check_least_confidence


def app(
    checkpoint: str | None = None,
    *,
    more: list[str] | None = None,
    detector: str | None = None,
    boxes: str | None = None,
    library: str = "onnxruntime",
    detector_skeleton: str | None = None,
    crop: tuple[int, int] = (192, 256),
    least_confidence: float = LEAST_CONFIDENCE,
    device: str | None = None,
    port: int = 8766,
    megabytes: int = 2000,
    total_megabytes: int = 20_000,
) -> None:
    """Lift on a page in the browser of this machine, until Ctrl-C; see docs/app.md.

    What is given to it lies in a folder of its own, and is removed when the app ends, by SIGTERM or
    SIGHUP too.

    Args:
        checkpoint: A checkpoint of any lifter, its name (docs/models.md), or a folder of runs; the
            models on this machine where not given.
        more: Further ones to choose from.
        detector: Estimates keypoints on pictures, videos and the camera: the name of a model, a
            checkpoint of a detector of this suite, or an ONNX model; none for keypoints alone;
            blazepose where not given, if it can be had.
        boxes: Detects people there, an ONNX model.
        library: Runs ONNX models, onnxruntime or rtmlib.
        detector_skeleton: Joint set of an ONNX model, if it does not say.
        crop: Width and height of the crops that the detector was trained on.
        least_confidence: Keypoints of less confidence are missing, of detectors and files alike.
        device: cpu or cuda for the detector; a GPU is taken where there is one.
        port: Port of 127.0.0.1 to listen on; 0 for any that is free.
        megabytes: Size of the largest file that is taken.
        total_megabytes: Size of all files and results that are kept; the oldest ones make room.
    """
    from lifting.inference.app.ending import ended_by_signals
    from lifting.inference.app.lifters import Lifters, models_here
    from lifting.inference.app.server import AppServer
    from lifting.inference.app.upload_folder import upload_folder
    from lifting.inference.detectors.factory import build_tracker
    from lifting.inference.detectors.options import DetectorOptions

    for name, value in (("megabytes", megabytes), ("total_megabytes", total_megabytes)):
        if value < 1:
            raise wrong_value(name, value, "give at least 1.")
    check_least_confidence(least_confidence)
    detector_options = None
    if detector != "none":
        detector_options = DetectorOptions(
            detector,
            boxes,
            library,
            crop,
            least_confidence,
            skeleton=detector_skeleton,
            device=device,
        )
        try:
            # What does not fit is known before anybody waits for it.
            build_tracker(detector_options)
        except InputError as error:
            if detector is not None or boxes is not None:
                raise
            print(f"No pictures, videos or camera: {error}", file=sys.stderr)
            detector_options = None
    elif boxes is not None:
        raise InputError(
            Phrase(
                "{} says where people are, and nothing reads them: give {}.",
                Option("boxes"),
                Option("detector"),
            )
        )
    lifters = Lifters([*(models_here() if checkpoint is None else [checkpoint]), *(more or [])])
    sizes = megabytes * 1_000_000, least_confidence, total_megabytes * 1_000_000
    try:
        with (
            ended_by_signals(),
            upload_folder() as folder,
            AppServer(lifters, detector_options, folder, port, *sizes) as server,
        ):
            print(f"{len(lifters.paths)} to choose from. Open {server.url}", flush=True)
            print("Ctrl-C ends it.", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        print("Ended.")
