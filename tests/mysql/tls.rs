//! What each mode of TLS checks: the server's certificate is of an authority of its own, for `localhost` alone.

use dwc_runner::Mode;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::warehouse::{Warehouse, outcome};

use super::project;

#[test]
fn each_mode_checks_what_it_says() {
    let server = MariaDb::start_with_certificate();
    server.execute(
        "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY);
         CREATE USER encrypted IDENTIFIED BY 'secret' REQUIRE SSL; GRANT SELECT ON shop.* TO encrypted",
    );
    let authority = server.authority();
    let ca = authority.display();
    let run = |host: &str, parameters: &str| {
        let url = format!("mysql://encrypted:secret@{host}:{}/shop{parameters}", server.port());
        let project = project(&url, "t: { primary_key: id, columns: { id: INT64 } }");
        let source = project.read("models/shop.yml").replace("tables:", "retries: 0\ntables:");
        project.write("models/shop.yml", &source);
        let (report, _) = Warehouse::apply(project.path()).run_all(Mode::Incremental);
        outcome(&report).unwrap_or("landed").to_owned()
    };
    assert!(run("127.0.0.1", "").contains("access denied"), "not encrypted");
    assert_eq!(run("127.0.0.1", "?ssl-mode=REQUIRED"), "landed");
    assert_eq!(run("127.0.0.1", &format!("?ssl-mode=VERIFY_CA&ssl-ca={ca}&ssl-host=localhost")), "landed");
    assert_eq!(run("localhost", &format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}")), "landed");
    for refused in [
        run("localhost", "?ssl-mode=VERIFY_IDENTITY"),
        run("localhost", "?ssl-mode=VERIFY_CA"),
        run("127.0.0.1", &format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}")),
    ] {
        assert!(refused.contains("certificate") || refused.contains("TLS"), "{refused}");
        assert!(!refused.contains("secret"), "{refused}");
    }
    assert_eq!(run("localhost", &format!("?ssl_ca={ca}")), "landed");
    let unasked = run("localhost", "?ssl_ca=/no/such/ca.pem");
    assert!(unasked.contains("could not be read as certificates"), "{unasked}");
    // A path that holds no certificates is a mistake in the address, and no server that is down.
    let missing = run("localhost", "?ssl-mode=VERIFY_CA&ssl-ca=/no/such/ca.pem");
    assert!(missing.contains("could not be read as certificates"), "{missing}");
}
