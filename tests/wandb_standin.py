"""Stand-in for the server of Weights & Biases, and a reader of the records that runs leave."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

_BLOCK, _HEADER = 32768, 7


def records(folder: Path) -> list[Any]:
    """Return the records of a run's ``.wandb`` file, which has the format of LevelDB's logs."""
    (path,) = folder.glob("*.wandb")
    content, place, whole, found = path.read_bytes(), _HEADER, b"", []
    while place + _HEADER <= len(content):
        if _BLOCK - place % _BLOCK < _HEADER:
            place += _BLOCK - place % _BLOCK
            continue
        length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        whole += content[place + _HEADER : place + _HEADER + length]
        place += _HEADER + length
        # Whole records, and the last parts of those that lie in several blocks.
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(whole)
            found.append(record)
            whole = b""
    return found


def _items(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


class Record:
    """Record of one start of a run.

    Attributes:
        run: Id, name, project, group and so on.
        config: The configuration.
        history: What was logged, in order.
        summary: The last values.
        artifacts: By name: type and names of the files.
    """

    def __init__(self, folder: Path) -> None:
        self.config: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.summary: dict[str, Any] = {}
        self.artifacts: dict[str, tuple[str, list[str]]] = {}
        for record in records(folder):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                self.run = record.run
                self.config |= _items(record.run.config.update)
            elif kind == "config":
                self.config |= _items(record.config.update)
            elif kind == "history":
                self.history.append(_items(record.history.item))
            elif kind == "summary":
                self.summary |= _items(record.summary.update)
            elif kind == "artifact":
                contents = record.artifact.manifest.contents
                names = [entry.path for entry in contents]
                self.artifacts[record.artifact.name] = (record.artifact.type, names)


def records_of(run: Path) -> list[Record]:
    """Return the records of a run's starts, in order."""
    return [Record(folder) for folder in sorted(run.glob("wandb/*run-*-*"))]


class Server(ThreadingHTTPServer):
    """What the W&B library talks to on this machine.

    Attributes:
        runs: By id: the lines of history, and what the run was last told to be.
        artifacts: Names of the artifacts it was given.
        refuses: What it answers to a run that is to begin; an empty text lets it begin.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs: dict[str, dict[str, Any]] = {}
        self.artifacts: list[str] = []
        self.refuses = ""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, query: str, told: dict[str, Any]) -> dict[str, Any]:
        """Return what a query of GraphQL asks for, as far as a run needs it."""
        name = told.get("name")
        project = {"id": "P", "name": told.get("project"), "entity": {"id": "E", "name": "me"}}
        if "upsertBucket" in query:
            run = self.runs.setdefault(name, {"history": []})
            run |= {key: value for key, value in told.items() if value is not None}
            bucket = {"id": "B", "name": name, "displayName": run.get("displayName")}
            bucket |= {"config": "{}", "historyLineCount": len(run["history"]), "project": project}
            return {"upsertBucket": {"bucket": bucket, "inserted": not run["history"]}}
        if "createRunFiles" in query:
            files = [{"name": n, "uploadUrl": f"{self.url}/up"} for n in told["files"]]
            return {"createRunFiles": {"runID": "B", "uploadHeaders": [], "files": files}}
        if "createArtifact(" in query:
            # It has it already, whatever it is.
            kept = {"id": "A", "state": "COMMITTED", "artifactSequence": {"id": "S"}}
            given = told.get("input") or told
            self.artifacts.append(given.get("artifactCollectionName") or "")
            return {"createArtifact": {"artifact": kept}}
        if "viewer" in query:
            teams: dict[str, Any] = {"edges": []}
            return {"viewer": {"id": "U", "username": "me", "entity": "me", "teams": teams}}
        if "bucket(" in query:
            run = self.runs.get(str(name))
            lines = [] if run is None else run["history"]
            bucket = {"id": "B", "name": name, "historyLineCount": len(lines), "config": "{}"}
            bucket |= {"historyTail": json.dumps(lines[-1:]), "summaryMetrics": "{}", "tags": []}
            bucket |= {"eventsLineCount": 0, "logLineCount": 0, "eventsTail": "[]"}
            return {"model": project | {"bucket": bucket if run else None}}
        return {}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _reply(self, content: Any, status: int = 200) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_PUT(self) -> None:
        """Take a file."""
        self._body()
        self._reply({})

    def do_POST(self) -> None:
        """Answer a query, or take lines of a run's files."""
        body = self._body()
        if self.path.endswith("/graphql"):
            asked = json.loads(body)
            if self.server.refuses and "upsertBucket" in asked["query"]:
                self._reply({"errors": [{"message": self.server.refuses}]}, 403)
            else:
                told = asked.get("variables") or {}
                self._reply({"data": self.server.answer(asked["query"], told)})
            return
        if run := re.search(r"/([^/]+)/file_stream$", self.path):
            history = (json.loads(body).get("files") or {}).get("wandb-history.jsonl")
            if history:
                lines = self.server.runs[run[1]]["history"]
                lines[history["offset"] :] = history["content"]
        self._reply({})


@contextmanager
def serving() -> Iterator[Server]:
    """Run a stand-in while the block runs."""
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
