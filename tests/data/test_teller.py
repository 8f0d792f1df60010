from rl_agent.data.teller import Teller


def test_the_same_trouble_is_told_once_until_all_was_well():
    told = []
    teller = Teller(told.append)
    assert [teller(text) for text in ("full", "full", "gone", "full")] == [True, False, True, True]
    assert teller.last == "full"
    teller.forget()
    assert teller.last == ""
    assert teller("full")
    assert told == ["full", "gone", "full", "full"]
