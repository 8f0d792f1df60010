"""A ROS node of an operator's command: in the right domain and namespace, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from .enclaves import enclave_arguments, explained
from .environment import base_environment, own_domain

ENCLAVE = "operator"


@dataclass(frozen=True)
class OperatorSession:
    """A node, and what spins it."""

    node: Node
    executor: SingleThreadedExecutor


@contextlib.contextmanager
def operator_session(name: str, namespace: str, domain: int | None) -> Iterator[OperatorSession]:
    """Open a node; `domain` None takes ROS_DOMAIN_ID, else 0."""
    os.environ.update(base_environment())
    context = rclpy.Context()
    number = own_domain(0) if domain is None else domain
    with explained():
        rclpy.init(
            args=enclave_arguments(ENCLAVE),
            context=context,
            domain_id=number,
            signal_handler_options=SignalHandlerOptions.NO,
        )
    try:
        node = rclpy.create_node(name, context=context, namespace=namespace, enable_rosout=False)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        yield OperatorSession(node, executor)
    finally:
        rclpy.try_shutdown(context=context)
