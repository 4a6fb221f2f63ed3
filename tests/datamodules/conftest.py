"""Files of Human3.6M, made up, for the tests of its conversion."""

import pytest

from tests.datamodules.made_h36m import write_detections, write_npz


@pytest.fixture
def npz(tmp_path):
    return write_npz(tmp_path / "data_3d_h36m.npz")


@pytest.fixture
def sh(tmp_path):
    return write_detections(tmp_path / "data_2d_h36m_sh.npz")
