from swap_rig import FakePolicy

from rl_agent.deploy.candidate_slot import CandidateSlot
from rl_agent.deploy.shadow_run import ShadowConfig
from rl_agent.deploy.version_line import VersionLine


def line_of(count, trusted=(), max_kept=3):
    line = VersionLine(max_kept)
    for version in range(1, count + 1):
        line.promote(FakePolicy(version))
        if version in trusted:
            line.trust()
    return line


def kept(line):
    return [policy.policy_version for policy in [line.incumbent, *line.predecessors]]


def test_an_empty_line_has_nobody():
    line = VersionLine(2)
    assert line.incumbent is None and line.predecessors == [] and not line.is_trusted
    assert line.roll_back() == [] and line.num_since_trusted() == 0


def test_the_oldest_goes_where_there_are_too_many():
    assert kept(line_of(5)) == [5, 4, 3]


def test_the_newest_trusted_version_stays_however_many_come_after_it():
    line = line_of(9, trusted=(1, 2))
    assert kept(line) == [9, 8, 2] and line.num_since_trusted() == 2
    assert [policy.policy_version for policy in line.roll_back(2)] == [9, 8]
    assert line.is_trusted and line.num_since_trusted() == 0


def test_the_first_version_is_never_dropped():
    line = line_of(3)
    assert [policy.policy_version for policy in line.roll_back(9)] == [3, 2]
    assert kept(line) == [1] and line.roll_back() == []


def test_places_change_hands_for_the_length_of_one_run_only():
    slot = CandidateSlot(ShadowConfig(num_ticks=4))
    first, second, third, fourth = (FakePolicy(version) for version in range(1, 5))
    assert slot.offer(first, tick=10) is None
    assert slot.offer(second, tick=13) is first  # 3 of 4 ticks: takes its place
    assert slot.offer(third, tick=14) is None  # waits
    assert slot.offer(fourth, tick=15) is third
    assert slot.policy is second
    slot.clear(tick=17)
    assert slot.policy is fourth
    slot.clear(tick=18)
    assert slot.policy is None
