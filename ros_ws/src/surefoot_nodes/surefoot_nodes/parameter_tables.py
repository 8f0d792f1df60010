"""Every node's parameters in one table: what is declared, documented and checked."""

from __future__ import annotations

from rl_agent.data.journal import LONGEST_SYNC_S, MOST_RECORDS, JournalConfig, SyncPolicy
from rl_agent.exploration.registry import DEFAULT_EXPLORE_UNTIL, DEFAULT_HORIZON, DEFAULT_THETA
from rl_agent.interface.resets import RESETS

from .parameter import Parameter

_ROBOT = (
    Parameter(name="robot", default="so101", description="Robot profile: a name or a YAML file."),
    Parameter(
        name="policy_hz",
        default=0.0,
        lower=0.0,
        upper=200.0,
        description="Proposals per second; 0 takes the profile's.",
    ),
    Parameter(
        name="gate_hz",
        default=0.0,
        lower=0.0,
        upper=1000.0,
        description="Commands per second; 0 takes the profile's.",
    ),
)
_TASK = Parameter(name="task", default="reach", description="reach, swing_up or module:Class.")
_SEED = Parameter(name="seed", default=0, lower=0, upper=2**31 - 1, description="Of the draws.")

OBSERVERS = ["recorder_node_io", "blackbox_node_io", "rosbag2_recorder"]
_LOCKSTEP = (
    Parameter(
        name="lockstep",
        default=[""],
        description="Who takes part in lock-step, for twins only; empty for real time.",
    ),
    Parameter(
        name="patience_s",
        default=120.0,
        lower=2.0,
        upper=3600.0,
        description="How long lock-step may stand still before it is given up [s].",
    ),
)
_MEET_EVERY = Parameter(
    name="meet_every",
    default=0,
    lower=0,
    upper=10_000_000,
    description="Steps after which a policy in lock-step waits for its learner; 0 for never.",
)
_WRITING = JournalConfig()

