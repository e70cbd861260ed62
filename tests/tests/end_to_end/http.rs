//! A host that serves over HTTP, and the package in Node, whose `fetch` is the one that browsers have.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tywrap_tests::{Node, Run, scratch};

use crate::generator::Generator;

const TOKEN: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";

/// A host, ended when the test is, and its address.
struct Listening(Child, String);

impl Listening {
    fn start(token: &Path) -> Self {
        let mut host = Command::new(&Generator::get().host)
            .arg("serve-http")
            .arg(token)
            .envs(tywrap_tests::Generator::homes())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(host.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self(host, url.trim_end().to_owned())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const SCRIPT: &str = "
    import { connect, ConnectionError, NDArray, PythonError, ValidationError } from \"calculator-python\";
    import * as math from \"calculator-python/math\";
    import * as np from \"calculator-python/numpy\";
    import * as json from \"calculator-python/json\";
    const { TYWRAP_URL: url, TYWRAP_TOKEN: token } = process.env;
    const refused = (promise) => promise.then(() => { throw new Error(\"not refused\") }, (error) => error);

    const [one, two] = await Promise.all([0, 1].map(() => connect({ url, token })));
    const [a, b] = await Promise.all([math.with(one).sqrt(9), math.with(two).sqrt(16)]);
    console.log(a, b);

    // Many calls at once, each with its own answer.
    const roots = await Promise.all(Array.from({ length: 500 }, (_, i) => math.with(one).sqrt(i * i)));
    console.log(roots.every((root, i) => root === i));

    // Eight megabytes and more, both ways.
    const data = Float64Array.from({ length: 2_000_000 }, (_, i) => i / 7);
    const factor = new NDArray(new Float64Array([2]), [1]);
    const doubled = await np.with(one).multiply(new NDArray(data, [data.length]), factor);
    console.log(doubled.data.length, doubled.data.every((value, i) => value === data[i] * 2));

    // Errors are what they are over any other way.
    console.log((await refused(json.with(two).loads(\"{\"))) instanceof PythonError);
    console.log((await refused(math.with(two).sqrt(\"9\"))) instanceof ValidationError);

    await one.close();
    console.log((await refused(math.with(one).sqrt(1))).code);
    console.log(await math.with(two).sqrt(25));
    await two.close();

    for (const wrong of [undefined, token.slice(0, -1) + \"x\"]) {
        const error = await refused(connect({ url, token: wrong }));
        console.log(error instanceof ConnectionError, error.code);
    }
    const gone = await refused(connect({ url: url.replace(/:\\d+$/, \":1\"), token }));
    console.log(gone instanceof ConnectionError, gone.code);
";

#[test]
fn programs_call_over_http() {
    let dir = scratch().join("end-to-end-http");
    Generator::get().install(&dir);
    let token = dir.join("token");
    fs::write(&token, format!("{TOKEN}\n")).unwrap();
    fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    let Listening(_, url) = &Listening::start(&token);
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");

    fs::write(dir.join("client.mjs"), SCRIPT).unwrap();
    let client = Node::find().unwrap().run(dir.join("client.mjs")).dir(&dir);
    let ended = client.env("TYWRAP_URL", url).env("TYWRAP_TOKEN", TOKEN).run().unwrap();
    let expected = "3 4\ntrue\n2000000 true\ntrue\ntrue\nconnection-closed\n5\n\
        true http-unauthorized\ntrue http-unauthorized\ntrue connection-failed\n";
    assert_eq!(ended.stdout, expected, "{}", ended.report());
}

#[test]
fn a_token_that_others_can_read_is_no_token() {
    let dir = scratch().join("end-to-end-http-token");
    fs::create_dir_all(&dir).unwrap();
    let token = dir.join("token");
    fs::write(&token, TOKEN).unwrap();
    fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
    let ended = Run::new(&Generator::get().host)
        .arg("serve-http")
        .arg(&token)
        .envs(tywrap_tests::Generator::homes())
        .run()
        .unwrap();
    assert!(!ended.success() && ended.stderr.contains("[http-token-unusable]"), "{}", ended.report());
    assert!(ended.stderr.contains("chmod 600") && !ended.stderr.contains(TOKEN), "{}", ended.report());
}
