"""What a demonstration does with which numbers, and where it puts things."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .domains import free_domain

CONTROLLERS = ("policy", "dls", "random")
ACTORS = {"policy": "onnx", "dls": "dls", "random": "random"}
"""Controller to the policy_node's parameter `actor`."""
TARGET_SEED_OFFSET = 10_000
"""Targets of the drive are drawn from another stream than anything in training."""
DOMAINS = range(50, 100)
"""Apart from robots' default domain and from the twin's of `surefoot up`."""


@dataclass(frozen=True, kw_only=True)
class DemoPlan:
    """The options of `surefoot demo`, and what follows from them."""

    robot: str = "so101"
    out: Path = Path("runs/demo")
    seed: int = 0
    is_quick: bool = False
    is_fresh: bool = False
    """Throw an earlier training in `out` away."""
    domain: int | None = None

    @property
    def run_dir(self) -> Path:
        """The training."""
        return self.out / "train"

    @property
    def bundle(self) -> Path:
        """The exported policy."""
        return self.out / "bundle"

    def recording(self, controller: str) -> Path:
        """Return where a controller's drive is recorded."""
        return self.out / "recordings" / controller

    def log(self, name: str) -> Path:
        """Return the log of a step."""
        return self.out / "logs" / f"{name}.log"

    def num_targets(self, controller: str) -> int:
        """Return how many targets a controller gets."""
        usual = {"policy": 30, "dls": 15, "random": 8}
        quick = {"policy": 10, "dls": 5, "random": 3}
        return (quick if self.is_quick else usual)[controller]

    @property
    def target_seed(self) -> int:
        """Of the targets in the drive, the same for every controller."""
        return TARGET_SEED_OFFSET + self.seed

    @cached_property
    def ros_domain(self) -> int:
        """The ROS domain: as told, else one that nobody on this machine uses."""
        if self.domain is not None:
            return self.domain
        own = os.environ.get("ROS_DOMAIN_ID")
        return int(own) if own else free_domain(DOMAINS)

    def train_options(self) -> list[str]:
        """Return the arguments of `surefoot train`; it resumes what was interrupted."""
        options = ["--seed", str(self.seed), "--out", str(self.run_dir), "--resume"]
        return [*options, "--steps", "3000"] if self.is_quick else options

    def again(self) -> str:
        """Return the command that goes on where this one stopped, as it was typed."""
        words = []
        if self.robot != "so101":
            words += ["--robot", self.robot]
        if self.out != Path("runs/demo"):
            words += ["--out", str(self.out)]
        if self.seed:
            words += ["--seed", str(self.seed)]
        if self.is_quick:
            words.append("--quick")
        options = shlex.join(words)
        if "MAKELEVEL" in os.environ:
            return f'make demo ARGS="{options}"' if words else "make demo"
        return f"surefoot demo {options}".rstrip()
