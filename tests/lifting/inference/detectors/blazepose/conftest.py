"""BlazePose from the cache of models."""

import pytest

from lifting.inference.detectors.blazepose.networks import BlazePose
from lifting.models.registry import registered
from lifting.models.resolving import folder_of, is_here


@pytest.fixture(scope="session")
def blazepose_folder():
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
    model = registered()["blazepose"]
    if not is_here(model):
        pytest.skip("BlazePose is not in the cache; `lifting models fetch blazepose` puts it there")
    return folder_of(model)


@pytest.fixture(scope="session")
def blazepose(blazepose_folder):
    return BlazePose(blazepose_folder)
