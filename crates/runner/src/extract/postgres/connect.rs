//! Connections: from a source's address to a session in UTC. No address, user or password leaves this file,
//! neither in an error nor in a log.

use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

use super::Postgres;
use super::tls::{self, Check};
use crate::extract::database::access::{CERTIFICATE, KEEPALIVE, PATIENCE, is_no_host};
use crate::extract::database::{Access, Failure, parameters, with_parameters};

/// What every session is told: times in UTC, texts that can be read again, and no limit that its role may have on a view.
const SESSION: &str = "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; \
    SET bytea_output = 'hex'; SET extra_float_digits = 1; SET standard_conforming_strings = on; \
    SET idle_in_transaction_session_timeout = 0";

/// An address, ready to connect to.
pub(crate) struct Address {
    config: Config,
    check: Check,
}

/// Reads `postgres://…?sslmode=…`; the mode is what libpq calls it.
pub(super) fn read_address(text: &str) -> Option<Address> {
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return None;
    }
    let (plain, parameters) = parameters(text);
    let mut kept = Vec::new();
    let mut check = Check::default();
    let mut mode = None;
    for (key, value) in parameters {
        match (key, value) {
            ("sslmode", "disable") => mode = Some(SslMode::Disable),
            ("sslmode", "prefer" | "allow") => mode = Some(SslMode::Prefer),
            ("sslmode", "require") => mode = Some(SslMode::Require),
            ("sslmode", "verify-ca") => (mode, check.chain) = (Some(SslMode::Require), true),
            ("sslmode", "verify-full") => (mode, check.chain, check.name) = (Some(SslMode::Require), true, true),
            ("sslmode", _) => return None,
            ("sslrootcert", path) => check.authority = Some(path.into()),
            _ => kept.push((key, value)),
        }
    }
    // An authority is named to be asked; libpq asks it with `require` too.
    if check.authority.is_some() && matches!(mode, None | Some(SslMode::Require)) {
        (mode, check.chain) = (Some(SslMode::Require), true);
    }
    let mut config: Config = with_parameters(plain, &kept).parse().ok()?;
    config
        .ssl_mode(mode.unwrap_or(SslMode::Prefer))
        .connect_timeout(PATIENCE)
        .keepalives_idle(KEEPALIVE)
        .application_name("dwc");
    (!config.get_hosts().is_empty()).then_some(Address { config, check })
}

/// Opens a session.
pub(super) async fn open(address: &Address, access: &Access<Postgres>) -> Result<Client, Failure> {
    let connector = tls::connector(&address.check)?;
    let connected = tokio::time::timeout(PATIENCE, address.config.connect(connector)).await;
    let (client, connection) = match connected {
        Ok(connected) => connected.map_err(|cause| failed("connecting", &cause))?,
        Err(_) => return Err(Failure::silent(PATIENCE)),
    };
    // What goes wrong with the connection is what the client's next statement says.
    tokio::spawn(async { drop(connection.await) });
    let limit = access.snapshot.map_or(0, |snapshot| snapshot.as_millis().max(1000));
    let session = format!("{SESSION}; SET statement_timeout = {limit}");
    let set = client.batch_execute(&session);
    access.within(async { set.await.map_err(|cause| failed("setting up the session", &cause)) }).await?;
    Ok(client)
}

/// What a failed statement means. Of what the server says when it lets nobody in, nothing is repeated.
pub(super) fn failed(doing: &str, cause: &tokio_postgres::Error) -> Failure {
    let Some(server) = cause.as_db_error() else {
        let mut said = cause.to_string();
        let mut inner = std::error::Error::source(cause);
        while let Some(next) = inner {
            said = next.to_string();
            inner = next.source();
        }
        let whole = cause.to_string();
        return match () {
            () if said.contains(CERTIFICATE) || said.contains("does not support TLS") => Failure::untrusted(&said),
            // An address without a user or a password that the server asks for.
            () if is_no_host(&said) => Failure::nowhere(),
            () if whole.contains("invalid configuration") => Failure::denied(),
            () => Failure::Unreachable(said),
        };
    };
    let code = server.code();
    if matches!(
        *code,
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION | SqlState::INVALID_CATALOG_NAME
    ) {
        return Failure::denied();
    }
    // Connections, resources, an operator, a standby that cancels what it holds up, a statement beyond its time, a
    // deadlock or a transaction that cannot be serialized: these pass.
    let passing = ["08", "53", "57", "40", "25P03", "25006", "55P03"];
    if passing.iter().any(|class| code.code().starts_with(class)) {
        return Failure::Unreachable(server.message().to_owned());
    }
    Failure::refused(doing, server.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_their_tls_mode() {
        let read = |text: &str| read_address(text).map(|a| (a.config.get_ssl_mode(), a.check.chain, a.check.name));
        assert_eq!(read("postgres://u:p@h:5432/d"), Some((SslMode::Prefer, false, false)));
        assert_eq!(read("postgresql://u:p@h/d?sslmode=require"), Some((SslMode::Require, false, false)));
        assert_eq!(read("postgres://u:p@h/d?sslmode=verify-ca"), Some((SslMode::Require, true, false)));
        assert_eq!(
            read("postgres://u:p@h/d?sslmode=verify-full&connect_timeout=3"),
            Some((SslMode::Require, true, true))
        );
        assert_eq!(read("postgres://u:p@h/d?sslrootcert=/ca.pem"), Some((SslMode::Require, true, false)));
        assert_eq!(
            read("postgres://u:p@h/d?sslmode=require&sslrootcert=/ca.pem"),
            Some((SslMode::Require, true, false))
        );
        assert_eq!(
            read("postgres://u:p@h/d?sslmode=prefer&sslrootcert=/ca.pem"),
            Some((SslMode::Prefer, false, false))
        );
        assert_eq!(read("postgres://u:p@h/d?sslmode=perhaps"), None);
        assert_eq!(read("mysql://u:p@h/d"), None);
    }
}
