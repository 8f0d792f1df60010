"""The port of `surefoot learn`: strangers, nonsense, and who would open it to all without a key."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from collections.abc import Sequence
from pathlib import Path

from rl_agent.child import Child

from ..graph_process import CLI
from .context import FaultContext
from .outcome import Expectations, Outcome, failure, not_tried

ENV = ("--env", "sim:So101Reach-v0")
EVERYWHERE = ".".join(["0"] * 4)
ELSEWHERE = "192.0.2.1:7461"
"""An address that is nobody's (RFC 5737)."""
START_S = 60.0
CLOSED_S = 8.0
"""Who has not proved himself after 5 s is dropped."""
MOST_MB = 50.0
NEEDS_KEY = "expected a shared key"
REFUSED = 2


def row_port(context: FaultContext) -> Outcome:
    """Row 34."""
    folder = context.scratch("port")
    port, marker = _free_port(), folder / "pickled"
    place = ("--listen", f"127.0.0.1:{port}", "--out", str(folder / "run"))
    learner = Child([*CLI, "learn", *ENV, *place], log=folder / "learn.log")
    try:
        if not _listens(learner):
            return failure("no learner", learner.last_words())
        return _attack(context, learner, port, marker)
    finally:
        learner.stop(20.0)


def _attack(context: FaultContext, learner: Child, port: int, marker: Path) -> Outcome:
    expectations = Expectations()
    before_mb = _resident_mb(learner.pid)
    attacks = [*_known(marker), *(_noise(context) for _ in range(context.repeats(500, 50)))]
    silent_s = _send(port, b"", leaves=False)
    expectations.expect(silent_s < CLOSED_S, "who said nothing was not put out")
    for data in attacks:
        expectations.expect(_send(port, data) < CLOSED_S, f"{data[:20]!r} was not put out")
    expectations.expect(learner.status is None, "the learner has ended")
    expectations.expect(not marker.exists(), "a pickle was loaded")
    expectations.expect(_answers(port), "it does not answer any more")
    grown_mb = _resident_mb(learner.pid) - before_mb
    expectations.expect(grown_mb < MOST_MB, f"it grew by {grown_mb:.0f} MB")
    figure = f"{len(attacks)} strangers put out, who said nothing after {silent_s:.1f} s"
    return expectations.outcome(f"{figure}; {grown_mb:.0f} MB more memory")


def row_key(context: FaultContext) -> Outcome:
    """Row 35."""
    expectations = Expectations()
    folder = context.scratch("key")
    run = folder / "run"
    commands = (
        ("learn", *ENV, "--listen", f"{EVERYWHERE}:{_free_port()}", "--out", str(run)),
        ("live", "twin", *ENV, "--learner", ELSEWHERE, "--out", str(run)),
    )
    for number, words in enumerate(commands):
        child = Child([*CLI, *words], log=folder / f"{number}.log")
        status, said = child.wait(START_S), child.last_words(50)
        child.kill()
        expectations.expect(status == REFUSED, f"surefoot {words[0]} ended with {status}")
        expectations.expect(NEEDS_KEY in said, f"surefoot {words[0]} said {said!r:.200}")
        expectations.expect(not run.exists(), f"surefoot {words[0]} began a run")
    return expectations.claim("without a key: learn refuses to listen, live refuses to connect")


def row_partition(context: FaultContext) -> Outcome:
    """Row 15."""
    del context
    return not_tried("it needs root and two networks: tests/benchmarks/run.py live-f measures it")


def _known(marker: Path) -> list[bytes]:
    """Return what others have sent to ports before."""
    command = f"touch {marker}".encode()
    return [
        b"",
        b"GET / HTTP/1.1\r\nHost: learner\r\n\r\n",
        struct.pack(">I", 2**31),
        b"\xff" * 100,
        struct.pack(">I", 4000) + bytes(3_000_000),
        b"\x80\x04cposix\nsystem\nX" + struct.pack("<I", len(command)) + command + b"\x85R.",
    ]


def _noise(context: FaultContext) -> bytes:
    data = context.rng.randbytes(context.rng.randint(5, 200))
    return struct.pack(">I", len(data)) + data if context.rng.random() < 0.5 else data


def _send(port: int, data: bytes, *, leaves: bool = True) -> float:
    """Send it, and return after how long the other end has closed [s]; by default we do first."""
    start_s = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=CLOSED_S) as sock:
        with contextlib.suppress(ConnectionError, TimeoutError):
            sock.sendall(data)
            if leaves:
                sock.shutdown(socket.SHUT_WR)
            while sock.recv(65_536):
                pass
        return time.monotonic() - start_s


def _answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=CLOSED_S) as sock:
        return bool(sock.recv(1000))


def _listens(learner: Child) -> bool:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and learner.status is None:
        if "listening on" in learner.last_words(50):
            return True
        time.sleep(0.05)
    return False


def _resident_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found: Sequence[str] = re.findall(r"VmRSS:\s+(\d+) kB", text)
    return int(found[0]) / 1000.0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