TABLES: dict[str, tuple[Parameter, ...]] = {
    "policy_node": (
        *_ROBOT,
        *_LOCKSTEP,
        _MEET_EVERY,
        Parameter(
            name="num_steps",
            default=0,
            lower=0,
            upper=1_000_000_000,
            description="Steps to keep in lock-step before standing still; 0 for no end.",
        ),
        _TASK,
        _SEED,
        Parameter(name="bundle", default="", description="Folder of the exported policy."),
        Parameter(
            name="actor",
            default="onnx",
            choices=("onnx", "live", "dls", "random", "zero"),
            description="Who acts: the bundle, what a learner publishes, damped least squares, "
            "chance, or nobody.",
        ),
        Parameter(
            name="store",
            default="",
            description="Folder in which a learner publishes versions, for the actor live.",
        ),
        Parameter(
            name="exploration",
            default="sampled",
            choices=("", "sampled", "gaussian", "ou", "pink", "repeated"),
            description="What drives the live actor's Gaussian; empty takes its mean.",
        ),
        Parameter(
            name="exploration_theta",
            default=DEFAULT_THETA,
            lower=1e-6,
            upper=1.0,
            description="Of Ornstein-Uhlenbeck noise, per period.",
        ),
        Parameter(
            name="exploration_horizon",
            default=DEFAULT_HORIZON,
            lower=2,
            upper=1_000_000,
            description="Of pink noise: periods in a sequence.",
        ),
        Parameter(
            name="is_noise_last",
            default=False,
            description="Whether noise is added to the action itself, not ahead of tanh.",
        ),
        Parameter(
            name="random_hold",
            default=1,
            lower=1,
            upper=1000,
            description="Periods for which the live actor holds a random action at first.",
        ),
        Parameter(
            name="explore_until",
            default=DEFAULT_EXPLORE_UNTIL,
            lower=0.01,
            upper=100.0,
            description="Share of success at which the live actor no longer explores; above 1 it "
            "always does.",
        ),
        Parameter(
            name="observe_only",
            default=False,
            description="Publish on observed_command what would be commanded, and nothing else.",
        ),
        Parameter(
            name="reset",
            default="none",
            choices=RESETS,
            description="What happens between two episodes, where a journal is kept.",
        ),
        Parameter(
            name="judge",
            default="task",
            description="Who says what a success is: task, human, or a classifier's file.",
        ),
        Parameter(
            name="journal",
            default="",
            description="Folder in which every step is kept, to be learned from; empty for none.",
        ),
        Parameter(
            name="journal_sync",
            default=_WRITING.sync.value,
            choices=tuple(policy.value for policy in SyncPolicy),
            description="When a step is forced onto the disk.",
        ),
        Parameter(
            name="journal_sync_interval_s",
            default=_WRITING.sync_interval_s,
            lower=0.0,
            upper=LONGEST_SYNC_S,
            description="With journal_sync interval: time after which steps are on the disk [s].",
        ),
        Parameter(
            name="journal_segment_records",
            default=_WRITING.segment_records,
            lower=1,
            upper=MOST_RECORDS,
            description="Steps per file of the journal.",
        ),
    ),
    "safety_node": (
        *_ROBOT,
        *_LOCKSTEP,
        Parameter(
            name="speed_scale",
            default=1.0,
            lower=0.01,
            upper=1.0,
            is_dynamic=True,
            description="Share of the velocity limits that may be used.",
        ),
        Parameter(
            name="estop_button",
            default=-1,
            lower=-1,
            upper=63,
            description="Index into joy's buttons; below 0 takes the profile's.",
        ),
    ),
    "teleop_node": (
        *_ROBOT,
        Parameter(
            name="deadman_button",
            default=4,
            lower=0,
            upper=63,
            description="Index into joy's buttons: the robot is moved while it is pressed.",
        ),
        Parameter(
            name="speed",
            default=0.4,
            lower=0.01,
            upper=1.0,
            description="Share of the policy's top speeds at a stick's end.",
        ),
    ),
    "twin_node": (
        *_ROBOT,
        *_LOCKSTEP,
        Parameter(
            name="discovery_s",
            default=1.5,
            lower=0.0,
            upper=30.0,
            description="How long to look out for a real driver before starting [s].",
        ),
        Parameter(
            name="observers",
            default=OBSERVERS,
            description="Nodes that may listen to the controller's topic without being one.",
        ),
    ),
    "fault_node": (
        *_ROBOT,
        Parameter(
            name="discovery_s",
            default=1.0,
            lower=0.0,
            upper=30.0,
            description="How long to look out for a real driver before starting [s].",
        ),
    ),
    "goal_node": (
        *_ROBOT,
        *_LOCKSTEP,
        _TASK,
        _SEED,
        Parameter(
            name="goal_period_s",
            default=4.0,
            lower=0.1,
            upper=3600.0,
            description="Time between two goals [s].",
        ),
        Parameter(
            name="alternates",
            default=False,
            description="Every other goal leads back to where the task starts.",
        ),
    ),
    "learner_node": (
        *_ROBOT,
        _MEET_EVERY,
        Parameter(name="run", default="", description="Folder of a live run; see surefoot live."),
        Parameter(
            name="memory_gb",
            default=8.0,
            lower=0.0,
            upper=1000.0,
            description="What the process may use at most [GB]; 0 sets no limit.",
        ),
    ),
    "link_node": (
        *_ROBOT,
        _TASK,
        Parameter(name="journal", default="", description="Folder of the steps that are sent."),
        Parameter(name="store", default="", description="Folder into which versions come."),
        Parameter(
            name="learner", default="127.0.0.1:7461", description="HOST:PORT of surefoot learn."
        ),
        Parameter(
            name="key", default="", description="File that surefoot keys link made; empty for none."
        ),
        Parameter(name="robot_id", default="robot", description="Who this is, for the learner."),
        Parameter(
            name="keep_versions",
            default=20,
            lower=1,
            upper=10_000,
            description="Versions that stay on the disk.",
        ),
    ),
    "recorder_node": (
        *_ROBOT,
        Parameter(name="out", default="recording", description="Folder to write; must not exist."),
        Parameter(
            name="topics",
            default=[""],
            description="NAME:package/msg/Type each; empty takes what the profile implies.",
        ),
    ),
    "blackbox_node": (
        *_ROBOT,
        Parameter(name="folder", default="runs/blackbox", description="Where boxes are written."),
        Parameter(
            name="topics",
            default=[""],
            description="NAME:package/msg/Type each; empty takes what the profile implies.",
        ),
        Parameter(
            name="before_s",
            default=10.0,
            lower=1.0,
            upper=120.0,
            description="What a box shows from before the trip [s].",
        ),
        Parameter(
            name="after_s",
            default=1.0,
            lower=0.0,
            upper=10.0,
            description="What a box shows from after the trip [s].",
        ),
        Parameter(
            name="max_boxes",
            default=20,
            lower=1,
            upper=10_000,
            description="The oldest beyond are thrown away.",
        ),
    ),
    "supervisor": (
        Parameter(name="nodes", default=[""], description="In the order of their start."),
        Parameter(name="autostart", default=True, description="Configure and activate them."),
        Parameter(
            name="auto_arm",
            default=False,
            description="Arm the gate once all are active. For twins only.",
        ),
    ),
}
