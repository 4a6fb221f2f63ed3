"""Compilation of a step: what it is refused for, and what it leaves as it is."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from lifting.cli.run.compiling import compile_step, missing_compiler, refusals_of_compiling
from lifting.errors import InputError
from lifting.methods import LSTMLifter, SimpleBaseline, WindowMLPLifter


def trainer(**changes):
    usual = {
        "accumulate_grad_batches": 1,
        "world_size": 1,
        "_accelerator_connector": SimpleNamespace(_layer_sync=None),
        "strategy": SimpleNamespace(root_device=torch.device("cpu")),
    }
    return SimpleNamespace(**(usual | changes))


@pytest.fixture
def compiled(monkeypatch):
    """What torch is asked to compile."""
    asked = []
    monkeypatch.setattr(torch, "compile", lambda part, **options: asked.append(options) or part)
    monkeypatch.setattr("lifting.cli.run.compiling.missing_compiler", lambda device: None)
    # Set for the whole process.
    with torch._dynamo.config.patch(optimize_ddp=True):
        yield asked


@pytest.fixture(scope="module")
def method():
    return SimpleBaseline(width=8)


def test_a_step_is_compiled_in_whole_and_every_shape_by_itself(compiled, method):
    compile_step(method, trainer(), "default")
    assert compiled == [{"fullgraph": True, "dynamic": False, "mode": "default"}]
    assert not torch._dynamo.config.optimize_ddp


class Doubling:
    """Takes for a method whose step torch compiles, but for the code that it would make."""

    compiled_parts = ("step",)

    def __init__(self, factor):
        self.factor = factor

    def modules(self):
        return []

    def compile_step(self, mode):
        self.step = torch.compile(self.step, backend="eager", fullgraph=True, dynamic=False)

    def step(self, x):
        return self.factor * x


def test_any_number_of_trainings_in_one_process_are_compiled(monkeypatch):
    monkeypatch.setattr("lifting.cli.run.compiling.missing_compiler", lambda device: None)
    with torch._dynamo.config.patch(optimize_ddp=True, recompile_limit=1):
        for factor in (2, 3):
            method = Doubling(factor)
            compile_step(method, trainer(), "default")
            assert method.step(torch.ones(1)).item() == factor


def test_nothing_is_compiled_unasked_or_of_an_lstm(compiled, method):
    compile_step(method, trainer(), "off")
    compile_step(LSTMLifter(width=8), trainer(), "reduce-overhead")
    assert not compiled


def test_captured_gradients_cannot_be_added_up(compiled, method):
    many = trainer(accumulate_grad_batches=2)
    with pytest.raises(InputError, match=r"accumulate_grad_batches.* set --compile to default"):
        compile_step(method, many, "reduce-overhead")
    assert not compiled
    compile_step(method, many, "default")
    assert compiled


def test_processes_cannot_share_statistics_within_a_graph(compiled, method):
    shared = SimpleNamespace(_layer_sync=nn.SyncBatchNorm)
    with pytest.raises(InputError, match=r"sync_batchnorm.* set --compile to off"):
        compile_step(method, trainer(world_size=2, _accelerator_connector=shared), "default")
    assert not compiled
    # Without statistics of batches there is nothing to share.
    compile_step(
        WindowMLPLifter(width=8), trainer(world_size=2, _accelerator_connector=shared), "default"
    )
    assert compiled


def test_tf32_would_reach_exact_layers(compiled, method, monkeypatch):
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: "high")
    with pytest.raises(InputError, match="matmul_precision"):
        compile_step(method, trainer(), "default")
    assert not compiled


def test_a_missing_compiler_is_named(method, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert missing_compiler("cuda") == "Triton"
    with pytest.raises(InputError, match=r"no C\+\+ compiler .* set --compile to off, not default"):
        compile_step(method, trainer(), "default")


def test_a_compiler_may_be_named_by_the_environment(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: name if name == "mine" else None)
    monkeypatch.setenv("CXX", "mine")
    assert missing_compiler("cpu") is None


def test_what_cannot_be_compiled_is_told_in_one_sentence():
    with (
        pytest.raises(
            InputError, match=r"cannot compile the step: it reads a value: set --compile"
        ),
        refusals_of_compiling("default"),
    ):
        raise torch._dynamo.exc.Unsupported("it reads a value.\n  and much more")


@pytest.mark.parametrize("text", ["too many inputs", ""])
def test_what_fails_in_a_backend_is_told_by_its_cause(text):
    failed = torch._dynamo.exc.BackendCompilerFailed(print, ValueError(text), None)
    told = text or "ValueError"
    with (
        pytest.raises(InputError, match=f"cannot compile the step: {told}: set --compile"),
        refusals_of_compiling("default"),
    ):
        raise failed


@pytest.mark.parametrize("mode", ["off", "default"])
def test_other_errors_stay_what_they_are(mode):
    with pytest.raises(ValueError, match="mine"), refusals_of_compiling(mode):
        raise ValueError("mine")
