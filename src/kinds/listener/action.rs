//! What a load balancer does with a request: the default action of a listener, or the action of a rule.
use super::*;
use crate::diag::Code;
use aws_sdk_elasticloadbalancingv2::types::{
    self as sdk, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig, RedirectActionStatusCodeEnum,
    TargetGroupStickinessConfig, TargetGroupTuple,
};

/// What is done with a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A target of this group answers.
    Forward(Ref<TargetGroup>),
    /// The client is sent elsewhere.
    Redirect(Redirect),
    /// The load balancer itself answers.
    Respond(Respond),
    /// Targets of several groups answer: the old fleet's and the new one's, while a rollout shifts requests. No spec says it.
    Split(Split),
}

/// `ForwardConfig` with several groups.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Split {
    /// `TargetGroups`.
    pub shares: BTreeSet<Share>,
    /// `TargetGroupStickinessConfig.DurationSeconds`: how long a client stays with the group that answered it first; 0: it may change with every request.
    pub sticky: i32,
}

/// `TargetGroupTuple`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    pub group: Ref<TargetGroup>,
    /// `Weight`, from 0 to 999: here in percent.
    pub weight: i32,
}

/// `RedirectConfig`. A part may hold `#{host}`, `#{path}`, `#{port}`, `#{protocol}` and `#{query}`: what the request has there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Redirect {
    /// `Host`.
    pub host: String,
    /// `Path`, beginning with `/`; `#{path}` stands for a path without its first `/`.
    pub path: String,
    /// `Port`: a number, or `#{port}`.
    pub port: String,
    /// `Protocol`: `HTTP`, `HTTPS` or `#{protocol}`.
    pub protocol: String,
    /// `Query`, without the `?`.
    pub query: String,
    /// `StatusCode`: 301 or 302.
    pub status: i32,
}

impl Redirect {
    pub const HOST: &str = "#{host}";
    pub const PATH: &str = "/#{path}";
    pub const PORT: &str = "#{port}";
    pub const PROTOCOL: &str = "#{protocol}";
    pub const QUERY: &str = "#{query}";

    /// To the same host and path at another port and protocol, for good.
    pub fn to(port: i32, protocol: &str) -> Self {
        Redirect {
            host: Self::HOST.into(),
            path: Self::PATH.into(),
            port: port.to_string(),
            protocol: protocol.into(),
            query: Self::QUERY.into(),
            status: 301,
        }
    }
}

/// `FixedResponseConfig`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Respond {
    /// `StatusCode`: 2XX, 4XX or 5XX.
    pub status: i32,
    /// `ContentType`, one of [`CONTENT_TYPES`].
    pub content_type: String,
    /// `MessageBody`: at most 1024 characters.
    pub body: String,
}

