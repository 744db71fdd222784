//! What the API says: the envelope around every answer, and its three ways of writing a refusal.
use serde_json::{Map, Value, json};

/// What an endpoint comes to.
pub type Reply = Result<Answer, Refusal>;

/// A result, and what stands beside it in the envelope.
pub struct Answer {
    result: Value,
    info: Option<Value>,
    messages: Vec<Value>,
}

impl Answer {
    /// A page of a list.
    pub fn page(result: Vec<Value>, info: Value) -> Answer {
        Answer { result: result.into(), info: Some(info), messages: vec![] }
    }

    /// A result, and a word about it.
    pub fn with_message(result: Value, message: Value) -> Answer {
        Answer { result, info: None, messages: vec![message] }
    }
}

impl From<Value> for Answer {
    fn from(result: Value) -> Answer {
        Answer { result, info: None, messages: vec![] }
    }
}

/// A status, and the errors of the envelope.
#[derive(Debug)]
pub struct Refusal {
    status: u16,
    errors: Vec<Value>,
}

impl Refusal {
    pub fn new(status: u16, code: u32, message: impl Into<String>) -> Refusal {
        Refusal { status, errors: vec![json!({ "code": code, "message": message.into() })] }
    }

    /// DNS hides the cause of an invalid record in a chain.
    pub fn dns(code: u32, message: impl Into<String>) -> Refusal {
        let chain = json!([{ "code": code, "message": message.into() }]);
        Refusal { status: 400, errors: vec![json!({ "code": 1004, "message": "DNS Validation Error", "error_chain": chain })] }
    }

    /// Rulesets point to the place in the body.
    pub fn at(pointer: &str, code: u32, message: impl Into<String>) -> Refusal {
        Refusal { status: 400, errors: vec![json!({ "code": code, "message": message.into(), "source": { "pointer": pointer } })] }
    }

    /// A path that leads nowhere.
    pub fn no_route(path: &str) -> Refusal {
        let lost = format!("Could not route to {path}, perhaps your object identifier is invalid?");
        Refusal {
            status: 404,
            errors: vec![json!({ "code": 7003, "message": lost }), json!({ "code": 7000, "message": "No route for that URI" })],
        }
    }

    /// A token that lacks a permission. Zones that don't exist look the same.
    pub fn authentication() -> Refusal {
        Refusal::new(403, 10000, "Authentication error")
    }
}

/// The status, and the whole envelope.
pub fn envelope(reply: Reply) -> (u16, Value) {
    match reply {
        Ok(answer) => {
            let mut body = json!({ "success": true, "errors": [], "messages": answer.messages, "result": answer.result });
            if let Some(info) = answer.info {
                body["result_info"] = info;
            }
            (200, body)
        }
        Err(r) => (r.status, json!({ "success": false, "errors": r.errors, "messages": [], "result": null })),
    }
}

/// The body of a request that must be an object.
pub fn object(body: Option<&Value>) -> Result<&Map<String, Value>, Refusal> {
    body.and_then(Value::as_object).ok_or_else(|| Refusal::new(400, 9207, "Request body is invalid."))
}
