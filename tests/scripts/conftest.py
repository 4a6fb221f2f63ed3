"""Running pipelines as a user does, and killing them as a power failure does."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class PipelineRunner:
    """Runs ``scripts/run_pipeline.py`` in a folder.

    Attributes:
        folder: Where to run; ``experiments/`` and ``runs/`` are in it.
    """

    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the runner in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "scripts/run_pipeline.py"), *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Run to the end; return status, output and errors."""
        process = self.start(*arguments)
        output, errors = process.communicate()
        return process.returncode, output, errors

    def kill_at_random(
        self, *arguments: str, name: str, times: int, within: float, seed: int
    ) -> int:
        """Start the runner again and again, and kill it with all it has started.

        Every other time it is killed in the middle of a training, soon after a checkpoint: a start takes
        so long that few moments would fall there by chance.

        Args:
            arguments: What is given to the runner.
            name: Name of the run.
            times: Number of kills.
            within: Longest time from a start to the kill, seconds.
            seed: Seed of the moments.

        Returns:
            How many kills found it at work.
        """
        moments = random.Random(seed)
        hits = 0
        for number in range(times):
            before = self._saved(name)
            process = self.start(*arguments)
            while number % 2 and process.poll() is None and self._saved(name) == before:
                time.sleep(0.02)
            try:
                process.communicate(timeout=moments.uniform(0, 0.5 if number % 2 else within))
            except subprocess.TimeoutExpired:
                hits += 1
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return hits

    def _saved(self, name: str) -> dict[Path, int]:
        """Return when each training was last saved."""
        paths = (self.folder / "runs" / name).glob("*/checkpoints/last.ckpt")
        return {path: path.stat().st_mtime_ns for path in paths}

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """Return every tensor of the state of every stage's checkpoints, by path and name."""
        run = self.folder / "runs" / name
        paths = sorted(run.glob("*/checkpoints/*.ckpt"))
        return {
            f"{path.relative_to(run)}: {tensor}": value
            for path in paths
            for tensor, value in torch.load(path, weights_only=True)["state_dict"].items()
        }


@pytest.fixture
def pipeline_runner() -> type[PipelineRunner]:
    """What runs pipelines in a folder."""
    return PipelineRunner


@pytest.fixture
def survives_kills() -> Callable[..., None]:
    """A check that a pipeline killed at random moments ends with the weights of one that was not."""

    def check(
        runner: PipelineRunner,
        pipeline: str,
        *arguments: str,
        whole: str = "whole",
        times: int = 10,
        share: float = 0.2,
        seed: int = 0,
    ) -> None:
        """Check one pipeline file.

        Args:
            runner: Where to run it.
            pipeline: The pipeline file.
            arguments: What else is given to the runner, such as ``--set``.
            whole: Name of the run that is not killed; it is made if it is not there.
            times: Number of kills.
            share: Longest time to a kill, as a share of the time of the whole run.
            seed: Seed of the moments.
        """
        started = time.monotonic()
        if not (runner.folder / "runs" / whole / "report.md").is_file():
            assert runner(pipeline, "--name", whole, *arguments)[0] == 0
        # As short on a fast machine as it is long on a slow one.
        within = share * (time.monotonic() - started)
        killed = (pipeline, "--name", "killed", *arguments)
        hits = runner.kill_at_random(*killed, name="killed", times=times, within=within, seed=seed)
        assert hits > times / 2
        status, _, errors = runner(*killed)
        assert status == 0, errors
        expected, found = runner.weights(whole), runner.weights("killed")
        assert expected.keys() == found.keys()
        assert expected
        different = [name for name in expected if not torch.equal(expected[name], found[name])]
        assert not different

    return check
