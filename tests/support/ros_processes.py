"""Real ROS 2 processes for tests: a graph in a domain of its own, and a witness that watches it.

with running_graph("twin", "--actor", "random") as graph, Witness(graph.domain, spec) as witness:
    witness.until(lambda: witness.state == "ARMED")
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

TIMEOUT_S = 20.0
START_S = 60.0
"""Half a dozen interpreters start at once; `surefoot up` gives its nodes 20 s to answer and 20 s to
be configured."""
STEP_S = 0.05
"""Always the same, or the executor would serve the first subscription more often than others."""
IDLE_TURNS = 5
"""A turn may serve what is no message of ours: a timer, an answer, a guard."""
_NUMBERS = itertools.count(7 * os.getpid())
_TAKEN: set[int] = set()


def fresh_domain() -> int:
    """Return a domain that no other test of this run uses, nor anybody else on this machine."""
    from surefoot_nodes.domains import is_in_use

    candidates = [1 + next(_NUMBERS) % 100 for _ in range(100)]
    free = (d for d in candidates if d not in _TAKEN and not is_in_use(d))
    domain = next(free, candidates[0])
    _TAKEN.add(domain)
    return domain


@dataclass
class Graph:
    """A running `surefoot up`."""

    domain: int
    process: subprocess.Popen
    log: Path

    def output(self) -> str:
        return self.log.read_text()

    def wait_until_running(self) -> None:
        """Wait until every node is active; what a test measures begins after that."""
        deadline_s = time.monotonic() + START_S
        while "running:" not in self.output():
            assert self.process.poll() is None, f"has ended: {self.output()}"
            assert time.monotonic() < deadline_s, f"not within {START_S} s: {self.output()}"
            time.sleep(STEP_S)

    def pids(self) -> dict[str, int]:
        """Return the nodes' process ids by name."""
        found = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess, IndexError, ValueError):
                    words = child.cmdline()
                    found[words[words.index("-m") + 1].rsplit(".", 1)[-1]] = child.pid
        return found

    def interrupt(self) -> tuple[int, float]:
        """Send SIGINT; return the exit status and how long it took [s]."""
        start_s = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(TIMEOUT_S), time.monotonic() - start_s


def ros_environment(domain: int) -> dict[str, str]:
    return {**os.environ, "ROS_DOMAIN_ID": str(domain)}


