// Opens a page in Chromium and tells what it does there: `node open.mjs <chromium> <page> [<screenshot prefix>]`.
//
// It speaks the DevTools protocol over two pipes, so it takes no package and opens no port. What it prints is one JSON
// object: the requests of the page beside the page itself, what its policy refused, dialogs, messages of the console, and
// its elements in order.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, page, prefix] = process.argv.slice(2);
const profile = await mkdtemp(join(tmpdir(), "tywrap-browser-"));
const options = [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
  "--disable-component-update", "--force-device-scale-factor=1", "--hide-scrollbars", "--remote-debugging-pipe",
  `--user-data-dir=${profile}`, "about:blank",
];
const browser = spawn(chromium, options, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [, , , input, output] = browser.stdio;

let next = 1;
let rest = "";
const answers = new Map();
const listeners = [];
output.setEncoding("utf8");
output.on("data", (chunk) => {
  const messages = (rest + chunk).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id !== undefined) {
      const { resolve, reject } = answers.get(message.id);
      answers.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    } else {
      for (const listener of listeners) listener(message.method, message.params);
    }
  }
});

function call(method, params = {}, sessionId = undefined) {
  const id = next++;
  input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return new Promise((resolve, reject) => answers.set(id, { resolve, reject }));
}

const found = { requests: [], violations: [], dialogs: [], messages: [], elements: [] };
try {
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const ask = (method, params) => call(method, params, sessionId);
  const url = pathToFileURL(page).href;
  const loaded = new Promise((resolve) => {
    listeners.push((method, params) => {
      if (method === "Page.loadEventFired") resolve();
      if (method === "Network.requestWillBeSent" && params.request.url !== url) found.requests.push(params.request.url);
      if (method === "Log.entryAdded") found.messages.push(params.entry.text);
      if (method === "Runtime.consoleAPICalled") found.messages.push(String(params.args[0]?.value));
      if (method === "Runtime.bindingCalled") found.violations.push(params.payload);
      if (method === "Page.javascriptDialogOpening") {
        found.dialogs.push(params.message);
        void ask("Page.handleJavaScriptDialog", { accept: false });
      }
    });
  });
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await ask(`${domain}.enable`);
  await ask("Emulation.setDeviceMetricsOverride", { width: 1200, height: 900, deviceScaleFactor: 1, mobile: false });
  await ask("Runtime.addBinding", { name: "tell" });
  // Scripts of the protocol are not under the page's policy.
  const source = 'addEventListener("securitypolicyviolation", (event) => tell(`${event.effectiveDirective} ${event.blockedURI}`));';
  await ask("Page.addScriptToEvaluateOnNewDocument", { source });
  await ask("Page.navigate", { url });
  await loaded;
  // What an error handler, a timer or an animation would do, it has done by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const expression = 'JSON.stringify([...document.querySelectorAll("*")].map((element) => [element.localName, ...[...element.attributes].map(({ name }) => name)].join(" ")))';
  const { result } = await ask("Runtime.evaluate", { expression });
  found.elements = JSON.parse(result.value);
  if (prefix !== undefined) {
    for (const [name, media, scheme] of [["light", "screen", "light"], ["dark", "screen", "dark"], ["print", "print", "dark"]]) {
      await ask("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
      const { data } = await ask("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
      await writeFile(`${prefix}-${name}.png`, Buffer.from(data, "base64"));
    }
  }
  await call("Browser.close");
} finally {
  browser.kill("SIGKILL");
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
console.log(JSON.stringify(found));
