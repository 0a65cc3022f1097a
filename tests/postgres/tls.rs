//! What each mode of TLS checks: the server's certificate is of an authority of its own, for `localhost` alone.

use dwc_runner::Mode;
use dwc_tests::postgres::Postgres;
use dwc_tests::warehouse::{Warehouse, outcome};

use super::project;

#[test]
fn each_mode_checks_what_it_says() {
    let server = Postgres::start();
    server.query("postgres", "CREATE TABLE t (id INT PRIMARY KEY, tls BOOLEAN)");
    let authority = server.authority();
    let ca = authority.display();
    let run = |host: &str, parameters: &str| {
        let url = format!("postgres://reader:secret@{host}:{}/postgres?{parameters}", server.port());
        let project = project(&url, "retries: 0\n", "t: { primary_key: id, columns: { id: INT64, tls: BOOL } }");
        let (report, _) = Warehouse::apply(project.path()).run_all(Mode::Incremental);
        outcome(&report).unwrap_or("landed").to_owned()
    };
    assert_eq!(run("127.0.0.1", "sslmode=disable"), "landed");
    assert_eq!(run("127.0.0.1", "sslmode=require"), "landed");
    assert_eq!(run("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={ca}")), "landed");
    assert_eq!(run("localhost", &format!("sslmode=verify-full&sslrootcert={ca}")), "landed");
    let unknown = run("localhost", "sslmode=verify-full");
    assert!(unknown.contains("UnknownIssuer"), "{unknown}");
    let named = run("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={ca}"));
    assert!(named.contains("not valid for"), "{named}");
    let unasked = run("localhost", "sslrootcert=/no/such/ca.pem");
    assert!(unasked.contains("could not be read as certificates"), "{unasked}");
    let missing = run("localhost", "sslmode=verify-full&sslrootcert=/no/such/ca.pem");
    assert!(missing.contains("could not be read as certificates"), "{missing}");
    let of_reading =
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE backend_type = 'client backend'";
    assert_eq!(server.query("postgres", of_reading), [["t"]]);
}
