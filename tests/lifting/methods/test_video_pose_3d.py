"""VideoPose3D: the momentum of batch normalisation falls over training."""

from types import SimpleNamespace

import pytest
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from lifting.methods import VideoPose3D


@pytest.mark.parametrize("shared", [False, True])
def test_momentum_falls_exponentially_also_where_processes_share_their_statistics(shared):
    method = VideoPose3D(taps=[3, 3], channels=8, norm_momentum=0.1, norm_momentum_end=0.001)
    if shared:
        method.net = nn.SyncBatchNorm.convert_sync_batchnorm(method.net)
    norms = [module for module in method.modules() if isinstance(module, _BatchNorm)]
    assert all(isinstance(module, nn.SyncBatchNorm) == shared for module in norms)
    for step, momentum in ((0, 0.1), (50, 0.01), (100, 0.001)):
        loop = SimpleNamespace(epoch_loop=SimpleNamespace(global_step=step))
        method._trainer = SimpleNamespace(
            estimated_stepping_batches=100, global_step=step, fit_loop=loop
        )
        method.on_train_batch_start(None, 0)
        assert [module.momentum for module in norms] == pytest.approx([momentum] * len(norms))
