//! The pages of the routes that show something a browser can do.

use crate::incoming::Protocol;

/// The page of `/ws`, which asks for the same address again as a WebSocket.
pub(crate) fn websocket(protocol: Protocol) -> String {
    WEBSOCKET
        .replace("{style}", STYLE)
        .replace("{protocol}", &protocol.to_string())
}

/// Of every page: follows the light or dark of its reader.
pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:48em;margin:2em auto;padding:0 1em}
code,pre{background:#8882;border-radius:.2em}
code{padding:.1em .3em}
pre{padding:.5em;margin:.3em 0 1em;white-space:pre-wrap;overflow-wrap:anywhere}
dd{margin:0}";

/// The page of `/hints`.
pub(crate) const HINTS: &str = concat!(
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width\">\n<link rel=\"icon\" href=\"data:,\">\n",
    "<link rel=\"stylesheet\" href=\"hints.css\">\n<title>Early hints</title>\n<h1>Early hints</h1>\n",
    "<p>This page took 200 ms to make. Before that, the server sent 103 (Early Hints) with a\n",
    "<code>link</code> to its style sheet, so that the browser had it when the page came.\n",
    "<p><a href=\"./\">All routes</a>\n</html>\n"
);

/// What the hint is about.
pub(crate) const HINTS_STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:48em;margin:2em auto;padding:0 1em}
h1{color:#2a7}
";

const WEBSOCKET: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>WebSocket</title>
<style>{style}</style>
<h1>WebSocket over HTTP/2</h1>
<p>This page came by {protocol}. It opens a WebSocket to its own address, which a browser that has the page
by HTTP/2 over TLS does on the same connection (extended CONNECT, RFC 8441), sends messages and counts those
that come back. <code>?n=1000</code> sends so many.
<p id="state">It needs a script to do so.
<p><a href="./">All routes</a>
<script>
const state = document.getElementById('state');
const count = Number(new URLSearchParams(location.search).get('n') ?? 10);
const show = text => { state.textContent = document.title = text; };
const began = performance.now();
const socket = new WebSocket(location.href.replace(/^http/, 'ws').replace(/[?#].*/, ''));
let echoed = 0;
show('connecting');
socket.onopen = () => {
  if (count === 0) socket.close();
  for (let number = 0; number < count; number++) socket.send(`message ${number}`);
};
socket.onmessage = event => {
  if (event.data !== `message ${echoed}`) return socket.close();
  echoed++;
  state.textContent = `echoed ${echoed} of ${count}`;
  if (echoed === count) socket.close();
};
socket.onclose = () => {
  if (echoed !== count) return show(`failed after ${echoed} of ${count}`);
  show(`echoed ${count}`);
  state.textContent += ` in ${Math.round(performance.now() - began)} ms`;
};
</script>
</html>
"#;
