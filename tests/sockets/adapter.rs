//! The adapters under test, each made from the same description.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::{AnyTransport, Client, TransportOptions};
use tensorpool_hyper::HyperTransport;
use tensorpool_reqwest::ReqwestTransport;

/// What a case needs of the transport.
#[derive(Clone, Default)]
pub(crate) struct Needs {
    pub(crate) options: TransportOptions,
    /// The only certificate authority to trust.
    pub(crate) root: Option<CertificateDer<'static>>,
    /// An HTTP proxy, as `http://host:port`.
    pub(crate) proxy: Option<String>,
}

impl Needs {
    pub(crate) fn connect_timeout(mut self, limit: Duration) -> Self {
        self.options.connect_timeout = limit;
        self
    }

    pub(crate) fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    pub(crate) fn root(mut self, root: &CertificateDer<'static>) -> Self {
        self.root = Some(root.clone());
        self
    }

    pub(crate) fn proxy(mut self, url: String) -> Self {
        self.proxy = Some(url);
        self
    }
}

/// An adapter: how to make its transport.
pub(crate) struct Adapter {
    make: fn(&Needs) -> AnyTransport,
}

impl Adapter {
    /// A client that makes one attempt, so that a case sees what the transport did.
    pub(crate) fn client(&self, url: &str, needs: &Needs) -> Client {
        self.client_with(url, needs, RetryPolicy::none())
    }

    pub(crate) fn client_with(&self, url: &str, needs: &Needs, retry: RetryPolicy) -> Client {
        let builder = Client::builder().token("tp-token").base_url(url).retry(retry);
        builder.build_with((self.make)(needs)).unwrap()
    }
}

pub(crate) static REQWEST: Adapter = Adapter {
    make: |needs| {
        let mut builder = ReqwestTransport::configure(reqwest::Client::builder())
            .no_proxy()
            .connect_timeout(needs.options.connect_timeout);
        if let Some(root) = &needs.root {
            builder = builder.tls_certs_only([reqwest::Certificate::from_der(root).unwrap()]);
        }
        if let Some(proxy) = &needs.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).unwrap());
        }
        let transport = ReqwestTransport::from(builder.build().unwrap());
        AnyTransport::new(transport.max_body(needs.options.max_body))
    },
};

pub(crate) static HYPER: Adapter = Adapter {
    make: |needs| {
        let config = tls_config(needs);
        let Some(proxy) = &needs.proxy else {
            return AnyTransport::new(HyperTransport::with_tls(config, &needs.options));
        };
        // A proxy is a connector of the user's own: a tunnel under TLS, and the time limit over both.
        let tunnel = hyper_util::client::legacy::connect::proxy::Tunnel::new(
            proxy.parse().unwrap(),
            hyper_util::client::legacy::connect::HttpConnector::new(),
        );
        let tls = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tunnel);
        let connector = tensorpool_hyper::ConnectTimeout::new(tls, needs.options.connect_timeout);
        AnyTransport::new(HyperTransport::from_connector(connector).max_body(needs.options.max_body))
    },
};

fn tls_config(needs: &Needs) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(root) = &needs.root {
        roots.add(root.clone()).unwrap();
    }
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// All adapters: a module name and a constant each.
macro_rules! on_each_adapter {
    ($then:ident $cases:tt) => {
        $crate::$then!($cases reqwest REQWEST);
        $crate::$then!($cases hyper HYPER);
    };
}
pub(crate) use on_each_adapter;
