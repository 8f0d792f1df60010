"""The secret that a robot and its learner share. It lives in a private file, never in a log."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Callable
from pathlib import Path

from rl_agent.deploy.files import read_private, write_new_private
from rl_agent.exceptions import BundleError, RemoteError

KEY_BYTES = 32
_MAX_FILE_BYTES = 1000


class SharedKey:
    """A secret of at least 32 bytes; neither `repr` nor any message shows it."""

    def __init__(self, secret: bytes) -> None:
        """Keep it.

        Raises:
            RemoteError: It is too short to be hard to guess.
        """
        if len(secret) < KEY_BYTES:
            message = f"expected at least {KEY_BYTES} bytes, found {len(secret)}"
            raise RemoteError(f"shared key: {message}; `surefoot keys link FILE` makes one")
        self._secret = secret

    @classmethod
    def load(cls, path: Path) -> SharedKey:
        """Return the key in a file that `make_shared_key_file` wrote.

        Raises:
            RemoteError: It cannot be read, holds too little, or others may read it.
        """
        try:
            data = read_private(path, _MAX_FILE_BYTES)
        except BundleError as error:
            remedy = "`surefoot keys link FILE` makes a key, to be copied to both machines"
            raise RemoteError(f"{error}; {remedy}") from None
        try:
            return cls(bytes.fromhex(data.decode("ascii").strip()))
        # The error's own text would show a part of the secret.
        except ValueError:
            message = f"{path}: expected one line of hexadecimal digits, found something else"
            raise RemoteError(message) from None
        except RemoteError as error:
            raise RemoteError(f"{path}: {error}") from None

    def code(self, label: bytes, data: bytes) -> bytes:
        """Return 32 bytes that only a holder of the key can compute, for one purpose (`label`)."""
        return hmac.digest(self._secret, label + b"\0" + data, "sha256")


NO_KEY = SharedKey(bytes(KEY_BYTES))
"""What both ends take where none was given: it keeps nobody out."""


def make_shared_key_file(
    path: Path, random_bytes: Callable[[int], bytes] = secrets.token_bytes
) -> None:
    """Write a new key, readable by its owner alone.

    Raises:
        RemoteError: The file exists already, or cannot be written.
    """
    try:
        write_new_private(path, random_bytes(KEY_BYTES).hex().encode() + b"\n")
    except BundleError as error:
        raise RemoteError(str(error)) from None


def key_for(host: str, key: SharedKey | None) -> SharedKey:
    """Return the key to use at an address; `NO_KEY` where none was given and none is needed.

    Raises:
        RemoteError: There is no key, and more than this machine can be reached at the address.
    """
    if key is not None:
        return key
    if not _is_loopback(host):
        message = f"{host or 'all interfaces'}: expected a shared key, found none; without one only"
        message += " 127.0.0.1 is allowed. `surefoot keys link FILE` makes one for both machines"
        raise RemoteError(message)
    return NO_KEY


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"  # any other name could mean any machine
