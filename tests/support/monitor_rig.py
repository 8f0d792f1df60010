"""Robots of a few axes in round numbers, and single ticks as monitors see them."""

from dataclasses import replace

import numpy as np
from safety_rig import rail

from rl_agent.safety.monitor import View
from rl_agent.spec import JointType
from rl_agent.types import Measurement


def axis(name, **changes):
    """The rail's joint under another name: v_max 1, a 10, brake 20, hard limits -1.1 and 1.1."""
    return replace(rail().joints[0], name=name, **changes)


def swing(**changes):
    """A joint that is measured only and turns endlessly."""
    endless = {"lower": -np.inf, "upper": np.inf, "margin": 0.0}
    values = {"type": JointType.CONTINUOUS, "is_actuated": False, **endless, **changes}
    return axis("swing", **values)


def robot(*joints, **changes):
    """A robot of these joints; T = 10 ms, W = 125 ms, S = 20 ms."""
    names = tuple(joint.name for joint in joints if joint.is_actuated)
    action = replace(rail().action, joints=names, max_speed=(1.0,) * len(names))
    return rail(joints=joints, action=action, **changes)


def seen(
    now_s=0.0,
    position=(0.0,),
    velocity=None,
    *,
    commanded=None,
    commanded_velocity=None,
    effort=None,
    stamp_s=None,
    is_new=True,
    is_late=False,
):
    """One tick: what was measured and, where it differs, what was commanded."""
    position = np.array(position, dtype=float)
    velocity = np.zeros_like(position) if velocity is None else np.array(velocity, dtype=float)
    effort = effort if effort is None else np.array(effort, dtype=float)
    stamp_s = now_s if stamp_s is None else stamp_s
    measurement = Measurement(stamp_s, position, velocity, now_s, effort)
    applied = position if commanded is None else np.array(commanded, dtype=float)
    speed = velocity if commanded_velocity is None else np.array(commanded_velocity, dtype=float)
    return View(now_s, measurement, is_new, applied, speed, is_late)
