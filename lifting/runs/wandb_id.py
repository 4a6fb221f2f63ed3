"""Id by which Weights & Biases knows a run, kept in the folder of the run."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from lifting.errors import InputError
from lifting.files import beside

FILE = "wandb_id.txt"
# Folders that W&B makes, one a start: (offline-)run-<time>-<id>.
_RECORD = re.compile(r"(?:offline-)?run-(\d{8}_\d{6})-(.+)")
# What W&B refuses in an id, and what belongs in no file of one line.
_REFUSED = re.compile(r"[:;,#?/'\x00-\x1f]|^\s|\s$|^$")
_LONGEST = 128


def wandb_id(folder: Path, environment: Mapping[str, str]) -> str:
    """Return the id of a run, and keep it in the run's folder.

    It is that of the agent in a trial of a sweep, else the one the folder keeps, else that of
    ``WANDB_RUN_ID``, else that of the last record that earlier versions left in the folder, else new.

    Args:
        folder: Folder of the run, which is there.
        environment: Variables of the environment.

    Raises:
        InputError: If what the folder keeps is damaged, W&B would refuse what the environment says, or
            the folder cannot be written.
    """
    given = environment.get("WANDB_RUN_ID")
    if given and not _is_legal(given):
        remedy = "unset it, and the run has an id of its own."
        raise InputError("is no id that Weights & Biases takes", f"WANDB_RUN_ID={given}", remedy)
    in_sweep = "WANDB_SWEEP_ID" in environment
    kept = kept_id(folder)
    chosen = given if in_sweep and given else kept or given or _earlier_id(folder)
    chosen = chosen or secrets.token_hex(6)
    if chosen != kept:
        with beside(folder / FILE) as partial:
            partial.write_text(f"{chosen}\n", encoding="utf-8")
    return chosen


def kept_id(folder: Path) -> str | None:
    """Return the id that a folder keeps, None where it keeps none.

    Raises:
        InputError: If the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8").removesuffix("\n")
    except UnicodeDecodeError:
        text = ""
    if not _is_legal(text):
        remedy = "remove it, and Weights & Biases takes what follows for another run."
        raise InputError("is damaged", path, remedy)
    return text


def _is_legal(identity: str) -> bool:
    return not _REFUSED.search(identity) and len(identity) <= _LONGEST


def _earlier_id(folder: Path) -> str | None:
    found = [
        match for path in folder.glob("wandb/*run-*") if (match := _RECORD.fullmatch(path.name))
    ]
    return max(found, key=lambda match: match[1])[2] if found else None
