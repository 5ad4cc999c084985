"""Run the service by waitress: threads, JSON errors, and a stop that finishes what it began."""

from __future__ import annotations

import gc
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from mmm.errors import UsageError
from mmm.serve.app import create_app
from mmm.serve.problems import refused
from mmm.serve.requests import BODY_LIMIT

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Seconds that requests at work may take after the service was told to stop.
GRACE = 30.0
POLL = 0.25


@dataclass(frozen=True)
class Address:
    """Where and how to listen."""

    host: str = "127.0.0.1"  #: Address or name; loopback unless the operator says otherwise.
    port: int = 8000  #: Port; 0 lets the system choose one.
    threads: int = 4  #: Requests that are worked on at a time.


class JsonErrorTask(ErrorTask):
    """Answers what waitress itself refuses (broken HTTP, huge bodies) in the service's form."""

    def execute(self) -> None:
        """Write the answer and close the connection."""
        error = self.request.error
        reason = f"the request was refused before it was read: {error.reason.lower()}"
        told = refused(error.code, error.reason, reason)
        body = json.dumps(told.to_json()).encode() + b"\n"
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.response_headers.append(("X-Content-Type-Options", "nosniff"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class JsonChannel(HTTPChannel):
    """A connection whose refusals are JSON."""

    error_task_class = JsonErrorTask


def open_server(app: Any, address: Address) -> BaseWSGIServer:
    """Bind the address; nothing is answered before :func:`run` is called.

    Raises
    ------
    UsageError
        If the address cannot be bound.
    """
    server: BaseWSGIServer = create_server(
        app,
        sockets=[_bind(address)],
        threads=address.threads,
        ident="mmm",
        max_request_body_size=4 * BODY_LIMIT,
        max_request_header_size=16 * 1024,
        channel_timeout=30,
        connection_limit=256,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = JsonChannel
    return server


def _bind(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        return socket.create_server(found[0][4], family=found[0][0])
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {address.host}, port {address.port}: {reason}. Choose another "
            f"--port, or an address of this machine as --host."
        ) from None


@contextmanager
def stop_signals(stop: Callable[[], None]) -> Any:
    """Call a function on SIGTERM and SIGINT, and restore the former handlers afterwards."""
    kinds = (signal.SIGTERM, signal.SIGINT)
    former = {kind: signal.signal(kind, lambda *_: stop()) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in former.items():
            signal.signal(kind, handler)


def run(server: BaseWSGIServer, is_stopping: Callable[[], bool]) -> None:
    """Answer requests until told to stop, then finish those at work."""

    def turn() -> None:
        server.asyncore.loop(
            timeout=POLL, map=server._map, use_poll=server.adj.asyncore_use_poll, count=1
        )

    while not is_stopping():
        turn()
    server.accepting = False
    server.del_channel(server._map)
    server.socket.close()
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline and _at_work(server):
        turn()
    server.task_dispatcher.shutdown()
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.trigger.close()


def _at_work(server: BaseWSGIServer) -> bool:
    channels = list(server.active_channels.values())
    return any(channel.requests or channel.total_outbufs_len > 0 for channel in channels)


def serve(model_path: Path, address: Address, say: Callable[[str], None]) -> None:
    """Serve a model until SIGTERM or Ctrl-C."""
    from threadpoolctl import threadpool_limits

    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s"
    )
    is_local = address.host in LOOPBACK
    hosts = ("127.0.0.1", "localhost", "[::1]") if is_local else None
    asked: list[bool] = []
    with threadpool_limits(1), stop_signals(lambda: asked.append(True)):
        server = open_server(create_app(model_path, hosts=hosts), address)
        gc.collect()
        gc.freeze()  # what is loaded stays: a full collection would hold up a request by 0.2 s
        name = f"[{address.host}]" if ":" in address.host else address.host
        say(f"Serving on http://{name}:{server.effective_port}/ (documentation: /docs)")
        run(server, lambda: bool(asked))
    say("Stopped.")
