"""The commands that train and apply runs: ``lifting fit|validate|test|predict``."""

import sys

from lifting.cli.options.vocabulary import PACKAGES

_PAGE = """usage: lifting {command} {configs} [OPTIONS]

{about}

  -c, --config FILE      a configuration, such as experiments/base.yaml; may be repeated, and a later
                         one overrides those before it{default}
  --run NAME             the run: everything of it lies in runs/NAME
  --ckpt_path WHICH      {checkpoint}
  --wandb WHICH          Weights & Biases: offline (as it is), online or disabled
  --project NAME         the project of Weights & Biases; --wandb_group, --wandb_tags, --wandb_notes,
                         --wandb_job_type, --wandb_entity and --log_model are in docs/wandb.md
{more}
  --model.OPTION VALUE   an option of the method, such as --model.lr 0.001
  --data.OPTION VALUE    an option of the data, such as --data.batch_size 256
  --trainer.OPTION VALUE an option of Lightning's Trainer, such as --trainer.max_epochs 10
  --print_config         print the configuration that all of these make, and end

Options override configurations. `lifting {command} --model.help` lists the methods, `--data.help` the
datasets, `--model.help CLASS` tells the options of one, such as SimpleBaseline, and
`lifting {command} --help all` lists all options.{also}"""

_PLAIN = {
    "configs": "--run NAME",
    "default": ";\n                         that of the run where none is given",
    "checkpoint": "best (as it is) or last of the run, or the path or name of any checkpoint",
    "more": "",
    "also": "",
}
_VARIANTS = {
    "fit": {
        "about": "Train a method, or go on with a run that has begun.",
        "configs": "-c CONFIG [-c CONFIG ...] --run NAME",
        "default": "",
        "checkpoint": "last to go on with the run, or the path of any checkpoint to go on from",
        "more": "  --test true            test the best checkpoint at the end\n"
        "  --seed N               seed of everything that is random; --data.seed, --model.seed and\n"
        "                         --seed_everything, of the weights, win over it\n",
    },
    "validate": {"about": "Measure a run on its validation subjects."},
    "test": {"about": "Measure a run on the test subjects, and write runs/NAME/test.csv."},
    "predict": {
        "about": "Write what a run predicts for its test subjects to runs/NAME/predictions.npz.",
        "also": "\n\nKeypoints in files of your own are lifted by `lifting lift`.",
    },
}


def launch(words: list[str]) -> None:
    """Run Lightning's command line, which is imported for nothing less.

    Args:
        words: The command and its options. ``predict --keypoints FILE`` is ``lift FILE``.

    Raises:
        InputError: If something given from outside is wrong.
    """
    command, *options = words
    if command == "predict" and any(word.startswith("--keypoints") for word in options):
        from lifting.cli.lift import lift
        from lifting.cli.options.parsing import call

        names = [word.removeprefix("--keypoints=") for word in options if word != "--keypoints"]
        call(lift, "lift", ["lift", *names])
    elif options in (["--help"], ["-h"]):
        print(_PAGE.format(command=command, **_PLAIN | _VARIANTS[command]))
    elif (part := _asked_classes(options)) is not None:
        from lifting.cli.options.vocabulary import list_classes

        print(f"Classes that --{part} takes:", *list_classes(part), sep="\n")
        print(f"\n`lifting {command} --{part}.help CLASS` tells the options of one.")
    else:
        from lifting.cli.run.named import with_config_of_run

        if options == ["--help", "all"]:
            words = [command, "--help"]
        # In place, because Lightning starts the other processes of a DDP run from sys.argv.
        sys.argv[1:] = with_config_of_run(words)
        from lifting.cli.training import run

        run()


def _asked_classes(options: list[str]) -> str | None:
    """Return the part of which all classes are to be listed: ``--model.help`` names none of them."""
    for word, after in zip(options, [*options, "-"][1:], strict=True):
        part, dot, last = word.removeprefix("--").rpartition(".")
        if dot and last == "help" and part in PACKAGES and after.startswith("-"):
            return part
    return None
