"""Ask which of two joints is closer to the camera, on a page in the browser of this machine.

python scripts/annotate_depth.py downloads/lsp_dataset --annotator anna
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.relative_depth.annotation.images import load_images
from datamodules.relative_depth.annotation.questions import ask
from datamodules.relative_depth.annotation.server import AnnotationServer
from datamodules.relative_depth.annotation.session import Session
from lifting.errors import guarded


def annotate(
    source: str,
    annotator: str = "",
    out: str = "data/depth_answers.json",
    pictures: str | None = None,
    pairs: int = 5,
    count: int | None = None,
    seed: int = 0,
    port: int = 8765,
) -> None:
    """Serve the page until Ctrl-C; the same command goes on where it was left.

    Args:
        source: A clip store, a file of Leeds Sports Pose, or the folder of its images.
        annotator: Name of whoever answers; needed.
        out: The file of answers; annotators may share one.
        pictures: The folder of the images; where there are none the skeleton is drawn.
        pairs: Pairs of joints per image.
        count: How many images to ask about; all where not given.
        seed: Seed of images, pairs and their order; the same for all annotators.
        port: Port of 127.0.0.1 to listen on; 0 for any that is free.
    """
    images = load_images(Path(source), None if pictures is None else Path(pictures))
    questions = ask(images, annotator, pairs, count, seed)
    session = Session(Path(out), annotator, questions, seed, pairs)
    with AnnotationServer(session, images, port) as server:
        print(f"{session.done} of {len(questions)} answered. Open {server.url}", flush=True)
        print("Ctrl-C ends it; every answer is kept at once.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"{session.done} of {len(questions)} answered, in {out}.")


if __name__ == "__main__":
    guarded(lambda: auto_cli(annotate))
