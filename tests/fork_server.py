"""Fork server: Python processes that begin with the suite already imported.

Importing the suite takes seconds of CPU, and the tests start some hundred processes. Where
:func:`install` was called, ``subprocess`` starts those that run a file or a module (``python file``,
``python -m module``) by forking a server, which has done nothing but import the suite. They are real
processes in every other respect: children of whoever starts them, with arguments, environment,
working directory, descriptors, session and exit status as asked for, and an interpreter that begins
and ends as usual. Processes that they start in their turn are forked likewise.
"""

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import importlib.util
import os
import pickle
import runpy
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("lifting", "datamodules", "callbacks")
# What most commands import first; the rest they import themselves. Not wandb, whose folder of temporary
# files is made on import and removed by the first process that ends.
PRELOADED = ("lifting.cli.training", *PACKAGES, "lifting.methods", "lightning.pytorch.cli")
PRELOADED += ("lifting.pipeline", "matplotlib.pyplot", "h5py", "scipy.signal")

_PR_SET_CHILD_SUBREAPER = 36
# Received descriptors wait above this number, so that none is where another belongs.
_HIGH = 200


@dataclass(frozen=True)
class Request:
    """A process to be forked.

    Attributes:
        words: The command, from the interpreter on.
        cwd: Its working directory.
        env: Its environment.
        descriptors: Numbers of the descriptors that are sent along, in its own table.
        new_session: Whether it leads a session.
    """

    words: list[str]
    cwd: str
    env: dict[str, str]
    descriptors: list[int]
    new_session: bool


class Client:
    """Asks a server for processes.

    Args:
        connect: Starts a server and returns a socket to it; called once, at the first process.
    """

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self.enabled = True
        self._connect = connect
        self._channel: socket.socket | None = None

    def fork(self, request: Request, descriptors: list[int]) -> int:
        """Return the number of a new process, a child of this one."""
        if self._channel is None:
            # A forked process is left by a parent of its own, and comes to the nearest reaper.
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            self._channel = self._connect()
        content = pickle.dumps(request)
        socket.send_fds(self._channel, [len(content).to_bytes(8)], descriptors)
        self._channel.sendall(content)
        number = int.from_bytes(_read(self._channel, 8))
        if not number:
            raise OSError("The fork server has ended.")
        return number


def install(connect: Callable[[], socket.socket] | None = None) -> Client:
    """Let ``subprocess`` start Python processes by forking a server.

    Args:
        connect: Returns a socket to a server; by default a new one is started.
    """
    client = Client(connect or _start_server)
    original = subprocess._fork_exec  # type: ignore[attr-defined]

    def fork_exec(words, executables, close_fds, keep, cwd, env, *rest):  # type: ignore[no-untyped-def]
        streams, failures, session, others = rest[:6], rest[7], rest[9], rest[10:16]
        # Neither a process group, another user, nor a function to be called before.
        plain = all(other in (-1, None) for other in others)
        words = [os.fsdecode(word) for word in words]
        cwd = os.getcwd() if cwd is None else os.path.abspath(os.fsdecode(cwd))
        if not (client.enabled and plain and close_fds and _can_be_forked(words, cwd)):
            return original(words, executables, close_fds, keep, cwd, env, *rest)
        pairs = [pair.split(b"=", 1) for pair in env] if env is not None else os.environb.items()
        passed = [number for number in keep if number != failures]
        request = Request(
            words=[words[0], *_without_unbuffered(words[1:])],
            cwd=cwd,
            env={os.fsdecode(name): os.fsdecode(value) for name, value in pairs},
            descriptors=[0, 1, 2, *passed],
            new_session=bool(session),
        )
        ends = (streams[0], streams[3], streams[5])
        standard = [number if end == -1 else end for number, end in enumerate(ends)]
        return client.fork(request, [*standard, *passed])

    subprocess._fork_exec = fork_exec  # type: ignore[attr-defined]
    return client


def _can_be_forked(words: list[str], cwd: str) -> bool:
    rest = _without_unbuffered(words[1:])
    if words[0] != sys.executable or not rest:
        return False
    return rest[0] == "-m" or os.path.isfile(os.path.join(cwd, rest[0]))


