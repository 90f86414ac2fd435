"""client.py URL [FILE]: fetches URL by HTTP/2 with prior knowledge, or posts FILE to it, and writes
the response's body to standard output."""

import sys

import httpx

PIECE = 256 * 1024


def pieces(path):
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            yield piece


url, *files = sys.argv[1:]
content = pieces(files[0]) if files else None
with httpx.Client(http1=False, http2=True, timeout=60) as client:
    with client.stream("POST" if files else "GET", url, content=content) as response:
        if (response.http_version, response.status_code) != ("HTTP/2", 200):
            sys.exit(f"{response.http_version} {response.status_code}")
        for piece in response.iter_raw():
            sys.stdout.buffer.write(piece)
sys.stdout.buffer.flush()
