"""Importing what a test makes up."""

import pytest
import torch

from lifting import methods
from lifting.exchange import import_weights
from lifting.methods.bases.checkpointed import load_frozen


@pytest.fixture
def imported(tmp_path):
    """Import what is given as a file's content; returns the method, the report and the checkpoint."""

    def run(content, kind, family=None, given=None, statistics=None):
        torch.save(content, tmp_path / "theirs.bin")
        out = tmp_path / "ours.ckpt"
        report = import_weights(tmp_path / "theirs.bin", out, family, given, statistics)
        return load_frozen(out, getattr(methods, kind)), report, out

    return run
