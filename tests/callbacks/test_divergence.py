"""The end of a training that diverges, and the ways past it, on a straight line."""

import math
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins import MixedPrecision
from torch import nn
from torch.utils.data import DataLoader

from callbacks import EMA, BestCheckpoint, Divergence, LastCheckpoint
from callbacks.divergence import divergence_of
from lifting.checkpoints import name_not_finite, read_checkpoint
from lifting.errors import DivergenceError
from lifting.methods.bases.checkpointed import Checkpointed

ROOT = Path(__file__).parents[2]
# One of two processes, which both end in the same sentence and never wait for each other in vain.
WORKER = """
import os, pathlib, sys
rank, folder = int(os.environ["LOCAL_RANK"]), pathlib.Path(sys.argv[1])
from tests.callbacks.test_divergence import batches, fit
from lifting.errors import DivergenceError
bad = 3 if rank else 99
options = {"strategy": "ddp", "devices": 2, "use_distributed_sampler": False}
line = fit(folder / "skip", batches(bad)[:8], "skip", **options)
print(sum(float(value.double().sum()) for value in line.state_dict().values()))
try:
    fit(folder / "stop", batches(bad)[:8], **options)
except DivergenceError as error:
    print(error)
"""


class Line(Checkpointed):
    """Linear regression; statistics of its inputs are buffers."""

    def __init__(self, lr=0.1, bad="loss", manual=False, skeleton="a", keypoint_skeleton="a"):
        super().__init__()
        self.save_hyperparameters()
        self.automatic_optimization = not manual
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1))

    def loss(self, batch):
        x, wrong = batch
        found = self.net(x)
        if wrong and self.hparams["bad"] == "loss":
            found = found * math.nan
        if wrong and self.hparams["bad"] == "norm":
            # The root of nothing: zero, with an endless slope.
            found = (0 * found).sqrt()
        return (found - x.sum(-1, keepdim=True)).square().mean()

    def training_step(self, batch, batch_idx):
        loss = self.loss(batch)
        if not self.automatic_optimization:
            self.optimizers().zero_grad()
            self.manual_backward(loss)
            self.optimizers().step()
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val/loss", self.loss((batch[0], False)))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), self.hparams["lr"])


def batches(*wrong):
    generator = torch.Generator().manual_seed(0)
    kinds = dict.fromkeys(range(8), False) | dict.fromkeys(wrong, True)
    return [(torch.randn(4, 2, generator=generator), kind) for kind in kinds.values()]


def fit(folder, given, action="stop", more=(), look_every=1, save_every=1, line=None, **options):
    """Train and return the line; look and save as often as told."""
    checkpoints = str(folder / "checkpoints")
    watchers = [
        Divergence(folder, action),
        LastCheckpoint(checkpoints, every_n_train_steps=save_every),
        BestCheckpoint(checkpoints, "best", "val/loss"),
    ]
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        max_epochs=1,
        log_every_n_steps=look_every,
        callbacks=[*watchers, *more],
        **options,
    )
    line = line or Line()
    trainer.fit(line, *(DataLoader(part, batch_size=None) for part in (given, batches()[:1])))
    return line


def diverged(folder, *arguments, **options):
    with pytest.raises(DivergenceError) as error:
        fit(folder, *arguments, **options)
    assert "\n" not in str(error.value)
    for path in folder.rglob("*.ckpt"):
        read_checkpoint(path)
    return str(error.value)


