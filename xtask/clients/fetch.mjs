// node fetch.mjs URL CAFILE [FILE]: fetches URL by HTTP/2, or posts FILE to it.
// The response's body goes to standard output, the protocol to standard error. The PEM in CAFILE is
// trusted; without TLS the server must know HTTP/2 beforehand.
import { createReadStream, readFileSync } from "node:fs";
import { connect } from "node:http2";
import { pipeline } from "node:stream/promises";

const [target, trusted, file] = process.argv.slice(2);
const url = new URL(target);
const session = connect(url.origin, { ca: readFileSync(trusted) });
const failed = new Promise((_, reject) => session.on("error", reject));
const request = session.request(
  { ":method": file ? "POST" : "GET", ":path": url.pathname },
  { endStream: !file },
);
const answered = new Promise((resolve) => request.on("response", resolve));
const download = pipeline(request, process.stdout, { end: false });
const upload = file ? pipeline(createReadStream(file), request) : undefined;
await Promise.race([Promise.all([answered, download, upload]), failed]);

const status = (await answered)[":status"];
if (status !== 200) {
  throw new Error(`status ${status}`);
}
// A stream that was reset has ended as well: only NO_ERROR is an end to be content with.
if (request.rstCode !== 0) {
  throw new Error(`reset with code ${request.rstCode}`);
}
if (url.protocol === "https:" && session.alpnProtocol !== "h2") {
  throw new Error(`ALPN chose ${session.alpnProtocol}`);
}
console.error("protocol=2");
session.close();
