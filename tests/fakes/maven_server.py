"""A Maven repository on loopback: whole answers, ranges, and breaks on demand."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Repository:
    """`files` by path; `breaks` is how many bytes an answer gives before it breaks."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.breaks: list[int] = []
        self.address = ""

    def answer(self, request):
        wanted = request.headers.get("Range")
        self.asked.append((request.path.rsplit("/", 1)[1], wanted))
        body = self.files.get(request.path)
        if body is None:
            request.send_error(404)
            return
        begun = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
        if begun >= len(body):
            request.send_error(416)
            return
        request.send_response(206 if begun else 200)
        rest = body[begun:]
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        request.wfile.write(rest[: self.breaks.pop(0)] if self.breaks else rest)


@contextmanager
def serving(repository):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            repository.answer(self)

        def log_message(self, format, *args):  # noqa: A002  # the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    repository.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield repository
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
