"""Signatures of bundles: who made a policy, where sha256 only says that it is whole.

`manifest.sig` stands beside manifest.json and signs its exact bytes (Ed25519); the manifest names
the sha256 of every other file. It is one line: `ed25519 PUBLIC_KEY SIGNATURE`, both in base64.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING

from rl_agent.exceptions import BundleError
from rl_agent.robots.signing_key import decode_key, encode_key

from .files import read_capped, read_private, write_new_private
from .manifest import MAX_SIGNATURE_BYTES, SIGNATURE_NAME, Manifest, render_manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SCHEME = "ed25519"
_SIGNATURE_BYTES = 64
_MAX_KEY_FILE_BYTES = 10_000
_INSTALL = "needs the package cryptography: pip install 'surefoot[sign]'"


class Signer:
    """A private key. It never leaves this object: neither `repr` nor any message shows it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = encode_key(key.public_key().public_bytes_raw())
        """As text, for robot profiles."""

    @classmethod
    def load(cls, path: Path) -> Signer:
        """Return the key in a PEM file that `make_key_file` wrote.

        Raises:
            BundleError: It is not such a file, or others may read it.
        """
        _insist_on_cryptography("signing")
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(read_private(path, _MAX_KEY_FILE_BYTES), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            message = "expected an Ed25519 private key without a password, found something else"
            raise BundleError(f"{path}: {message}; `surefoot keys new FILE` makes one")
        return cls(key)

    def sign(self, manifest: bytes) -> bytes:
        """Return the content of `manifest.sig` for a manifest's bytes."""
        return _render(decode_key(self.public_key), self._key.sign(manifest))


def make_key_file(path: Path) -> str:
    """Write a new private key, readable by its owner alone; return its public key as text.

    Raises:
        BundleError: The file exists already, or cannot be written.
    """
    _insist_on_cryptography("a key")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_new_private(path, data)
    return Signer(key).public_key


def signer_for(signing_key: str | None, path: Path | None) -> Signer | None:
    """Return what signs bundles for a robot, so that the robot will take them.

    Args:
        signing_key: The robot's pinned public key; None where it asks for no signature.
        path: File of the private key; None where there is none.

    Raises:
        BundleError: The robot would refuse every bundle; says what to do.
    """
    if path is None and signing_key is not None:
        message = "the robot's profile pins a signing_key, so it would take no policy made here"
        raise BundleError(f"{message}; give its private key by --sign KEY.pem")
    signer = Signer.load(path) if path is not None else None
    if signer is not None and signing_key not in (None, signer.public_key):
        message = f"the robot's profile pins {signing_key}, this key is {signer.public_key}"
        raise BundleError(f"{path}: {message}; give the private key that belongs to the pinned one")
    return signer


def check_signature(bundle_dir: Path, manifest: Manifest, signing_key: str | None) -> None:
    """Refuse a bundle that the pinned key did not sign.

    Args:
        bundle_dir: The bundle.
        manifest: As read from it: its one rendering is what was signed.
        signing_key: The robot's pinned public key; None asks for nothing.

    Raises:
        BundleError: Unsigned, signed by another key, or changed since; says what to do.
    """
    if signing_key is None:
        return
    _insist_on_cryptography(f"{bundle_dir}: the robot's profile pins a signing_key: checking it")
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    pinned = _pinned(signing_key)
    key, signature = read_signature(bundle_dir)
    if key != pinned:
        message = f"expected a signature by {signing_key}, found one by {encode_key(key)}"
        raise BundleError(
            f"{bundle_dir}: {message}; export again with the robot's key (--sign), or pin the "
            "other one as signing_key in the robot's profile if you trust it"
        )
    try:
        Ed25519PublicKey.from_public_bytes(pinned).verify(signature, render_manifest(manifest))
    except (InvalidSignature, ValueError):
        message = "the signature does not fit the manifest: one of them was changed or exchanged"
        raise BundleError(f"{bundle_dir}: {message}; export again with --sign") from None


def read_signature(bundle_dir: Path) -> tuple[bytes, bytes]:
    """Return public key (32 bytes) and signature (64 bytes) that a bundle comes with, unverified.

    Raises:
        BundleError: There is none, or it is damaged.
    """
    path = bundle_dir / SIGNATURE_NAME
    if not path.exists():
        message = "is not signed, but a signature was asked for (signing_key in the robot's profile"
        raise BundleError(f"{bundle_dir}: {message} pins it); export it with --sign KEY.pem")
    data = read_capped(bundle_dir, SIGNATURE_NAME, MAX_SIGNATURE_BYTES)
    try:
        scheme, key_text, signature_text = data.decode("ascii").split()
        key, signature = decode_key(key_text), base64.b64decode(signature_text, validate=True)
    except (ValueError, binascii.Error):
        scheme, key, signature = "", b"", b""
    # Only the exact bytes that we write: every flipped bit is noticed.
    if scheme != _SCHEME or len(signature) != _SIGNATURE_BYTES or _render(key, signature) != data:
        message = f"expected `{_SCHEME} PUBLIC_KEY SIGNATURE`, found damaged data"
        raise BundleError(f"{path}: {message}; export again with --sign")
    return key, signature


def _render(key: bytes, signature: bytes) -> bytes:
    return f"{_SCHEME} {encode_key(key)} {base64.b64encode(signature).decode()}\n".encode()


def _pinned(signing_key: str) -> bytes:
    try:
        return decode_key(signing_key)
    except ValueError as error:
        raise BundleError(f"signing_key: {error}") from error


def _insist_on_cryptography(what: str) -> None:
    try:
        import cryptography  # noqa: F401  # is it there?
    except ImportError as error:
        raise BundleError(f"{what} {_INSTALL}") from error
