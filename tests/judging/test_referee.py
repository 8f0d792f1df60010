"""What a judge says becomes reward and end, for the step about which it was said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.judging.human_judge import HumanJudge
from rl_agent.judging.referee import Referee
from rl_agent.types import Transition

EMPTY = np.zeros(0, np.float32)


def step(number=0, *, reward=0.7, terminated=False, truncated=False):
    return Transition(
        obs=np.array([number], np.float32),
        action=EMPTY,
        applied_action=EMPTY,
        previous_action=EMPTY,
        reward=reward,
        terminated=terminated,
        truncated=truncated,
        next_obs=np.array([number + 1], np.float32),
        context=EMPTY,
        next_context=EMPTY,
        goal=EMPTY,
    )


class Script:
    """A judge of whom it is known what it will say, per step number."""

    name = "script"
    speaks_late = False

    def __init__(self, **says):
        self.says = says
        self.num_forgotten = 0

    def look(self, transition):
        return self.says.get(f"at{int(transition.obs[0])}")

    def forget(self):
        self.num_forgotten += 1


def ends(transitions):
    return [(t.reward, t.terminated, t.truncated) for t in transitions]


def test_without_a_word_nothing_is_earned_and_nothing_ends():
    referee = Referee(Script(), lambda *told: None)
    (kept,) = referee.take(step(), is_resetting=False)
    assert ends([kept]) == [(0.0, False, False)]
    assert not referee.has_ended
    assert kept.obs.tolist() == [0.0] and kept.next_obs.tolist() == [1.0]


@pytest.mark.parametrize(("verdict", "reward"), [(True, 1.0), (False, 0.0)])
def test_a_verdict_ends_the_episode_and_is_told(verdict, reward):
    told = []
    referee = Referee(Script(at3=verdict), lambda *args: told.append(args))
    for number in range(3):
        referee.take(step(number), is_resetting=False)
        assert not referee.has_ended
    (kept,) = referee.take(step(3), is_resetting=False)
    assert ends([kept]) == [(reward, True, False)]
    assert referee.has_ended
    assert told == [(kept, verdict)]
    assert (referee.num_successes, referee.num_failures) == (int(verdict), int(not verdict))
    assert referee.take(None, is_resetting=True) == [] and not referee.has_ended


def test_an_episode_that_ends_by_itself_is_not_ended_again():
    referee = Referee(judge := Script(at0=True), lambda *told: None)
    (kept,) = referee.take(step(0, truncated=True), is_resetting=True)
    assert ends([kept]) == [(1.0, True, True)] and not referee.has_ended
    (fall,) = referee.take(step(1, terminated=True), is_resetting=True)
    assert ends([fall]) == [(0.0, True, False)]
    assert judge.num_forgotten == 2


def test_a_person_may_speak_until_the_next_episode_begins():
    judge = HumanJudge()
    referee = Referee(judge, lambda *told: None)
    assert referee.take(step(0, truncated=True), is_resetting=True) == []
    assert referee.is_waiting
    assert referee.take(None, is_resetting=True) == []
    judge.say(True)
    assert ends(referee.take(None, is_resetting=True)) == [(1.0, True, True)]
    assert not referee.is_waiting


def test_who_says_nothing_leaves_the_end_as_it_was_and_in_order():
    referee = Referee(HumanJudge(), lambda *told: None)
    assert referee.take(step(0, truncated=True), is_resetting=True) == []
    # The next episode has begun, its first step is not over.
    assert ends(referee.take(None, is_resetting=False)) == [(0.0, False, True)]
    assert referee.take(step(1, truncated=True), is_resetting=True) == []
    kept = referee.take(step(2), is_resetting=False)
    assert [int(t.obs[0]) for t in kept] == [1, 2]
    referee.take(step(3, truncated=True), is_resetting=True)
    assert ends(referee.flush()) == [(0.0, False, True)]
    assert referee.flush() == []


def test_a_word_is_for_one_episode_alone():
    judge = HumanJudge()
    referee = Referee(judge, lambda *told: None)
    judge.say(True)
    referee.forget()  # a pause came between
    assert ends(referee.take(step(0), is_resetting=False)) == [(0.0, False, False)]
    judge.say(False)
    judge.say(True)  # corrected in time
    assert ends(referee.take(step(1), is_resetting=False)) == [(1.0, True, False)]
    assert ends(referee.take(step(2), is_resetting=False)) == [(0.0, False, False)]


events = st.tuples(
    st.sampled_from(["step", "cut", "fall", "nothing"]),
    st.booleans(),  # resetting
    st.sampled_from([None, True, False]),  # what is said before
)


@given(st.lists(events, max_size=40))
def test_no_step_is_lost_or_doubled_and_rewards_are_verdicts(script):
    judge, told = HumanJudge(), []
    referee = Referee(judge, lambda transition, verdict: told.append(verdict))
    given_steps, kept = [], []
    for number, (kind, is_resetting, said) in enumerate(script):
        if said is not None:
            judge.say(said)
        transition = None
        if kind != "nothing":
            transition = step(number, truncated=kind == "cut", terminated=kind == "fall")
            given_steps.append(number)
        kept += referee.take(transition, is_resetting=is_resetting)
    kept += referee.flush()
    assert [int(t.obs[0]) for t in kept] == given_steps
    assert sum(t.reward for t in kept) == sum(told) == referee.num_successes
    assert all(t.terminated for t in kept if t.reward == 1.0)