def same(one, other):
    return all(
        torch.equal(a, b)
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize(
    ("bad", "found"),
    [("loss", "at step 3 (epoch 0) the loss"), ("norm", "by step 4 (epoch 0) the w")],
)
def test_the_first_value_that_is_not_finite_ends_the_training(tmp_path, bad, found, manual):
    line = Line(bad=bad, manual=manual)
    sentence = diverged(tmp_path, batches(3), line=line)
    assert sentence.startswith(f"{tmp_path}: training diverged: {found}")
    last = tmp_path / "checkpoints/last.ckpt"
    assert f"the last good checkpoint is {last}; go on with a lower --model.lr, " in sentence
    clip = "--model.clip" if manual else "--trainer.gradient_clip_val"
    assert sentence.endswith(f"or begin a new run with {clip}.")
    assert read_checkpoint(last)["global_step"] == 3
    assert not (tmp_path / "checkpoints/best.ckpt").exists()


@pytest.mark.parametrize("algorithm", ["norm", "value"])
def test_gradients_that_are_clipped_are_no_exception(tmp_path, algorithm):
    clip = {"gradient_clip_val": 1.0, "gradient_clip_algorithm": algorithm}
    sentence = diverged(tmp_path, batches(3), line=Line(bad="norm"), **clip)
    found = {"norm": "by step 4 (epoch 0) the weights", "value": "at step 3 (epoch 0) the norm of"}
    assert found[algorithm] in sentence


def test_so_do_weights_after_a_step_with_finite_gradients(tmp_path):
    sentence = diverged(tmp_path, batches(), line=Line(lr=math.inf))
    assert "by step 1 (epoch 0) the weights" in sentence
    assert "no checkpoint was saved before; begin again with a lower --model.lr" in sentence


def test_so_do_weights_that_no_step_brings_back(tmp_path):
    assert "by step 1 (epoch 0) the weights are beyond 1e10" in diverged(
        tmp_path, batches(), line=Line(lr=1e12)
    )
    fit(tmp_path, batches(), line=Line(lr=10))


@pytest.mark.parametrize(("every", "batches_done"), [(4, 3), (1000, 8), (0, 8)])
def test_values_wait_for_the_next_look_and_tell_their_step(tmp_path, every, batches_done):
    line, done = Line(), []
    line.on_train_batch_end = lambda *args: done.append(args)
    # The validation at the end of the epoch looks in any case.
    sentence = diverged(tmp_path, batches(1), look_every=every, save_every=1000, line=line)
    assert "at step 1 " in sentence
    # The look is taken in the midst of the end of a batch.
    assert len(done) == batches_done
    assert not list(tmp_path.rglob("*.ckpt"))


def test_no_step_waits_for_the_device_unless_it_may_be_left_out(tmp_path):
    line, parameter = Line().to("meta"), nn.Parameter(torch.zeros(3, device="meta"))
    parameter.grad = torch.zeros(3, device="meta")
    optimizer = torch.optim.SGD([parameter])
    trainer = SimpleNamespace(
        global_step=0, world_size=1, precision_plugin=None, gradient_clip_algorithm=None
    )

    def step(action):
        watch = Divergence(tmp_path, action)
        watch.on_train_batch_start(trainer, line, None, 0)
        watch.on_before_backward(trainer, line, torch.zeros((), device="meta"))
        watch.on_before_optimizer_step(trainer, line, optimizer)

    # Values of this device cannot be read at all.
    step("stop")
    step("restore")
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        step("skip")


def test_a_save_between_two_looks_looks_by_itself(tmp_path):
    diverged(tmp_path, batches(3), look_every=1000, save_every=2)
    assert read_checkpoint(tmp_path / "checkpoints/last.ckpt")["global_step"] == 2


def test_a_save_does_not_write_out_the_weights_to_name_the_states_of_the_optimiser(
    tmp_path, monkeypatch
):
    def written_out(*_):
        raise AssertionError("the values of a tensor became text")

    monkeypatch.setattr(torch.Tensor, "__format__", written_out)
    fit(tmp_path, batches())
    assert (tmp_path / "checkpoints/last.ckpt").is_file()


@pytest.mark.parametrize("weights_only", [False, True])
def test_nobody_else_saves_what_is_not_finite(tmp_path, weights_only):
    every = {"every_n_train_steps": 1, "save_top_k": -1, "save_weights_only": weights_only}
    own = ModelCheckpoint(str(tmp_path), "own{step}", **every)
    options = {"look_every": 1000, "save_every": 1000, "more": [own]}
    sentence = diverged(tmp_path, batches(3), **options)
    assert "is not finite, and no checkpoint of that is saved" in sentence
    assert {path.name for path in tmp_path.glob("*.ckpt")} == {
        f"ownstep={step}.ckpt" for step in (1, 2, 3)
    }


@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize("bad", ["loss", "norm"])
def test_skipping_leaves_weights_statistics_and_optimiser_as_they_are(
    tmp_path, bad, manual, caplog
):
    line = fit(tmp_path, batches(3), "skip", line=Line(bad=bad, manual=manual))
    assert f"Step 3 is left out: its {bad}" in caplog.text
    without = batches()
    del without[3]
    expected = fit(tmp_path / "expected", without, line=Line(manual=manual))
    assert same(line, expected)
    states = [trained.trainer.optimizers[0].state.values() for trained in (line, expected)]
    for one, other in zip(*states, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in other)


def test_skipping_ends_where_nothing_else_is_done(tmp_path):
    assert "at step 20 " in diverged(tmp_path, 4 * batches(*range(8)), "skip")
    fit(tmp_path, 4 * batches(*range(1, 8)), "skip")


@pytest.mark.parametrize("more", [[], ["ema"]])
def test_restoring_goes_on_from_the_last_checkpoint_with_the_data_that_follow(
    tmp_path, more, caplog
):
    line = fit(tmp_path, batches(3), "restore", more=[EMA(0.5) for _ in more])
    assert "At step 3 the loss is not finite" in caplog.text
    assert "last.ckpt (step 3), return 1 of 3" in caplog.text
    without = batches()
    del without[3]
    expected = fit(tmp_path / "expected", without, more=[EMA(0.5) for _ in more])
    if not more:
        assert same(line, expected)
    assert name_not_finite({"state_dict": line.state_dict()}) is None
    assert (tmp_path / "checkpoints/best.ckpt").is_file()


def test_restoring_ends_after_three_times(tmp_path, caplog):
    assert "at step 6 " in diverged(tmp_path, batches(1, 2, 4, 6), "restore")
    assert "return 3 of 3" in caplog.text


def test_without_a_checkpoint_there_is_nothing_to_restore(tmp_path):
    assert "no checkpoint was saved" in diverged(tmp_path, batches(0), "restore")


def scaled():
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    return {"plugins": [MixedPrecision("16-mixed", "cpu", scaler)]}


@pytest.mark.parametrize("action", ["stop", "skip", "restore"])
def test_a_scaler_may_leave_out_steps_by_itself(tmp_path, action):
    line = fit(tmp_path, batches(3), action, line=Line(bad="norm"), **scaled())
    assert line.trainer.precision_plugin.scaler.get_scale() == 2.0
    assert name_not_finite({"state_dict": line.state_dict()}) is None


def test_not_all_of_them(tmp_path):
    given = 4 * batches(*range(8))
    sentence = diverged(tmp_path, given, line=Line(bad="norm"), **scaled())
    assert "the norm of the gradients is not finite" in sentence
    assert sentence.endswith(" or --trainer.precision 32-true.")


def failed(folder, fails_at, *arguments, **options):
    """Return how a training is explained that failed of something else in a step."""
    line = Line(**options)
    step = line.training_step

    def fail(batch, batch_idx):
        if batch_idx == fails_at:
            raise RuntimeError("the decomposition has not converged")
        return step(batch, batch_idx)

    line.training_step = fail
    with pytest.raises(RuntimeError):
        fit(folder, *arguments, line=line, look_every=99, save_every=99)
    return divergence_of(line.trainer)


def test_what_a_training_failed_of_meanwhile_is_explained(tmp_path):
    assert "at step 4 (epoch 0) the loss is" in str(failed(tmp_path, 5, batches(4)))
    assert "by step 1 (epoch 0) the weights" in str(failed(tmp_path, 1, batches(), lr=math.inf))
    assert failed(tmp_path, 5, batches()) is None


@pytest.mark.slow(reason="trains in two processes")
def test_all_processes_stop_together(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    program = tmp_path / "worker.py"
    program.write_text(WORKER)
    workers = [
        subprocess.Popen(
            [sys.executable, str(program), str(tmp_path)],
            env={**environment, "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    told = [worker.communicate(timeout=120)[0].splitlines() for worker in workers]
    assert told[0] == told[1]
    assert math.isfinite(float(told[0][0]))
    assert "at step 3 (epoch 0) the loss is not finite" in told[0][1]
