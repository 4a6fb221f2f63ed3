"""Small photographs, videos and networks of detectors; each function returns the path of its own."""

from pathlib import Path

from tests.datamodules import made_images, made_videos
from tests.lifting.inference.detectors import made_onnx


def jpeg(folder: Path) -> Path:
    made_images.write_picture(folder / "a.jpg", 0)
    return folder / "a.jpg"


def png(folder: Path) -> Path:
    made_images.write_picture(folder / "a.png", 0, (40, 30))
    return folder / "a.png"


def video(folder: Path) -> Path:
    return made_videos.write_video(folder / "a.mp4", 3)


def onnx(folder: Path) -> Path:
    return made_onnx.heatmap_model(folder / "a.onnx")
