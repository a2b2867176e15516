"""A name server for tests: silent at first; later, on request, it answers every address query with 127.0.0.1."""
import socket
import struct
import threading

TYPE_A, CLASS_IN = 1, 1


class NameServer(threading.Thread):
    def __init__(self, address):
        """OSError if the address is not available: port 53 needs root."""
        super().__init__(daemon=True)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.sock.bind((address, 53))
        except OSError:
            self.sock.close()
            raise
        self.sock.settimeout(0.1)
        self.asked, self.speaks, self.ended = 0, False, threading.Event()
        self.start()

    def run(self):
        while not self.ended.is_set():
            try:
                question, peer = self.sock.recvfrom(512)
            except TimeoutError:
                continue
            self.asked += 1
            if self.speaks:
                self.sock.sendto(answer(question), peer)

    def stop(self):
        self.ended.set()
        self.join()
        self.sock.close()


def answer(question):
    at = 12
    while question[at]:
        at += 1 + question[at]
    end = at + 5
    kind = struct.unpack(">H", question[at + 1:at + 3])[0]
    found = kind == TYPE_A
    said = question[:2] + b"\x85\x80" + struct.pack(">HHHH", 1, found, 0, 0) + question[12:end]
    if found:
        said += b"\xc0\x0c" + struct.pack(">HHIH", TYPE_A, CLASS_IN, 0, 4) + socket.inet_aton("127.0.0.1")
    return said
