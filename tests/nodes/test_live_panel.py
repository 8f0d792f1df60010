"""What the panel makes of what it hears; no ROS graph is needed for that."""

import json
from contextlib import closing

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import String
from transitions import LAYOUT, transition

from rl_agent.cli.display import PlainDisplay
from rl_agent.data.journal import JournalWriter
from rl_agent.exceptions import GraphError
from surefoot_nodes.link_node import write_link
from surefoot_nodes.live_panel import STALE_S, LivePanel

LEARNER = {
    "env_step": 2400,
    "gradient_step": 4000,
    "num_owed": 12,
    "num_skipped": 0,
    "episode": 30,
    "mean_return": 1.5,
    "success_rate": 0.9,
    "policy_version": 8,
    "trouble": "",
}
POLICY = {"policy_version": 7, "num_records": 2400, "num_waiting": 0, "num_lost": 0}


@pytest.fixture
def panel(tmp_path):
    return LivePanel(PlainDisplay(), tmp_path, policy_hz=20.0, minutes=1.0)


def hear(panel, name, values):
    panel._take(name, String(data=json.dumps(values)))


def shown(panel, later_s=0.0):
    return dict(panel.rows(panel._heard_s.get("learner_state", 0.0) + later_s))


def test_before_anything_is_heard_it_says_so(panel):
    rows = shown(panel)
    assert rows["robot"] == "not heard yet"
    assert rows["learner"] == "not heard yet"
    assert rows["version"] == "none yet: random actions"


def test_figures_in_words(panel):
    hear(panel, "learner_state", LEARNER)
    hear(panel, "policy_state", POLICY | {"num_rolled_back": 2, "num_falls": 3})
    rows = shown(panel)
    assert rows["experience"] == "2400 steps, 2.0 min"
    assert rows["episodes"] == "30; the last 20: return 1.50, 90 % succeeded"
    assert rows["version"] == "7 acts, 8 published, 2 rolled back"
    assert rows["learner"] == "4000 updates, 12 owed"
    assert rows["falls"] == "3"
    assert rows["disk"].endswith("GB free")


def test_resets_and_verdicts_are_told(panel):
    hear(panel, "policy_state", POLICY | {"holds_goals": 0, "num_timeouts": 0})
    assert not {"reset", "judged"} & set(shown(panel))
    told = {"holds_goals": 1, "num_timeouts": 2, "num_successes": 7, "num_failures": 1}
    hear(panel, "policy_state", POLICY | told)
    assert shown(panel)["reset"] == "under way, 2 did not get there in time"
    hear(panel, "policy_state", POLICY | told | {"num_timeouts": 0, "waits_for_person": 1})
    assert shown(panel)["reset"] == "WAITS FOR YOU, g begins the next episode"
    assert shown(panel)["judged"] == "7 successes, 1 failures"


def test_trouble_is_told_in_plain_words(panel):
    hear(panel, "learner_state", LEARNER | {"num_skipped": 5, "trouble": "the disk is full"})
    hear(panel, "policy_state", POLICY | {"num_waiting": 40, "num_lost": 3})
    rows = shown(panel)
    assert rows["learner"] == "4000 updates, 12 owed, 5 skipped; the disk is full"
    assert rows["disk"].endswith("40 steps wait for it, 3 STEPS LOST")
    assert shown(panel, STALE_S + 1.0)["learner"].startswith("silent; the robot goes on")


def hear_gate(panel, **values):
    told = [KeyValue(key=key, value=value) for key, value in ({"state": "ARMED"} | values).items()]
    panel._on_report(DiagnosticArray(status=[DiagnosticStatus(name="safety_node", values=told)]))
    return dict(panel.rows(0.0))


def test_the_gates_rates_are_shown_once_they_are_told(panel):
    assert "rates" not in hear_gate(panel)
    rows = hear_gate(panel, gate_hz="99.6", proposals_policy_hz="20.1")
    assert rows["rates"] == "gate 100 Hz, policy 20 Hz"


def test_what_the_limiter_changes_is_told_now_and_altogether(panel):
    assert shown(panel)["limiter"] == "not heard yet"
    assert hear_gate(panel, armed_ticks="0")["limiter"].startswith("nothing to limit yet")
    told = {"armed_ticks": "900", "limited_fraction": "0.25", "leaning_fraction": "0.031"}
    told |= {"ticks_velocity": "200", "ticks_jerk": "25", "ticks_operator": "800"}
    calm = hear_gate(panel, **told)["limiter"]
    assert calm == "changed 3.1 % of the last 10 s; 25 % since the start, mostly by the top speed"
    leaning = told | {"leaning_fraction": "0.4", "leaning_reason": "JERK"}
    assert hear_gate(panel, **leaning)["limiter"].startswith(
        "changed 40 % of the last 10 s, mostly by the jerk limit: the policy leans on it; 25 %"
    )
    slow = hear_gate(panel, **told, ticks_speed_scale="700")["limiter"]
    assert slow.endswith("mostly by the speed that was set")


