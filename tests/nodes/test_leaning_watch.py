from surefoot_nodes.leaning_watch import LeaningWatch

CALM = {"leaning_fraction": "0.01"}
WAVERING = {"leaning_fraction": "0.04"}
LEANING = {"leaning_fraction": "0.2", "leaning_reason": "JERK", "leaning_change": "0.125"}


def test_leaning_is_told_once_while_it_lasts():
    watch = LeaningWatch()
    told = [watch.take(values) for values in (CALM, LEANING, LEANING, WAVERING, LEANING)]
    assert [bool(words) for words in told] == [False, True, False, False, False]
    assert "20 %" in told[1]
    assert "jerk limit" in told[1]
    assert "0.12" in told[1]


def test_leaning_that_was_over_is_told_again():
    watch = LeaningWatch()
    told = [watch.take(values) for values in (LEANING, CALM, LEANING)]
    assert [bool(words) for words in told] == [True, False, True]


def test_other_nodes_diagnostics_say_nothing():
    watch = LeaningWatch()
    assert watch.take(LEANING)
    assert watch.take({"policy_hz": "20"}) == ""
    assert watch.take(LEANING) == ""
