"""Checks of who publishes and who listens: one driver, one controller, one gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rl_agent.commissioning.finding import Finding, mismatch, ok, one_finding

GATE = "safety_node"


@dataclass(frozen=True, kw_only=True)
class Company:
    """Full names of nodes per topic, those left out that only look on."""

    controller_topic: str
    state_publishers: Sequence[str]
    controller_subscribers: Sequence[str]
    controller_publishers: Sequence[str]
    proposers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Publishers per topic of proposals."""


def check_company(company: Company) -> list[Finding]:
    """Return who is there that should not be, or is not there that should."""
    return [
        _driver(company.state_publishers),
        _listener(company),
        _commander(company),
        _proposers(company.proposers),
    ]


def _driver(names: Sequence[str]) -> Finding:
    check = "driver"
    if not names:
        return mismatch(check, "nobody publishes joint_states", "start the robot's driver")
    if len(names) > 1:
        found = f"{len(names)} nodes publish joint_states: {', '.join(names)}"
        return mismatch(check, found, "end all but the robot's own; a twin must not run beside it")
    return ok(check, f"{names[0]} publishes joint_states")


def _listener(company: Company) -> Finding:
    names, topic = company.controller_subscribers, company.controller_topic
    if names:
        return ok("controller", f"{', '.join(names)} listens to {topic}")
    remedy = "start the controller, and compare controller.name and type in the profile with it"
    return mismatch("controller", f"nobody listens to {topic}", remedy)


def _commander(company: Company) -> Finding:
    check, topic = "commander", company.controller_topic
    gates = [name for name in company.controller_publishers if _is_gate(name)]
    strangers = [name for name in company.controller_publishers if not _is_gate(name)]
    if strangers:
        found = f"{', '.join(strangers)} publishes {topic} beside the gate"
        return mismatch(check, found, "end it: only the gate may command the robot")
    if len(gates) > 1:
        return mismatch(check, f"{len(gates)} gates publish {topic}", "end all but one")
    if gates:
        return ok(check, f"the gate alone publishes {topic}")
    return ok(check, f"nobody publishes {topic}; the gate is not up yet")


def _proposers(proposers: Mapping[str, Sequence[str]]) -> Finding:
    problems = [
        (f"{len(names)} nodes publish {topic}: {', '.join(names)}", "end all but one of them")
        for topic, names in proposers.items()
        if len(names) > 1
    ]
    active = [topic for topic, names in proposers.items() if names]
    return one_finding("proposals", problems, f"from {', '.join(active) or 'nobody yet'}")


def _is_gate(name: str) -> bool:
    return name.rsplit("/", 1)[-1].removesuffix("_io") == GATE
