"""The emergency brake profile: every joint slows by brake_deceleration until it stands."""

from __future__ import annotations

import numpy as np

from rl_agent.spec import RobotSpec
from rl_agent.types import Array, Command


def braking_step(spec: RobotSpec, dt: float) -> Array:
    """Return (num_commands,) how much speed one tick of braking takes away [rad/s or m/s]."""
    return np.array([joint.brake_deceleration for joint in spec.command_joints]) * dt


def brake_velocity(velocity: Array, step: Array) -> Array:
    """Return the velocity one braking tick later: nearer to zero by `step`, never beyond."""
    slowed: Array = velocity - np.minimum(np.maximum(velocity, -step), step)
    return slowed


def braking_tail(spec: RobotSpec, position: Array, velocity: Array, dt: float) -> list[Command]:
    """Return the commands of the following ticks until standstill; empty where nothing moves.

    A trajectory controller that has them stops the robot by itself if the gate dies.

    Args:
        spec: The robot.
        position: (num_commands,) the command that precedes the tail [rad or m].
        velocity: (num_commands,) its velocity [rad/s or m/s].
        dt: Time between two points [s].
    """
    step = braking_step(spec, dt)
    tail = []
    while velocity.any():
        velocity = brake_velocity(velocity, step)
        position = position + velocity * dt
        tail.append(Command(position=position, velocity=velocity))
    return tail
