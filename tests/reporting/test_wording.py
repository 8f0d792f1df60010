import pytest

from rl_agent.reporting.wording import (
    REASONS,
    count,
    duration,
    leaning_sentence,
    percent,
    reason_sentence,
)
from rl_agent.types import Reason


def test_every_reason_has_a_sentence():
    assert set(REASONS) == set(Reason)
    assert reason_sentence("STALE_PROPOSAL").startswith("Held still")


def test_an_unknown_reason_keeps_its_name():
    assert reason_sentence("SOMETHING_NEW") == "something new"


def test_leaning_is_told_from_numbers_and_from_text_alike():
    values = {"leaning_fraction": 0.25, "leaning_reason": "NEW_LIMIT", "leaning_change": 0.5}
    sentence = leaning_sentence(values)
    assert sentence == leaning_sentence({key: str(value) for key, value in values.items()})
    assert "25 %" in sentence
    assert "the limit new limit" in sentence
    assert leaning_sentence({"leaning_fraction": 0.04}) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.85, "850 ms"), (3.21, "3.2 s"), (12.3, "12 s"), (120.0, "2 min"), (185.2, "3 min 5 s")],
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0001, "< 0.1 %"),
        (0.9999, "> 99.9 %"),
        (0.031, "3.1 %"),
        (0.5, "50 %"),
        (0.98, "98 %"),
    ],
)
def test_almost_all_and_almost_none_are_not_rounded_away(share, text):
    assert percent(share) == text


def test_counts_agree_with_their_noun():
    assert (count(0, "target"), count(1, "target"), count(2, "target")) == (
        "no targets",
        "1 target",
        "2 targets",
    )
