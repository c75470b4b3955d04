"""A stand-in for the sandbox: `serve --port N` answers GET /health and prints a URL."""

import argparse
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb")
    parser.add_argument("--port", type=int)
    parser.add_argument("--chain-since")
    parser.add_argument("--fail", action="store_true")
    options = parser.parse_args()
    if options.fail:
        sys.exit("no recordings there")
    server = HTTPServer(("127.0.0.1", options.port), Health)
    print(f"BULLION_KRAKEN_URL=http://127.0.0.1:{options.port}/kraken")
    print(f"since {options.chain_since}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
