"""Lightning's command line: ``lifting fit|validate|test|predict -c ... --run NAME``.

One run is one folder, ``runs/<name>``: ``config.yaml``, ``checkpoints/{best,last}.ckpt``, ``logs``,
W&B files, result tables and pictures.
"""

import os
import shlex
import sys
import warnings
from argparse import ArgumentError
from pathlib import Path
from pydoc import locate
from typing import Any

import yaml
from lightning import Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI

from callbacks.provenance import Start
from datamodules.examples.subject_datamodule import SubjectDataModule
from lifting.cli.options.config_files import configs_first, placed, read_configs, with_shipped
from lifting.cli.options.errors import inner_refusal, option_error
from lifting.cli.options.own_classes import load_named, mistake_in_building, mistake_in_import
from lifting.cli.options.ranges import check_ranges
from lifting.cli.options.vocabulary import all_options
from lifting.cli.run.compiling import OFF, compile_step, refusals_of_compiling
from lifting.cli.run.console import configured_callbacks, show_progress, silence_no_news
from lifting.cli.run.lock import at_work
from lifting.cli.run.loggers import check_login, close_wandb, run_loggers
from lifting.cli.run.named import with_config_of_run
from lifting.cli.run.options import add_run_options, add_seed_and_test
from lifting.cli.run.resuming import Resumption
from lifting.cli.run.seeds import spelled_out, spread_seed
from lifting.cli.run.start import (
    check_amount,
    check_checkpoint,
    check_folder,
    file_stamp,
    find_checkpoint,
)
from lifting.cli.run.stopping import listen_to_cluster, stoppable
from lifting.cli.run.sweep_trial import check_run_of_trial
from lifting.cli.run.world import (
    choose_environment,
    refusals_of_building,
    refusals_of_running,
    set_rank,
    with_environment,
)
from lifting.errors import CheckpointError, DivergenceError, InputError
from lifting.methods.bases.method import Method
from lifting.nets.fp32 import set_matmul_precision
from lifting.runs.folder import run_folder
from lifting.runs.options import flat

# Warnings of Lightning about what is meant to be so here.
_EXPECTED = (
    r"LightningCLI's args parameter",
    r"Checkpoint directory .* exists and is not empty",  # a resumed run
    r"You're resuming from a checkpoint that ended before the epoch",  # the datamodule knows its place
    r"Couldn't infer the batch indices",  # a batch knows its clips and frames
    r"`torch\._prims_common\.check` is deprecated",  # inside the compiler
    r"Total length of `list` across ranks is zero",  # no subject is held out
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # inside Lightning
)


