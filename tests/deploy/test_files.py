import os

import pytest

from rl_agent.deploy.files import read_private, write_new_private
from rl_agent.exceptions import BundleError


@pytest.fixture
def key(tmp_path):
    write_new_private(tmp_path / "key", b"secret")
    return tmp_path / "key"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_its_owner_alone_is_read_to_its_last_byte(key, mode):
    key.chmod(mode)
    assert read_private(key, 6) == b"secret"


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601])
def test_a_key_that_is_open_to_others_in_any_way_is_refused(key, mode):
    key.chmod(mode)
    with pytest.raises(BundleError, match=r"key: others may read this key.*chmod 600"):
        read_private(key, 6)


def test_a_key_is_refused_and_not_cut_above_its_size(key):
    with pytest.raises(BundleError, match="key: expected at most 5 bytes, found 6; give") as caught:
        read_private(key, 5)
    assert "secr" not in str(caught.value)


def test_a_link_to_a_key_is_followed(key, tmp_path):
    (tmp_path / "link").symlink_to(key)
    assert read_private(tmp_path / "link", 6) == b"secret"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(BundleError, match="expected a plain file, found something else; give"):
        read_private(tmp_path / "pipe", 6)


def test_a_folder_or_nothing_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(BundleError, match="expected a plain file, found something else; give"):
        read_private(tmp_path, 6)
    with pytest.raises(BundleError, match=r"none: .*No such file.*; give the key's own file"):
        read_private(tmp_path / "none", 6)
