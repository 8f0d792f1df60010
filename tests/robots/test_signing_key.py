import base64

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from rl_agent.robots.signing_key import decode_key, encode_key, normalize_key

KEY = bytes(range(32))


def write_profile(folder, key):
    data = yaml.safe_load((ROBOTS_DIR / "so101.yaml").read_text())
    (folder / "arm.yaml").write_text(yaml.safe_dump({**data, "signing_key": key}))
    return folder / "arm.yaml"


@pytest.mark.parametrize("text", [base64.b64encode(KEY).decode(), KEY.hex(), KEY.hex().upper()])
def test_base64_and_hex_name_the_same_key(tmp_path, text):
    assert decode_key(text) == KEY
    assert load_robot(write_profile(tmp_path, text)).signing_key == base64.b64encode(KEY).decode()


@pytest.mark.parametrize(
    "text", ["", "no key", KEY.hex()[:-2], base64.b64encode(KEY[:31]).decode(), "ä" * 44, "é" * 64]
)
def test_what_is_no_key_is_told_by_its_place(tmp_path, text):
    with pytest.raises(ProfileError, match=r"signing_key: .*base64 or hex of 32 bytes"):
        load_robot(write_profile(tmp_path, text))


def test_a_number_is_no_key(tmp_path):
    """YAML reads hex digits without letters as a number; quoted they are text."""
    with pytest.raises(ProfileError, match="signing_key"):
        load_robot(write_profile(tmp_path, int("12" * 32)))


def test_no_key_is_pinned_by_default_and_the_contract_does_not_know_of_it(tmp_path):
    plain, pinned = load_robot("so101"), load_robot(write_profile(tmp_path, encode_key(KEY)))
    assert plain.signing_key is None
    assert plain.contract_hash() == pinned.contract_hash()


def test_spare_bits_of_base64_do_not_make_a_second_text():
    text = encode_key(KEY)
    # 32 bytes end in a digit with two spare bits: ...8= and ...9= decode alike.
    twin = text[:-2] + chr(ord(text[-2]) + 1) + "="
    assert base64.b64decode(twin) == base64.b64decode(text)
    with pytest.raises(ValueError, match="public key"):
        decode_key(twin)


@given(st.text(max_size=80))
def test_any_text_is_a_key_or_a_value_error(text):
    try:
        key = decode_key(text)
    except ValueError:
        return
    assert len(key) == 32 and decode_key(normalize_key(text)) == key