@contextlib.contextmanager
def running_graph(
    *arguments: str, domain: int | None = None, log: Path, verb: str = "up"
) -> Iterator[Graph]:
    """Run `surefoot VERB ARGUMENTS` in the background; end it whatever happens."""
    domain = fresh_domain() if domain is None else domain
    command = [sys.executable, "-m", "rl_agent.cli.main", verb, *arguments]
    if arguments[0] != "observe" and "--blackbox" not in arguments:
        command.append("--no-blackbox")  # tests leave nothing in the checkout
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--domain", str(domain)], stdout=out, stderr=out, process_group=0
        )
        try:
            yield Graph(domain, process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20.0)  # a learner may have a checkpoint to write
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def running_node(
    name: str, *parameters: str, domain: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    """Run one node by itself, with additions to our environment; end it whatever happens."""
    arguments = [word for parameter in parameters for word in ("-p", parameter)]
    process = subprocess.Popen(
        [sys.executable, "-m", f"surefoot_nodes.{name}", "--ros-args", *arguments],
        env={**ros_environment(domain), **(environment or {})},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        process.stderr.close()


@dataclass
class Seen:
    """One topic's messages and when each was sent, on CLOCK_MONOTONIC [s].

    The sender's middleware notes it. The time of arrival would tell how busy the machine keeps the
    test itself, which has no real-time priority: it was up to 23 ms later.
    """

    times_s: list[float] = field(default_factory=list)
    messages: list = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.times_s)

    def after(self, time_s: float) -> list:
        return [m for t, m in zip(self.times_s, self.messages, strict=True) if t >= time_s]


class Witness:
    """Sees all that happens in a domain, and can speak to its services. Spun by the test itself."""

    def __init__(self, domain: int, spec, *, watches_controller: bool = True) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from sensor_msgs.msg import JointState
        from std_msgs.msg import String

        from surefoot_nodes import qos
        from surefoot_nodes.controller_messages import make_codec
        from surefoot_nodes.lifecycle_client import LifecycleClient

        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        # The twin lets recorders listen to the controller's topic.
        name = "recorder_node_io" if watches_controller else "witness"
        self.node = rclpy.create_node(name, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.lifecycle = LifecycleClient(self.node, self.executor)
        self.seen: dict[str, Seen] = {}
        self.controller_topic = make_codec(spec).topic
        self.watch("joint_states", JointState, qos.STATES_IN)
        self.watch("applied_command", JointState, qos.RECORDING)
        self.watch("command_raw/policy", JointState, qos.RECORDING)
        self.watch("observed_command", JointState, qos.RECORDING)
        if watches_controller:
            self.watch(self.controller_topic, make_codec(spec).message_type, qos.RECORDING)
        self.watch("safety_state", String, qos.LATCHED)

    def __enter__(self) -> Witness:
        return self

    def __exit__(self, *_: object) -> None:
        import rclpy

        self.executor.shutdown(timeout_sec=1.0)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)

    def watch(self, topic: str, kind: type, profile: object) -> None:
        seen = self.seen[topic] = Seen()

        def note(message: object, info: dict) -> None:
            age_s = max(time.time_ns() - info["source_timestamp"], 0) / 1e9
            seen.times_s.append(time.monotonic() - age_s)
            seen.messages.append(message)

        self.node.create_subscription(kind, topic, note, profile)

    def until(
        self,
        holds: Callable[[], object],
        timeout_s: float = TIMEOUT_S,
        why: str | Callable[[], str] = "",
    ) -> None:
        """Spin until `holds()`; fail after the time-out, saying what `why` is by then."""
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() >= deadline_s:
                reason = why() if callable(why) else why
                raise AssertionError(f"not within {timeout_s} s: {reason}")
            self.executor.spin_once(timeout_sec=STEP_S)

    def spin(self, duration_s: float) -> None:
        """Spin for so long, and then until all that came in meanwhile has been looked at.

        While a test waits for something else, or a machine is slow, messages queue up.
        """
        end_s = time.monotonic() + duration_s
        while time.monotonic() < end_s:
            self.executor.spin_once(timeout_sec=STEP_S)
        idle, deadline_s = 0, time.monotonic() + TIMEOUT_S
        while idle < IDLE_TURNS and time.monotonic() < deadline_s:
            before = self._count()
            self.executor.spin_once(timeout_sec=0.0)
            idle = idle + 1 if self._count() == before else 0

    def _count(self) -> int:
        return sum(map(len, self.seen.values()))

    @property
    def state(self) -> str:
        """The gate's state, empty if unknown."""
        messages = self.seen["safety_state"].messages
        return json.loads(messages[-1].data)["state"] if messages else ""

    @property
    def speed(self) -> float:
        """Largest joint speed of the newest reading; 0 without one."""
        messages = self.seen["joint_states"].messages
        return max(abs(v) for v in messages[-1].velocity) if messages else 0.0

    def call(self, kind: type, name: str, request: object):
        answer = self.lifecycle.call(kind, name, request, TIMEOUT_S)
        assert answer is not None, f"{name} does not answer"
        return answer

    def find_service(self, name: str) -> None:
        """Discover a Trigger service, so that a call of it takes no longer than it must."""
        from std_srvs.srv import Trigger

        client = self.lifecycle._client("", name, Trigger)
        self.until(client.service_is_ready)
        # The other side may still have to discover the client.
        self.spin(0.5)

    def trigger(self, name: str):
        from std_srvs.srv import Trigger

        return self.call(Trigger, name, Trigger.Request())

    def arm(self, data: bool = True):
        from std_srvs.srv import SetBool

        return self.call(SetBool, "arm", SetBool.Request(data=data))

    def publishers(self, topic: str) -> list[str]:
        infos = self.node.get_publishers_info_by_topic(f"/{topic}")
        return [info.node_name for info in infos]


@contextlib.contextmanager
def running_robot(
    spec, *parameters: str, domain: int
) -> Iterator[tuple[subprocess.Popen, Witness]]:
    """Run an active twin_node in a robot's place, and a witness."""
    with (
        running_node("twin_node", "discovery_s:=0.3", *parameters, domain=domain) as robot,
        Witness(domain, spec) as witness,
    ):
        assert witness.lifecycle.wait_for(["twin_node"], 60.0) == []
        for transition in ("configure", "activate"):
            assert witness.lifecycle.change(["twin_node"], transition, TIMEOUT_S)["twin_node"]
        yield robot, witness


def tags(message) -> dict[str, str]:
    """Return what applied_command says of its tick."""
    return dict(part.split("=") for part in message.header.frame_id.split(";"))


def speeds(message) -> np.ndarray:
    return np.abs(np.array(message.velocity))


def is_running(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def wait_gone(pids: list[int], timeout_s: float) -> list[int]:
    """Return those that still run after the time-out."""
    deadline_s = time.monotonic() + timeout_s
    while (left := [pid for pid in pids if is_running(pid)]) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return left
