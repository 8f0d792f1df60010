"""What nodes may do by the SROS 2 policy, and what they do in a running graph, in one form."""

from __future__ import annotations

import functools
from pathlib import Path
from xml.etree import ElementTree

XINCLUDE = "{http://www.w3.org/2001/XInclude}include"
KINDS = ("publish", "subscribe", "reply", "request")

Access = dict[str, set[str]]
"""Kind to full names."""


def permitted(policy: Path) -> dict[str, Access]:
    """Return per node what a policy allows it; a node's name is without its namespace."""
    found: dict[str, Access] = {}
    for profile in parse(policy).iter("profile"):
        node, namespace = profile.attrib["node"], profile.attrib["ns"]
        assert node not in found, f"{node} stands there twice"
        found[node] = {kind: set() for kind in KINDS}
        for block in profile:
            (kind,) = [kind for kind in KINDS if kind in block.attrib]
            assert block.attrib[kind] == "ALLOW"
            names = [full_name(child.text or "", node, namespace) for child in block]
            twice = {name for name in names if names.count(name) > 1 or name in found[node][kind]}
            assert not twice, f"{node}: {twice} twice"
            found[node][kind].update(names)
    return found


def parse(policy: Path) -> ElementTree.Element:
    """Return a policy with its includes in place."""
    root = ElementTree.parse(policy).getroot()  # noqa: S314  # ours
    for profile in root.iter("profile"):
        for index, child in reversed(list(enumerate(profile))):
            if child.tag == XINCLUDE:
                included = ElementTree.parse(policy.parent / child.attrib["href"])  # noqa: S314
                profile[index : index + 1] = list(included.getroot())
    return root


def full_name(name: str, node: str, namespace: str) -> str:
    """Return a name as ROS resolves it: `~/x` is the node's own, `x` the namespace's."""
    if name.startswith("~/"):
        return f"{namespace.rstrip('/')}/{node}/{name[2:]}"
    return name if name.startswith("/") else f"{namespace.rstrip('/')}/{name}"


def observed(witness, names: list[str]) -> dict[str, Access]:
    """Return per node of a running graph what it offers and uses; without those not seen yet."""
    asked = {
        "publish": witness.get_publisher_names_and_types_by_node,
        "subscribe": witness.get_subscriber_names_and_types_by_node,
        "reply": witness.get_service_names_and_types_by_node,
        "request": witness.get_client_names_and_types_by_node,
    }
    present = {name for name, namespace in witness.get_node_names_and_namespaces()}
    return {
        name: {kind: _names(ask, name) for kind, ask in asked.items()}
        for name in names
        if name in present
    }


def _names(ask: functools.partial, node: str) -> set[str]:
    try:
        return {name for name, _ in ask(node, "/")}
    except Exception:  # NodeNameNonExistentError: it left between two questions
        return set()


def differences(expected: dict[str, Access], found: dict[str, Access]) -> list[str]:
    """Return what is not the same on both sides, in words."""
    words = [f"{node}: not running" for node in expected if node not in found]
    for node in found:
        for kind in KINDS:
            may = expected.get(node, {}).get(kind, set())
            does = found[node][kind]
            words += [f"{node} may not {kind} {name}" for name in sorted(does - may)]
            words += [f"{node} need not {kind} {name}" for name in sorted(may - does)]
    return words
