"""A robot or a learner as a process of its own, to be killed or to live in another network.

python link_process.py learner FOLDER HOST PORT KEY_FILE
python link_process.py robot JOURNAL HOST PORT KEY_FILE COUNT

The robot appends until its journal has COUNT records, and sends meanwhile and after.
"""

import sys
import time
from pathlib import Path

from links import LINK, SMALL
from transitions import LAYOUT, transition

from rl_agent.data.journal import JournalWriter
from rl_agent.remote.journal_receiver import JournalReceiver, ReceiverConfig
from rl_agent.remote.journal_sender import JournalSender, SenderConfig
from rl_agent.remote.shared_key import SharedKey

QUICK = LINK.__class__(poll_s=0.01, heartbeat_s=0.1, timeout_s=1.0, max_payload_bytes=2048)


def run_learner(folder, host, port, key):
    config = ReceiverConfig(host=host, port=port, link=QUICK, journal=SMALL)
    JournalReceiver(folder, config, key, on_message=say).start()
    while True:
        time.sleep(1.0)


def run_robot(journal, host, port, key, count):
    config = SenderConfig(
        robot_id="arm-1",
        host=host,
        port=port,
        window_bytes=8192,
        send_interval_s=0.01,
        retry_min_s=0.05,
        retry_max_s=0.2,
        link=QUICK,
    )
    JournalSender(journal, LAYOUT, config, key, on_message=say).start()
    writer = JournalWriter(journal, LAYOUT, SMALL)
    while True:
        if (index := writer.offset.num_records) < count:
            writer.append(transition(index))
        time.sleep(0.001)


def say(text):
    print(text, flush=True)


def main():
    role, folder, host, port, key_file, *rest = sys.argv[1:]
    key = SharedKey.load(Path(key_file))
    run = run_learner if role == "learner" else run_robot
    run(Path(folder), host, int(port), key, *map(int, rest))


if __name__ == "__main__":
    main()
