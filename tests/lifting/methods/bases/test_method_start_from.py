"""Training that starts from a checkpoint instead of from random weights."""

import re

import pytest
import torch

from lifting import methods
from lifting.checkpoints import file_digest
from lifting.errors import InputError
from tests.made_lifters import save
from tests.made_methods import LIFTERS, made


@pytest.mark.parametrize("kind", LIFTERS)
def test_every_lifter_takes_parameters_and_statistics(kind, tmp_path):
    before = made(kind)
    path = save(before, tmp_path / "before.ckpt")
    after = getattr(methods, kind)(**LIFTERS[kind], start_from=path)
    learns = [p.requires_grad for p in after.parameters()]
    after.start()
    assert after.state_dict().keys() == before.state_dict().keys()
    for name, value in before.state_dict().items():
        assert torch.equal(after.state_dict()[name], value), name
    assert [p.requires_grad for p in after.parameters()] == learns
    assert after.training
    # For the record of the run.
    assert after.frozen == {"start_from": file_digest(path)}


def test_images_are_as_large_as_those_before(tmp_path):
    before = made("SimpleBaseline")
    before.image_side = 1234.0
    path = save(before, tmp_path / "before.ckpt")
    after = methods.SimpleBaseline(width=8, start_from=path)
    after.frame_rate = 30.0
    after.start()
    assert after.image_side == 1234
    # Windows are those of the data that are trained on now.
    assert after.frame_rate == 30


def test_without_one_nothing_changes():
    method = methods.SimpleBaseline(width=8)
    before = {name: value.clone() for name, value in method.state_dict().items()}
    method.start()
    torch.testing.assert_close(dict(method.state_dict()), before, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 16}, "its network is of another shape: size mismatch for net"),
        ({"width": 8, "skeleton": "h36m16"}, "it is of skeleton 'h36m17', this run has 'h36m16'"),
    ],
)
def test_one_that_does_not_fit_is_refused_by_name(options, message, tmp_path):
    path = save(made("SimpleBaseline"), tmp_path / "before.ckpt")
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
        methods.SimpleBaseline(start_from=path, **options).start()


def test_another_method_is_refused_by_name(tmp_path):
    path = save(made("SimpleBaseline"), tmp_path / "before.ckpt")
    with pytest.raises(InputError, match=r"is of a SimpleBaseline, here one of .*VideoPose3D is"):
        methods.VideoPose3D(start_from=path).start()
