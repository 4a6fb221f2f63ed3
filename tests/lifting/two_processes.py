"""An evaluation whose batches are shared among two processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

WORKER = """
import importlib.util, json, sys
import torch
import torch.distributed as dist

rank, start, out, tests = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + start, rank=rank, world_size=2)
spec = importlib.util.spec_from_file_location("tests_of_two_processes", tests)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
results = [vars(module.evaluation_of(parts[rank]).compute()) for parts in module.SHARES]
with open(out + str(rank), "w") as stream:
    json.dump(results, stream)
dist.destroy_process_group()
"""


def evaluated_by_two(tests: str, folder: Path) -> list[dict[str, Any]]:
    """Return every result that either process computes.

    Args:
        tests: File with ``SHARES``, for each evaluation the batches of either process, and
            ``evaluation_of(batches)``.
        folder: An empty folder.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    arguments = [str(folder / "start"), str(folder / "out"), tests]
    program = folder / "worker.py"
    program.write_text(WORKER)
    workers = [
        subprocess.Popen(
            [sys.executable, str(program), str(rank), *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for worker in workers:
        _, stderr = worker.communicate(timeout=300)
        assert worker.returncode == 0, stderr
    return [x for rank in range(2) for x in json.loads((folder / f"out{rank}").read_text())]
