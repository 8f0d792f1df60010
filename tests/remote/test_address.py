import pytest

from rl_agent.exceptions import ProblemsError
from rl_agent.remote.address import parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("10.0.0.2:9000", "10.0.0.2", 9000),
        ("10.0.0.2", "10.0.0.2", 7461),
        ("learner.example:1", "learner.example", 1),
        (":9000", "127.0.0.1", 9000),
        ("", "127.0.0.1", 7461),
        ("[fd00::2]:9000", "fd00::2", 9000),
        ("[::1]", "::1", 7461),
    ],
)
def test_what_is_left_out_is_this_machine_and_the_usual_port(text, host, port):
    address = parse_address(text, "--listen")
    assert address == (host, port)
    assert parse_address(str(address), "--listen") == address


@pytest.mark.parametrize(
    "text", ["fd00::2", "host:0", "host:65536", "host:x", "a b:1", "http://x:1"]
)
def test_anything_else_is_refused_with_the_option_and_an_example(text):
    with pytest.raises(ProblemsError, match=r"--listen: expected HOST:PORT, for example"):
        parse_address(text, "--listen")
