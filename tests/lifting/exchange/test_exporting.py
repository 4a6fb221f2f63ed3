import pytest
import torch

from lifting import methods
from lifting.errors import InputError
from lifting.exchange import export_weights


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            "WindowMLPLifter",
            {"width": 8},
            "has standardise True, but the published code knows False",
        ),
        ("LSTMLifter", {"width": 8, "standardise": False}, "has bidirectional True"),
        (
            "SemiSupervisedVideoPose3D",
            {"channels": 8, "root_on_ray": True},
            "has root_on_ray True, but the published code knows False",
        ),
        ("PoseFormerV2", {"width": 8, "depth": 1, "kept": 1}, "has legacy_split False"),
        ("PoseFlows", {"hidden": 8, "blocks": 1}, "has drop_root True"),
        ("ElePose", {"width": 8}, "has gain 10.0, but the published code knows 1.0 only"),
        ("RepNet", {"width": 8}, "has normalise frame, but the published code knows global"),
        ("FlowLifterTwin", {"width": 8}, "is of a FlowLifterTwin, which no publication"),
    ],
)
def test_what_published_code_cannot_do_is_not_exported(tmp_path, kind, options, message):
    method = getattr(methods, kind)(**options)
    checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": dict(method.hparams)}
    checkpoint["lifting"] = {"method": kind}
    torch.save(checkpoint, tmp_path / "ours.ckpt")
    with pytest.raises(InputError, match=message):
        export_weights(tmp_path / "ours.ckpt", tmp_path / "theirs.bin")
    assert [path.name for path in tmp_path.iterdir()] == ["ours.ckpt"]


def test_a_token_split_in_the_middle_is_the_published_one_where_both_are_as_many(tmp_path):
    method = methods.PoseFormerV2(width=8, depth=1)
    checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": dict(method.hparams)}
    method.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, tmp_path / "ours.ckpt")
    assert "exported as PoseFormerV2" in export_weights(
        tmp_path / "ours.ckpt", tmp_path / "theirs.bin"
    )
