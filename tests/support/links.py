"""Robots and learners for tests of the link: short times, small segments."""

import socket
from contextlib import closing

from transitions import LAYOUT, transition

from rl_agent.data.journal import JournalConfig, JournalReader, JournalWriter
from rl_agent.remote.channel import LinkConfig
from rl_agent.remote.journal_receiver import JournalReceiver, ReceiverConfig
from rl_agent.remote.journal_sender import JournalSender, SenderConfig
from rl_agent.remote.shared_key import SharedKey

KEY = SharedKey(bytes(range(32)))
LINK = LinkConfig(
    poll_s=0.01, heartbeat_s=0.1, timeout_s=10.0, handshake_s=5.0, max_payload_bytes=2048
)
SMALL = JournalConfig(sync="none", segment_records=100)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def write(directory, first, last):
    """Append transitions [first, last); return the journal's end."""
    with closing(JournalWriter(directory, LAYOUT, SMALL)) as writer:
        for index in range(first, last):
            writer.append(transition(index))
        return writer.offset


def rewards(directory):
    return JournalReader(directory).read().rows["reward"].tolist()


def digest(directory):
    contents = JournalReader(directory).read()
    return len(contents.rows), contents.digest


def receiver(
    folder,
    *,
    key=KEY,
    port=0,
    terms=None,
    on_message=lambda message: None,
    link=LINK,
    **changes,
):
    config = ReceiverConfig(port=port, link=link, journal=SMALL, **changes)
    made = JournalReceiver(folder, config, key, terms=terms, on_message=on_message)
    made.start()
    return made


def sender(
    directory,
    port,
    *,
    robot_id="arm-1",
    key=KEY,
    inbox=None,
    contract=None,
    on_message=lambda message: None,
    layout=LAYOUT,
    **changes,
):
    values = {"window_bytes": 8192, "send_interval_s": 0.01, "must_be_durable": False}
    values |= {"retry_min_s": 0.02, "retry_max_s": 0.1, "link": LINK} | changes
    config = SenderConfig(robot_id=robot_id, port=port, **values)
    made = JournalSender(
        directory, layout, config, key, inbox=inbox, contract=contract, on_message=on_message
    )
    made.start()
    return made
