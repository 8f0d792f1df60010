import stat

import pytest

from rl_agent.exceptions import RemoteError
from rl_agent.remote.shared_key import NO_KEY, SharedKey, key_for, make_shared_key_file

EVERYWHERE = ".".join(["0"] * 4)


def test_a_key_is_made_for_its_owner_alone_and_read_back(tmp_path):
    path = tmp_path / "link.key"
    make_shared_key_file(path, lambda count: bytes(range(count)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    expected = SharedKey(bytes(range(32))).code(b"label", b"data")
    assert SharedKey.load(path).code(b"label", b"data") == expected


def test_two_keys_differ(tmp_path):
    for name in ("a", "b"):
        make_shared_key_file(tmp_path / name)
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_a_key_is_never_overwritten(tmp_path):
    make_shared_key_file(tmp_path / "key")
    before = (tmp_path / "key").read_text()
    with pytest.raises(RemoteError, match="never overwritten"):
        make_shared_key_file(tmp_path / "key")
    assert (tmp_path / "key").read_text() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_key_that_others_may_read_or_write_is_refused(tmp_path, mode):
    make_shared_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(RemoteError, match="chmod 600"):
        SharedKey.load(tmp_path / "key")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least 32 bytes, found 0"),
        ("00" * 31, "at least 32 bytes, found 31"),
        ("secretsecret", "hexadecimal"),
        ("00" * 31 + "0", "hexadecimal"),
        ("00" * 5000, "at most 1000 bytes"),
        ("\u00e9" * 64, "hexadecimal"),
    ],
    ids=["empty", "short", "word", "odd", "long", "not ascii"],
)
def test_a_file_without_a_key_is_refused_and_not_shown(tmp_path, text, said):
    (tmp_path / "key").write_text(text)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(RemoteError, match=said) as caught:
        SharedKey.load(tmp_path / "key")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(RemoteError, match="surefoot keys link"):
        SharedKey.load(tmp_path / "none")


def test_a_key_does_not_show_itself():
    assert "31" * 8 not in repr(SharedKey(b"1" * 32))
    assert "1111" not in repr(SharedKey(b"1" * 32))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_alone_needs_no_key(host):
    assert key_for(host, None) is NO_KEY


@pytest.mark.parametrize("host", [EVERYWHERE, "", "::", "192.168.1.5", "robot.local"])
def test_every_other_address_needs_one(host):
    with pytest.raises(RemoteError, match="shared key"):
        key_for(host, None)
    key = SharedKey(b"1" * 32)
    assert key_for(host, key) is key
