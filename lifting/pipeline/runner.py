"""Runner of pipelines, which skips what is finished and goes on with what was interrupted."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from rich.console import Console

from lifting.errors import InputError, StoppedError
from lifting.pipeline.plan import Pipeline, Stage
from lifting.pipeline.process import Supervisor
from lifting.pipeline.records import RECORD, Record, file_state, inputs_of, read_record, state_of
from lifting.pipeline.report import clock, write_report
from lifting.pipeline.stores import how_to_make
from lifting.runs.lock import locked

# The statuses of a command that Ctrl-C or SIGTERM ended.
_STOPPED = (130, 143)


def run_pipeline(
    pipeline: Pipeline, redo: Sequence[str] = (), only: str | None = None, dry_run: bool = False
) -> int:
    """Run the stages that are not finished, and write the report when all are.

    Args:
        pipeline: The pipeline.
        redo: Stages or cells to begin again, with all that build on them; their folders are removed.
        only: The one stage or cell to run. Others of the pipeline may be run at the same time.
        dry_run: Only print what would be done.

    Returns:
        The exit status: 0, or that of the command that failed.

    Raises:
        InputError: If a stage was made from something that has changed since, or cannot begin.
    """
    again = pipeline.with_later(redo)
    chosen = list(pipeline.stages.values()) if only is None else pipeline.select([only])
    for stage in chosen:
        _check_layout(stage)
    if dry_run:
        for stage in chosen:
            state, why = ("run", "again") if stage.name in again else state_of(stage)
            _say(pipeline, stage, state, why)
            if state in ("run", "resume"):
                _print(shlex.join(stage.command_line()))
        return 0
    _check(pipeline, chosen, again)
    with ExitStack() as locks:
        held = [locks.enter_context(locked(pipeline.folder, "pipeline"))] if only is None else []
        _begin_again(pipeline, again)
        try:
            with Supervisor() as supervisor:
                for stage in chosen:
                    with _locked(pipeline, stage) as lock:
                        status = _run_stage(pipeline, stage, supervisor, [*held, lock])
                    if status in _STOPPED:
                        raise StoppedError(status - 128, "")
                    if status:
                        ended = f"stage {stage.name} of {pipeline.name} ended with status {status}"
                        remedy = "mend what stands above and run the same command again."
                        return _complain(f"{ended}; {remedy}", status)
        except StoppedError as stopped:
            where = f"in stage {stage.name} of {pipeline.name}"
            remedy = f"run the same command again{', without --from,' if again else ''} to go on."
            print(StoppedError(stopped.number, where, remedy), file=sys.stderr)
            return 128 + stopped.number
    if all(state_of(s)[0] == "finished" for s in pipeline.stages.values()):
        _print(f"All stages are finished: {write_report(pipeline)}")
    return 0


@contextmanager
def _locked(pipeline: Pipeline, stage: Stage) -> Iterator[int]:
    """Keep other runners away from a cell, and leave no empty folder of locks."""
    # Not the folder of the run, which the training locks itself.
    root = pipeline.folder / ".locks"
    place = root / stage.name
    try:
        with locked(place, "pipeline") as lock:
            yield lock
    finally:
        for folder in dict.fromkeys((place.parent, root)):
            with suppress(OSError):  # Others have their locks there.
                folder.rmdir()


def _check_layout(stage: Stage) -> None:
    """Refuse to mix the run of a stage with those of its cells, of before or after it had a matrix.

    Raises:
        InputError: If both would lie in one folder.
    """
    if stage.cell.name is None:
        mixed = any(stage.folder.glob(f"*/{RECORD}"))
        what = "holds the cells of this stage, from when it had a matrix"
    else:
        above = stage.folder.parent
        mixed = any((above / name).exists() for name in (RECORD, "checkpoints"))
        what = "holds a run of this stage, from before it had a matrix"
    if mixed:
        folder = stage.folder if stage.cell.name is None else stage.folder.parent
        raise InputError(what, folder, "choose another --name, or move it away.")


def _check(pipeline: Pipeline, chosen: list[Stage], again: list[str]) -> None:
    """Refuse, before anything is run or removed, what is wrong already.

    Raises:
        InputError: If a stage has changed since it was begun, or a file that it needs is not there.
    """
    changed = {}
    for stage in chosen:
        state, why = ("run", "") if stage.name in again else state_of(stage)
        if state == "changed":
            changed[stage.name] = why
        elif state != "finished":
            _check_files(pipeline, stage, chosen)
    if changed:
        what = "; ".join(f"{name}: {why}" for name, why in changed.items())
        raise InputError(
            f"something has changed since these stages were begun ({what})",
            pipeline.folder,
            "undo that, choose another --name, or begin them, and what builds on them, again with "
            f"--from {shlex.join(changed)}.",
        )


def _check_files(pipeline: Pipeline, stage: Stage, chosen: list[Stage]) -> None:
    makers = {s.output: s for s in pipeline.stages.values()}
    for path in (*stage.checkpoints.values(), *stage.needs):
        maker = makers.get(path)
        if maker in chosen or (maker is None and path.is_file()):
            continue
        if maker is None:
            what = f"is not there, and stage {stage.name} needs it"
            raise InputError(what, path, how_to_make(stage, path))
        if state_of(maker)[0] != "finished":
            what = f"stage {stage.name} builds on {maker.name}, which is not finished"
            raise InputError(what, pipeline.folder, f"run that first, with --only {maker.name}.")


def _begin_again(pipeline: Pipeline, again: list[str]) -> None:
    stages = [pipeline.stages[name] for name in again]
    with ExitStack() as locks:
        # All before anything is removed: one may be at work by itself.
        for stage in stages:
            locks.enter_context(_locked(pipeline, stage))
        for stage in stages:
            if stage.creates is None:
                _remove(stage)
            else:
                # The file stays until the command replaces it; the record no longer vouches for it.
                Record([], inputs_of(stage)).write(stage.folder)


def _remove(stage: Stage) -> None:
    # Renamed first: half a removed run must not pass for one that was interrupted.
    gone = stage.folder.with_name(f"{stage.folder.name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    if stage.folder.is_dir():
        # It may be at work, started by hand.
        with locked(stage.folder, "pipeline"):
            os.replace(stage.folder, gone)
        shutil.rmtree(gone)


def _run_stage(
    pipeline: Pipeline, stage: Stage, supervisor: Supervisor, locks: Sequence[int]
) -> int:
    # Once more: hours may have passed.
    _check(pipeline, [stage], [])
    state, why = state_of(stage)
    before = read_record(stage)
    seconds = before.seconds if before is not None else 0.0
    if state == "finished":
        if before is None:
            # The file was there before the pipeline; from now on it is watched.
            Record([], inputs_of(stage), output=file_state(stage.output)).write(stage.folder)
        _say(pipeline, stage, state, why or clock(seconds))
        return 0
    _say(pipeline, stage, state, why)
    if state == "run" and before is not None:
        # What was begun here and left nothing to go on from.
        seconds = 0.0
        _remove(stage)
    command = stage.command_line()
    record = Record([shlex.join(command)], inputs_of(stage), seconds)
    record.write(stage.folder)

    def note(elapsed: float) -> None:
        record.seconds = seconds + elapsed
        record.write(stage.folder)

    _print(record.commands[0])
    status = supervisor.run(command, note, locks)
    if status:
        return status
    record.output = file_state(stage.output)
    if not record.output:
        what = f"stage {stage.name} ended well without making it"
        raise InputError(what, stage.output, "check its command and its options.")
    record.write(stage.folder)
    return 0


def _print(text: str, style: str | None = None) -> None:
    # Commands are there to be copied, so nothing is wrapped.
    Console(soft_wrap=True, highlight=False, markup=False).print(text, style=style)


def _say(pipeline: Pipeline, stage: Stage, state: str, why: str) -> None:
    number = list(pipeline.stages).index(stage.name) + 1
    text = f"[{number}/{len(pipeline.stages)}] {stage.name}: {state}"
    _print(f"{text} ({why})" if why else text, "bold")


def _complain(sentence: str, status: int) -> int:
    print(f"Error: {sentence}", file=sys.stderr)
    return status
