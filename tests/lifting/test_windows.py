from itertools import product

import numpy as np
import pytest
import torch

from lifting.windows import Windows

# (causal, receptive field); each is tried with every chunk and dilation.
FIELDS = [(False, 1), (False, 3), (False, 27), (True, 1), (True, 2), (True, 27)]
LENGTHS = (1, 2, 7, 20)


def every_shape(causal, field):
    for chunk, dilation in product((1, 2, 5, 16), (1, 2, 3)):
        yield Windows(field, chunk, causal, dilation)


def buffer_of(windows, clips):
    """The padded buffer of some clips, and the row of the first frame of each."""
    rows, total, padded = [], 0, []
    for clip in clips:
        padded.append(windows.pad(clip))
        rows.append(total + windows.left)
        total += len(padded[-1])
    return torch.cat(padded), rows


def window(clip, start, windows):
    """The frames of a window, found one by one in a clip padded with its edge frames."""
    margin = windows.dilation * (windows.receptive_field + windows.chunk)
    padded = np.pad(clip, [(margin, margin)] + [(0, 0)] * (clip.ndim - 1), mode="edge")
    past = windows.receptive_field - 1
    past = past if windows.causal else past // 2
    return np.stack(
        [
            padded[margin + start + windows.dilation * (i - past)]
            for i in range(windows.receptive_field - 1 + windows.chunk)
        ]
    )


@pytest.mark.parametrize(("causal", "field"), FIELDS)
@pytest.mark.parametrize("shape", [(), (5, 2)], ids=["numbers", "poses"])
def test_windows_are_the_frames_around_each_start_with_edges_repeated(causal, field, shape):
    for windows in every_shape(causal, field):
        check_windows(windows, shape)


def check_windows(windows, shape):
    draw = torch.Generator().manual_seed(0)
    clips = [torch.rand(frames, *shape, generator=draw) for frames in LENGTHS]
    buffer, rows = buffer_of(windows, clips)
    starts = [(c, s) for c, clip in enumerate(clips) for s in range(len(clip))]
    # In an order that is not the buffer's.
    starts = starts[::2] + starts[1::2]
    at = torch.tensor([rows[c] + s for c, s in starts])
    inputs, outputs = windows.inputs(buffer, at), windows.outputs(buffer, at)
    assert inputs.shape == (len(at), windows.length, *shape)
    for (clip, start), given, asked in zip(starts, inputs, outputs, strict=True):
        frames = clips[clip].numpy()
        np.testing.assert_array_equal(given, window(frames, start, windows))
        last = len(frames) - 1
        chunk = [min(start + windows.dilation * i, last) for i in range(windows.chunk)]
        np.testing.assert_array_equal(asked, frames[chunk])


def chunks_of(windows, selected):
    """The frames each example predicts: not those behind the end, nor those of the one before."""
    starts = windows.starts(selected)
    return [
        [
            f
            for i in range(repeated, windows.chunk)
            if (f := start + windows.dilation * i) < len(selected)
        ]
        for start, repeated in zip(starts.tolist(), windows.repeated(starts).tolist(), strict=True)
    ]


@pytest.mark.parametrize(("causal", "field"), FIELDS)
@pytest.mark.parametrize("frames", LENGTHS)
def test_every_frame_is_predicted_exactly_once_in_evaluation(causal, field, frames):
    for windows in every_shape(causal, field):
        chunks = chunks_of(windows, torch.ones(frames, dtype=torch.bool))
        assert sorted(f for chunk in chunks for f in chunk) == list(range(frames))


@pytest.mark.parametrize(("causal", "field"), FIELDS)
def test_every_selected_frame_is_predicted_once_and_no_chunk_is_without_one(causal, field):
    selected = torch.arange(50) % 7 == 3
    for windows in every_shape(causal, field):
        chunks = chunks_of(windows, selected)
        asked = [[f for f in chunk if selected[f]] for chunk in chunks]
        assert all(asked)
        assert (
            sorted(f for chunk in asked for f in chunk) == selected.nonzero().squeeze(-1).tolist()
        )


