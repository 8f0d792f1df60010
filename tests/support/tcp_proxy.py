"""A network between a robot and its learner that can be cut, held, recorded and spoilt."""

import contextlib
import socket
import threading


class TcpProxy:
    """Passes bytes on between its port and another one."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.budget = None
        """Bytes from the robot that may still pass before the connection is cut; None for all."""
        self.budget_down = None
        """The same, to the robot."""
        self.is_up = True
        self.is_frozen = False
        """Takes nothing and says nothing, as a network that was unplugged."""
        self.change = bytes
        """Made of each piece from the robot."""
        self.seen = bytearray()
        self.num_connections = 0
        self._pairs = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.05)
        self.port = self._server.getsockname()[1]
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self):
        """Break every connection, and refuse new ones until `mend`."""
        self.is_up = False
        self._break()

    def mend(self, budget=None):
        self.budget, self.budget_down, self.is_up = budget, None, True

    def mend_down(self, budget):
        self.budget, self.budget_down, self.is_up = None, budget, True

    def close(self):
        self._closing.set()
        self._break()
        for thread in self._threads:
            thread.join(5.0)
        self._server.close()

    def _break(self):
        for pair in self._pairs:
            for sock in pair:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while not self._closing.is_set():
            try:
                robot, _ = self._server.accept()
            except TimeoutError:
                continue
            try:
                if not self.is_up:
                    raise ConnectionRefusedError
                learner = socket.create_connection(("127.0.0.1", self.target_port), timeout=5.0)
            except OSError:
                robot.close()
                continue
            self.num_connections += 1
            self._pairs.append((robot, learner))
            for one, other, is_up in ((robot, learner, True), (learner, robot, False)):
                args = (one, other, is_up)
                self._threads.append(threading.Thread(target=self._pass_on, args=args, daemon=True))
                self._threads[-1].start()

    def _pass_on(self, one, other, is_from_robot):
        with contextlib.suppress(OSError):
            one.settimeout(0.05)
            while not self._closing.is_set():
                if self.is_frozen:
                    self._closing.wait(0.01)
                    continue
                try:
                    data = one.recv(65_536)
                except TimeoutError:
                    continue
                if not data:
                    break
                other.sendall(self._from_robot(data) if is_from_robot else self._to_robot(data))
                if 0 in (self.budget, self.budget_down):
                    self.is_up = False
                    break
        for sock in (one, other):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _from_robot(self, data):
        if self.budget is not None:
            data = data[: self.budget]
            self.budget -= len(data)
        self.seen += data
        return self.change(data)

    def _to_robot(self, data):
        if self.budget_down is not None:
            data = data[: self.budget_down]
            self.budget_down -= len(data)
        return data
