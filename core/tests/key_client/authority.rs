//! A certificate authority that nobody knows, and servers with its certificates.

use std::path::PathBuf;
use std::sync::Arc;

use claimgate_testkit::ServedIssuer;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    directory: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        Authority { issuer: rcgen::Issuer::new(params, key), certificate, directory }
    }

    /// The certificate of the authority, as PEM.
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A file with this text, which lives as long as the authority.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.file("ca.pem", &self.pem())
    }

    /// A file with a client's certificate and its key.
    pub(crate) fn identity_file(&self) -> PathBuf {
        let (certificate, key) = self.sign("client.test", ExtendedKeyUsagePurpose::ClientAuth);
        self.file("client.pem", &(certificate.pem() + &key.serialize_pem()))
    }

    /// `https://127.0.0.1:PORT`, before the plain port of `served`, with a certificate for `name`. Until the runtime ends.
    pub(crate) async fn front(&self, served: &ServedIssuer, name: &str, clients: Clients<'_>) -> String {
        let (certificate, key) = self.sign(name, ExtendedKeyUsagePurpose::ServerAuth);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = match clients {
            Clients::Anybody => config.with_no_client_auth(),
            Clients::Of(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.der().clone()).unwrap();
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build().unwrap();
                config.with_client_cert_verifier(verifier)
            }
        };
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let plain = served.url().strip_prefix("http://").unwrap().to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, plain) = (acceptor.clone(), plain.clone());
                tokio::spawn(async move {
                    // A handshake that fails is what some tests are about.
                    let Ok(mut client) = acceptor.accept(client).await else { return };
                    let Ok(mut issuer) = TcpStream::connect(plain).await else { return };
                    _ = copy_bidirectional(&mut client, &mut issuer).await;
                });
            }
        });
        url
    }

    fn sign(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// Whom a server lets in.
pub(crate) enum Clients<'a> {
    Anybody,
    /// Who has a certificate of this authority.
    Of(&'a Authority),
}
