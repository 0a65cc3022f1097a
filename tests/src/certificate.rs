//! An authority of a test's own, and a server's certificate of it. It must not know the server.

use std::path::Path;
use std::process::Command;

/// Makes `ca.crt`, and `server.crt` and `server.key` for `localhost` alone. `shell` is `sh`, as the server's user.
pub(crate) fn make(mut shell: Command, folder: &Path) {
    let script = "cd \"$0\" && \
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
          -keyout ca.key -out ca.crt && \
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
          -keyout server.key -out server.csr && \
        printf 'subjectAltName=DNS:localhost' > names && \
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names \
          -out server.crt && chmod 600 server.key";
    let done = shell.args(["-c", script]).arg(folder).output();
    let output = done.unwrap_or_else(|error| panic!("no shell ({error}); install openssl with `tools/setup-tests`"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{said}\ninstall openssl with `apt-get install -y openssl` or `tools/setup-tests`"
    );
}