def test_a_figure_that_is_none_does_not_end_the_graph(panel):
    rows = hear_gate(panel, gate_hz="fast", armed_ticks="9", limited_fraction="x")
    assert rows["limiter"] == "changed 0 % of the last 10 s; 0 % since the start"


def test_steps_and_lines_that_were_lost_are_told(panel):
    hear(panel, "learner_state", LEARNER)
    hear(panel, "policy_state", POLICY | {"num_dropped": 0, "num_events_lost": 0})
    assert "dropped" not in shown(panel)["experience"] and "LOST" not in shown(panel)["disk"]
    hear(panel, "policy_state", POLICY | {"num_dropped": 4, "num_events_lost": 2})
    assert shown(panel)["experience"].endswith(
        "2.0 min; 4 not kept: a late reading, or it was held meanwhile"
    )
    assert shown(panel)["disk"].endswith("2 LINES OF swaps.jsonl LOST")


@pytest.mark.parametrize("before", [{}, LEARNER])
def test_learning_that_has_ended_is_no_silence(panel, before):
    hear(panel, "learner_state", {**before, "ended": "critics diverged"})
    assert shown(panel, STALE_S + 1.0)["learner"] == "learning has ended: critics diverged"


def test_it_ends_after_so_many_steps_of_the_robot_since_it_looks_on(panel):
    hear(panel, "policy_state", POLICY | {"num_records": 5000})  # a resumed run
    assert not panel.look()
    hear(panel, "policy_state", POLICY | {"num_records": 6199})
    assert not panel.look()
    hear(panel, "policy_state", POLICY | {"num_records": 6200})  # a minute at 20 Hz
    assert panel.look()


def test_what_was_shown_last_is_kept_for_the_page(panel):
    assert panel.last_rows == []
    hear(panel, "policy_state", POLICY | {"num_falls": 2})
    panel.look()
    assert dict(panel.last_rows)["falls"] == "2"


@pytest.mark.parametrize("data", ["", "[]", "{", "[" * 5000, "x" * 20_000])
def test_garbage_is_not_shown(panel, data):
    panel._take("learner_state", String(data=data))
    assert shown(panel)["learner"] == "not heard yet"


def link(panel, **changes):
    values = {"learner": "10.0.0.2:7461", "connected": True, "lag_s": 0.4, "spooled_mb": 0.01}
    state = values | {"policy_version": 9, "trouble": ""} | changes
    panel._on_report(write_link(state, "10.0.0.2:7461"))


def shown_link(panel, later_s=0.0):
    return dict(panel.rows(panel._heard_s["link"] + later_s))


def test_a_learner_elsewhere_is_shown_by_its_link(panel):
    link(panel)
    hear(panel, "policy_state", POLICY)
    rows = shown_link(panel)
    assert rows["learner"] == "at 10.0.0.2:7461, 0 s behind"
    assert rows["experience"] == "2400 steps, 2.0 min"
    assert rows["version"] == "7 acts, 9 published"
    assert rows["episodes"] == "-"


def test_episodes_come_from_the_journal_where_no_learner_tells_of_them(panel, tmp_path):
    link(panel)
    hear(panel, "policy_state", POLICY)
    with closing(JournalWriter(tmp_path / "journal", LAYOUT)) as writer:
        for index in range(5):  # rewards 0 + 1 + 2, then 3 + 4
            writer.append(transition(index, truncated=index == 2))
        assert shown_link(panel)["episodes"].startswith("1; the last 1: return 3.00")
        writer.append(transition(5, terminated=True))
        assert shown_link(panel)["episodes"].startswith("2; the last 2: return 7.50")  # 3 and 12
    (tmp_path / "journal/000000.journal").write_bytes(b"")
    assert shown_link(panel)["episodes"].startswith("2; the last 2: return 7.50")


def test_a_link_that_is_down_says_what_waits_and_why(panel):
    link(panel, connected=False, spooled_mb=1.234, trouble="nothing was heard for 5.1 s")
    text = shown_link(panel)["learner"]
    assert text == "no link to 10.0.0.2:7461; 1.2 MB wait here; nothing was heard for 5.1 s"
    assert shown_link(panel, STALE_S + 1.0)["learner"].startswith("the link is silent")


def test_a_twin_whose_learner_ended_before_it_began_is_not_armed(panel):
    hear(panel, "learner_state", {"ended": "no such environment"})
    with pytest.raises(GraphError, match=r"nothing was armed.*no such environment"):
        panel.wait_for_learner(bringup=None)
