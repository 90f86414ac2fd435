# fetch.py URL CAFILE [FILE]: fetches URL by HTTP/2, or posts FILE to it.
"""The response's body goes to standard output, the protocol to standard error. The PEM in CAFILE is
trusted; without TLS the server must know HTTP/2 beforehand."""

import ssl
import sys

import httpx

PIECE = 256 * 1024


def pieces(path):
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            yield piece


url, trusted, *files = sys.argv[1:]
content = pieces(files[0]) if files else None
context = ssl.create_default_context(cafile=trusted)
with httpx.Client(http1=False, http2=True, timeout=60, verify=context) as client:
    with client.stream("POST" if files else "GET", url, content=content) as response:
        if response.status_code != 200:
            sys.exit(f"status {response.status_code}")
        for piece in response.iter_raw():
            sys.stdout.buffer.write(piece)
        print(response.http_version.replace("HTTP/", "protocol="), file=sys.stderr)
sys.stdout.buffer.flush()
