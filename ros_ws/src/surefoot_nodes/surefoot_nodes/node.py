"""The one guarded lifecycle base of all nodes, and the `main` that runs them.

rclpy's own lifecycle node dies of an invalid transition and swallows what `on_*` raises. Here the
first is answered with success = False, the second is logged, and the node goes on.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.timer import Timer

from rl_agent.exceptions import GraphError, SurefootError
from rl_agent.robots.profile import load_robot
from rl_agent.spec import RobotSpec

from . import parameters, realtime
from .enclaves import enclave_arguments, secured
from .pace import Loop, Pace, RealTime
from .stopping import shutdown_s

TOGETHER_S = 0.5
"""Ctrl-C reaches a whole terminal, and some programs tell it on to what they started besides."""


class GuardedNode(LifecycleNode):
    """A lifecycle node whose subclasses fill in `configure`, `activate`, `deactivate`, `cleanup`.

    They raise SurefootError where the user must mend something (the transition fails, the sentence
    is logged, the node stays usable), and GraphError where the node must not run here at all (the
    process ends). Services live on this node; data that control depends on live on `self.io`, a
    node of its own with an executor of its own.
    """

    is_realtime = True
    """Whether a control loop in this process must not be kept waiting."""
    is_background = False
    """Whether the whole process must never take the processor from one that controls."""
    stands_back_late = False
    """Whether a background process does so by itself, once it has started: see `stand_back`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.values = parameters.declare(self, name)
        self.pace = self._make_pace()
        self.clock = self.pace.clock
        self.refusal: GraphError | None = None
        """Why this process must end."""
        self.io: Node | None = None
        self.io_executor: SingleThreadedExecutor | None = None
        self.loop: Loop | None = None
        """While active: what spins `io_executor`."""
        self._is_active = False
        self._guard_transitions()
        self._table = name
        self.add_on_set_parameters_callback(self._on_set_parameters)

    @property
    def is_active(self) -> bool:
        """Whether the node does its work."""
        return self._is_active

    def set_parameter(self, name: str, value: Any) -> None:
        """Take over a dynamic parameter's checked value."""
        self.values[name] = value

    def load_spec(self) -> RobotSpec:
        """Return the profile that the parameters name, at their rates."""
        values = self.values
        rates = {key: values[key] or None for key in ("policy_hz", "gate_hz")}
        return load_robot(values["robot"], **rates)

    def configure(self) -> None:
        """Load everything that may fail or take long, and make all publishers and subscriptions."""

    def activate(self) -> None:
        """Start working."""

    def deactivate(self) -> None:
        """Stop working, leaving the robot safe."""
        self.stop_loop()

    def cleanup(self) -> None:
        """Let go of what `configure` made, however far it came."""

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `configure`; undo it where it fails."""
        del state
        result = self._try(self._configure)
        if result is not TransitionCallbackReturn.SUCCESS:
            self._try(self._clean_up)
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `activate`."""
        result = self._try(self.activate, lambda: super(GuardedNode, self).on_activate(state))
        self._is_active = result is TransitionCallbackReturn.SUCCESS
        if self._is_active and self.is_realtime:
            realtime.use_fifo(realtime.BACKGROUND_PRIORITY)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `deactivate`."""
        self._is_active = False
        realtime.use_ordinary()
        return self._try(self.deactivate, lambda: super(GuardedNode, self).on_deactivate(state))

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `cleanup`."""
        del state
        return self._try(self._clean_up)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop working if need be, and let go of everything."""
        del state
        if self._is_active:
            self._is_active = False
            self._try(self.deactivate)
        return self._try(self._clean_up)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to unconfigured after a mistake of ours."""
        return self.on_shutdown(state)

    def shut_down(self) -> None:
        """Take the shortest way out from any state."""
        if self._state_machine.current_state[1] != "finalized":
            self.trigger_shutdown()

    def make_io(self) -> Node:
        """Return a fresh node for data, `<name>_io`, on an executor of its own."""
        name = f"{self.get_name()}_io"
        # A node's own arguments win over the process's, which may hold another __node rule.
        own_name = ["--ros-args", "-r", f"__node:={name}"]
        self.io = self.pace.make_io(
            name,
            context=self.context,
            cli_args=own_name,
            namespace=self.get_namespace(),
            enable_rosout=False,
            start_parameter_services=False,
        )
        self.io_executor = SingleThreadedExecutor(context=self.context)
        self.io_executor.add_node(self.io)
        return self.io

    def start_loop(
        self, deadline_s: Callable[[], float], on_deadline: Callable[[float], None]
    ) -> None:
        """Serve `self.io` on a thread that calls `on_deadline` when it is due; see `Pace`."""
        self.loop = self.pace.start_loop(deadline_s, on_deadline)

    def stop_loop(self) -> None:
        """End the control thread, if there is one."""
        if self.loop is not None:
            self.loop.stop()
            self.loop = None

    def awaits(self) -> str:
        """Return in lock-step for whom our answer to a round waits; empty for nobody."""
        return ""

    def every(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """Return a timer on the steady clock, of the executor that answers services."""
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        return self.create_timer(period_s, callback, clock=steady)

    def _on_set_parameters(self, changes: Sequence[Parameter]) -> SetParametersResult:
        ours = [change for change in changes if change.name not in parameters.ROS_OWN]
        checked = {}
        for change in ours:
            try:
                checked[change.name] = parameters.check_change(
                    self._table, change.name, change.value
                )
            except ValueError as error:
                return SetParametersResult(successful=False, reason=f"{change.name}: {error}")
        for name, value in checked.items():
            self.set_parameter(name, value)
        return SetParametersResult(successful=True)

    def _make_pace(self) -> Pace:
        participants = [name for name in self.values.get("lockstep", []) if name]
        if not participants:
            return RealTime(self)
        from .lockstep import Lockstep

        # Whoever runs as fast as it can must leave the processor to others.
        self.is_realtime = False
        return Lockstep(self, participants)

    def _configure(self) -> None:
        self.configure()
        gc.collect()
        gc.freeze()

    def _clean_up(self) -> None:
        self.stop_loop()
        self.cleanup()
        if self.io_executor is not None:
            self.io_executor.shutdown(timeout_sec=0.5)
            self.io_executor = None
        if self.io is not None:
            self.io.destroy_node()
            self.io = None

    def _try(self, *steps: Callable[[], Any]) -> TransitionCallbackReturn:
        try:
            for step in steps:
                step()
        except SurefootError as error:
            self.get_logger().error(str(error))
            if isinstance(error, GraphError):
                self.refusal = error
            return TransitionCallbackReturn.FAILURE
        except Exception:  # whatever it is, the node must answer
            self.get_logger().error(traceback.format_exc())
            return TransitionCallbackReturn.ERROR
        return TransitionCallbackReturn.SUCCESS

    def _guard_transitions(self) -> None:
        for service in self.services:
            if service.srv_name.endswith("/change_state"):
                service.callback = self._guarded(service.callback)

    def _guarded(self, answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def guarded(request: Any, response: Any) -> Any:
            state = self._state_machine.current_state[1]
            try:
                return answer(request, response)
            except Exception as error:  # rclpy raises RCLError and ValueError, and would die
                asked = request.transition.label or request.transition.id
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                self.get_logger().warning(f"no transition {asked} from {state}: {reason}")
                response.success = False
                return response

        return guarded


class StopSignal:
    """SIGINT and SIGTERM as an event; handlers of ours, because rclpy's tear the context down."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.count = 0
        """How often we were asked; what arrives together is one request, told on by several."""
        self._counted_s = -math.inf
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    @property
    def is_set(self) -> bool:
        """Whether somebody asked us to end."""
        return self._event.is_set()

    def _on_signal(self, number: int, frame: object) -> None:
        del number, frame
        now_s = time.monotonic()
        if now_s - self._counted_s > TOGETHER_S:
            self.count += 1
            self._counted_s = now_s
        self._event.set()


def _travel_light() -> None:
    """Keep out of a node's process what it never uses: pictures, and Gymnasium's environments."""
    os.environ["MUJOCO_GL"] = "disable"
    sys.modules.setdefault("gymnasium", None)  # type: ignore[arg-type]  # "not installed"


def run(make_node: Callable[[], GuardedNode], name: str, argv: Sequence[str] | None = None) -> int:
    """Run a node's process until a signal or a refusal; return its exit status.

    Returns:
        0 after a signal, 2 for a user's mistake or a refusal.
    """
    realtime.die_with_parent()
    if getattr(make_node, "is_light", True):
        _travel_light()
    stop = StopSignal()
    sys.setswitchinterval(realtime.SWITCH_INTERVAL_S)
    arguments = list(sys.argv if argv is None else argv)
    try:
        parameters.check_arguments(arguments, name)
        is_background = getattr(make_node, "is_background", False)
        if is_background and not getattr(make_node, "stands_back_late", False):
            realtime.stand_back()
        ordinary = contextlib.nullcontext()
        priority = ordinary if is_background else realtime.fifo_for_new_threads()
        with priority, secured(name, arguments):
            arguments += enclave_arguments(name, arguments)
            rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
            node = make_node()
    except (SurefootError, InvalidParameterTypeException) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    if not is_background:
        realtime.lock_memory()
    if realtime.PARENT_VARIABLE not in os.environ and (missing := realtime.missing()):
        node.get_logger().warning(missing)  # a supervisor says it once for all nodes
    _spin(node, stop)
    _end(node)
    return 2 if node.refusal is not None else 0


def _spin(node: GuardedNode, stop: StopSignal) -> None:
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    while not stop.is_set:
        try:
            executor.spin_once(timeout_sec=0.1)
        except Exception:  # a mistake in one callback must not take the gate away
            node.get_logger().error(traceback.format_exc())
            time.sleep(0.01)
        if node.refusal is not None:
            # The answer to who asked must leave before the process does.
            executor.spin_once(timeout_sec=0.1)
            return


def _end(node: GuardedNode) -> None:
    last_resort = threading.Timer(shutdown_s(node.get_name()), os._exit, (1,))
    last_resort.daemon = True
    last_resort.start()
    node.shut_down()
    node.destroy_node()
    rclpy.try_shutdown()
    last_resort.cancel()
