//! Connections: from a source's address to a session in UTC. No address, user or password leaves this file,
//! neither in an error nor in a log.

use dwc_compiler::diagnostic::Code;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Opts, OptsBuilder, SslOpts};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::Mysql;
use crate::Error;
use crate::extract::database::access::{CERTIFICATE, KEEPALIVE, PATIENCE, is_no_host};
use crate::extract::database::{Access, Failure, parameters, with_parameters};

/// What every session is told: times in UTC, one view for all its statements, and patience with a slow reader.
const SESSION: &[&str] = &[
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION sql_mode = ''",
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
];

/// What a failed statement on an open connection means.
pub(crate) fn failed(doing: &str, cause: mysql_async::Error) -> Failure {
    match cause {
        mysql_async::Error::Server(server) if !is_passing(server.code) => Failure::refused(doing, &server.message),
        other => said(&other),
    }
}

/// Server errors that pass: too many connections, a shutdown, a deadlock, a lock that was not given, a killed session, a
/// statement beyond its time, a server that turned read-only.
fn is_passing(code: u16) -> bool {
    matches!(
        code,
        1040 | 1053 | 1077 | 1079 | 1152
            ..=1161 | 1203 | 1205 | 1213 | 1226 | 1290 | 1317 | 1836 | 1927 | 1969 | 2006 | 2013 | 3024
    )
}

/// Server errors of an account, a database or a host that are not let in: trying again does not help.
fn is_denied(code: u16) -> bool {
    matches!(code, 1044 | 1045 | 1049 | 1130 | 1251 | 1698 | 1820 | 1862 | 3118 | 3159 | 4151)
}

/// What a driver says, without the address.
fn said(cause: &mysql_async::Error) -> Failure {
    Failure::Unreachable(match cause {
        mysql_async::Error::Server(server) if is_denied(server.code) => return Failure::denied(),
        mysql_async::Error::Server(server) => server.message.clone(),
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            return Failure::untrusted("it does not encrypt");
        }
        mysql_async::Error::Io(io) if io.to_string().contains(CERTIFICATE) => {
            return Failure::untrusted(&io.to_string());
        }
        mysql_async::Error::Io(io) if is_no_host(&io.to_string()) => return Failure::nowhere(),
        mysql_async::Error::Io(io) => io.to_string(),
        mysql_async::Error::Driver(driver) => driver.to_string(),
        mysql_async::Error::Other(_) | mysql_async::Error::Url(_) => "the connection was not made".to_owned(),
    })
}

/// Reads `mysql://…?ssl-mode=…`; the mode is what MySQL's own clients call it.
pub(super) fn read_address(address: &str) -> Option<Opts> {
    let address = address.replacen("mariadb://", "mysql://", 1);
    let (plain, parameters) = parameters(&address);
    let mut kept = Vec::new();
    let mut tls: Option<SslOpts> = None;
    let (mut authority, mut host, mut is_said) = (None, None, false);
    for (key, value) in parameters {
        match key.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "sslmode" => {
                is_said = true;
                tls = match value.to_ascii_lowercase().replace('-', "_").as_str() {
                    "disabled" | "preferred" => None,
                    "required" => Some(
                        SslOpts::default()
                            .with_danger_accept_invalid_certs(true)
                            .with_danger_skip_domain_validation(true),
                    ),
                    // The driver cannot check the authority without the name.
                    "verify_ca" | "verify_identity" => Some(SslOpts::default()),
                    _ => return None,
                }
            }
            "sslca" => authority = Some(std::path::PathBuf::from(value)),
            "sslhost" => host = Some(value.to_owned()),
            _ => kept.push((key, value)),
        }
    }
    let read = Opts::from_url(&with_parameters(plain, &kept)).ok()?;
    // An authority is named to be asked: without a mode it is, as MySQL's own clients have it.
    if !is_said && authority.is_some() {
        tls = Some(SslOpts::default());
    }
    let mut builder = OptsBuilder::from_opts(read)
        .prefer_socket(Some(false))
        .tcp_keepalive(Some(KEEPALIVE))
        .max_allowed_packet(Some(1 << 30));
    if let Some(tls) = tls {
        let tls = tls.with_danger_tls_hostname_override(host);
        builder = builder.ssl_opts(match authority {
            Some(path) => tls.with_root_certs(vec![path.into()]),
            None => tls,
        });
    }
    Some(Opts::from(builder))
}

/// The authorities that an address names are files of certificates.
async fn check_authorities(options: &Opts) -> Result<(), Error> {
    let unreadable = |cause: Box<dyn std::error::Error + Send + Sync>| Error {
        code: Some(Code::SourceAddress),
        message: "the file of `ssl-ca` could not be read as certificates".to_owned(),
        help: Some("name a file of PEM certificates".to_owned()),
        span: None,
        cause: Some(cause),
    };
    for authority in options.ssl_opts().into_iter().flat_map(SslOpts::root_certs) {
        let text = authority.read().await.map_err(|cause| unreadable(Box::new(cause)))?;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        if read.map_err(|cause| unreadable(Box::new(cause)))?.is_empty() {
            return Err(unreadable("it holds no certificate".into()));
        }
    }
    Ok(())
}

/// Opens a session.
pub(super) async fn open(options: Opts, access: &Access<Mysql>) -> Result<Conn, Failure> {
    check_authorities(&options).await?;
    let connected = tokio::time::timeout(PATIENCE, Conn::new(options)).await;
    let mut connection = match connected {
        Ok(Ok(connection)) => connection,
        Ok(Err(cause)) => return Err(said(&cause)),
        Err(_) => return Err(Failure::silent(PATIENCE)),
    };
    for statement in SESSION {
        let set = connection.query_drop(*statement);
        access.within(async { set.await.map_err(|cause| failed("setting up the session", cause)) }).await?;
    }
    if let Some(snapshot) = access.snapshot {
        // A server whose reader has given up goes on with a statement unless it is told when to end. What the limit is
        // called says which server it is; one that knows neither name has none.
        let seconds = snapshot.as_secs().max(1);
        let mariadb = format!("SET SESSION max_statement_time = {seconds}");
        if connection.query_drop(mariadb).await.is_err() {
            let mysql = format!("SET SESSION max_execution_time = {}", seconds.saturating_mul(1000));
            let _ = connection.query_drop(mysql).await;
        }
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_their_tls_mode() {
        let tls = |address: &str| read_address(address).map(|options| options.ssl_opts().is_some());
        assert_eq!(tls("mysql://u:p@h:3306/d"), Some(false));
        assert_eq!(tls("mariadb://u:p@h/d?ssl-mode=REQUIRED"), Some(true));
        assert_eq!(tls("mysql://u:p@h/d?sslMode=VERIFY_IDENTITY&compression=fast"), Some(true));
        assert_eq!(tls("mysql://u:p@h/d?ssl-ca=/ca.pem"), Some(true));
        assert_eq!(tls("mysql://u:p@h/d?ssl-mode=disabled&ssl-ca=/ca.pem"), Some(false));
        assert_eq!(tls("mysql://u:p@h/d?ssl-mode=perhaps"), None);
        assert_eq!(tls("postgres://u:p@h/d"), None);
    }
}