def _without_unbuffered(words: list[str]) -> list[str]:
    """Leave out the option of the interpreter that torchrun gives it, which tells on no result."""
    return words[1:] if words[:1] == ["-u"] else words


def _start_server() -> socket.socket:
    ours, its = socket.socketpair()
    # -c is never forked.
    command = [sys.executable, "-c", f"from {__name__} import main; main()", str(its.fileno())]
    env = os.environ | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    subprocess.Popen(command, env=env, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
    its.close()
    return ours


def _read(channel: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = channel.recv(size - len(content))
        if not piece:
            return b""
        content += piece
    return content


def serve(channel: socket.socket) -> tuple[Request, list[int]]:
    """Fork a process for every request; return in each of them. The server ends with its client."""
    while True:
        header, received, *_ = socket.recv_fds(channel, 8, 64)
        if len(header) < 8:
            os._exit(0)
        content = _read(channel, int.from_bytes(header))
        reading, writing = os.pipe()
        between = os.fork()
        if not between:
            number = os.fork()
            if not number:
                os.close(reading)
                os.close(writing)
                channel.close()
                return pickle.loads(content), received
            os.write(writing, number.to_bytes(8))
            os._exit(0)
        os.waitpid(between, 0)
        channel.sendall(os.read(reading, 8))
        for descriptor in (reading, writing, *received):
            os.close(descriptor)


def become(request: Request, received: list[int]) -> list[str]:
    """Make of a forked process the one that was asked for; return the words after the interpreter."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request.new_session:
        os.setsid()
    received = [_moved(descriptor) for descriptor in received]
    # A server of its own, as yet untouched by what is run here.
    ours, its = socket.socketpair()
    if not os.fork():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ours.close()
        for descriptor in received:
            os.close(descriptor)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        return become(*serve(its))
    its.close()
    install(lambda: ours)
    for descriptor, number in zip(received, request.descriptors, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    np, torch = (importlib.import_module(name) for name in ("numpy", "torch"))
    # From the system, as in a new interpreter; Python's own generator does so by itself.
    np.random.seed()
    torch.seed()
    return request.words[1:]


def _moved(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(descriptor)
    return moved


def run(words: list[str], base: list[str]) -> None:
    """Run a file or a module as the interpreter does.

    Args:
        words: What stands after the interpreter.
        base: Where modules are looked for, but for the first places, which depend on the process.
    """
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    is_module = words[0] == "-m"
    first = os.getcwd() if is_module else os.path.dirname(os.path.abspath(words[0]))
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [first, *filter(None, named), *base]
    _drop_packages_found_elsewhere()
    sys.orig_argv[1:] = words
    if is_module:
        sys.argv[:] = words[1:]
        runpy._run_module_as_main(words[1])  # type: ignore[attr-defined]
        return
    sys.argv[:] = words
    path = os.path.abspath(words[0])
    main.__dict__.update({"__file__": path, "__builtins__": __builtins__, "__spec__": None})
    exec(compile(Path(path).read_bytes(), path, "exec"), main.__dict__)


def _drop_packages_found_elsewhere() -> None:
    for package in PACKAGES:
        imported = sys.modules.pop(package)
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin == imported.__file__:
            sys.modules[package] = imported
            continue
        for name in [n for n in sys.modules if n.startswith(f"{package}.")]:
            del sys.modules[name]


def main() -> None:
    """Import the suite and serve; return in forked processes, whose work is done then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    base = [path for path in sys.path if path not in ("", str(ROOT))]
    for name in PRELOADED:
        importlib.import_module(name)
    # What another thread holds would stay locked.
    assert len(os.listdir("/proc/self/task")) == 1
    gc.collect()
    gc.freeze()
    words = become(*serve(socket.socket(fileno=int(sys.argv[1]))))
    _end(_status_of(lambda: run(words, base)))


def _status_of(run: Callable[[], None]) -> int:
    try:
        run()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _end(status: int) -> None:
    """End as the interpreter does, but for taking everything apart, which takes longest."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)
