"""What every test shares: one thread, a fixed seed, and the way to the real data."""

import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("LIFTING_REAL_DATA", "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set LIFTING_REAL_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def synthetic_folder(tmp_path_factory) -> Path:
    """A folder in which the synthetic human is kept for the whole test session."""
    return tmp_path_factory.mktemp("synthetic")
