"""The command ``lifting init``: the experiments of the suite, copied into a project of one's own."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from lifting import __version__
from lifting.errors import InputError, Option, Phrase
from lifting.files import write_together
from lifting.runs.experiments import EXPERIMENTS, shipped_experiments, shipped_files

_FIRST = """lifting fit -c experiments/base.yaml -c experiments/data/synthetic.yaml \\
  -c experiments/supervised/simple_baseline.yaml -c experiments/demo.yaml --run first"""
_README = f"""# Lifting 2D human keypoints to 3D poses

Begun with `lifting init` of lifting-suite {__version__}.

| folder | what lies in it |
|---|---|
| `experiments/` | configurations and pipelines, to be changed; the suite has what is not here |
| `data/` | stores of datasets, such as `lifting prepare` writes |
| `runs/` | all of a run: configuration, checkpoints, logs, tables, pictures |

A first training, on a generated human, and what it gives:

```bash
{_FIRST}
lifting test --run first
lifting view first
```
"""
# What a project has besides experiments; what is there already stays.
_BESIDE = {"README.md": _README, ".gitignore": "/data/\n/runs/\n/wandb/\n__pycache__/\n"}
_FORCE = Phrase("{} true", Option("force"))


def init(folder: str = ".", *, force: bool = False) -> None:
    """Copy the experiments of the suite into a project of your own, to change them there.

    A second time adds what is missing. README.md and .gitignore are written where there are none.

    Args:
        folder: The folder of the project; it is made where there is none.
        force: Replace experiments that were changed.
    """
    project, shipped = Path(folder), shipped_experiments()
    contents = {
        project / EXPERIMENTS / name: (shipped / name).read_bytes() for name in shipped_files()
    }
    if not contents:
        raise InputError("has no experiments to copy", shipped, "install the suite again.")
    changed = [path for path, content in contents.items() if _differs(path, content)]
    if changed and not force:
        several = len(changed) > 1
        which = f"{changed[0]} and {len(changed) - 1} more" if several else changed[0]
        what = f"differ{'' if several else 's'} from what the suite has"
        remedy = Phrase("{} replaces what was changed, or name another folder.", _FORCE)
        raise InputError(what, which, remedy)
    missing = {
        path: text for path, text in contents.items() if path in changed or not path.exists()
    }
    beside = {project / name: text.encode() for name, text in _BESIDE.items()}
    beside = {path: text for path, text in beside.items() if not path.exists()}
    write_together(missing | beside)
    print(_done(project, contents, missing, beside))


def _differs(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() != content


def _done(
    project: Path,
    contents: Mapping[Path, bytes],
    missing: Mapping[Path, bytes],
    beside: Mapping[Path, bytes],
) -> str:
    place = project / EXPERIMENTS
    if not missing:
        said = f"{place}: all {len(contents)} files are there already."
    elif len(missing) < len(contents):
        said = f"{place}: {len(missing)} of {len(contents)} files written, the others are there."
    else:
        said = f"{place}: {len(contents)} files written."
    if beside:
        said += f" Beside them {' and '.join(path.name for path in beside)}."
    there = [] if project == Path() else [f"cd {shlex.quote(str(project))}"]
    return "\n".join([said, "Next:", *(f"  {line}" for line in [*there, *_FIRST.splitlines()])])
