//! A cloud that gives the answers it is told to, in that order, and keeps what it was asked.
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use infra::wire::Clients;

use super::models;
use super::moto::Moto;

/// Headers of an answer, by name.
pub type Headers = &'static [(&'static str, &'static str)];

#[derive(Clone, Debug)]
pub struct Replay {
    answers: Arc<Mutex<VecDeque<(u16, String, Headers)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    lines: Arc<Mutex<Vec<String>>>,
    signed: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    /// Clients of such a cloud. An answer is an HTTP status and a body.
    pub fn clients<'a>(answers: impl IntoIterator<Item = (u16, &'a str)>) -> (Clients, Replay) {
        Replay::with_headers(answers.into_iter().map(|(status, body)| (status, body, &[] as &[_])))
    }

    /// The same; an answer has headers too.
    pub fn with_headers<'a>(answers: impl IntoIterator<Item = (u16, &'a str, Headers)>) -> (Clients, Replay) {
        let answers = answers.into_iter().map(|(status, body, headers)| (status, body.to_owned(), headers)).collect();
        let replay =
            Replay { answers: Arc::new(Mutex::new(answers)), asked: Arc::default(), lines: Arc::default(), signed: Arc::default() };
        let config = Moto::config("http://replay.invalid").into_builder().http_client(replay.clone()).build();
        (Clients::with_config(config, Moto::policy()), replay)
    }

    /// The same, in another region than the usual.
    pub fn clients_in<'a>(region: &'static str, answers: impl IntoIterator<Item = (u16, &'a str)>) -> (Clients, Replay) {
        let (_, replay) = Replay::clients(answers);
        let config = Moto::config("http://replay.invalid").into_builder().http_client(replay.clone());
        (Clients::with_config(config.region(aws_config::Region::new(region)).build(), Moto::policy()), replay)
    }

    /// The bodies of the requests. Every answer must have been taken.
    pub fn asked(&self) -> Vec<String> {
        assert!(self.answers.lock().unwrap().is_empty(), "answers nobody asked for");
        self.asked.lock().unwrap().clone()
    }

    /// The methods and paths of the requests: `GET /workspaces`.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// How the requests were signed; the service and the region are in it.
    pub fn signed(&self) -> Vec<String> {
        self.signed.lock().unwrap().clone()
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        models::hold(&request);
        let body = request.body().bytes().unwrap_or_default();
        self.asked.lock().unwrap().push(String::from_utf8_lossy(body).into_owned());
        let path = request.uri().split_once(".invalid").map_or("", |(_, path)| path);
        self.lines.lock().unwrap().push(format!("{} {path}", request.method()));
        self.signed.lock().unwrap().push(request.headers().get("authorization").unwrap_or_default().to_owned());
        HttpConnectorFuture::ready(match self.answers.lock().unwrap().pop_front() {
            Some((status, body, headers)) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                for (name, value) in headers {
                    response.headers_mut().insert(*name, *value);
                }
                Ok(response)
            }
            None => Err(ConnectorError::other("no answer left".into(), None)),
        })
    }
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
