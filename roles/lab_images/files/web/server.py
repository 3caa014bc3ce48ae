"""The lab's web app: answers every request in plain text with what it is and where it runs.

The text has the form of traefik/whoami: `Hostname:`, an `IP:` line per address, the request, then the environment. The
log has one line at start and one line per request. Only small parts of the standard library are imported: every
student's pod starts this program.
"""

import os
import signal
import socket
import socketserver
import sys


def addresses():
    return sorted({entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)})


def whoami(request, peer):
    yield f"Hostname: {socket.gethostname()}"
    for address in addresses():
        yield f"IP: {address}"
    yield f"RemoteAddr: {peer[0]}:{peer[1]}"
    yield from request
    yield ""
    for name, value in sorted(os.environ.items()):
        yield f"Env: {name}={value}"


class Handler(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self):
        request = []
        while line := self.rfile.readline(65536).decode("latin-1").strip():
            request.append(line)
        if not request:
            return
        body = "".join(f"{line}\n" for line in whoami(request, self.client_address)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        self.wfile.write(f"{head}Connection: close\r\n\r\n".encode() + (b"" if request[0].startswith("HEAD ") else body))
        print(f'{self.client_address[0]} "{request[0]}" 200', flush=True)


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, request, client_address):
        print(f"{client_address[0]} {sys.exc_info()[1]}", flush=True)


def main():
    # Process 1 ignores the signals that it has no handler for, and a pod is stopped with SIGTERM.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    port = int(os.environ.get("WHOAMI_PORT_NUMBER", "80"))
    with Server(("", port), Handler) as server:
        print(f"Listening on :{port}", flush=True)
        server.serve_forever()


main()
