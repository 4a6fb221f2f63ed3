"""The picture of a flow's latent space, of a run and of one of its parts."""

import json

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from lifting.cli.view import view
from lifting.errors import InputError
from lifting.methods import PoseFlows
from tests.made_lifters import save


@pytest.fixture
def run(tmp_path, monkeypatch, synthetic_folder):
    """A run of two flows on the synthetic human, hardly trained."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs/flows"
    (folder / "checkpoints").mkdir(parents=True)
    flows = PoseFlows(parts=["legs", "torso"], hidden=8, blocks=1)
    generator = np.random.default_rng(0)
    points = 500 + 100 * generator.normal(size=(64, 17, 2)).astype(np.float32)
    flows.fit_statistics(torch.from_numpy(points), None)
    save(flows, folder / "checkpoints/best.ckpt")
    options = {"folder": str(synthetic_folder), "frames_per_sequence": 6, "actions": ["Walking"]}
    config = {
        "model": {"class_path": "lifting.methods.PoseFlows", "init_args": {"parts": ["legs"]}},
        "data": {"class_path": "datamodules.Synthetic", "init_args": options},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    return folder


def test_the_first_part_is_drawn_unless_another_is_named(run, capsys):
    view("flows")
    view("flows", part="torso", out="torso.png")
    assert "6 test poses in the latent space of legs in" in capsys.readouterr().out
    legs, torso = imread(run / "pictures/latent_legs.png"), imread("torso.png")
    # Something is drawn, and of other joints something else.
    assert min(legs.std(), torso.std()) > 0.02
    assert legs.shape == torso.shape
    assert np.abs(legs - torso).max() > 0.5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"part": "leg"}, "has no flow over leg; did you mean legs?"),
        ({"out": "a.html"}, "a.html: a flow is shown as a picture"),
        ({"align": True}, "--align: flows is a run of flows"),
    ],
)
def test_what_a_flow_cannot_show_is_told(run, options, told):
    with pytest.raises(InputError) as error:
        view("flows", **options)
    assert told in str(error.value)
