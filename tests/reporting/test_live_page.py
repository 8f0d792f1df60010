import re

import pytest

from rl_agent.reporting.live_page import live_sentence, render_live

SWAPS = [
    {"kind": "accepted", "policy_version": 1, "sentence": "runs in shadow"},
    {"kind": "promoted", "policy_version": 1, "sentence": "the first version"},
    {"kind": "accepted", "policy_version": 2, "sentence": "runs in shadow"},
    {"kind": "refused", "policy_version": 2, "sentence": "frozen: <its> mean stood still"},
]


def episodes(count, success=None):
    for index in range(count):
        line = {"kind": "episode", "env_step": 80 * (index + 1), "return": float(index)}
        yield line if success is None else line | {"is_success": int(index >= success)}


def test_the_sentence_counts_episodes_minutes_and_versions():
    lines = list(episodes(30, success=15))
    minutes = [line["env_step"] / 20.0 / 60.0 for line in lines]
    # 30 * 80 steps at 20 Hz are 2 minutes; the last 20 episodes earn 10 .. 29, and 15 succeed.
    assert live_sentence(lines, minutes, SWAPS) == (
        "30 episodes in 2.0 minutes of the robot's time; the last 20 earned 19.5 on average, "
        "75 % succeeded. 1 versions acted, 1 were refused, 0 rolled back."
    )


def test_the_page_shows_returns_success_versions_and_lag():
    lines = [*episodes(30, success=15), {"kind": "train", "env_step": 200, "num_owed": 7}]
    page = render_live("runs/my<run>", lines, SWAPS, 20.0)
    assert page.count("<polyline") == 3
    assert "frozen: &lt;its&gt; mean stood still" in page
    assert "surefoot live twin --resume --out runs/my&lt;run&gt;" in page
    # Nothing is loaded from anywhere.
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)


@pytest.mark.parametrize("lines", [[], list(episodes(1))])
def test_a_run_that_hardly_began_has_a_page_too(lines):
    assert "<main>" in render_live("run", lines, [], 20.0)
