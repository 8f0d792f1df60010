"""What is judged, from where on it is worth a look, and what helps: one line of thought each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .wording import percent


def _signed(share: float) -> str:
    return f"{100 * share:+.0f} %".replace("-", "\u2212")


def _times(factor: float) -> str:
    return f"{factor:.2g} times"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One figure, its bounds and its words; `{value}` stands for the number."""

    name: str
    key: str
    """In the lines of metrics."""
    watch: float
    trouble: float
    fine: str
    high: str
    advice: str
    form: Callable[[float], str]
    sign: float = 1.0
    """-1 where what is low is bad; the bounds are then of the negative."""
    is_growth: bool = False
    """Whether the newest looks are judged relative to the first ones."""


def _units(network: str) -> Check:
    return Check(
        name=f"dormant units, {network}",
        key=f"{network}_dormant_units",
        watch=0.4,
        trouble=0.7,
        fine=f"{{value}} of the {network}'s hidden units hardly answer any more.",
        high=f"{{value}} of the {network}'s hidden units hardly answer any more: it learns less.",
        advice=f"a smaller agent.{network}_learning_rate, layer norm, or bro with its resets",
        form=percent,
    )


def _norm(network: str, what: str, watch: float, trouble: float, advice: str) -> Check:
    return Check(
        name=f"{what} norm, {network}",
        key=f"{network}_{what}_norm",
        watch=watch,
        trouble=trouble,
        fine=f"The norm of the {network}'s {what}s is {{value}} what it was at first.",
        high=f"The norm of the {network}'s {what}s has grown to {{value}} what it was at first.",
        advice=advice,
        form=_times,
        is_growth=True,
    )


_DECAY = "agent.weight_decay=0.01, or xqc or simba_v2, whose weights keep their length"
_SLOWER = "a smaller learning rate, or a look at the scale of the rewards"

CHECKS = (
    Check(
        name="overestimation",
        key="q_bias_relative",
        watch=0.3,
        trouble=1.0,
        fine="The critics are off by {value} of the returns: little.",
        high="The critics expect {value} of the returns too much: the policy follows dreams.",
        advice="more critics (agent.num_qs), layer norm, or fewer updates (agent.utd_ratio)",
        form=_signed,
    ),
    Check(
        name="underestimation",
        key="q_bias_relative",
        watch=0.5,
        trouble=float("inf"),
        fine="No sign of undue caution ({value} of the returns).",
        high="The critics are {value} of the returns off: too cautious, which slows learning.",
        advice="fewer critics in the least-of (agent.num_min_qs), or more updates",
        form=_signed,
        sign=-1.0,
    ),
    _units("actor"),
    _units("critic"),
    _norm("actor", "weight", 3.0, 10.0, _DECAY),
    _norm("critic", "weight", 3.0, 10.0, _DECAY),
    _norm("actor", "gradient", 10.0, 100.0, _SLOWER),
    _norm("critic", "gradient", 10.0, 100.0, _SLOWER),
    Check(
        name="disagreement of critics",
        key="q_spread_relative",
        watch=0.3,
        trouble=1.0,
        fine="The critics differ by {value} of their values: they agree.",
        high="The critics differ by {value} of their values: they do not know yet.",
        advice="train on; if it stays, more critics (agent.num_qs) or layer norm",
        form=percent,
    ),
)
