//! Routes to rules of their listener, and actions to what the kinds call so.
use super::{Action, Redirect, Respond, Route, Values, port};
use crate::kinds::listener::{self, Action as Made};
use crate::kinds::listener_rule::{Conditions, priority};
use crate::kinds::{ListenerRule, Ref};
use crate::spec::load_balancer::lower::{behind, protocol};
use crate::spec::load_balancer::{Listener, LoadBalancer};
use crate::spec::lower::{Lower, int};
use crate::spec::units::Name;
use std::collections::{BTreeMap, BTreeSet};

/// The rule of each route.
pub(in crate::spec::load_balancer) fn lower(l: &mut Lower<'_>, balancer: &LoadBalancer, name: &Name, listener: &Listener) {
    for (route, it) in &listener.routes {
        let Some(action) = action(balancer, it.action()) else { continue }; // a loaded spec has one
        let conditions = conditions(it);
        let (priority, range) = priority::of(&conditions, route.as_str());
        let tags = l.tags(&format!("{name}-{route}"));
        let waits_for = behind(l.spec, it.forward.as_ref()).into_iter().collect();
        let made = ListenerRule { listener: Ref::to(name.as_str()), priority, range, conditions, action, waits_for, tags };
        l.add(rule(name, route), format!("load_balancer.listeners.{name}.routes.{route}"), made);
    }
}

/// The name of a route's rule. No name that a user can write has a point.
pub fn rule(listener: &Name, route: &Name) -> String {
    format!("{listener}.{route}")
}

/// What a route asks for; a host means the same in any case.
pub fn conditions(route: &Route) -> Conditions {
    let set = |values: &Option<Values>| values.as_ref().map(|v| v.0.clone()).unwrap_or_default();
    let map = |all: &BTreeMap<String, Values>| all.iter().map(|(key, values)| (key.clone(), values.0.clone())).collect();
    let host: BTreeSet<String> = set(&route.host).iter().map(|host| host.to_ascii_lowercase()).collect();
    Conditions {
        header: map(&route.header),
        host,
        method: set(&route.method),
        path: set(&route.path),
        query: map(&route.query),
        source: set(&route.source),
    }
}

/// What becomes of requests; nothing for an action that says nothing.
pub(in crate::spec::load_balancer) fn action(balancer: &LoadBalancer, action: Action<'_>) -> Option<Made> {
    match action {
        Action { redirect: Some(to), .. } => redirect(balancer, to).map(Made::Redirect),
        Action { respond: Some(answer), .. } => Some(Made::Respond(respond(answer))),
        Action { forward, .. } => forward.map(|entry| Made::Forward(Ref::to(entry.as_str()))),
    }
}

fn redirect(balancer: &LoadBalancer, to: &Redirect) -> Option<listener::Redirect> {
    match to {
        Redirect::Listener(name) => {
            balancer.listeners.get(name).map(|other| listener::Redirect::to(int(other.port), protocol(other.protocol)))
        }
        Redirect::To(to) => {
            let or = |part: &Option<String>, same: &str| part.clone().unwrap_or_else(|| same.into());
            let number = to.port.or(to.protocol.map(port)).map(|port| port.to_string());
            Some(listener::Redirect {
                host: or(&to.host, listener::Redirect::HOST),
                path: or(&to.path, listener::Redirect::PATH),
                port: or(&number, listener::Redirect::PORT),
                protocol: to.protocol.map_or(listener::Redirect::PROTOCOL, protocol).into(),
                query: or(&to.query, listener::Redirect::QUERY),
                status: int(to.status),
            })
        }
    }
}

fn respond(answer: &Respond) -> listener::Respond {
    listener::Respond { status: int(answer.status), content_type: answer.content_type.word().into(), body: answer.body.clone() }
}
