"""What the rest of the graph hears of a robot's episodes, and how a person takes part in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_msgs.msg import Bool, String
from std_srvs.srv import SetBool, Trigger

from rl_agent.interface.human_reset import HumanReset
from rl_agent.judging.human_judge import HumanJudge

from . import qos
from .keeper import ExperienceKeeper


class EpisodeLink:
    """Publishes `resetting` as it changes, whether the next goal waits, and `policy_state`, JSON.

    Both are transient local. Offers `begin_episode` (Trigger) where a person resets, and
    `judge_episode` (SetBool: whether it was a success) where a person judges. Answered by the
    thread that acts, so nothing is shared.
    """

    def __init__(self, io: Node, keeper: ExperienceKeeper, is_armed: Callable[[], bool]) -> None:
        self._keeper = keeper
        self._is_armed = is_armed
        self._told: bool | None = None
        self._resetting = io.create_publisher(Bool, "resetting", qos.LATCHED)
        self._reports = io.create_publisher(String, "policy_state", qos.LATCHED)
        if isinstance(keeper.pilot.reset, HumanReset):
            io.create_service(Trigger, "begin_episode", self._on_begin)
        if isinstance(keeper.judge, HumanJudge):
            io.create_service(SetBool, "judge_episode", self._on_judge)

    def tell(self) -> None:
        """Publish whether the next goal waits for a reset, if that is news."""
        holds_goals = self._keeper.pilot.holds_goals
        if holds_goals != self._told:
            self._told = holds_goals
            self._resetting.publish(Bool(data=holds_goals))

    def report(self) -> None:
        """Publish counts, for people."""
        self._reports.publish(String(data=json.dumps(self._keeper.state())))

    def _on_begin(self, request: Any, response: Any) -> Any:
        del request
        reset = self._keeper.pilot.reset
        assert isinstance(reset, HumanReset)
        if not self._is_armed():
            response.message = "refused: the robot is not armed; `surefoot arm` comes first"
            return response
        response.success = reset.go()
        response.message = "the next episode begins" if response.success else "one is under way"
        return response

    def _on_judge(self, request: Any, response: Any) -> Any:
        judge, referee = self._keeper.judge, self._keeper.referee
        assert isinstance(judge, HumanJudge) and referee is not None
        is_under_way = self._is_armed() and not self._keeper.pilot.is_resetting
        if not (is_under_way or referee.is_waiting):
            response.message = "refused: there is no episode to judge"
            return response
        judge.say(bool(request.data))
        response.success = True
        response.message = "success" if request.data else "failure"
        return response