@pytest.mark.parametrize(
    ("windows", "stride", "frames", "expected"),
    [
        (Windows(27), None, 10, 10),
        (Windows(27), 3, 10, 4),
        (Windows(1, 4), None, 10, 3),
        (Windows(1, 4), 2, 10, 4),
        (Windows(1, 4), 1, 10, 7),
        (Windows(1, 4), 3, 10, 3),
        (Windows(1, 4), 3, 11, 4),
        (Windows(1, 4), 8, 20, 3),
        (Windows(1, 4, dilation=2), None, 16, 4),
        (Windows(1, 4, dilation=2), 2, 16, 6),
        (Windows(1, 243), None, 7, 1),
    ],
)
def test_stride_sets_the_number_of_examples(windows, stride, frames, expected):
    starts = windows.starts(torch.ones(frames, dtype=torch.bool), stride)
    assert len(starts) == expected


@pytest.mark.parametrize(("causal", "field"), FIELDS)
@pytest.mark.parametrize("frames", LENGTHS)
def test_no_chunk_reaches_over_the_end_of_a_clip_that_is_long_enough(causal, field, frames):
    for windows in every_shape(causal, field):
        span = windows.dilation * (windows.chunk - 1) + 1
        for stride in (None, 1, 2, 5):
            starts = windows.starts(torch.ones(frames, dtype=torch.bool), stride)
            # With gaps between frames, the other phases may be one frame shorter.
            if frames >= span + windows.dilation - 1:
                assert (starts + span <= frames).all()


def test_the_last_chunk_begins_earlier_and_says_which_frames_it_repeats():
    windows = Windows(1, 4)
    starts = windows.starts(torch.ones(10, dtype=torch.bool))
    assert starts.tolist() == [0, 4, 6]
    assert windows.repeated(starts).tolist() == [0, 0, 2]


def test_stride_counts_selected_frames_where_a_chunk_is_one_frame():
    selected = torch.tensor([0, 1, 1, 0, 0, 1, 1, 1]).bool()
    assert Windows(3).starts(selected, 2).tolist() == [1, 5, 7]


def test_a_causal_window_holds_no_future():
    windows = Windows(5, causal=True, dilation=2)
    buffer, rows = buffer_of(windows, [torch.arange(20)])
    assert windows.inputs(buffer, torch.tensor([rows[0] + 10])).tolist() == [[2, 4, 6, 8, 10]]


def test_gathered_windows_do_not_share_memory_with_the_buffer():
    for windows in (Windows(), Windows(3), Windows(1, 4), Windows(3, 2, dilation=2)):
        buffer, rows = buffer_of(windows, [torch.zeros(6, 2)])
        windows.inputs(buffer, torch.tensor(rows)).fill_(1)
        windows.outputs(buffer, torch.tensor(rows)).fill_(1)
        assert not buffer.any()


@pytest.mark.parametrize("windows", [Windows(), Windows(3, 4), Windows(3, 4, dilation=2)])
def test_a_batch_may_be_empty(windows):
    buffer, _ = buffer_of(windows, [torch.zeros(6, 5, 2)])
    none = torch.zeros(0, dtype=torch.long)
    assert windows.inputs(buffer, none).shape == (0, windows.length, 5, 2)
    assert windows.outputs(buffer, none).shape == (0, windows.chunk, 5, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"receptive_field": 0},
        {"receptive_field": -3},
        {"chunk": 0},
        {"dilation": 0},
        {"receptive_field": 26},
    ],
)
def test_impossible_shapes_are_refused(options):
    with pytest.raises(ValueError, match=r"at least 1|must be odd"):
        Windows(**options)


def test_an_even_receptive_field_may_be_causal():
    assert Windows(26, causal=True).left == 25
