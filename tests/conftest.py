"""Fixtures of all tests: one thread, a fixed seed, the synthetic human, the real data."""

import gc

# Imports and collection make millions of objects that stay; looking through them takes seconds.
gc.disable()

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import jaxtyping
import pytest
import torch

from datamodules.synthetic.poses import Synthetic
from tests import fork_server
from tests.exhaustive import EXHAUSTIVE

# Tests run side by side, and so do the processes that they start.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)
# No test fetches anything, or depends on the models that a user of this machine has.
os.environ["LIFTING_OFFLINE"] = "1"
os.environ["LIFTING_MODELS_FILE"] = os.devnull + "/models.json"
os.environ.pop("LIFTING_MIRROR", None)

# How long an example takes is a matter of what else runs.
hypothesis.settings.register_profile("lifting", deadline=None)
hypothesis.settings.load_profile("lifting")

processes = fork_server.install() if sys.platform == "linux" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no worker is left with one when the others are done.

    Those marked ``exhaustive`` are left out where not all are asked for.

    Raises:
        pytest.UsageError: If a test is marked slow without a reason.
    """
    marks = {item.nodeid: item.get_closest_marker("slow") for item in items}
    bare = [name for name, mark in marks.items() if mark and not mark.kwargs.get("reason")]
    if bare:
        raise pytest.UsageError(f'@pytest.mark.slow(reason="...") says why: {", ".join(bare)}')
    spared = [] if EXHAUSTIVE else [i for i in items if i.get_closest_marker("exhaustive")]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Collect garbage from now on, of what the tests make."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Check shapes in all but slow tests, which run over and over what others have checked.

    A slow test may say ``shapes=True`` to have them checked. Processes are forked unless the test is of
    their start.
    """
    slow = item.get_closest_marker("slow")
    unchecked = slow is not None and not slow.kwargs.get("shapes", False)
    jaxtyping.config.update("jaxtyping_disable", unchecked)
    if processes is not None:
        processes.enabled = item.get_closest_marker("unforked") is None
    return (yield)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_meeting_place():
    """Let no process of a later test meet where those of a training in here did."""
    yield
    for name in ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE"):
        os.environ.pop(name, None)


@pytest.fixture
def any_shape() -> None:
    """Let a test give shapes that the signature excludes, and see them refused in a sentence."""
    jaxtyping.config.update("jaxtyping_disable", True)


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("LIFTING_REAL_DATA", "../shared/data")).absolute()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set LIFTING_REAL_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def cases(real_data: Path) -> Path:
    folder = real_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no files as people have them at {folder}")
    return folder


@pytest.fixture(scope="session")
def parity(real_data: Path) -> Path:
    folder = real_data.parent / "parity"
    if not folder.is_dir():
        pytest.skip(f"no outputs of the authors' code at {folder}")
    return folder


@pytest.fixture(scope="session")
def give_synthetic(tmp_path_factory) -> Callable[[Path, int], None]:
    """What puts the synthetic human into a folder; it is generated once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def give(folder: Path, frames: int = 6) -> None:
        data = Synthetic(str(shared / "synthetic"), frames_per_sequence=frames)
        store = Path(data.store)
        checked = jaxtyping.config.jaxtyping_disable
        with (shared / "synthetic.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Checks of shapes would take most of the time; the generator has tests of its own.
            jaxtyping.config.update("jaxtyping_disable", True)
            try:
                data.prepare_data()
            finally:
                jaxtyping.config.update("jaxtyping_disable", checked)
        folder.mkdir(parents=True, exist_ok=True)
        os.link(store, folder / store.name)

    return give


@pytest.fixture(scope="session")
def synthetic_folder(tmp_path_factory, give_synthetic) -> Path:
    """A folder in which the synthetic human is kept for the whole test session."""
    folder = tmp_path_factory.mktemp("synthetic")
    give_synthetic(folder)
    return folder


@pytest.fixture(scope="module")
def launch_browser() -> Iterator[Callable[..., Any]]:
    """What starts a Chromium without a window, with further arguments."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:

        def launch(*arguments: str) -> Any:
            # One that playwright brought, or the machine's own.
            for path in (None, shutil.which("chromium"), shutil.which("google-chrome")):
                try:
                    return playwright.chromium.launch(
                        executable_path=path, args=["--no-sandbox", *arguments]
                    )
                except api.Error:
                    continue
            return pytest.skip(
                "there is no Chromium; install Debian's chromium, or run: playwright install chromium"
            )

        yield launch


@pytest.fixture(scope="module")
def browser(launch_browser: Callable[..., Any]) -> Iterator[Any]:
    """A Chromium without a window, for tests of pages."""
    browser = launch_browser()
    yield browser
    browser.close()
