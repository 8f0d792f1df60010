"""SROS 2: every process in its own enclave, and none that runs unsecured where security was meant.

sros2/policy.xml says what each enclave may do.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rl_agent.exceptions import GraphError

PREFIX = "/surefoot/"
POLICY = Path(__file__).with_name("sros2") / "policy.xml"
ENABLE, STRATEGY = "ROS_SECURITY_ENABLE", "ROS_SECURITY_STRATEGY"
KEYSTORE, OVERRIDE = "ROS_SECURITY_KEYSTORE", "ROS_SECURITY_ENCLAVE_OVERRIDE"
ENFORCE = "Enforce"
REMEDY = "see `surefoot_nodes/sros2/policy.xml` for the two commands that make one"


def is_enabled() -> bool:
    """Tell whether ROS 2 is asked to secure this process."""
    return os.environ.get(ENABLE) == "true"


def enclave_arguments(name: str, given: Sequence[str] = ()) -> list[str]:
    """Return what puts a process into its enclave; nothing where it has one, or needs none."""
    if not is_enabled() or "--enclave" in given or "-e" in given:
        return []
    return ["--ros-args", "--enclave", PREFIX + name]


@contextlib.contextmanager
def secured(name: str, given: Sequence[str] = ()) -> Iterator[None]:
    """Refuse to initialise ROS for a node where that would be less secure than was asked for.

    Raises:
        GraphError: Enforce without a keystore, or without what it takes; says what to do.
    """
    insist_on_keystore(name, given)
    with explained():
        yield


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Say in words why ROS cannot be initialised where security is on.

    Raises:
        GraphError: That it could not, and what may be the reason.
    """
    from rclpy.impl.implementation_singleton import rclpy_implementation

    try:
        yield
    except rclpy_implementation.RCLError as error:
        if not is_enabled():
            raise
        raise GraphError(
            f"{ENABLE}=true, but ROS 2 could not secure this process ({str(error)[:200]}): keys are"
            f" missing in {KEYSTORE}, or its middleware lacks DDS security, as that of the wheels"
            " from PyPI does; source a ROS 2 that has it"
        ) from error


def insist_on_keystore(name: str, given: Sequence[str] = ()) -> None:
    """Refuse Enforce where nothing would be enforced.

    Raises:
        GraphError: What is missing, and how to get it.
    """
    if os.environ.get(STRATEGY) != ENFORCE:
        return
    if not is_enabled():
        # ROS itself would ignore the strategy, and run in the open.
        raise GraphError(f"{STRATEGY}={ENFORCE} has no effect without {ENABLE}=true: set both")
    keystore = os.environ.get(KEYSTORE)
    if not keystore:
        raise GraphError(f"{STRATEGY}={ENFORCE} needs {KEYSTORE}, the keystore's folder; {REMEDY}")
    enclave = os.environ.get(OVERRIDE) or _given_enclave(given) or PREFIX + name
    folder = Path(keystore) / "enclaves" / enclave.strip("/")
    if not folder.is_dir():
        message = f"{STRATEGY}={ENFORCE} needs keys for {enclave}, and {folder} is not there"
        raise GraphError(f"{message}; {REMEDY}")


def _given_enclave(given: Sequence[str]) -> str:
    places = [i for i, word in enumerate(given[:-1]) if word in ("--enclave", "-e")]
    return given[places[-1] + 1] if places else ""
