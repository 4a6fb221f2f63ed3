"""Generator and critic in mixed precision: what they hear of each other, how gradients are clipped."""

import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision

from tests.lifting.methods.bases.test_adversarial import Watch, fit, repnet, store

pytestmark = pytest.mark.slow(reason="trains generators and critics", shapes=True)

__all__ = ["store"]  # the fixture


def test_under_autocast_the_generator_hears_the_critic_that_has_just_learnt(store):
    """Lower-precision copies of weights are kept for a whole batch, unless they are made anew."""
    heard = []

    class Hears(Watch):
        def on_before_optimizer_step(self, trainer, module, optimizer):
            if not next(module.critics.parameters()).requires_grad:
                with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
                    heard.append(module.critics["pose"](self.made.flatten(0, 1)).mean().item())

    watch, method = Hears(), repnet(lr=0.02, schedule="constant", warmup=0.0)
    original = method.generator_losses

    def spy(made, some, weight):
        watch.made = made.pose.detach()
        return original(made, some, weight)

    method.generator_losses = spy
    fit(method, store, watch, precision=MixedPrecision("bf16-mixed", "cpu"))
    said = [-logged["train/realism_pose"] for logged in watch.logged]
    assert said == pytest.approx(heard, rel=1e-5)
    assert len({round(x, 3) for x in said}) > 3


class Norms(Watch):
    """Keeps the norms of the gradients that optimisers step with."""

    def __init__(self):
        super().__init__()
        self.norms = []

    def on_before_optimizer_step(self, trainer, module, optimizer):
        # Callbacks come before the module, which clips: look again when the optimiser has stepped.
        def look(optimizer, *_):
            grads = [p.grad for g in optimizer.param_groups for p in g["params"]]
            norm = torch.nn.utils.get_total_norm([g for g in grads if g is not None])
            self.norms.append(norm.item())

        optimizer.register_step_post_hook(look)


def test_gradients_are_clipped_after_the_scale_of_fp16_is_taken_out(store):
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    method = repnet(clip=0.01)
    watch = fit(method, store, Norms(), precision=MixedPrecision("16-mixed", "cpu", scaler))
    assert max(watch.norms) <= 0.01 * 1.001
    plain = fit(repnet(clip=0.01), store)
    for name in ("critic_gradient", "generator_gradient"):
        mine, theirs = (w.logged[1][f"train/{name}"] for w in (watch, plain))
        assert 0.01 < mine < 100
        assert 0.01 < theirs < 100


def test_gradients_are_clipped_in_bf16_too_with_a_fused_optimiser(store):
    method = repnet(clip=0.01)
    watch = fit(method, store, Norms(), precision=MixedPrecision("bf16-mixed", "cpu"))
    assert all(optimizer.param_groups[0]["fused"] for optimizer in method.optimizers(False))
    assert max(watch.norms) == pytest.approx(0.01, rel=1e-2)
