//! The SDK's HTTP client of the tests: no request leaves it that the models forbid.
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::{Request, held};

/// A client for plain HTTP. A request that is wrong fails the test that sends it, before it is sent.
pub fn client() -> SharedHttpClient {
    let inner = aws_smithy_http_client::Builder::new().build_http();
    http_client_fn(move |settings, components| SharedHttpConnector::new(Checked(inner.http_connector(settings, components))))
}

#[derive(Debug)]
struct Checked(SharedHttpConnector);

impl HttpConnector for Checked {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        hold(&request);
        self.0.call(request)
    }
}

/// Panics when the models forbid a request, or nobody has classified what it says.
pub fn hold(request: &HttpRequest) {
    let body = request.body().bytes().unwrap_or_default();
    let wrong = held(&Request { method: request.method(), uri: request.uri(), headers: request.headers().iter().collect(), body });
    assert!(wrong.is_empty(), "a request that AWS refuses, or nobody has classified: {wrong:#?}");
}
