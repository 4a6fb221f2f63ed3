"""Base class of modules with a checkpoint, and the loader of frozen ones."""

from abc import ABC
from collections.abc import Iterator, Mapping
from inspect import isabstract
from pathlib import Path
from typing import Any, TypeVar

from jsonargparse import ArgumentError, ArgumentParser
from lightning import LightningModule
from lightning.pytorch.core.mixins.hparams_mixin import _given_hyperparameters

from lifting.checkpoints import by_name, name_not_finite, read_checkpoint
from lifting.errors import CheckpointError, DivergenceError, InputError, located
from lifting.extensions import METHODS, load_extension

# Options that name what a training begins from.
ORIGINS = ("start_from", "weights")


class Checkpointed(LightningModule, ABC):
    """A module whose checkpoint names its method and joint sets, and is refused where they differ.

    A subclass has the hyper-parameters ``skeleton`` and ``keypoint_skeleton``.
    """

    def __init__(self) -> None:
        super().__init__()
        # SHA-256 of the checkpoints of earlier stages, by the option that names them, and their paths.
        self.frozen: dict[str, str] = {}
        # Those that a training began from, which it does not read again when it is resumed.
        self.origin: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        # Of the checkpoint that was loaded: steps, batches, epochs, and the cost of each start.
        self.trained: dict[str, Any] = {}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note method, joint sets and earlier stages in the checkpoint.

        Raises:
            DivergenceError: If a number in it is not finite; whoever saves it, nothing is written.
        """
        if (name := name_not_finite(checkpoint)) is not None:
            what = f"{name} is not finite, and no checkpoint of that is saved"
            remedy = "lower --model.lr where it was trained, or take other weights."
            raise DivergenceError(what, remedy=remedy)
        checkpoint["lifting"] = self._identity()
        checkpoint["frozen"] = {**self.origin, **self.frozen}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another method or joint set.

        Raises:
            CheckpointError: If it is one, or none of this suite, or was trained on other earlier stages,
                or its training diverged.
        """
        identity = checkpoint.get("lifting")
        if identity is None:
            raise CheckpointError("it is not a checkpoint of this suite", remedy="import it first.")
        self._check_identity(identity)
        if (name := name_not_finite(checkpoint)) is not None:
            what = f"it is of a training that diverged: {name} is not finite"
            raise CheckpointError(what, remedy="take another, or train it again.")
        for option, digest in self.frozen.items():
            if checkpoint["frozen"].get(option) != digest:
                what = f"it was trained with another {option} than {self._paths[option]}"
                raise CheckpointError(what, remedy="name that one, or begin a new run.")
        self.upgrade(checkpoint)
        before = checkpoint.get("frozen") or {}
        self.origin = {option: before[option] for option in ORIGINS if option in before}
        self.trained = _trained(checkpoint)
        self.restore_extras(checkpoint)

    def upgrade(self, checkpoint: dict[str, Any]) -> None:
        """Turn what an earlier version of the suite saved into what this one reads, in place."""

    def restore_extras(self, checkpoint: Mapping[str, Any]) -> None:
        """Restore what prediction needs besides parameters, buffers and options."""

    def _check_identity(self, identity: Mapping[str, str]) -> None:
        for what, value in self._identity().items():
            if identity.get(what) != value:
                kind = f"{what.replace('_', ' ')} '{identity.get(what)}'"
                remedy = "choose the checkpoint or the configuration that fits."
                raise CheckpointError(f"it is of {kind}, this run has '{value}': {remedy}")

    def _identity(self) -> dict[str, str]:
        return {
            "method": type(self).__name__,
            "skeleton": self.hparams["skeleton"],
            "keypoint_skeleton": self.hparams["keypoint_skeleton"],
        }

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Load parameters and buffers.

        Raises:
            CheckpointError: If they are of a network of another size; it names the first that differs.
        """
        try:
            return super().load_state_dict(state_dict, strict, assign)
        except RuntimeError as error:
            first = str(error).partition("\n\t")[2].partition("\n")[0].strip()
            raise CheckpointError(f"its network is of another shape: {first}") from error


def _trained(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return how long a checkpoint was trained, as far as it tells."""

    def progress(*names: str) -> Any:
        part: Any = checkpoint.get("loops")
        for name in ("fit_loop", *names):
            part = part.get(name) if isinstance(part, Mapping) else None
        return part

    return {
        "steps": checkpoint.get("global_step"),
        "batches": progress("epoch_loop.batch_progress", "total", "completed"),
        "epochs": progress("epoch_progress", "total", "processed"),
        "starts": checkpoint.get("trained") or [],
    }


