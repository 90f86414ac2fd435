// node browser.mjs URL MESSAGES FOLDER MODULES CHROMIUM: opens the server's pages and pictures them in FOLDER.
// Ends with 1 when a page did not come by h2, or when its WebSocket did not echo every message.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [url, messages, folder, modules, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, "package.json"))("playwright-core");
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  const failures = [];
  page.on("pageerror", (error) => failures.push(error.message));
  page.on("requestfailed", (request) => failures.push(`${request.url()} failed`));

  const answer = await page.goto(`${url}/`);
  assert.equal(answer.status(), 200);
  const protocol = () => performance.getEntriesByType("navigation")[0].nextHopProtocol;
  assert.equal(await page.evaluate(protocol), "h2");
  await page.screenshot({ path: join(folder, "index.png"), fullPage: true });
  console.log(`browser: ${browser.version()} has ${url}/ by h2, titled "${await page.title()}"`);

  await page.goto(`${url}/ws?n=${messages}`);
  assert.equal(await page.evaluate(protocol), "h2");
  await page.waitForFunction(() => /^(echoed|failed)/.test(document.title), null, { timeout: 60_000 });
  await page.screenshot({ path: join(folder, "ws.png") });
  assert.equal(await page.title(), `echoed ${messages}`);
  console.log(`browser: ${await page.textContent("#state")}`);
  assert.deepEqual(failures, []);
} finally {
  await browser.close();
}
