"""Benchmark of exported lifters against eager ones, on the CPU with one thread."""

import torch

from lifting.cli.benchmark.timing import Figure, seconds, speed_up
from lifting.export import exportable
from lifting.export import onnx as to_onnx
from lifting.export.program import build_program
from lifting.export.wrapping import metadata
from lifting.methods import Lifter, SimpleBaseline, VideoPose3D


def onnx_speed(what: str, method: Lifter, batch: int, more_frames: int = 0) -> Figure:
    """Return how many times as fast as the method onnxruntime is, on so many frames beyond a window."""
    model = exportable(method.eval().requires_grad_(False), one_window=not more_frames)
    inputs = model.example(batch, more_frames)
    content = to_onnx.saved_onnx(model, build_program(model), metadata(model))
    run = to_onnx.runner(content, threads=torch.get_num_threads())

    def eager() -> None:
        with torch.inference_mode():
            model.module(*inputs)

    ours, reference = seconds(lambda: run(*inputs), eager, rounds=15)
    return speed_up(f"{what}, onnxruntime against eager", ours, reference)


def figures() -> list[Figure]:
    """Measure every figure."""
    torch.set_num_threads(1)
    sequence = VideoPose3D(taps=[3, 3, 3])
    return [
        onnx_speed("SimpleBaseline, 1 frame", SimpleBaseline(), 1),
        onnx_speed("SimpleBaseline, 256 frames", SimpleBaseline(), 256),
        onnx_speed("VideoPose3D of 27, 1 window", sequence, 1),
        onnx_speed("VideoPose3D of 27, 32 windows", sequence, 32),
        onnx_speed("VideoPose3D of 27, 1 video of 300 frames", sequence, 1, 299),
    ]
