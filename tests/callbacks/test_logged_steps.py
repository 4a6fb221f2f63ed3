"""Steps that loggers see."""

from types import SimpleNamespace
from typing import Any

import pytest

from callbacks import LoggedSteps


class Logger:
    begun = 0

    def begin(self) -> None:
        self.begun += 1


@pytest.mark.parametrize("hook", ["on_train_start", "on_test_start"])
def test_loggers_begin_when_a_stage_does(hook):
    deferred = Logger()
    trainer: Any = SimpleNamespace(loggers=[deferred, object()])
    getattr(LoggedSteps(), hook)(trainer, None)
    assert deferred.begun == 1


@pytest.mark.parametrize(
    ("checkpoint", "step"),
    [
        # With two optimisers steps are not batches.
        (
            {
                "global_step": 8,
                "loops": {"fit_loop": {"epoch_loop.state_dict": {"_batches_that_stepped": 4}}},
            },
            4.0,
        ),
        ({"global_step": 8}, 8.0),
        ({}, 0.0),
    ],
)
def test_metrics_of_a_test_are_logged_at_the_step_of_its_checkpoint(checkpoint, step):
    logged: dict[str, float] = {}
    module: Any = SimpleNamespace(log=lambda name, value, **_: logged.update({name: value}))
    callback: Any = LoggedSteps()
    callback.on_test_epoch_end(None, module)
    assert logged == {}
    callback.on_load_checkpoint(None, module, checkpoint)
    callback.on_test_epoch_end(None, module)
    assert logged == {"step": step}
