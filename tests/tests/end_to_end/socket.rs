//! A host that listens on a Unix socket, for programs that come and go.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tywrap_tests::{Node, Run, scratch};

use crate::generator::Generator;

/// A host, ended when the test is.
struct Listening(Child);

impl Listening {
    fn start(socket: &Path) -> Self {
        let host = Command::new(&Generator::get().host)
            .arg("serve")
            .arg(socket)
            .envs(tywrap_tests::Generator::homes())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while !socket.exists() {
            assert!(begin.elapsed() < Duration::from_secs(20), "the host does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self(host)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn clients_share_a_host_on_a_socket() {
    let generator = Generator::get();
    let dir = scratch().join("end-to-end-socket");
    generator.install(&dir);
    // A socket's path must be short, whatever the target directory is called.
    let private = tempfile::Builder::new().prefix("tywrap").tempdir().unwrap();
    // The host makes the folder, for itself only.
    let socket = private.path().join("host/s");
    let _host = Listening::start(&socket);
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner may connect");

    let script = "
        import { connect } from \"calculator-python\";
        import * as math from \"calculator-python/math\";
        const [one, two] = await Promise.all([0, 1].map(() => connect({ socket: process.env.TYWRAP_SOCKET })));
        try {
            const [a, b] = await Promise.all([math.with(one).sqrt(9), math.with(two).sqrt(16)]);
            console.log(a, b);
        } finally {
            await one.close();
            await two.close();
        }
    ";
    std::fs::write(dir.join("client.mjs"), script).unwrap();
    for _ in 0..2 {
        let client = Node::find().unwrap().run(dir.join("client.mjs")).dir(&dir).env("TYWRAP_SOCKET", &socket);
        let ended = client.run().unwrap();
        assert_eq!(ended.stdout, "3 4\n", "{}", ended.report());
    }

    // Another host does not take the socket away.
    let second =
        Run::new(&generator.host).arg("serve").arg(&socket).envs(tywrap_tests::Generator::homes()).run().unwrap();
    assert!(!second.success() && second.stderr.contains(&socket.display().to_string()), "{}", second.report());
    assert!(socket.exists());
}
