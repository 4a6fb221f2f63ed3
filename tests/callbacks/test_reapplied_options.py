"""Options that a resumed training takes although its checkpoint holds others."""

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from callbacks import ReappliedOptions

EPOCHS, BATCHES = 2, 4


class Turns(LightningModule):
    """Two optimisers that take turns, one of which has a second group from after its schedule."""

    def __init__(self, lr, weight_decay, length):
        super().__init__()
        self.automatic_optimization = False
        self.first, self.second, self.late = (torch.nn.Linear(3, 3) for _ in range(3))
        self.options = lr, weight_decay, length

    def configure_optimizers(self):
        lr, weight_decay, length = self.options
        first = torch.optim.AdamW(self.first.parameters(), lr, weight_decay=weight_decay)
        second = torch.optim.AdamW(self.second.parameters(), 2 * lr, weight_decay=weight_decay)
        schedules = [
            torch.optim.lr_scheduler.LambdaLR(o, lambda step: 1 - step / length)
            for o in (first, second)
        ]
        second.add_param_group({"params": list(self.late.parameters()), "lr": 3 * lr})
        schedules[1].lr_lambdas.append(schedules[1].lr_lambdas[0])
        schedules[1].base_lrs.append(3 * lr)
        return [first, second], schedules

    def training_step(self, batch, batch_idx):
        for optimizer, schedule in zip(self.optimizers(), self.lr_schedulers(), strict=True):
            loss = self.late(self.second(self.first(batch))).square().mean()
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
            schedule.step()


class Log(CSVLogger):
    """A logger that keeps what it is given."""

    def __init__(self, folder):
        super().__init__(folder)
        self.values = []

    def log_metrics(self, metrics, step=None):
        self.values.append((step, metrics))


def fit(module, epochs, path=None, callbacks=(), logger=False):
    torch.manual_seed(0)
    trainer = Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=logger,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
    )
    data = DataLoader(torch.ones(BATCHES, 3), batch_size=1)
    trainer.fit(module, data, ckpt_path=path, weights_only=True)
    return trainer


@pytest.fixture
def begun(tmp_path):
    """A checkpoint of two epochs with a rate of 0.1, no decay, and a schedule over eight steps."""
    path = tmp_path / "last.ckpt"
    torch.manual_seed(1)
    fit(Turns(0.1, 0.0, 8), EPOCHS).save_checkpoint(path)
    return path


def changed(path, lr, weight_decay, length):
    """Return a checkpoint whose optimisers were made with other options, as if by hand."""
    content = torch.load(path, weights_only=True)
    step, bases = EPOCHS * BATCHES, [[lr], [2 * lr, 3 * lr]]
    for state, rates in zip(content["optimizer_states"], bases, strict=True):
        for group, rate in zip(state["param_groups"], rates, strict=True):
            group["lr"] = rate * (1 - step / length)
    for state, rates in zip(content["optimizer_states"], bases, strict=True):
        for group, rate in zip(state["param_groups"], rates, strict=True):
            group["weight_decay"] = weight_decay
            if "initial_lr" in group:
                group["initial_lr"] = rate
    for state, rates in zip(content["lr_schedulers"], bases, strict=True):
        state["base_lrs"] = rates
    by_hand = path.with_name("by_hand.ckpt")
    torch.save(content, by_hand)
    return by_hand


def test_they_take_effect_in_every_optimiser_and_schedule_from_the_first_step(begun):
    changes = {"model.lr": (0.1, 0.5), "model.schedule": ("cosine", None)}
    module, expected = Turns(0.5, 0.2, 16), Turns(0.5, 0.2, 16)
    trainer = fit(module, 3, begun, [ReappliedOptions(changes)])
    fit(expected, 3, changed(begun, 0.5, 0.2, 16))
    for name, value in expected.state_dict().items():
        assert torch.equal(value, module.state_dict()[name]), name
    step = 3 * BATCHES
    for optimizer, rates in zip(trainer.optimizers, [[0.5], [1.0, 1.5]], strict=True):
        now = [group["lr"] for group in optimizer.param_groups]
        assert now == pytest.approx([rate * (1 - step / 16) for rate in rates])
        assert optimizer.param_groups[0]["weight_decay"] == 0.2


def test_without_them_the_checkpoint_wins(begun):
    module, other = Turns(0.5, 0.2, 16), Turns(0.1, 0.0, 16)
    trainer = fit(module, 3, begun)
    fit(other, 3, begun)
    assert trainer.optimizers[0].param_groups[0]["initial_lr"] == 0.1
    assert all(
        torch.equal(a, b) for a, b in zip(module.parameters(), other.parameters(), strict=True)
    )


def test_they_are_logged_and_printed_once_at_the_step_from_which_they_hold(begun, caplog, tmp_path):
    log, module = Log(tmp_path), Turns(0.5, 0.0, 16)
    changes = {"model.lr": (0.1, 0.5), "model.schedule": ("cosine", None)}
    with caplog.at_level("INFO"):
        fit(module, 3, begun, [ReappliedOptions(changes)], log)
    # The Trainer counts the steps of both optimisers.
    step = 2 * EPOCHS * BATCHES
    assert log.values == [(step, {"change/model.lr": 0.5, "change/model.schedule": "null"})]
    told = f"From step {step} on: model.lr 0.1 → 0.5, model.schedule cosine → null."
    assert told in caplog.text
