"""Who is there? Both ends prove that they hold the shared key, without ever showing it.

    learner  challenge  version, nonce
    robot    hello      version, name, layout of its rows, hash of its contract, nonce, proof
    learner  welcome    proof                         from here on every frame carries a seal

A proof is HMAC-SHA256 over all that was said, both nonces included; so are the session's keys,
which are new for every connection. This authenticates: nobody without the key can speak, change a
frame or repeat one. It does not encrypt: whoever can listen on the way can read rows and policies.
Where they must stay secret, let the link run through a VPN or an ssh tunnel.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgpack

from rl_agent.data.layout import TransitionLayout
from rl_agent.exceptions import ProtocolError, RefusedError, RemoteError

from .records import MAX_DIM, describe_layout
from .robot_id import MAX_CHARS, insist_on_robot_id, is_robot_id
from .session import Session
from .shared_key import SharedKey
from .wire import Frame, Value

PROTOCOL_VERSION = 1
NONCE_BYTES = 32
_PROOF_BYTES = 32
_DIMS = ("obs_dim", "act_dim", "context_dim", "goal_dim")

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, kw_only=True)
class Hello:
    """What a robot says of itself."""

    robot_id: str
    """See `is_robot_id`."""
    layout: TransitionLayout
    contract: str = ""
    """Hash of the robot's contract (`contract_hash`); empty where it was given none."""

    def __post_init__(self) -> None:
        """Refuse what could name another folder, or rows that no robot has.

        Raises:
            RemoteError: Says which, and what was expected.
        """
        insist_on_robot_id(self.robot_id)
        for name in _DIMS:
            if not 0 <= (dim := getattr(self.layout, name)) <= MAX_DIM:
                raise RemoteError(f"{name}: expected 0 to {MAX_DIM}, found {dim}")


class RobotHandshake:
    """The robot's part."""

    def __init__(
        self, key: SharedKey, hello: Hello, random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        self._key, self._hello = key, hello
        self._nonce = random_bytes(NONCE_BYTES)
        self._said = b""

    def answer(self, challenge: Frame) -> Frame:
        """Return the hello that follows a challenge.

        Raises:
            RefusedError: The learner speaks another version.
            ProtocolError: This is no challenge.
        """
        _insist(challenge, "challenge")
        _check_version(challenge, "the learner")
        self._said = _transcript(self._hello, challenge.raw("nonce", NONCE_BYTES), self._nonce)
        dims = {name: int(getattr(self._hello.layout, name)) for name in _DIMS}
        fields: dict[str, Value] = {
            "version": PROTOCOL_VERSION,
            "robot_id": self._hello.robot_id,
            "row": describe_layout(self._hello.layout),
            "contract": self._hello.contract,
            "nonce": self._nonce,
            "proof": self._key.code(b"robot", self._said),
        }
        return Frame("hello", {**dims, **fields})

    def accept(self, welcome: Frame) -> Session:
        """Return the session, if the learner holds the key too.

        Raises:
            RefusedError: It does not.
            ProtocolError: This is no welcome.
        """
        _insist(welcome, "welcome")
        expected = self._key.code(b"learner", self._said)
        if not hmac.compare_digest(welcome.raw("proof", _PROOF_BYTES), expected):
            raise RefusedError("who answers there does not hold our shared key")
        to_learner, to_robot = _session_keys(self._key, self._said)
        return Session(to_learner, to_robot)


@dataclass(frozen=True)
class Admission:
    """A robot that proved itself."""

    hello: Hello
    welcome: Frame
    """To be sent without a seal; the session begins behind it."""
    session: Session


class LearnerHandshake:
    """The learner's part."""

    def __init__(self, key: SharedKey, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        self._key = key
        self._nonce = random_bytes(NONCE_BYTES)

    def challenge(self) -> Frame:
        """Return what is said first; a nonce that was never used before."""
        return Frame("challenge", {"version": PROTOCOL_VERSION, "nonce": self._nonce})

    def admit(self, frame: Frame) -> Admission:
        """Check a hello.

        Raises:
            RefusedError: Of another version, without the key, or with rows laid out otherwise.
            ProtocolError: This is no hello.
        """
        _insist(frame, "hello")
        _check_version(frame, "the robot")
        hello = _read_hello(frame)
        said = _transcript(hello, self._nonce, frame.raw("nonce", NONCE_BYTES))
        proof = frame.raw("proof", _PROOF_BYTES)
        if not hmac.compare_digest(proof, self._key.code(b"robot", said)):
            raise RefusedError("the shared keys differ; copy one key file to both machines")
        if frame.raw("row", 32) != describe_layout(hello.layout):
            raise RefusedError("rows are laid out in another way; install the same Surefoot twice")
        to_learner, to_robot = _session_keys(self._key, said)
        welcome = Frame("welcome", {"proof": self._key.code(b"learner", said)})
        return Admission(hello, welcome, Session(to_robot, to_learner))


def _read_hello(frame: Frame) -> Hello:
    dims = {name: frame.number(name, MAX_DIM) for name in _DIMS}
    robot_id = frame.text("robot_id", MAX_CHARS)
    if not is_robot_id(robot_id):
        raise ProtocolError("a robot_id that names no folder")
    layout, contract = TransitionLayout(**dims), frame.text("contract", 64)
    return Hello(robot_id=robot_id, layout=layout, contract=contract)


def _insist(frame: Frame, kind: str) -> None:
    if frame.kind != kind:
        raise ProtocolError(f"expected a {kind}, found {frame.kind!r:.30}")


def _check_version(frame: Frame, who: str) -> None:
    found = frame.number("version")
    if found != PROTOCOL_VERSION:
        message = f"{who} speaks version {found} of the link, this end {PROTOCOL_VERSION}"
        raise RefusedError(f"{message}; install the same Surefoot on both machines")


def _transcript(hello: Hello, learner_nonce: bytes, robot_nonce: bytes) -> bytes:
    """Return a digest of all that both said; each part comes with its length, so none can shift."""
    layout = hello.layout
    dims = [getattr(layout, name) for name in _DIMS]
    row = describe_layout(layout)
    who = [hello.robot_id, dims, row, hello.contract]
    said = [PROTOCOL_VERSION, learner_nonce, robot_nonce, *who]
    return hashlib.sha256(msgpack.packb(said)).digest()


def _session_keys(key: SharedKey, said: bytes) -> tuple[bytes, bytes]:
    return key.code(b"robot to learner", said), key.code(b"learner to robot", said)
