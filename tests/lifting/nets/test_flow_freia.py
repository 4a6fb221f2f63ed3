import pytest
import torch

from lifting.errors import InputError
from lifting.nets.flow import PoseFlow
from tests.lifting.nets.made_flow import stirred

PUBLISHED = "weights/elepose/model_inn_h36m_17j_pretrain_inn_gt_pca_bases_26_headnorm.pt"


def freia_state(flow):
    marker = "blocks."
    return {
        f"module_list.{name.split(marker)[1]}": value.clone()
        for name, value in flow.state_dict().items()
        if marker in name
    }


def test_an_imported_state_gives_the_flow_it_was_taken_from():
    flow = stirred(PoseFlow(10, hidden=8, blocks=3, standardise=False))
    other = PoseFlow(10, hidden=8, blocks=3, standardise=False)
    other.import_freia_state(freia_state(flow))
    x = torch.randn(20, 10)
    assert torch.equal(other.log_prob(x), flow.log_prob(x))


def test_a_foreign_state_is_refused_and_changes_nothing():
    flow = PoseFlow(10, hidden=8, blocks=3)
    before = {name: value.clone() for name, value in flow.state_dict().items()}
    good = freia_state(PoseFlow(10, hidden=8, blocks=3))
    name, rotation = "module_list.1.global_scale", "module_list.2.w_perm"
    for state, message in [
        ({n: v for n, v in good.items() if n != name}, f"1 entries are missing, such as {name}"),
        (good | {"vk_householder": torch.zeros(1)}, "unused, such as vk_householder"),
        (freia_state(PoseFlow(10, hidden=8, blocks=4)), "8 entries are unused.*of 3 blocks"),
        (freia_state(PoseFlow(10, hidden=9, blocks=3)), "9 entries are of another shape"),
        (good | {name: good[name] / 0}, f"not finite, such as {name}"),
        (good | {rotation: 2 * good[rotation]}, f"{rotation} is no rotation"),
        (good | {f"{rotation}_inv": good[rotation]}, f"{rotation}_inv not its inverse"),
        (
            good | {rotation: 2 * good[rotation], f"{rotation}_inv": good[f"{rotation}_inv"] / 2},
            "is no rotation",
        ),
    ]:
        with pytest.raises(InputError, match=message):
            flow.import_freia_state(state)
    assert all(torch.equal(value, before[n]) for n, value in flow.state_dict().items())


@pytest.mark.parametrize("dims", [7, 26])
def test_blocks_agree_with_freia(double, dims):
    framework = pytest.importorskip("FrEIA.framework")
    modules = pytest.importorskip("FrEIA.modules")

    def subnet(inputs, outputs):
        layers = torch.nn.Linear(inputs, 32), torch.nn.ReLU(), torch.nn.Linear(32, outputs)
        return torch.nn.Sequential(*layers)

    oracle = framework.SequenceINN(dims)
    for _ in range(8):
        oracle.append(modules.AllInOneBlock, subnet_constructor=subnet, permute_soft=True)
    for parameter in oracle.double().parameters():
        if parameter.requires_grad:
            parameter.data += 0.05 * torch.randn_like(parameter)
    flow = PoseFlow(dims, hidden=32, standardise=False)
    flow.import_freia_state(oracle.state_dict())
    x = torch.randn(256, dims)
    with torch.no_grad():
        expected, expected_det = oracle(x)
        z, log_det = flow.flow._transform(x)
        back, back_det = oracle(z, rev=True)
        ours, ours_det = flow.flow._transform.inverse(z)
    for got, wanted in [(z, expected), (log_det, expected_det), (ours, back), (ours_det, back_det)]:
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-9)


@pytest.mark.real
def test_the_published_flow_of_elepose_has_its_published_likelihoods(real_data):
    if not (real_data / PUBLISHED).is_file():
        pytest.skip(f"no {PUBLISHED} in {real_data}")
    state = torch.load(real_data / PUBLISHED, map_location="cpu", weights_only=True)
    flow = PoseFlow(26, standardise=False)
    flow.import_freia_state(state)
    with torch.no_grad():
        x = flow.sample(4096)
        assert flow.nll(x).mean().item() == pytest.approx(-110.9, abs=0.5)
        assert flow.nll(torch.zeros(1, 26)).item() == pytest.approx(-122.6, abs=0.1)
        z = flow.to_latent(x)
        assert (flow.from_latent(z) - x).abs().max() < 1e-3
        assert (flow.to_latent(flow.from_latent(z)) - z).abs().max() < 1e-3
    for name, rotation in state.items():
        if name.endswith("w_perm"):
            torch.testing.assert_close(rotation @ rotation.T, torch.eye(26), rtol=0, atol=1e-6)