class LiftingCLI(LightningCLI):
    """LightningCLI in which everything of a run lives in the run's folder."""

    def __init__(
        self, method: type, datamodule: type, *, args: ArgsType = None, **kwargs: Any
    ) -> None:
        words = sys.argv[1:] if args is None else args
        self._words = words if isinstance(words, list) else []
        super().__init__(method, datamodule, args=args, **kwargs)

    def subcommands(self) -> dict[str, set[str]]:  # type: ignore[override]
        """Return the subcommand that is given alone, for looking up the options of each takes long."""
        every = LightningCLI.subcommands()
        given = next((word for word in self._words if word in every), None)
        return every if given is None else {given: every[given]}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add ``--run``, the W&B options and the checkpoints that every run keeps."""
        add_run_options(parser)

    def _prepare_subcommand_parser(
        self, klass: type, subcommand: str, **kwargs: Any
    ) -> LightningArgumentParser:
        parser = super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        add_seed_and_test(parser, trains=subcommand == "fit")
        return parser

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Return a parser that takes options by their whole names only."""
        return super().init_parser(allow_abbrev=False, **kwargs)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse the options, and spread ``--seed`` over those of its parts.

        Raises:
            InputError: If something is wrong with them, with the configuration file that it is in.
        """
        words = self._words
        ordered = with_shipped(configs_first(words))
        if words:
            args = ordered
        read_configs(words)
        load_named(words, {"model": Method, "data": SubjectDataModule})
        if any(word.partition("=")[0] == "--print_config" for word in words):
            args = spelled_out(ordered)
        mistake = None
        try:
            super().parse_arguments(parser, args)
        except ArgumentError as error:
            if (refusal := inner_refusal(error)) is not None:
                raise placed(refusal, words, "run") from error
            mistake = mistake_in_import(words)
            if mistake is None:
                # Else it would print every option that there is before what is wrong.
                command = next((word for word in words if word in self._subcommand_parsers), "fit")
                known = all_options(self._subcommand_parsers[command])
                raise placed(option_error(str(error), command, known=known), words) from error
        if mistake is not None:
            raise mistake
        command = self.config.subcommand
        spread_seed(self.config[command], words, trains=command == "fit")
        if command == "fit":
            check_run_of_trial(self.config.fit.run, os.environ)

    @property
    def _options(self) -> Any:
        return self.config[self.subcommand] if self.subcommand else self.config

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return Path(run_folder(self._options.run))

    @property
    def _checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    def _parse_ckpt_path(self) -> None:
        # Lightning would let the options kept in a checkpoint win over those of the command line,
        # silently. Here the configuration decides, and a checkpoint that does not fit it is named.
        pass

    def before_instantiate_classes(self) -> None:
        """Resolve the checkpoint and refuse what would mix two runs in one folder."""
        options = self._options
        self._environment = choose_environment(options.trainer)
        fits = self.subcommand == "fit"
        try:
            check_amount(str(self.subcommand), options)
            check_ranges(options)
        except InputError as error:
            raise placed(error, self._words) from error
        set_matmul_precision(options.matmul_precision)
        self._asked = options.ckpt_path
        checkpoint = self._checkpoint_to_take()
        self._taken = file_stamp(checkpoint)
        content = {} if checkpoint is None else check_checkpoint(checkpoint, fits)
        options.ckpt_path = None if checkpoint is None else str(checkpoint)
        options.weights_only = True
        nobody = not options.data.init_args.get("val_subjects", True)
        if fits and nobody and str(options.best.monitor).startswith("val/"):
            # Nothing is held out to choose by: the best is the last epoch.
            options.best.monitor = None
        if self.subcommand == "test":
            options.verbose = False  # the table per action says it all
        self._configured = self._configuration()
        # Lightning would put all of it into text once more.
        self.config_dump = yaml.safe_load(self._configured)
        self._given = flat(self.config_dump)
        self._resumption = None
        if fits and checkpoint is not None:
            self._resumption = Resumption(checkpoint, content, self.folder, self._given)

    def before_fit(self) -> None:
        """Refuse to go on with other processes or data, and compile what is asked for."""
        compile_step(self.model, self.trainer, self._options.compile)
        if self._resumption is not None:
            self._resumption.check(self.trainer, self.datamodule)
            self.model.goes_on = True

    def _checkpoint_to_take(self) -> Path | None:
        """Return the checkpoint to take, and refuse what would mix two runs in one folder."""
        fits = self.subcommand == "fit"
        kind = locate(self._options.model.class_path)
        if not fits and self._asked is None and not getattr(kind, "needs_training", True):
            return None
        checkpoint = find_checkpoint(self.folder, self._asked, fits)
        if fits:
            check_folder(self.folder, self._options, resumes=self._asked is not None)
        return checkpoint

    def _check_again(self) -> None:
        """Refuse, once no other process can write, what one has done since the first look."""
        if file_stamp(self._checkpoint_to_take()) != self._taken:
            what = "another process has been at work in it since this one began"
            raise InputError(what, self.folder, "give the command again.")

    def after_fit(self) -> None:
        """Test what was trained, where that is asked for, without starting another process."""
        if self._options.test:
            best = self._checkpoints / "best.ckpt"
            if not best.is_file():
                monitor = self._options.best.monitor
                what = f"there is none, because {monitor} was never measured, or never finite"
                remedy = "test last.ckpt with --ckpt_path last, and train with --best.monitor null."
                raise InputError(what, best, remedy)
            self.trainer.test(
                self.model, self.datamodule, ckpt_path=best, weights_only=True, verbose=False
            )

    def instantiate_classes(self) -> None:
        """Build data, method and trainer.

        Raises:
            InputError: If one of them was given something wrong.
        """
        mistake = None
        try:
            super().instantiate_classes()
        except InputError as error:
            raise placed(error, self._words) from error
        except ValueError as error:
            # The parser keeps to itself what a class failed with, while it tries several types.
            callbacks = self._options.trainer.callbacks or []
            parts = callbacks if isinstance(callbacks, list) else [callbacks]
            mistake = mistake_in_building([self._options.model, self._options.data, *parts])
            if isinstance(mistake, InputError):
                raise placed(mistake, self._words) from error
            if mistake is None:
                raise
        if mistake is not None:
            raise mistake

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Build the Trainer with the loggers and the callbacks of every run."""
        from callbacks import (
            Conclusion,
            Interruption,
            Provenance,
            ReappliedOptions,
            ResultRecord,
            WandbArtifacts,
            default_callbacks,
        )

        given, options = self._get(self.config_init, "trainer"), self._options
        plugins = with_environment(given.get("plugins"), self._environment)
        # Before Lightning adds its own to the same list.
        callbacks_given = configured_callbacks(given.get("callbacks"))
        loggers = run_loggers(str(self.subcommand), self.folder, options, self._configured)
        with refusals_of_building():
            trainer = super().instantiate_trainer(logger=loggers, plugins=plugins, **kwargs)
        set_rank(trainer.global_rank)
        listen_to_cluster(trainer)
        check_login(trainer)
        show_progress(trainer, callbacks_given, options.progress_every)
        callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
        present = {type(callback) for callback in callbacks}
        usual = default_callbacks(self.folder, self.model, options.pictures, options.on_divergence)
        callbacks += [callback for callback in usual if type(callback) not in present]
        if options.log_model != "none":
            callbacks.append(WandbArtifacts(self.folder, last=options.log_model == "all"))
        resumption = self._resumption
        changes = {} if resumption is None else resumption.changes
        command = shlex.join(["lifting", *self._words])
        for callback in callbacks:
            if isinstance(callback, Provenance):
                callback.start = Start(command, self._configured, self._given, changes)
            elif isinstance(callback, ResultRecord):
                callback.options, callback.command = self._given, command
        if resumption is not None and resumption.reapplied:
            callbacks.append(ReappliedOptions(resumption.reapplied))
        if self.subcommand == "fit":
            callbacks.append(Conclusion(self.folder, self._options.test))
        callbacks.append(Interruption(self.folder))
        return trainer

    def _configuration(self) -> str:
        options = self._options.clone()
        # What is of this command alone.
        for name in ("config", "test"):
            options.pop(name, None)
        options.ckpt_path = None
        return self._parser(self.subcommand).dump(options, skip_none=False)

    def _run_subcommand(self, subcommand: str) -> None:
        try:
            with (
                refusals_of_running(),
                refusals_of_compiling(self._options.get("compile", OFF)),
                at_work(self.trainer, self.folder, subcommand, self._check_again),
            ):
                super()._run_subcommand(subcommand)
                close_wandb(self.trainer, 0)
        except DivergenceError:
            # All processes end with it together, and one of them says so.
            if not self.trainer.is_global_zero:
                sys.exit(2)
            raise
        except InputError as error:
            # A module does not know where the checkpoint lies that it was given.
            if isinstance(error, CheckpointError) and error.where is None:
                raise error.at(self._options.ckpt_path) from error
            raise
        except (RuntimeError, ValueError) as error:
            # Such as a decomposition of numbers that are not finite, which nobody had looked at yet.
            from callbacks.divergence import divergence_of

            if (divergence := divergence_of(self.trainer)) is not None:
                raise divergence from error
            raise


def run(arguments: ArgsType = None) -> LiftingCLI:
    """Run a command and return the CLI, for use from Python.

    Raises:
        InputError: If something given from outside is wrong.
    """
    words = sys.argv[1:] if arguments is None else arguments
    with stoppable(words if isinstance(words, list) else []):
        return _run(arguments)


def _run(arguments: ArgsType) -> LiftingCLI:
    # The classes must be imported for configurations to name them without a module path.
    import datamodules
    import lifting.methods  # noqa: F401

    if isinstance(arguments, list):
        arguments = with_config_of_run(arguments)
    silence_no_news()
    for message in _EXPECTED:
        warnings.filterwarnings("ignore", message)
    return LiftingCLI(
        Method,
        datamodules.SubjectDataModule,
        subclass_mode_model=True,
        subclass_mode_data=True,
        save_config_callback=None,
        seed_everything_default=0,
        auto_configure_optimizers=False,
        args=arguments,
        parser_kwargs={"prog": "lifting", "exit_on_error": False},
    )
