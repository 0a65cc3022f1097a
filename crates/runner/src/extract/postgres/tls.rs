//! TLS as libpq's modes mean it: encrypted, with a known authority, with the server's name. It must not connect.

use std::path::PathBuf;
use std::sync::Arc;

use dwc_compiler::diagnostic::Code;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

/// What is checked of a server's certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct Check {
    /// Its authority.
    pub(super) chain: bool,
    /// Its name.
    pub(super) name: bool,
    /// An authority beside the well-known ones.
    pub(super) authority: Option<PathBuf>,
}

/// How a connection is encrypted.
pub(super) fn connector(check: &Check) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |cause| Error::because("TLS could not be set up", cause);
    let inner = if check.chain {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = &check.authority {
            let unreadable = |cause| {
                let error = Error::because(format!("`{}` could not be read as certificates", path.display()), cause);
                Error { code: Some(Code::SourceAddress), ..error }
                    .help("name a file of PEM certificates in `sslrootcert`")
            };
            for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                roots.add(certificate.map_err(unreadable)?).map_err(failed)?;
            }
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        Some(verifier.map_err(|cause| Error::because("no certificate of an authority is known", cause))?)
    } else {
        None
    };
    let verifier = Arc::new(Verifier { inner, name: check.name, provider: provider.clone() });
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Checks what the mode asks for.
#[derive(Debug)]
struct Verifier {
    /// Checks the authority; `None` where the mode does not ask for it.
    inner: Option<Arc<WebPkiServerVerifier>>,
    name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        let wrong_name = |error: &CertificateError| {
            matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
        };
        match inner.verify_server_cert(certificate, between, name, ocsp, now) {
            // The name is what is checked last.
            Err(rustls::Error::InvalidCertificate(error)) if !self.name && wrong_name(&error) => {
                Ok(ServerCertVerified::assertion())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
