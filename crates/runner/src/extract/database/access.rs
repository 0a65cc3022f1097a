//! Access: the addresses of a source, how it is spared, and what a failure of it means. No address leaves this folder,
//! neither in an error nor in a log. It must not know a server's protocol.

use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Source;
use dwc_compiler::syntax::expand_env;

use super::Server;
use crate::Error;

/// How long a server may take to answer a new connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How often an idle connection is probed.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(60);

/// What TLS libraries say of a certificate that is not accepted.
pub(crate) const CERTIFICATE: &str = "invalid peer certificate";

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
    /// The server refuses a statement.
    pub(crate) fn refused(doing: &str, said: &str) -> Self {
        let error = Error::coded(Code::SourceRefused, format!("{doing} was refused: {said}"));
        Failure::Stopped(error.help("check the user's permissions and the declaration of the table"))
    }

    /// The server lets nobody in with this address. Its own words name the user and the host.
    pub(crate) fn denied() -> Self {
        let error = Error::coded(Code::SourceRefused, "access denied");
        Failure::Stopped(error.help("check the user, password, database and TLS mode of the address"))
    }

    /// The server shows a certificate that is not accepted, or does not encrypt.
    pub(crate) fn untrusted(said: &str) -> Self {
        let error = Error::coded(Code::SourceAddress, format!("the server cannot be trusted: {said}"));
        Failure::Stopped(error.help("check the TLS mode, the authority and the host of the address"))
    }

    /// There is no host of this name, which the message does not repeat.
    pub(crate) fn nowhere() -> Self {
        let error = Error::coded(Code::SourceAddress, "there is no server with the address's host name");
        Failure::Stopped(error.help("correct the host of the address, or the names that this machine knows"))
    }

    /// The server has not answered in its time.
    pub(crate) fn silent(time: Duration) -> Self {
        Failure::Unreachable(format!("no answer within {} seconds", time.as_secs()))
    }
}

/// Whether looking up a host says that there is none of this name; that no one could be asked passes.
pub(crate) fn is_no_host(said: &str) -> bool {
    let none = ["Name or service not known", "nodename nor servname provided", "No address associated", "No such host"];
    none.iter().any(|none| said.contains(none))
}

/// How a source is reached, and how it is spared.
pub(crate) struct Access<S: Server> {
    /// The replica where one is named, then the server itself.
    addresses: Vec<S::Address>,
    /// How often it is tried again.
    pub(crate) retries: u32,
    /// The most rows in a second, over all connections.
    pub(crate) rows_per_second: Option<u32>,
    /// How long the server may take to answer.
    pub(crate) statement: Duration,
    /// How long one view may stay open.
    pub(crate) snapshot: Option<Duration>,
}

impl<S: Server> Access<S> {
    /// The access that a source declares.
    pub(crate) fn new(source: &Source) -> Result<Self, Error> {
        let mut addresses = Vec::new();
        for address in source.replica_url.iter().chain([&source.url]) {
            addresses.push(read_address::<S>(source, address)?);
        }
        Ok(Access {
            addresses,
            retries: source.retries,
            rows_per_second: source.max_rows_per_second,
            statement: Duration::from_secs(source.statement_seconds),
            snapshot: source.snapshot_seconds.map(Duration::from_secs),
        })
    }

    /// Opens a session with the first address that answers.
    pub(crate) async fn open(&self) -> Result<S::Connection, Failure> {
        let mut last = Failure::Unreachable("the source has no address".to_owned());
        for address in &self.addresses {
            match S::open(address, self).await {
                Ok(connection) => return Ok(connection),
                // What is wrong with a replica is no reason to leave the server itself alone.
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    /// Waits for the server, as long as the source declares.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::time::timeout(self.statement, work).await.unwrap_or_else(|_| Err(Failure::silent(self.statement)))
    }

    /// The same for a row of many. One that has arrived already costs no look at the clock and is not moved about: there
    /// are a million of them in a second.
    pub(crate) async fn prompt<T>(&self, mut work: Pin<&mut impl Future<Output = T>>) -> Result<T, Failure> {
        let at_once = std::future::poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => Poll::Ready(None),
        });
        match at_once.await {
            Some(done) => Ok(done),
            None => {
                let in_time = pin!(tokio::time::timeout(self.statement, work));
                in_time.await.map_err(|_| Failure::silent(self.statement))
            }
        }
    }
}

fn read_address<S: Server>(source: &Source, address: &str) -> Result<S::Address, Error> {
    let address = expand_env(address, &crate::project::env).map_err(|name| {
        Error::coded(
            Code::MissingVariable,
            format!("the environment has no `{name}`, which the address of source `{}` needs", source.name),
        )
        .help("set it where `dwc` runs; it is never stored")
    })?;
    S::address(address.trim()).ok_or_else(|| {
        Error::coded(
            Code::SourceAddress,
            format!("the address of source `{}` is not a {} address", source.name, S::NAME),
        )
        .help(format!("write it as `{}`, special characters of the password percent-encoded", S::FORM))
    })
}

/// An address without its parameters, and each parameter with its name and its value, as in `…?name=value&name`.
pub(crate) fn parameters(address: &str) -> (&str, Vec<(&str, &str)>) {
    let Some((plain, parameters)) = address.split_once('?') else { return (address, Vec::new()) };
    let each = parameters.split('&').filter(|parameter| !parameter.is_empty());
    (plain, each.map(|parameter| parameter.split_once('=').unwrap_or((parameter, ""))).collect())
}

/// An address with parameters.
pub(crate) fn with_parameters(plain: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return plain.to_owned();
    }
    let each: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{plain}?{}", each.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_does_not_exist_is_told_from_names_that_no_one_answers() {
        let lookup = "failed to lookup address information: ";
        assert!(is_no_host(&format!("{lookup}Name or service not known")));
        assert!(!is_no_host(&format!("{lookup}Temporary failure in name resolution")));
        assert!(!is_no_host("Connection refused (os error 111)"));
    }
}
