import pytest

from rl_agent.exceptions import ProfileError
from surefoot_nodes.shares import read_share


@pytest.mark.parametrize(
    ("text", "share"), [("0.25", 0.25), ("25%", 0.25), (" 100% ", 1.0), ("1", 1.0), ("0.01", 0.01)]
)
def test_shares_are_read_as_people_write_them(text, share):
    assert read_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["0", "101%", "25", "-5%", "nan", "inf", "fast", "", "%"])
def test_what_is_no_share_is_refused_in_words(text):
    with pytest.raises(ProfileError, match=r"expected a share from 0\.01 to 1"):
        read_share(text)
