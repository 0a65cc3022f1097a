//! Connections: from a source's address to a session in UTC. No address, user or password leaves this file,
//! neither in an error nor in a log.

use std::time::Duration;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Source;
use dwc_compiler::syntax::expand_env;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};

use crate::Error;

/// How long a server may take to answer a new connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often an idle connection is probed.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// What every session is told: times in UTC, one view for all its statements, and patience with a slow reader.
const SESSION: &[&str] = &[
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION sql_mode = ''",
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
];

/// Why a source was not read.
pub(crate) enum Failure {
    /// It could not be reached; it may be later.
    Unreachable(String),
    /// Something that another attempt does not mend.
    Stopped(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Stopped(error)
    }
}

impl Failure {
    /// What a failed statement on an open connection means.
    pub(crate) fn of(doing: &str, cause: mysql_async::Error) -> Self {
        match cause {
            mysql_async::Error::Server(server) if !is_passing(server.code) => Failure::Stopped(Error {
                code: Some(Code::SourceRefused),
                message: format!("{doing} was refused: {}", server.message),
                help: Some("look at the rights of the user and at the declaration of the table".to_owned()),
                cause: None,
            }),
            other => Failure::Unreachable(said(&other)),
        }
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

/// What a driver says, without the address.
fn said(cause: &mysql_async::Error) -> String {
    match cause {
        // The server's own words name the user and the host.
        mysql_async::Error::Server(server) if matches!(server.code, 1044 | 1045 | 1698 | 3159) => {
            "access denied; look at user, password, database and TLS of the address".to_owned()
        }
        mysql_async::Error::Server(server) => server.message.clone(),
        mysql_async::Error::Io(io) => io.to_string(),
        mysql_async::Error::Driver(driver) => driver.to_string(),
        mysql_async::Error::Other(_) | mysql_async::Error::Url(_) => "the connection was not made".to_owned(),
    }
}

/// How a source is reached, and how it is spared.
#[derive(Clone)]
pub(crate) struct Access {
    /// The replica where one is named, then the server itself.
    addresses: Vec<Opts>,
    /// How often it is tried again.
    pub(super) retries: u32,
    /// The most rows in a second, over all connections.
    pub(super) rows_per_second: Option<u32>,
    /// How long the server may take to answer.
    pub(super) statement: Duration,
    /// How long one view may stay open.
    pub(super) snapshot: Option<Duration>,
}

/// The access that a source declares.
pub(crate) fn access(source: &Source) -> Result<Access, Error> {
    let mut addresses = Vec::new();
    for address in source.replica_url.iter().chain([&source.url]) {
        addresses.push(options(source, address)?);
    }
    Ok(Access {
        addresses,
        retries: source.retries,
        rows_per_second: source.max_rows_per_second,
        statement: Duration::from_secs(source.statement_seconds),
        snapshot: source.snapshot_seconds.map(Duration::from_secs),
    })
}

/// The options of an address of a source.
fn options(source: &Source, address: &str) -> Result<Opts, Error> {
    let address = expand_env(address, &crate::project::env).map_err(|name| {
        Error::coded(
            Code::MissingVariable,
            format!("the environment has no `{name}`, which the address of source `{}` needs", source.name),
        )
        .help("set it where `dwc` runs; it is never stored")
    })?;
    read_address(&address).ok_or_else(|| {
        Error::coded(Code::SourceAddress, format!("the address of source `{}` is no MySQL address", source.name))
            .help("write it as `mysql://user:password@host:3306/database`, special characters of the password percent-encoded")
    })
}

/// Reads `mysql://…?ssl-mode=…`; the mode is what MySQL's own clients call it.
fn read_address(address: &str) -> Option<Opts> {
    let address = address.trim().replacen("mariadb://", "mysql://", 1);
    let (plain, parameters) = address.split_once('?').unwrap_or((&address, ""));
    let mut kept = Vec::new();
    let mut tls: Option<SslOpts> = None;
    let mut authority = None;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "sslmode" => {
                tls = match value.to_ascii_lowercase().replace('-', "_").as_str() {
                    "disabled" | "preferred" => None,
                    "required" => Some(
                        SslOpts::default()
                            .with_danger_accept_invalid_certs(true)
                            .with_danger_skip_domain_validation(true),
                    ),
                    "verify_ca" => Some(SslOpts::default().with_danger_skip_domain_validation(true)),
                    "verify_identity" => Some(SslOpts::default()),
                    _ => return None,
                }
            }
            "sslca" => authority = Some(std::path::PathBuf::from(value)),
            _ => kept.push(parameter),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let read = Opts::from_url(&format!("{plain}{query}")).ok()?;
    let mut builder = OptsBuilder::from_opts(read)
        .prefer_socket(Some(false))
        .tcp_keepalive(Some(KEEPALIVE))
        .max_allowed_packet(Some(1 << 30));
    if let Some(tls) = tls {
        builder = builder.ssl_opts(match authority {
            Some(path) => tls.with_root_certs(vec![path.into()]),
            None => tls,
        });
    }
    Some(Opts::from(builder))
}

/// Opens a session with the first address that answers.
pub(crate) async fn open(access: &Access) -> Result<Conn, Failure> {
    let mut last = Failure::Unreachable("the source has no address".to_owned());
    for options in &access.addresses {
        match open_at(options.clone(), access).await {
            Err(Failure::Unreachable(reason)) => last = Failure::Unreachable(reason),
            done => return done,
        }
    }
    Err(last)
}

/// Waits for the server, as long as the source declares.
pub(crate) async fn within<T>(
    access: &Access,
    doing: &str,
    work: impl Future<Output = Result<T, mysql_async::Error>>,
) -> Result<T, Failure> {
    patient(access, async { work.await.map_err(|cause| Failure::of(doing, cause)) }).await
}

/// The same for work of several statements that should all be quick.
pub(crate) async fn patient<T>(access: &Access, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match tokio::time::timeout(access.statement, work).await {
        Ok(done) => done,
        Err(_) => Err(silent(access)),
    }
}

/// What a server is that does not answer in its time.
pub(super) fn silent(access: &Access) -> Failure {
    Failure::Unreachable(format!("no answer within {} seconds", access.statement.as_secs()))
}

async fn open_at(options: Opts, access: &Access) -> Result<Conn, Failure> {
    let connected = tokio::time::timeout(PATIENCE, Conn::new(options)).await;
    let mut connection = match connected {
        Ok(Ok(connection)) => connection,
        Ok(Err(cause)) => return Err(Failure::Unreachable(said(&cause))),
        Err(_) => {
            return Err(Failure::Unreachable(format!("no answer within {} seconds", PATIENCE.as_secs())));
        }
    };
    for statement in SESSION {
        within(access, "setting up the session", connection.query_drop(*statement)).await?;
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
        assert_eq!(tls("mysql://u:p@h/d?ssl-mode=perhaps"), None);
        assert_eq!(tls("postgres://u:p@h/d"), None);
    }
}
