"""The lab's web app: answers every request in plain text with what it is and where it runs.

The text has the form of traefik/whoami: `Hostname:`, `IP:`, the request, and then the environment. The log has one line
at start and one line per request. Only small parts of the standard library are imported: every student's pod starts
this program.
"""

import os
import signal
import socket
import socketserver
import sys


def whoami(request, here, peer):
    yield f"Hostname: {socket.gethostname()}"
    yield f"IP: {here}"
    yield f"RemoteAddr: {peer}"
    yield from request
    yield ""
    for name, value in sorted(os.environ.items()):
        yield f"Env: {name}={value}"


def plain(address):
    """An address of a socket for both families, as people write it."""
    return address[0].removeprefix("::ffff:")


class Handler(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self):
        request = []
        while line := self.rfile.readline(65536).decode("latin-1").strip():
            request.append(line)
        if not request:
            return
        here, peer = plain(self.request.getsockname()), plain(self.client_address)
        body = "".join(f"{line}\n" for line in whoami(request, here, peer)).encode()
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), b"" if request[0].startswith("HEAD ") else body)
        )
        print(f'{peer} "{request[0]}" 200', flush=True)


class Server(socketserver.ThreadingTCPServer):
    # One socket for IPv4 and IPv6 where the kernel has both.
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, request, client_address):
        print(f"{plain(client_address)} {sys.exc_info()[1]}", flush=True)


def main():
    # Process 1 ignores the signals that it has no handler for, and a pod is stopped with SIGTERM.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    port = int(os.environ.get("WHOAMI_PORT_NUMBER", "80"))
    with Server(("", port), Handler) as server:
        print(f"Listening on :{port}", flush=True)
        server.serve_forever()


main()