Trained = TypeVar("Trained", bound=Checkpointed)


def subclasses(kind: type[Trained]) -> Iterator[type[Trained]]:
    """Yield a class of methods and all that build on it, also those of other packages."""
    yield kind
    for subclass in kind.__subclasses__():
        yield from subclasses(subclass)


def method_named(name: object) -> type[Checkpointed] | None:
    """Return the method of a name, of another package too; None where there is none.

    Raises:
        InputError: If another package has it, and it cannot be imported.
    """
    if not isinstance(name, str):
        return None
    known = (kind for kind in subclasses(Checkpointed) if kind.__name__ == name)
    return next(known, None) or load_extension(METHODS, name, Checkpointed)


def load_frozen(path: str | Path, kind: type[Trained], **changed: Any) -> Trained:
    """Load a trained method for use inside another, in evaluation mode and without gradients.

    Args:
        path: The checkpoint, a hub folder, or the name of a model (:func:`lifting.models.resolve`).
        kind: The method it must be of, or a base class of it.
        **changed: Options to set otherwise than in training.

    What fails in the code of a method otherwise than by a value, such as an attribute that is not there,
    is a mistake of whoever wrote it, and keeps its traceback.

    Raises:
        InputError: If the file is no checkpoint of that method, or its options are not.
    """
    checkpoint = read_checkpoint(path)
    identity = checkpoint["lifting"]
    name = identity.get("method") if isinstance(identity, dict) else None
    with located(path):
        known = method_named(name)
    trained = next((k for k in subclasses(kind) if k.__name__ == name), None)
    if known is None:
        what = f"is of the method {name}, which this suite has not"
        remedy = "get a newer suite or the package that has it, or name another."
        raise InputError(what, path, remedy)
    if trained is None:
        kinds = [k.__name__ for k in subclasses(kind) if not isabstract(k)]
        needed = f"a {kind.__name__}" if len(kinds) == 1 else f"one of {', '.join(sorted(kinds))}"
        raise InputError(f"is of a {name}, here {needed} is needed", path, "name another.")
    with located(path):
        # Lightning's command line notes the class beside the options.
        given = by_name(checkpoint, "hyper_parameters")
        options = {name: value for name, value in given.items() if name[:1] != "_"}
        method = _built(trained, _typed(trained, options) | changed)
        method.upgrade(checkpoint)
        method.load_state_dict(by_name(checkpoint, "state_dict"))
        method.restore_extras(checkpoint)
    return method.eval().requires_grad_(False)


def _built(kind: type[Trained], options: Mapping[str, Any]) -> Trained:
    """Return a method with options of the right types.

    Raises:
        InputError: If nothing can be built with their values, such as a width below zero.
    """
    # Lightning's command line tells the method that it builds its options in this way, and would tell a
    # method that is built by that one the same.
    outer = _given_hyperparameters.set(None)
    try:
        return kind(**options)
    except NotImplementedError:
        raise
    except (ValueError, ArithmeticError, RuntimeError) as error:
        first = str(error).strip().partition("\n")[0].rstrip(".")
        what = f"no {kind.__name__} can be built with its options ({first})"
        raise InputError(what, remedy="get or train it again.") from error
    finally:
        _given_hyperparameters.reset(outer)


def _typed(kind: type[Checkpointed], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a method, of the types that its constructor says.

    Raises:
        InputError: If one of them is of another type, or the method has none of that name.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind, fail_untyped=False)
    try:
        parsed = parser.parse_object(dict(options)).as_dict()
    except ArgumentError as error:
        for name, value in options.items():
            try:
                parser.parse_object({name: value})
            except ArgumentError:
                what = f"its option {name} is {value!r:.80}, which {kind.__name__} does not take"
                raise InputError(what, remedy="get or train it again.") from error
        raise InputError(f"lacks options of {kind.__name__}") from error
    return {name: parsed[name] for name in options}
