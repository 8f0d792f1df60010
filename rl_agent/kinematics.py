"""Mechanical models as protocols: `sim` implements them, nodes and environments inject them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rl_agent.types import Array


class Kinematics(Protocol):
    """Where the tool is and how it moves, for one robot.

    Threads may share it: one acts on what a task says, while another checks a policy by it.
    """

    def tool_position(self, position: Array) -> Array:
        """Return the tool's position in base (3,) [m] at joint positions (num_joints,)."""
        ...

    def tool_jacobian(self, position: Array) -> Array:
        """Return d tool_position / d position, (3, num_joints) [m/rad or m/m]."""
        ...

    def tool_motion(self, position: Array) -> tuple[Array, Array]:
        """Return `tool_position` and `tool_jacobian` at once."""
        ...


class Clearances(Protocol):
    """Distances between the robot's own links, for the pairs of its profile; not thread-safe."""

    def pair_distances(self, position: Array) -> tuple[Array, Array]:
        """Return distances (P,) [m] and their gradient (P, num_joints) at (num_joints,)."""
        ...


class Dynamics(Protocol):
    """Masses of one robot; not thread-safe."""

    def inertia_and_bias(self, position: Array, velocity: Array) -> tuple[Array, Array]:
        """Return M (num_joints, num_joints) and b (num_joints,): efforts are M a + b [N m or N].

        b holds gravity and Coriolis efforts at `position` and `velocity`, each (num_joints,).
        """
        ...


class Rollout(NamedTuple):
    """What the model says will happen, one row per gate period; the first is the start itself."""

    position: Array
    """(H, num_joints) [rad or m]."""
    tool_position: Array
    """(H, 3) in base [m]; (H, 0) for a robot without a tool."""
    pair_distances: Array
    """(H, P) [m], for the pairs of the profile."""
    states: Array
    """(H, n) the model's state after each command: where another prediction may begin."""


class BrakePredictor(Protocol):
    """Lets a planning model follow commands; not thread-safe."""

    def state_at(self, position: Array, velocity: Array) -> Array:
        """Return the model's state exactly at commands `position`, `velocity` (num_commands,)."""
        ...

    def predict(self, state: Array, commands: Array) -> Rollout:
        """Return what follows from a state of the model.

        Args:
            state: From `state_at`, or a row of an earlier rollout's `states`.
            commands: (H, num_commands) commanded positions, one per gate period; velocities for a
                velocity controller.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Mechanics:
    """The models of one robot that a gate may use; None where there is none."""

    kinematics: Kinematics | None = None
    clearances: Clearances | None = None
    dynamics: Dynamics | None = None
    predictor: BrakePredictor | None = None
