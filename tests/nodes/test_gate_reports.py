import json
from types import SimpleNamespace

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from std_msgs.msg import String

from rl_agent.types import Reason, SafetyState
from surefoot_nodes.gate_reports import (
    GateReport,
    read_state,
    report_of,
    write_diagnostics,
    write_state,
)
from surefoot_nodes.policy_node import PolicyNode


def diagnostics(state="STOPPED", latched=Reason.ESTOP | Reason.SILENT, **more):
    return {"state": state, "cause": "because", "reasons_latched": int(latched), **more}


def test_report_names_the_latched_reasons():
    report = report_of(diagnostics())
    assert report == GateReport(SafetyState.STOPPED, "because", ("ESTOP", "SILENT"))


def test_state_survives_the_wire():
    report = report_of(diagnostics())
    assert read_state(write_state(report)) == report


def test_state_is_json_that_people_can_read():
    content = json.loads(write_state(report_of(diagnostics("HOLD", Reason.NONE))).data)
    assert content == {
        "schema_version": 1,
        "state": "HOLD",
        "armed": True,
        "cause": "because",
        "reasons": [],
        "speed_scale": 1.0,
        "mode": "run",
    }


@pytest.mark.parametrize(
    ("state", "is_armed"),
    [("UNARMED", False), ("ARMED", True), ("HOLD", True), ("STOPPED", False)],
)
def test_holding_counts_as_armed(state, is_armed):
    assert report_of(diagnostics(state, Reason.NONE)).is_armed is is_armed


def test_disarming_is_no_alarm():
    assert not report_of(diagnostics("STOPPED", Reason.OPERATOR)).is_alarm
    assert report_of(diagnostics("STOPPED", Reason.OPERATOR | Reason.ESTOP)).is_alarm
    assert not report_of(diagnostics("HOLD", Reason.NONE)).is_alarm


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"state": "FLYING", "cause": "", "reasons": []}', " " * 20_000],
)
def test_text_that_is_no_report_is_none(text):
    assert read_state(String(data=text)) is None


def test_diagnostics_hold_every_count_as_text():
    message = write_diagnostics("safety_node", diagnostics(tick=3, share_position=0.123456789))
    (status,) = message.status
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == "STOPPED: because"
    values = {item.key: item.value for item in status.values}
    assert (values["tick"], values["share_position"]) == ("3", "0.123457")


def test_leaning_on_the_limiter_is_a_warning_in_words():
    leaning = {"leaning_fraction": 0.23, "leaning_reason": "JERK", "leaning_change": 0.4}
    (status,) = write_diagnostics("safety_node", diagnostics("ARMED", 0, **leaning)).status
    assert status.level == DiagnosticStatus.WARN
    assert "leans on the limiter: 23 %" in status.message
    (status,) = write_diagnostics("safety_node", diagnostics("STOPPED", 1, **leaning)).status
    assert status.level == DiagnosticStatus.ERROR
    (status,) = write_diagnostics("safety_node", diagnostics("ARMED", 0)).status
    assert status.level == DiagnosticStatus.OK


@pytest.mark.parametrize(
    ("state", "goal"), [("ARMED", "goal"), ("HOLD", None), ("STOPPED", None), ("UNARMED", None)]
)
def test_whatever_keeps_proposals_from_the_robot_is_a_pause_in_what_is_learned(state, goal):
    asked = []
    node = SimpleNamespace(
        _body=SimpleNamespace(complete=lambda reading, now_s: reading),
        _age=SimpleNamespace(complete=lambda reading, now_s, is_at_rest: reading),
        _pilot=SimpleNamespace(
            follow=lambda reading: None, propose=lambda *_: None, last_refusal="none"
        ),
        _keeper=SimpleNamespace(keep=lambda reading, goal: asked.append(goal)),
        _episodes=SimpleNamespace(tell=lambda: None),
        _applied=None,
        _goal="goal",
        clock=SimpleNamespace(now=lambda: 0.0),
        get_logger=lambda: SimpleNamespace(warning=lambda *_, **__: None),
    )
    PolicyNode._on_safety_state(node, write_state(report_of(diagnostics(state, Reason.NONE))))
    PolicyNode._act(node, "reading")
    assert asked == [goal]
