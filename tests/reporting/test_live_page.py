import re

import numpy as np
import pytest

from rl_agent.reporting.live_journal import KEPT, live_through
from rl_agent.reporting.live_page import live_sentence, render_live
from rl_agent.reporting.live_run import LiveRun
from rl_agent.types import Reason

SWAPS = [
    {"kind": "accepted", "policy_version": 1, "tick": 600, "sentence": "runs in shadow"},
    {"kind": "promoted", "policy_version": 1, "tick": 1200, "sentence": "the first version"},
    {"kind": "accepted", "policy_version": 2, "tick": 60, "sentence": "runs in shadow"},
    {"kind": "refused", "policy_version": 2, "tick": 1200, "sentence": "frozen: <its> mean stood"},
]


def episodes(count, success=None):
    for index in range(count):
        line = {"kind": "episode", "env_step": 80 * (index + 1), "return": float(index)}
        yield line if success is None else line | {"is_success": int(index >= success)}


def run_of(metrics=(), swaps=SWAPS, **values):
    return LiveRun(folder="runs/my<run>", policy_hz=20.0, metrics=metrics, swaps=swaps, **values)


def kept_steps(count=100):
    """Return steps of which every fourth is limited, and two episodes of a reward of 1 a step."""
    kept = np.zeros(count, KEPT)
    kept["reward"], kept["rough"] = 1.0, 0.25
    kept["reasons"][::4] = int(Reason.JERK)
    kept["reasons"][0] |= int(Reason.START_RAMP)
    kept["is_end"][[29, 69]] = True
    kept["is_fall"][69] = True
    return kept


def test_the_sentence_counts_episodes_minutes_and_versions():
    lines = list(episodes(30, success=15))
    # 30 * 80 steps at 20 Hz are 2 minutes; the last 20 episodes earn 10 .. 29, and 15 succeed.
    assert live_sentence(run_of(lines)) == (
        "30 episodes in 2.0 minutes of the robot's time; the last 20 earned 19.5 on average, "
        "75 % succeeded. 1 versions acted, 1 were refused, 0 rolled back."
    )


def test_a_learner_of_robots_elsewhere_knows_what_it_published():
    lines = [*episodes(3), {"kind": "version", "env_step": 200, "policy_version": 1}]
    run = run_of(lines, swaps=[])
    assert live_sentence(run).endswith("1 versions were published.")
    assert "1 were published; what became of them the robots know." in render_live(run)


def test_the_page_shows_returns_success_versions_and_lag():
    lines = [*episodes(30, success=15), {"kind": "train", "env_step": 200, "num_owed": 7}]
    page = render_live(run_of(lines))
    assert page.count("<polyline") == 3
    assert "frozen: &lt;its&gt; mean stood" in page
    # Nothing is loaded from anywhere.
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)


def test_what_took_the_learners_time_is_told_where_it_was_noted():
    look = {"kind": "train", "env_step": 200, "num_owed": 7}
    busy = {"busy_journal": 0.04, "busy_update": 0.8, "busy_sample": 0.16}
    page = render_live(run_of([look, look | busy]))
    assert "Of its working time it spent: update 80 %, sample 16 %, journal 4 %." in page
    assert "working time" not in render_live(run_of([look]))


def test_the_timeline_goes_on_where_another_process_begins_to_count_ticks():
    page = render_live(run_of())
    # 1200 ticks at 20 Hz are a minute; the second process counts anew: 1200 more end at two.
    assert "<title>version 1: promoted</title>" in page
    assert "<title>version 2: refused</title>" in page
    marks = re.findall(r'd="M([\d.]+) [\d.]+l7|cx="([\d.]+)"[^>]*><title>', page)
    refused, promoted = (
        max(float(m[0] or 0) + 3.5 for m in marks),
        max(float(m[1] or 0) for m in marks),
    )
    left = 74.0
    assert (promoted - left) / (refused - left) == pytest.approx(0.5, abs=0.01)


def test_a_journal_tells_of_limits_roughness_falls_and_returns():
    lived = live_through(kept_steps(), num_damaged=3)
    assert lived.episodes == [(30, 30.0), (70, 40.0)]
    assert (lived.env_steps, lived.num_terminated) == ([50.0, 100.0], 1)
    # Of 0, 4, .., 48 thirteen are below 50, of the other fifty twelve.
    assert lived.limited == [13 / 50, 12 / 50]
    assert lived.rough == [0.25, 0.25]
    assert lived.steps_by_reason == {"JERK": 25, "START_RAMP": 1}


def test_what_the_journal_tells_is_shown_where_no_learner_noted_anything():
    page = render_live(run_of(swaps=[], lived=live_through(kept_steps(), num_damaged=3)))
    assert "2 episodes in 0.1 minutes" in page
    assert page.count("<polyline") == 3
    for words in ("The limiter", "Smoothness", "25 %", "1 episodes ended by a fall", "3 steps of"):
        assert words in page


def test_who_learned_with_what_settings_and_how_it_ended_is_told():
    page = render_live(
        run_of(
            [{"kind": "train", "env_step": 1, "num_quarantined": 6}],
            about=[("robot", "a real so101")],
            verdicts={"human": (4, 1)},
            settings={"agent": {"utd_ratio": 2}, "seed": 7},
            last_look=[("disk", "9 GB free, 3 STEPS LOST")],
            next_steps=[("Go on with:", "surefoot live robot --resume --out runs/x")],
        )
    )
    for words in ("a real so101", "judged by human", "4 successes, 1 failures", "6 steps with"):
        assert words in page
    for words in ("agent.utd_ratio", "3 STEPS LOST", "surefoot live robot --resume --out runs/x"):
        assert words in page


@pytest.mark.parametrize("lines", [[], list(episodes(1))])
def test_a_run_that_hardly_began_has_a_page_too(lines):
    for lived in (None, live_through(np.zeros(0, KEPT))):
        assert "<main>" in render_live(run_of(lines, swaps=[], lived=lived))


def test_the_page_says_what_was_lost():
    assert "7 steps, which the disk did not take in time" in render_live(run_of(num_lost=7))
    assert "did not take in time" not in render_live(run_of())
