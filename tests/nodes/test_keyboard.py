import os

import pytest

from surefoot_nodes.keyboard import Keys, split_keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", []),
        ("+q", ["+", "q"]),
        ("\x1b[A\x1b[D\x1bOC", ["up", "left", "right"]),
        ("+\x1b[B-", ["+", "down", "-"]),
        ("\x1b", ["?"]),
        ("\x1b[15~+", ["?", "+"]),
        ("\x1b[1;5", ["?"]),
    ],
)
def test_what_a_terminal_sends_becomes_keys(text, keys):
    assert split_keys(text) == keys


def test_keys_are_read_until_the_other_end_closes():
    reader, writer = os.pipe()
    keys = Keys(reader)
    assert keys.read() == []
    os.write(writer, b"++ ")
    assert keys.read() == ["+", "+", " "]
    assert keys.is_open
    os.close(writer)
    assert keys.read() == []
    # Nobody holds a key any more.
    assert not keys.is_open
    os.close(reader)
