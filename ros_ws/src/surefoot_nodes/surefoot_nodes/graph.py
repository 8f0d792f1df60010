"""Who runs: the one description that `surefoot up` and the launch files both start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from rl_agent.data.journal import JournalConfig
from rl_agent.exceptions import GraphError
from rl_agent.exploration.exploring import Exploring

from .parameter import Value
from .rounds import PARTS
from .stopping import GRACE_S, grace_s

PACKAGE = "surefoot_nodes"
Kind = Literal["twin", "robot", "observe", "teleop", "faults"]
KINDS: tuple[Kind, ...] = ("twin", "robot", "observe", "teleop", "faults")
NO_ACTOR = "none"
"""The gate alone, for commissioning: only a human moves the robot."""


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One process with one lifecycle node of the same name."""

    package: str = PACKAGE
    executable: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    remaps: tuple[tuple[str, str], ...] = ()
    """(topic, other topic)."""
    order: int
    """Nodes are activated in rising order, and stopped by the supervisor's rule."""
    respawn: bool = True
    """Start it again when it dies, into INACTIVE: never armed, nothing moves by itself."""
    grace_s: float = GRACE_S
    """How long it may take to end; what moves the robot is ended before all others."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """To a learner that is elsewhere."""

    learner: str
    """HOST:PORT."""
    key: str
    """File of the shared key; empty for none."""
    robot_id: str
    keep_versions: int = 20


@dataclass(frozen=True, kw_only=True)
class GraphConfig:
    """What a user chooses."""

    robot: str = "so101"
    bundle: str = ""
    task: str = "reach"
    actor: str = ""
    """Empty: the bundle, or damped least squares where there is none."""
    policy_hz: float = 0.0
    gate_hz: float = 0.0
    goal_period_s: float = 4.0
    """0 starts no goal_node: somebody else publishes goals."""
    seed: int = 0
    record: str = ""
    """Folder for a recording; empty for none."""
    blackbox: str = ""
    """Folder for the last seconds before each trip of the gate; empty for none."""
    speed: float = 1.0
    """Share of the velocity limits that the gate allows at first."""
    has_teleop: bool = False
    """Whether a joystick may take over from the policy."""
    has_goals: bool = True
    """Whether the task takes goals at all."""
    run: str = ""
    """Folder of a live run: a learner works beside the policy, on what it lives through."""
    link: Link | None = None
    """Of a live run whose learner is elsewhere."""
    exploring: Exploring = field(default_factory=Exploring)
    """How a live run's policy tries things out."""
    journal: JournalConfig = field(default_factory=JournalConfig)
    """How a live run's steps are written."""
    is_lockstep: bool = False
    """Whether a twin's time waits for all who take part, instead of running by itself."""
    meet_every: int = 0
    """Steps after which the policy waits for its learner, in lock-step alone."""
    num_steps: int = 0
    """Steps after which a live run in lock-step stands still; 0 for no end."""
    reset: str = "none"
    """What happens between two episodes of a live run; see `RESETS`."""
    judge: str = "task"
    """Who says what a success is in a live run: task, human, or a classifier's file."""
    overrides: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Per node, from a parameter file; they win."""

    @property
    def acts_as(self) -> str:
        """The actor, with the default filled in."""
        if self.run:
            return "live"
        return self.actor or ("onnx" if self.bundle else "dls")


def make_graph(kind: Kind, config: GraphConfig) -> list[NodeSpec]:
    """Return the processes of a graph, in the order of their start.

    Raises:
        GraphError: Lock-step was asked for, and this is no twin's graph.
    """
    makers = {
        "twin": _twin_graph,
        "robot": _robot_graph,
        "observe": _observe_graph,
        "teleop": _teleop_graph,
        "faults": _faults_graph,
    }
    if config.is_lockstep and kind != "twin":
        raise GraphError("--lockstep is for `twin` alone: a robot waits for nobody")
    nodes = makers[kind](config)
    if config.record:
        nodes.append(_node("recorder_node", config, 0, out=config.record))
    return sorted(nodes, key=lambda node: node.order)


def _twin_graph(config: GraphConfig) -> list[NodeSpec]:
    """Everything, with MuJoCo in place of the robot."""
    nodes = [_node("twin_node", config, 1), *_robot_graph(config)]
    return _in_lockstep(nodes) if config.is_lockstep else nodes


def _in_lockstep(nodes: list[NodeSpec]) -> list[NodeSpec]:
    """Let those who take part know of each other; who dies is not started again, but ends all."""
    names = [node.executable for node in nodes if node.executable in PARTS]
    return [
        replace(node, parameters={**node.parameters, "lockstep": names}, respawn=False)
        if node.executable in names
        else node
        for node in nodes
    ]


def _faults_graph(config: GraphConfig) -> list[NodeSpec]:
    """The twin's, with a liar between its sensors and everybody else."""
    twin = replace(_node("twin_node", config, 1), remaps=(("joint_states", "joint_states_true"),))
    return [twin, _node("fault_node", config, 1), *_robot_graph(config)]


