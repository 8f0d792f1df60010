"""Public Ed25519 keys as text: base64, or hex, of their 32 bytes."""

from __future__ import annotations

import base64
import binascii

KEY_BYTES = 32
_HEX_DIGITS = 2 * KEY_BYTES


def encode_key(key: bytes) -> str:
    """Return the text of a public key's 32 bytes."""
    return base64.b64encode(key).decode()


def decode_key(text: str) -> bytes:
    """Return the 32 bytes of a public key.

    Raises:
        ValueError: It is neither base64 nor hex of 32 bytes.
    """
    try:
        key = bytes.fromhex(text) if len(text) == _HEX_DIGITS else _decode_base64(text)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            "expected a public key as `surefoot keys new` prints it: base64 or hex of 32 bytes"
        )
    return key


def normalize_key(text: str) -> str:
    """Return the key as base64.

    Raises:
        ValueError: It is no key.
    """
    return encode_key(decode_key(text))


def _decode_base64(text: str) -> bytes:
    key = base64.b64decode(text.encode("ascii"), validate=True)
    # The last digit has spare bits: one key, one text.
    return key if encode_key(key) == text else b""
