"""The operator of graphs under test lives with the nodes; benchmarks find it here."""

from surefoot_nodes.gate_operator import GateOperator

__all__ = ["GateOperator"]
