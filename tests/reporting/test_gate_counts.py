from types import SimpleNamespace

from rl_agent.reporting.gate_counts import Change, GateCounts, changes_between, read_counts


def counts(received_s, tick, jerk_ticks, jerk_share):
    values = {"tick": tick, "ticks_jerk": jerk_ticks, "share_jerk": jerk_share}
    return GateCounts(received_s, {key: str(value) for key, value in values.items()})


FIRST, SECOND, THIRD = counts(1.0, 100, 2, 0.5), counts(2.0, 200, 6, 2.5), counts(3.0, 300, 6, 2.5)


def test_what_happened_is_the_difference_of_two_reports():
    # 4 ticks and 2 rad/s more.
    assert changes_between([FIRST, SECOND, THIRD], 1.5, 2.5) == {"JERK": Change(ticks=4, mean=0.5)}


def test_without_a_report_before_the_first_one_is_the_start():
    assert changes_between([FIRST, SECOND]) == {"JERK": Change(ticks=4, mean=0.5)}


def test_nothing_new_and_nothing_at_all_are_empty():
    assert changes_between([SECOND, THIRD]) == {}
    assert changes_between([FIRST]) == {}
    assert changes_between([]) == {}


def test_a_gate_that_was_started_anew_counts_from_zero():
    again = counts(3.0, 50, 3, 0.75)
    assert changes_between([SECOND, again]) == {"JERK": Change(ticks=3, mean=0.25)}


def test_numbers_that_are_none_count_as_zero():
    report = GateCounts(0.0, {"tick": "many", "share_jerk": "nan"})
    assert [report.number(key) for key in ("tick", "share_jerk", "missing")] == [0.0, 0.0, 0.0]


def test_only_the_gates_own_diagnostics_are_read():
    def status(name):
        return SimpleNamespace(name=name, values=[SimpleNamespace(key="tick", value="7")])

    message = SimpleNamespace(status=[status("driver"), status("arm/safety_node")])
    assert read_counts(1.0, message) == GateCounts(1.0, {"tick": "7"})
    assert read_counts(1.0, SimpleNamespace(status=[status("driver")])) is None