def _robot_graph(config: GraphConfig) -> list[NodeSpec]:
    """Gate and policy; the robot's own driver and controller run already."""
    if config.actor == NO_ACTOR:
        return [_node("safety_node", config, 2, speed_scale=config.speed)]
    return [
        *_blackbox(config),
        _node("safety_node", config, 2, speed_scale=config.speed),
        _policy(config, observe_only=False),
        *_goals(config),
        *(_learning(config) if config.run else []),
        *(_teleop_graph(config) if config.has_teleop else []),
    ]


def _observe_graph(config: GraphConfig) -> list[NodeSpec]:
    """The policy alone, looking on: no gate, no command."""
    return [_policy(config, observe_only=True), *_goals(config)]


def _teleop_graph(config: GraphConfig) -> list[NodeSpec]:
    """A joystick's proposals, for a gate that runs already."""
    return [_node("teleop_node", config, 4)]


def _learning(config: GraphConfig) -> list[NodeSpec]:
    """Whoever learns from a live run, or sends it to who does."""
    link = config.link
    if link is None:
        return [_node("learner_node", config, 4, run=config.run, meet_every=config.meet_every)]
    values: dict[str, Value] = {**asdict(link), **_folders(config), "task": config.task}
    return [_node("link_node", config, 4, **values)]


def _policy(config: GraphConfig, *, observe_only: bool) -> NodeSpec:
    values: dict[str, Value] = {"bundle": config.bundle, "observe_only": observe_only}
    if config.run:
        values |= {**_folders(config), **asdict(config.exploring)}
        values |= {f"journal_{name}": value for name, value in asdict(config.journal).items()}
        values["journal_sync"] = config.journal.sync.value
        values["reset"], values["judge"] = config.reset, config.judge
        values |= {"meet_every": config.meet_every, "num_steps": config.num_steps}
    return _node(
        "policy_node",
        config,
        3,
        task=config.task,
        seed=config.seed,
        actor=config.acts_as,
        **values,
    )


def _folders(config: GraphConfig) -> dict[str, Value]:
    from rl_agent.learning.run_folder import journal_dir, store_dir

    run = Path(config.run)
    return {"store": str(store_dir(run)), "journal": str(journal_dir(run))}


def _blackbox(config: GraphConfig) -> list[NodeSpec]:
    return [_node("blackbox_node", config, 0, folder=config.blackbox)] if config.blackbox else []


def _goals(config: GraphConfig) -> list[NodeSpec]:
    if config.goal_period_s <= 0.0 or not config.has_goals:
        return []
    return [
        _node(
            "goal_node",
            config,
            4,
            task=config.task,
            seed=config.seed,
            goal_period_s=config.goal_period_s,
            alternates=config.reset == "backward",
        )
    ]


def _node(name: str, config: GraphConfig, order: int, **parameters: Value) -> NodeSpec:
    values: dict[str, Value] = {
        "robot": config.robot,
        "policy_hz": float(config.policy_hz),
        "gate_hz": float(config.gate_hz),
        **parameters,
        **config.overrides.get(name, {}),
    }
    return NodeSpec(executable=name, parameters=values, order=order, grace_s=grace_s(name))
