# Lets a client that speaks HTTP/2 without TLS talk to a server with it: tls_bridge.py HOST PORT CAFILE N
"""Opens N connections to HOST:PORT over TLS with ALPN `h2`, then listens on a free port of 127.0.0.1 and
prints its address. The next N clients have one each, so that none of them has to wait for a handshake,
which suites with short limits would take for a server's silence."""

import asyncio
import ssl
import sys

PIECE = 64 * 1024
AT_ONCE = 8


async def connect():
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    if writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
        sys.exit("tls_bridge: the server did not choose h2")
    return reader, writer


async def move(source, sink):
    try:
        while octets := await source.read(PIECE):
            sink.write(octets)
            await sink.drain()
    except OSError:
        pass  # One side has gone, and so does the other.
    finally:
        # TLS has no half of a connection to close: the end of either direction is that of both.
        sink.close()


async def main():
    pool, alive = [], set()
    while len(pool) < int(count):
        pool += await asyncio.gather(*(connect() for _ in range(AT_ONCE)))

    async def carry(clear_reader, clear):
        alive.add(asyncio.current_task())
        if not pool:
            clear.close()
            sys.exit(f"tls_bridge: there were more than {count} clients")
        secure_reader, secure = pool.pop()
        await asyncio.gather(move(clear_reader, secure), move(secure_reader, clear))

    server = await asyncio.start_server(carry, "127.0.0.1", 0, backlog=1024)
    print("{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await server.serve_forever()


host, port, certificate, count = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)
context.set_alpn_protocols(["h2"])
asyncio.run(main())
