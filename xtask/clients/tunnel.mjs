// node tunnel.mjs URL CAFILE OCTETS: sends OCTETS through a WebSocket over HTTP/2 (RFC 8441) and reads them back.
// Prints `echoed OCTETS` when all came back as they were sent. The messages are framed here, by RFC 6455.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:http2";

const [url, trusted, wanted] = process.argv.slice(2);
const OCTETS = Number(wanted);
const MESSAGE = 50_000;
const PERIOD = 251;

const session = connect(url, { ca: readFileSync(trusted), settings: { initialWindowSize: 1 << 20 } });
session.on("error", (error) => { throw error; });
const settings = await new Promise((resolve) => session.once("remoteSettings", resolve));
assert(settings.enableConnectProtocol, "the server does not offer extended CONNECT");
const tunnel = session.request(
  { ":method": "CONNECT", ":protocol": "websocket", ":path": "/ws", "sec-websocket-version": "13" },
  { endStream: false },
);
const head = await new Promise((resolve) => tunnel.once("response", resolve));
assert.equal(head[":status"], 200);

// Octet i of the whole is i % 251, so that nothing lost, doubled or swapped goes unnoticed.
const pattern = Buffer.from(Array.from({ length: MESSAGE + PERIOD }, (_, at) => at % PERIOD));
const content = (from, length) => pattern.subarray(from % PERIOD, (from % PERIOD) + length);

async function send() {
  for (let sent = 0; sent < OCTETS; ) {
    const length = Math.min(MESSAGE, OCTETS - sent);
    // Final, binary; masked with zeros, which a client may choose and which changes nothing.
    const frame = Buffer.from([0x82, 0xfe, length >> 8, length & 255, 0, 0, 0, 0]);
    const isOpen = tunnel.write(Buffer.concat([frame, content(sent, length)]));
    if (!isOpen) await new Promise((resolve) => tunnel.once("drain", resolve));
    sent += length;
  }
}

// How many octets the header of the message at the front has, and how long the message is.
function header(input) {
  assert.equal(input[0], 0x82, "not a whole binary message");
  if (input[1] < 126) return [2, input[1]];
  if (input[1] === 126) return input.length < 4 ? [4, 0] : [4, input.readUInt16BE(2)];
  throw new Error(`a message longer than any that was sent (${input[1]})`);
}

async function receive() {
  let input = Buffer.alloc(0);
  let received = 0;
  for await (const octets of tunnel) {
    input = input.length ? Buffer.concat([input, octets]) : octets;
    while (input.length >= 4) {
      const [begin, length] = header(input);
      if (input.length < begin + length) break;
      const message = input.subarray(begin, begin + length);
      assert(message.equals(content(received, length)), `the octets from ${received} on differ`);
      received += length;
      input = input.subarray(begin + length);
    }
    if (received >= OCTETS) return received;
  }
  return received;
}

const [, received] = await Promise.all([send(), receive()]);
console.log(`echoed ${received}`);
tunnel.destroy();
session.destroy();