/// `FixedResponseActionConfig.ContentType`.
pub const CONTENT_TYPES: &[&str] = &["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// The most characters of a redirect's host, path or query.
const PART: usize = 128;

/// Seconds for which a client stays with a group while two are named; one of them answers all.
const STICKY: i32 = 60;

/// The most characters of `MessageBody`.
const BODY: usize = 1024;

impl Action {
    /// What stands for an action that this type can't say, or none: a pointer to nothing that exists, which differs from every one that is wanted.
    pub(in crate::kinds) fn read_or_unknown(actions: Option<Vec<sdk::Action>>) -> Action {
        Action::read(actions.unwrap_or_default()).unwrap_or_else(|| Action::Forward(Ref::to("unknown")))
    }

    /// The target group that answers, or is to.
    pub(in crate::kinds) fn group(&self, links: &Links) -> Result<Option<String>, CloudError> {
        match self {
            Action::Forward(group) => links.to(group).map(Some),
            Action::Split(split) => {
                split.shares.iter().find(|share| !share.group.0.starts_with('=')).map(|share| links.to(&share.group)).transpose()
            }
            Action::Redirect(_) | Action::Respond(_) => Ok(None),
        }
    }

    /// The action while `share` percent of the requests that go to `new` in the end go there, and the others to `old`, by its id. `None`: it leads
    /// elsewhere.
    pub(in crate::kinds) fn split(&self, new: &Address, old: &str, share: u8, sticky: i32) -> Option<Action> {
        let Action::Forward(group) = self else { return None };
        (group.address() == *new).then(|| {
            let share = i32::from(share);
            let old = Share { group: Ref::to(foreign(old)), weight: 100 - share };
            Action::Split(Split { shares: [old, Share { group: group.clone(), weight: share }].into(), sticky })
        })
    }

    /// How many percent of the requests go to a group, by its id as the service shows it.
    pub fn share_of(&self, group: &str) -> i32 {
        match self {
            Action::Forward(only) => {
                if only.0 == group {
                    100
                } else {
                    0
                }
            }
            Action::Split(split) => {
                let all: i32 = split.shares.iter().map(|share| share.weight).sum();
                let own: i32 = split.shares.iter().filter(|share| share.group.0 == group).map(|share| share.weight).sum();
                (own * 100).checked_div(all).unwrap_or(0)
            }
            Action::Redirect(_) | Action::Respond(_) => 0,
        }
    }

    /// The action as the service takes it.
    pub(in crate::kinds) fn resolve(&self, links: &Links) -> Result<sdk::Action, CloudError> {
        let action = sdk::Action::builder();
        Ok(match self {
            Action::Forward(group) => action.r#type(ActionTypeEnum::Forward).target_group_arn(links.to(group)?).build(),
            Action::Redirect(to) => {
                let status = if to.status == 302 { RedirectActionStatusCodeEnum::Http302 } else { RedirectActionStatusCodeEnum::Http301 };
                let config = RedirectActionConfig::builder().protocol(&to.protocol).port(&to.port).host(&to.host).path(&to.path);
                action.r#type(ActionTypeEnum::Redirect).redirect_config(config.query(&to.query).status_code(status).build()).build()
            }
            Action::Respond(answer) => {
                let config = FixedResponseActionConfig::builder().status_code(answer.status.to_string());
                let config = config.content_type(&answer.content_type).message_body(&answer.body).build();
                action.r#type(ActionTypeEnum::FixedResponse).fixed_response_config(config).build()
            }
            Action::Split(split) => {
                let shares = split.shares.iter().map(|share| {
                    links.to(&share.group).map(|arn| TargetGroupTuple::builder().target_group_arn(arn).weight(share.weight).build())
                });
                let config = ForwardActionConfig::builder().set_target_groups(Some(shares.collect::<Result<_, _>>()?));
                let sticky = TargetGroupStickinessConfig::builder().enabled(split.sticky > 0);
                let sticky = sticky.set_duration_seconds(Some(split.sticky).filter(|seconds| *seconds > 0)).build();
                action.r#type(ActionTypeEnum::Forward).forward_config(config.target_group_stickiness_config(sticky).build()).build()
            }
        })
    }

    /// The group that answers, with another beside it that gets no request: it is only checked. Targets' cookies ask for one of the groups, too.
    pub(in crate::kinds) fn beside(answers: &str, checked: &str) -> sdk::Action {
        let share = |group: &str, weight| TargetGroupTuple::builder().target_group_arn(group).weight(weight).build();
        let sticky = TargetGroupStickinessConfig::builder().enabled(true).duration_seconds(STICKY).build();
        let config = ForwardActionConfig::builder().target_groups(share(answers, 1)).target_groups(share(checked, 0));
        sdk::Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config.target_group_stickiness_config(sticky).build()).build()
    }

    /// The action as the service shows it; `None` for one that this type can't say (a login first). A part of a redirect that isn't shown stays as the
    /// request has it.
    fn read(mut actions: Vec<sdk::Action>) -> Option<Action> {
        let action = actions.pop().filter(|_| actions.is_empty())?;
        match action.r#type? {
            ActionTypeEnum::Forward => {
                let config = action.forward_config;
                let sticky = config.as_ref().and_then(|f| f.target_group_stickiness_config.as_ref()).filter(|s| s.enabled == Some(true));
                let sticky = sticky.and_then(|s| s.duration_seconds).unwrap_or(0);
                let mut groups = config.and_then(|f| f.target_groups).unwrap_or_default();
                if groups.len() > 1 {
                    let share = |g: TargetGroupTuple| Some(Share { group: Ref::to(g.target_group_arn?), weight: g.weight.unwrap_or(1) });
                    let shares = groups.into_iter().map(share).collect::<Option<_>>()?;
                    return Some(Action::Split(Split { shares, sticky }));
                }
                let only = groups.pop().and_then(|g| g.target_group_arn);
                action.target_group_arn.or(only).map(|arn| Action::Forward(Ref::to(arn)))
            }
            ActionTypeEnum::Redirect => {
                let to = action.redirect_config?;
                let part = |shown: Option<String>, same: &str| shown.unwrap_or_else(|| same.to_owned());
                Some(Action::Redirect(Redirect {
                    host: part(to.host, Redirect::HOST),
                    path: part(to.path, Redirect::PATH),
                    port: part(to.port, Redirect::PORT),
                    protocol: part(to.protocol, Redirect::PROTOCOL),
                    query: part(to.query, Redirect::QUERY),
                    status: if to.status_code? == RedirectActionStatusCodeEnum::Http302 { 302 } else { 301 },
                }))
            }
            ActionTypeEnum::FixedResponse => {
                let answer = action.fixed_response_config?;
                Some(Action::Respond(Respond {
                    status: answer.status_code?.parse().ok()?,
                    content_type: answer.content_type.unwrap_or_default(),
                    body: answer.message_body.unwrap_or_default(),
                }))
            }
            _ => None,
        }
    }

    /// What the service refuses of it, on a listener that speaks `protocol`.
    pub(in crate::kinds) fn breaches(&self, protocol: Option<&str>) -> Vec<Breach> {
        match self {
            Action::Forward(_) => vec![],
            Action::Split(split) => split.breaches(),
            Action::Redirect(to) => to.breaches(protocol),
            Action::Respond(answer) => answer.breaches(),
        }
    }
}

