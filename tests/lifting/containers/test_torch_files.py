"""Checkpoints that promise more numbers than they hold."""

import zipfile

import pytest
import torch

from lifting.containers.limits import LimitError
from lifting.containers.torch_files import load_torch
from lifting.errors import InputError


def test_an_archive_that_inflates_is_refused_before_it_is(tmp_path):
    torch.save({"w": torch.zeros(35_000_000)}, tmp_path / "whole.ckpt")
    with (
        zipfile.ZipFile(tmp_path / "whole.ckpt") as whole,
        zipfile.ZipFile(tmp_path / "a.ckpt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
    ):
        for name in whole.namelist():
            packed.writestr(name, whole.read(name))
            packed.writestr(f"{name}.again", whole.read(name))
    with pytest.raises(LimitError, match=r"a\.ckpt: would take 280 MB"):
        load_torch(tmp_path / "a.ckpt")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_number_that_is_repeated_without_end_is_refused(tmp_path, zipped):
    path = tmp_path / "a.ckpt"
    endless = torch.zeros(1).expand(1 << 40)
    torch.save({"w": [endless]}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(LimitError, match="would take 4,398,047 MB"):
        load_torch(path)
    torch.save({"w": torch.zeros(1).expand(9)}, path, _use_new_zipfile_serialization=zipped)
    assert load_torch(path)["w"].shape == (9,)


@pytest.mark.parametrize("tensor", [torch.zeros(2, device="meta"), torch.eye(2).to_sparse()])
def test_a_tensor_without_plain_numbers_is_refused(tmp_path, tensor):
    torch.save({"w": tensor}, tmp_path / "a.ckpt")
    with pytest.raises(InputError, match=r"a\.ckpt: holds a tensor that is none of plain numbers"):
        load_torch(tmp_path / "a.ckpt")
