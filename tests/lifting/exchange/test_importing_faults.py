"""Files that do not fit: each fault in one sentence, and nothing left behind."""

import errno
import os

import pytest
import torch

from lifting.errors import InputError
from lifting.exchange import import_weights
from tests.lifting.nets.published_video_pose_3d import video_pose_3d_keys
from tests.lifting.published import made_files
from tests.lifting.published.made_files import MADE

_VIDEO = MADE["VideoPose3D"]


def without(state, name):
    return {k: v for k, v in state.items() if k != name}


def of(keys, nested="model_pos"):
    return {nested: made_files.made_state(keys)}


@pytest.mark.parametrize(
    ("content", "given", "message"),
    [
        (
            {"model_pos": without(_VIDEO.state(), "layers_bn.3.running_var")},
            {},
            r"lacks layers_bn\.3\.running_var of a VideoPose3D; name the family",
        ),
        (
            {"model_pos": _VIDEO.state() | {"extra.weight": torch.ones(2)}},
            {},
            r"holds model_pos\.extra\.weight, which a VideoPose3D has not",
        ),
        (
            {"model_pos": _VIDEO.state() | {"layers_bn.0.weight": torch.ones(9)}},
            {},
            r"tensor model_pos\.layers_bn\.0\.weight is \(9,\), but .* has \(8,\) there",
        ),
        (
            of(video_pose_3d_keys(15, 15, channels=8)),
            {},
            r"shrink\.weight \(45, 8, 1\) is of 15 joints: give --skeleton panoptic15 or humaneva15",
        ),
        (
            _VIDEO.file(),
            {"skeleton": "panoptic15"},
            r"\(51, 8, 1\) is of 17 joints, not the 15 of panoptic15: give --skeleton h36m17 or",
        ),
        (
            _VIDEO.file(),
            {"keypoint_skeleton": "mpii16"},
            r"expand_conv\.weight .* is of 17 joints, not the 16 of mpii16",
        ),
        (_VIDEO.file(), {"channels": 1024}, "channels is 8 by the shapes of the file, not 1024"),
        (_VIDEO.file(), {"taps": [3, 3, 3]}, r"taps is \[3, 1, 5\] by the shapes of the file"),
        (_VIDEO.file(), {"colour": 3}, "options.colour is no option of these weights; there are"),
        (_VIDEO.file(), {"causal": "yes"}, "options.causal is 'yes': give true or false"),
        (_VIDEO.file(), {"skeleton": "robot"}, "There is no skeleton 'robot'"),
        (
            {"model_pos": _VIDEO.state() | {"shrink.bias": torch.full((51,), torch.nan)}},
            {},
            r"model_pos\.shrink\.bias holds values that are not finite",
        ),
        (MADE["PoseFormerV2"].file(), {}, "does not tell the option frames"),
        (MADE["MixSTE"].file(), {"heads": 3}, "width of 16 does not divide into 3 heads"),
        (MADE["MixSTE"].file(), {"heads": 0}, "options.heads is 0: give a whole number above zero"),
        (
            MADE["LSTMLifter"].file() | {"lstm.weight_ih_l0_reverse": torch.ones(32, 34)},
            {"frames": 5},
            r"holds lstm\.weight_ih_l0_reverse, which",
        ),
        ({"w": torch.ones(3)}, {}, "holds w and other tensors of no family that is known here"),
        ({"epoch": 3}, {}, "epoch is a int, not a tensor"),
        ({"state_dict": {}}, {}, "holds no network"),
        ([torch.ones(3)], {}, "holds a list, not weights by their names"),
        (made_files.rotated_state(), {}, "needs pca_components"),
        (
            made_files.rotated_state() | {"module_list.0.w_perm": torch.ones(26, 26)},
            {},
            r"module_list\.0\.w_perm is no rotation",
        ),
        (
            {"model_pos": _VIDEO.state() | {"shrink.bias": torch.ones(1).expand(51)}},
            {},
            "not an ordinary one of numbers",
        ),
        (
            {"model_pos": _VIDEO.state() | {"shrink.bias": torch.ones(51).to_sparse()}},
            {},
            "none of plain numbers",
        ),
        (
            {"model_pos": _VIDEO.state() | {"shrink.bias": [1.0] * 51}},
            {},
            r"model_pos\.shrink\.bias is a list, not a tensor",
        ),
        (
            # Were the width believed, its square would not fit into any memory.
            {"model_pos": _VIDEO.state() | {"expand_conv.weight": torch.ones(10**5, 34, 3)}},
            {},
            r"is \(8,\), but .* has \(100000,\) there",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_leaves_nothing(imported, tmp_path, content, given, message):
    with pytest.raises(InputError, match=message) as caught:
        imported(content, "VideoPose3D", given=given)
    assert str(caught.value).startswith(f"{tmp_path / 'theirs.bin'}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.bin"]


def test_a_family_that_the_file_is_not_of(imported):
    with pytest.raises(InputError, match=r"lacks the tensor Temporal_pos_embed; name the family"):
        imported(_VIDEO.file(), "MixSTE", family="MixSTE")
    with pytest.raises(InputError, match="lacks the tensor Temporal_pos_embed_;"):
        imported(MADE["PoseFormer"].file(), "PoseFormerV2", "PoseFormerV2", {"frames": 5})


def test_a_family_that_there_is_not(imported):
    with pytest.raises(
        InputError, match=r"--family: there is no 'Mixer'; give one of VideoPose3D,"
    ):
        imported(_VIDEO.file(), "MixSTE", family="Mixer")


def test_nothing_is_written_over(imported):
    made = MADE["IGANet"]
    imported(made.file(), "IGANet")
    with pytest.raises(InputError, match=r"ours\.report\.txt: is there already"):
        imported(made.file(), "IGANet")


@pytest.mark.parametrize(("fault", "error"), [(errno.EIO, InputError), (errno.ENOSPC, OSError)])
def test_a_disk_that_fails_leaves_nothing(imported, tmp_path, monkeypatch, fault, error):
    def fail(*paths):
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(error):
        imported(MADE["IGANet"].file(), "IGANet")
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.bin"]


def test_the_checkpoint_is_to_end_in_ckpt(tmp_path):
    with pytest.raises(InputError, match=r"a\.pth: give the checkpoint to write a name"):
        import_weights(tmp_path / "b.pth", tmp_path / "a.pth")