impl Split {
    /// `ForwardActionConfig`: at most 5 groups, each once, weights from 0 to 999; and `TargetGroupStickinessConfig.DurationSeconds`, from 1 to 604800.
    fn breaches(&self) -> Vec<Breach> {
        let groups: BTreeSet<&Ref<TargetGroup>> = self.shares.iter().map(|share| &share.group).collect();
        let weights = self.shares.iter().all(|share| (0..=999).contains(&share.weight));
        let sound = groups.len() == self.shares.len() && groups.len() <= 5 && weights && (0..=604_800).contains(&self.sticky);
        let breach = || Breach::new(Code::Refused, "action.split", "a listener can't share requests out like this", "name each group once");
        (!sound).then(breach).into_iter().collect()
    }
}

impl Redirect {
    /// `RedirectActionConfig`: what each part may hold, and that something must change.
    fn breaches(&self, protocol: Option<&str>) -> Vec<Breach> {
        let mut found = vec![];
        let mut say = |part: &str, message: String, help: &str| {
            found.push(Breach::new(Code::ListenerAction, format!("action.redirect.{part}"), message, help));
        };
        let parts = [
            ("host", &self.host, &[Self::HOST][..]),
            ("path", &self.path, &[Self::HOST, "#{path}", Self::PORT][..]),
            ("query", &self.query, &[Self::HOST, "#{path}", Self::PORT, Self::PROTOCOL, Self::QUERY][..]),
        ];
        for (part, text, known) in parts {
            let long = text.chars().count();
            if long > PART {
                say(part, format!("the {part} of a redirect has at most {PART} characters, and this one {long}"), "write a shorter one");
            }
            let rest = known.iter().fold(text.clone(), |rest, keyword| rest.replace(keyword, ""));
            if rest.contains("#{") {
                say(part, format!("`{text}` names what a redirect's {part} can't have"), &format!("it may have {}", known.join(", ")));
            }
        }
        if self.host.is_empty() {
            say("host", "a redirect's host is empty".into(), "write a name, or leave it out: the host stays");
        }
        if !self.path.starts_with('/') {
            say(
                "path",
                format!("the path `{}` of a redirect doesn't begin with `/`", self.path),
                "write the whole path, such as `/new/#{path}`",
            );
        }
        if self.port != Self::PORT && !self.port.parse::<u16>().is_ok_and(|port| port > 0) {
            say("port", format!("`{}` is not a port", self.port), "write one from 1 to 65535, or leave it out: the port stays");
        }
        let same = |part: &str, keyword: &str| part == keyword;
        if same(&self.host, Self::HOST)
            && same(&self.path, Self::PATH)
            && same(&self.port, Self::PORT)
            && same(&self.protocol, Self::PROTOCOL)
        {
            let message = "a redirect that changes neither host, path, port nor protocol leads back to itself";
            found.push(Breach::new(
                Code::ListenerAction,
                "action.redirect",
                message,
                "change one of them; another query alone is not enough",
            ));
        }
        // `RedirectConfig.Protocol`: HTTP to HTTP, HTTP to HTTPS and HTTPS to HTTPS, but not HTTPS to HTTP.
        if protocol == Some(HTTPS) && self.protocol == "HTTP" {
            let message = "a listener for https can't redirect to one for http";
            found.push(Breach::new(Code::Refused, "action", message, "forward here, and redirect from http to https"));
        }
        found
    }
}

impl Respond {
    /// `FixedResponseActionConfig`.
    fn breaches(&self) -> Vec<Breach> {
        let mut found = vec![];
        let mut say = |part: &str, message: String, help: String| {
            found.push(Breach::new(Code::ListenerAction, format!("action.respond.{part}"), message, help));
        };
        if !matches!(self.status / 100, 2 | 4 | 5) || self.status > 599 {
            let message = format!("a load balancer doesn't answer with the status {} by itself", self.status);
            say("status", message, "write one from 200 to 299 or from 400 to 599; for others there is `redirect`".into());
        }
        if !CONTENT_TYPES.contains(&self.content_type.as_str()) {
            say(
                "content_type",
                format!("`{}` is not a type that a load balancer answers with", self.content_type),
                CONTENT_TYPES.join(", "),
            );
        }
        let long = self.body.chars().count();
        if long > BODY {
            say("body", format!("an answer has at most {BODY} characters, and this one {long}"), "write a shorter one, or forward".into());
        }
        found
    }
}
