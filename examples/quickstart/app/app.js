// TypeScript calls Python. Run by `cargo run -p quickstart`, which passes the host's path as the first argument.
import { connect, kw, PythonError, SecurityError, take } from "quickstart-python";
import * as json from "quickstart-python/json";
import * as math from "quickstart-python/math";
import * as statistics from "quickstart-python/statistics";
import * as textwrap from "quickstart-python/textwrap";
import * as urllib from "quickstart-python/urllib.parse";
import * as datetime from "quickstart-python/datetime";
const host = process.argv[2];
if (host === undefined)
    throw new Error("usage: node app.js <host program>");
async function show(call, run) {
    const start = performance.now();
    const result = await run();
    const micros = ((performance.now() - start) * 1000).toFixed(0).padStart(7);
    console.log(`${micros} µs  ${call.padEnd(62)} ${JSON.stringify(result)}`);
}
async function refused(call, run) {
    try {
        await run();
    }
    catch (error) {
        if (!(error instanceof SecurityError) && !(error instanceof PythonError))
            throw error;
        console.log(`            ${call}\n              ${error.name}: ${error.message}`);
        return;
    }
    throw new Error(`${call} was expected to fail`);
}
const connection = await connect({ host: [host, "serve"] });
try {
    console.log("   (the first call also starts Python)");
    await show("math.sqrt(2)", () => math.sqrt(2));
    await show("math.sqrt(2)", () => math.sqrt(2));
    await show("math.factorial(18)", () => math.factorial(18));
    await show("math.pi", () => math.pi);
    await show("math.isclose(1, 1.001, kw({ rel_tol: 0.01 }))", () => math.isclose(1, 1.001, kw({ rel_tol: 0.01 })));
    await show("statistics.mean([1, 2, 3, 4])", () => statistics.mean([1, 2, 3, 4]));
    await show('json.loads(\'{"answer": [42, null]}\')', () => json.loads('{"answer": [42, null]}'));
    await show('json.dumps({ b: 1, a: 2 }, kw({ sort_keys: true }))', () => json.dumps({ b: 1, a: 2 }, kw({ sort_keys: true })));
    await show('urllib.quote("straße & co")', () => urllib.quote("straße & co"));
    await show('textwrap.shorten("the quick brown fox", 12)', () => textwrap.shorten("the quick brown fox", 12));
    await show("datetime.MAXYEAR", async () => datetime.MAXYEAR);
    console.log("\nObjects stay in Python, and have typed members:");
    const iq = await statistics.NormalDist(100, 15);
    await show("const iq = await statistics.NormalDist(100, 15); iq.cdf(130)", () => iq.cdf(130));
    const due = await (await datetime.date(2028, 2, 28)).__add__(await datetime.timedelta(kw({ days: 2 })));
    await show("const due = …date(2028, 2, 28) + …timedelta(days=2); due.isoformat()", () => due.isoformat());
    await show("due instanceof datetime.date", async () => due instanceof datetime.date);
    const url = await urllib.urlparse("https://example.org:8443/a?b=1");
    await show('const url = await urllib.urlparse("https://…"); url.port', () => url.port);
    await show("take(url)", () => take(url));
    console.log("\nWhat is refused:");
    // The compiler refuses this call; the cast gets it past the compiler, and the host refuses it before Python sees it.
    await refused('math.sqrt("two")', () => math.sqrt("two"));
    await refused("math.sqrt(1, 2)", () => math.sqrt(1, 2));
    await refused("math.sqrt(-1)", () => math.sqrt(-1));
}
finally {
    await connection.close();
}
