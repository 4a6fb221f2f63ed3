"""Windows of frames that make an example, as index arithmetic on tensors.

An example is a *window* of input frames around a *chunk* of output frames::

    window  = left context + chunk + right context        (receptive field - 1 frames of context)

==============================  ===============  =====
kind                            receptive field  chunk
==============================  ===============  =====
single frame                    1                1
seq2frame (VideoPose3D)         27, 81, 243      1
seq2seq (MixSTE)                1                243
whole sequences, in chunks      27, 81, 243      1024
==============================  ===============  =====

Clips lie behind one another in one buffer, each with its edge frames repeated into the context it may
need. A window then is a run of consecutive rows, and a batch of windows one ``index_select`` on an
overlapping view of the buffer: nothing is padded or copied frame by frame.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True)
class Windows:
    """The shape of an example.

    Attributes:
        receptive_field: Input frames that one output frame sees.
        chunk: Consecutive output frames per example.
        causal: Whether an output frame sees the past only.
        dilation: Distance between neighbouring frames of the window; 2 halves the frame rate.
    """

    receptive_field: int = 1
    chunk: int = 1
    causal: bool = False
    dilation: int = 1

    def __post_init__(self) -> None:
        if min(self.receptive_field, self.chunk, self.dilation) < 1:
            raise ValueError("receptive_field, chunk and dilation must be at least 1")
        if not self.causal and self.receptive_field % 2 == 0:
            raise ValueError("a receptive field that is not causal must be odd")

    @property
    def length(self) -> int:
        """Input frames of an example."""
        return self.receptive_field - 1 + self.chunk

    @property
    def left(self) -> int:
        """Frames of context before the chunk, in rows of the buffer."""
        context = self.receptive_field - 1
        return self.dilation * (context if self.causal else context // 2)

    @property
    def right(self) -> int:
        """Rows after the first output frame that a window may reach."""
        return self.dilation * (self.length - 1) - self.left

    def pad(self, x: Tensor) -> Tensor:
        """Repeat the edge frames of a clip ``(T, ...)`` so that every window lies inside."""
        if self.left == self.right == 0:
            return x
        first, last = x[:1].expand(self.left, *x.shape[1:]), x[-1:].expand(self.right, *x.shape[1:])
        return torch.cat([first, x, last])

    def inputs(self, buffer: Tensor, rows: Int[Tensor, " batch"]) -> Tensor:
        """Gather the windows whose first output frame is at the given rows: ``(B, length, ...)``."""
        return _runs(buffer, rows - self.left, self.length, self.dilation)

    def outputs(self, buffer: Tensor, rows: Int[Tensor, " batch"]) -> Tensor:
        """Gather the chunks that start at the given rows: ``(B, chunk, ...)``."""
        return _runs(buffer, rows, self.chunk, self.dilation)

    def starts(
        self, selected: Bool[Tensor, " frames"], stride: int | None = None
    ) -> Int[Tensor, " starts"]:
        """Return the frames of a clip at which examples start.

        A last chunk that would reach over the end begins earlier, where the clip is long enough: its
        first frames are then those of the chunk before (:meth:`repeated`).

        Args:
            selected: The frames of the clip to predict. A chunk is kept if any of its frames is.
            stride: Frames between neighbouring starts (counted among the selected frames where a
                chunk is one frame); the length of a chunk where not given, which predicts every
                frame once.
        """
        stride = stride or self.chunk
        if self.chunk == 1:
            return selected.nonzero().squeeze(-1)[::stride]
        total, step = len(selected), self.dilation
        frames = torch.arange(total)
        starts = frames[(frames // step) % stride == 0]
        reach = starts[:, None] + step * torch.arange(self.chunk)
        chosen = (selected[reach.clamp(max=total - 1)] & (reach < total)).any(-1)
        # Nothing is left for a chunk if the one before reaches the end.
        needed = (starts < step * stride) | (reach[:, -1] - step * stride < total - step)
        over = (reach[:, -1] - total + 1).clamp_min(0)
        shift = -(-over // step) * step
        return torch.where(shift <= starts, starts - shift, starts)[chosen & needed]

    def repeated(self, starts: Int[Tensor, " starts"]) -> Int[Tensor, " starts"]:
        """Return how many leading frames of each example are those of the one before it.

        Args:
            starts: What :meth:`starts` returned for a stride as long as the chunk.
        """
        return -(starts // self.dilation) % self.chunk


def _runs(buffer: Tensor, start: Tensor, length: int, dilation: int) -> Tensor:
    if length == 1:
        return buffer.index_select(0, start).unsqueeze(1)
    row = buffer[0].numel()
    runs = len(buffer) - dilation * (length - 1)
    if dilation == 1:
        # One run is one contiguous block of memory, the fastest thing to copy.
        view = buffer.as_strided((runs, length * row), (row, 1))
    else:
        view = buffer.as_strided((runs, length, row), (row, dilation * row, 1))
    return view.index_select(0, start).view(len(start), length, *buffer.shape[1:])
