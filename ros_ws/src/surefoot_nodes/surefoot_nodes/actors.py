"""Who decides: the exported policy, damped least squares, chance, or nobody. All behind `Actor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rl_agent.exceptions import Problem, ProfileError
from rl_agent.exploration.exploring import Exploring
from rl_agent.judging.judge import TASK
from rl_agent.kinematics import Kinematics
from rl_agent.planning.damped_least_squares import DampedLeastSquares
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import Array, FloatArray, Measurement


class Actor(Protocol):
    """Turns what is known into an action."""

    def act(self, obs: FloatArray, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Return (act_dim,) in [-1, 1]; None for an observation that must not be acted on."""
        ...

    @property
    def last_refusal(self) -> str:
        """Why the newest None was returned; empty where there was none."""
        ...


class PolicyActor:
    """A verified bundle; its mean action."""

    def __init__(self, bundle: str, spec: RobotSpec, task: Task) -> None:
        from rl_agent.deploy.onnx_policy import OnnxPolicy

        self.policy = OnnxPolicy(bundle, spec, task)

    def act(self, obs: FloatArray, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Run the network."""
        del measurement, goal
        return self.policy.act(obs)

    @property
    def last_refusal(self) -> str:
        """The policy's: a bad observation, a failed inference, an output that is not finite."""
        return self.policy.last_refusal


class ReachActor:
    """Damped least squares."""

    last_refusal = ""

    def __init__(self, spec: RobotSpec, kinematics: Kinematics) -> None:
        self._controller = DampedLeastSquares(spec, kinematics)

    def act(self, obs: FloatArray, measurement: Measurement, goal: Array) -> FloatArray:
        """Go straight for the goal."""
        del obs
        return self._controller.act(measurement, goal)


class RandomActor:
    """Uniform actions: what a policy must beat."""

    last_refusal = ""

    def __init__(self, act_dim: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._act_dim = act_dim

    def act(self, obs: FloatArray, measurement: Measurement, goal: Array) -> FloatArray:
        """Draw."""
        del obs, measurement, goal
        return self._rng.uniform(-1.0, 1.0, self._act_dim).astype(np.float32)


class ZeroActor:
    """Wishes to stay."""

    last_refusal = ""

    def __init__(self, act_dim: int) -> None:
        self._action = np.zeros(act_dim, dtype=np.float32)

    def act(self, obs: FloatArray, measurement: Measurement, goal: Array) -> FloatArray:
        """Return zeros."""
        del obs, measurement, goal
        return self._action.copy()


@dataclass(frozen=True, kw_only=True)
class ActorChoices:
    """What the actors need beside robot and task."""

    bundle: str = ""
    """For onnx: folder of the exported policy."""
    store: str = ""
    """For live: folder in which a learner publishes versions."""
    seed: int = 0
    exploring: Exploring = field(default_factory=Exploring)
    """For live: how it tries things out."""
    meets: bool = False
    """For live: look out for versions only when told to, as in lock-step."""
    is_judged: bool = False
    """For live: whether a success is what earns a reward, not what the task calls so."""
    on_message: Callable[[str], None] = lambda message: None
    """For live: is told why a version was refused."""

    @classmethod
    def of(cls, values: Mapping[str, Any], on_message: Callable[[str], None]) -> ActorChoices:
        """Return those that a policy node's parameters make."""
        return cls(
            bundle=values["bundle"],
            store=values["store"],
            seed=values["seed"],
            exploring=Exploring(**{field.name: values[field.name] for field in fields(Exploring)}),
            meets=values["meet_every"] > 0,
            is_judged=values["judge"] != TASK,
            on_message=on_message,
        )


def make_actor(
    name: str,
    spec: RobotSpec,
    task: Task,
    *,
    kinematics: Kinematics | None = None,
    choices: ActorChoices | None = None,
) -> Actor:
    """Return the actor that the parameter `actor` names.

    Raises:
        ProfileError: It lacks what it needs.
        BundleError: The bundle was refused.
    """
    choices = choices or ActorChoices()
    if name == "onnx":
        if not choices.bundle:
            message = "is needed by the actor onnx; `surefoot export` writes one"
            raise ProfileError("policy_node", [Problem("bundle", message)])
        return PolicyActor(choices.bundle, spec, task)
    if name == "live":
        if not choices.store:
            message = "is needed by the actor live; `surefoot live` names one"
            raise ProfileError("policy_node", [Problem("store", message)])
        from .live_actor import LiveActor

        return LiveActor(
            spec,
            task,
            Path(choices.store),
            seed=choices.seed,
            exploring=choices.exploring,
            is_judged=choices.is_judged,
            on_message=choices.on_message,
            meets=choices.meets,
        )
    if name == "dls":
        if kinematics is None or task.goal_dim != 3:
            message = "dls reaches for points: it needs a robot with a tool, and the task reach"
            raise ProfileError("policy_node", [Problem("actor", message)])
        return ReachActor(spec, kinematics)
    if name == "random":
        return RandomActor(spec.act_dim, choices.seed)
    return ZeroActor(spec.act_dim)
