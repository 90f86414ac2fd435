"""Checks the example `tonic` with Python's gRPC. Argument: its address, HOST:PORT.

Prints a line per check and ends with 1 at the first that fails. The messages of the service have one
field each, so they are encoded here by hand, and no code is generated.
"""

import sys
import threading
import time

import grpc

MESSAGES = 5000
SERVICE = "/eyas.examples.Talk/"


def varint(number):
    octets = bytearray()
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def read_varint(octets):
    number = shift = used = 0
    for octet in octets:
        number |= (octet & 127) << shift
        shift += 7
        used += 1
        if octet < 128:
            break
    return number, octets[used:]


def encode_words(text):
    octets = text.encode()
    return b"\x0a" + varint(len(octets)) + octets if octets else b""


def decode_words(octets):
    if not octets:
        return ""
    assert octets[0] == 0x0A, octets
    length, rest = read_varint(octets[1:])
    assert length == len(rest), octets
    return rest.decode()


def encode_count(count):
    return b"\x08" + varint(count) if count else b""


def decode_count(octets):
    if not octets:
        return 0
    assert octets[0] == 0x08, octets
    return read_varint(octets[1:])[0]


WORDS = (encode_words, decode_words)
COUNT = (encode_count, decode_count)


class Talk:
    def __init__(self, channel):
        def method(kind, name, takes, gives):
            return getattr(channel, kind)(
                SERVICE + name, request_serializer=takes[0], response_deserializer=gives[1]
            )

        self.say = method("unary_unary", "Say", WORDS, WORDS)
        self.collect = method("stream_unary", "Collect", WORDS, COUNT)
        self.recite = method("unary_stream", "Recite", COUNT, WORDS)
        self.chat = method("stream_stream", "Chat", WORDS, WORDS)
        self.sleep = method("unary_unary", "Sleep", COUNT, COUNT)
        self.abandoned = method("unary_unary", "Abandoned", COUNT, COUNT)
        self.nothing = method("unary_unary", "Nothing", COUNT, COUNT)
        self.health = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=encode_words,
            response_deserializer=decode_count,
        )


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


def unary(talk):
    answer, call = talk.say.with_call("Ada", timeout=10)
    assert answer == "Hello, Ada!", answer
    assert dict(call.initial_metadata())["x-served-by"] == "eyas"


def unary_large(talk):
    name = "x" * 3_000_000
    answer = talk.say(name, timeout=30)
    assert answer == f"Hello, {name}!"


def client_streaming(talk):
    count = talk.collect((f"line {n}" for n in range(MESSAGES)), timeout=60)
    assert count == MESSAGES, count


def server_streaming(talk):
    lines = list(talk.recite(MESSAGES, timeout=60))
    assert lines == [f"line {n}" for n in range(1, MESSAGES + 1)], len(lines)


def bidi_streaming(talk):
    said = [f"line {n}" for n in range(MESSAGES)]
    assert list(talk.chat(iter(said), timeout=60)) == said


def bidi_in_turns(talk):
    """Each message is said only when the one before has come back."""
    returned = threading.Semaphore(1)

    def turns():
        for number in range(200):
            returned.acquire()
            yield f"turn {number}"

    for number, line in enumerate(talk.chat(turns(), timeout=60)):
        assert line == f"turn {number}", line
        returned.release()
    assert number == 199, number


def error_status(talk):
    error = failure(lambda: talk.say("", timeout=10))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
    assert error.details() == "a name is wanted: äöü 100 %", error.details()


def unknown_method(talk):
    error = failure(lambda: talk.nothing(1, timeout=10))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def deadline(talk):
    before = talk.abandoned(0)
    begun = time.monotonic()
    error = failure(lambda: talk.sleep(60_000, timeout=0.3))
    took = time.monotonic() - begun
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    assert 0.25 < took < 2, took
    until_abandoned(talk, before + 1, 5)


def cancel(talk):
    """The best of three, so that a machine that stalls does not fail it."""
    times = []
    for _ in range(3):
        before = talk.abandoned(0)
        call = talk.sleep.future(60_000)
        time.sleep(0.1)
        call.cancel()
        times.append(until_abandoned(talk, before + 1, 5))
    print(f"   handler dropped after {min(times) * 1000:.1f} ms")
    assert min(times) <= 0.1, times


def cancel_stream(talk):
    before = talk.abandoned(0)
    call = talk.recite(1_000_000_000)
    for _ in range(10):
        next(call)
    call.cancel()
    until_abandoned(talk, before + 1, 5)


def until_abandoned(talk, count, seconds):
    begun = time.monotonic()
    while talk.abandoned(0, timeout=5) < count:
        assert time.monotonic() - begun < seconds, "the handler was not dropped"
    return time.monotonic() - begun


def health(talk):
    assert talk.health("", timeout=10) == 1
    assert talk.health("eyas.examples.Talk", timeout=10) == 1
    error = failure(lambda: talk.health("nobody", timeout=10))
    assert error.code() == grpc.StatusCode.NOT_FOUND, error


CHECKS = [
    unary,
    unary_large,
    client_streaming,
    server_streaming,
    bidi_streaming,
    bidi_in_turns,
    error_status,
    unknown_method,
    deadline,
    cancel,
    cancel_stream,
    health,
]


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        talk = Talk(channel)
        for check in CHECKS:
            try:
                check(talk)
            except (AssertionError, grpc.RpcError) as error:
                print(f"failed: {check.__name__}: {error}")
                return 1
            print(f"ok: {check.__name__}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
