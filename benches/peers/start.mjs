// From nothing to the first result, inside a Node that is there already: `node start.mjs <contender> <host> <python>` prints milliseconds.

const [contender, host, interpreter] = process.argv.slice(2);
const started = performance.now();
let end;
if (contender === "tywrap") {
  const { connect } = await import("peers-python");
  const math = await import("peers-python/math");
  const connection = await connect({ host: [host, "serve"] });
  await math.sqrt(2);
  end = () => connection.close();
} else if (contender === "pythonia") {
  process.env.PYTHON_BIN = interpreter;
  const { python } = await import("pythonia");
  const math = await python("math");
  await math.sqrt(2);
  end = () => python.exit();
} else {
  const { ECHO, startRaw } = await import("./raw.mjs");
  const raw = startRaw(interpreter);
  await raw.call(ECHO, new Uint8Array(8));
  end = () => raw.end();
}
console.log(performance.now() - started);
await end();
process.exit(0);
