//! Regions, zones, blocks, ports and peers.
use super::{Malformed, Name, Unit, digits};
use crate::diag::Code;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;

/// An AWS region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

impl Region {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let word = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=3).contains(&words.len()) && words.iter().all(word) && number.len() == 1 && digits(number).is_some()
}

impl Unit for Region {
    const PATTERN: &'static str = "^[a-z]{2,}(-[a-z]{2,}){1,2}-[0-9]$";
    const DOC: &'static str = "An AWS region.";
    const EXAMPLES: &'static [&'static str] = &["us-east-1", "eu-central-1"];

    fn read(text: &str) -> Result<Self, Malformed> {
        if is_region(text) {
            return Ok(Region(text.into()));
        }
        let cut = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let help = if is_region(cut) {
            format!("`{text}` is a zone; write the region `{cut}`")
        } else {
            "write a region such as `us-east-1` or `eu-central-1`".into()
        };
        Err(Malformed::new(Code::BadRegion, format!("`{text}` is not a region"), help))
    }
}

/// An availability zone: its region and one letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AvailabilityZone(String);

impl AvailabilityZone {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its region's name.
    pub fn region(&self) -> &str {
        &self.0[..self.0.len() - 1]
    }

    /// Its letter, which tells it from the other zones of its region.
    pub fn letter(&self) -> &str {
        &self.0[self.0.len() - 1..]
    }
}

impl fmt::Display for AvailabilityZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Unit for AvailabilityZone {
    const PATTERN: &'static str = "^[a-z]{2,}(-[a-z]{2,}){1,2}-[0-9][a-f]$";
    const DOC: &'static str = "An availability zone: the region and a letter from a to f.";
    const EXAMPLES: &'static [&'static str] = &["us-east-1a"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let region = text.strip_suffix(|c: char| ('a'..='f').contains(&c));
        if region.is_some_and(is_region) {
            return Ok(AvailabilityZone(text.into()));
        }
        let help = if is_region(text) {
            format!("`{text}` is a region; write a zone of it, such as `{text}a`")
        } else {
            "write the region and a letter from a to f, such as `us-east-1a`".into()
        };
        Err(Malformed::new(Code::BadZone, format!("`{text}` is not an availability zone"), help))
    }
}

/// An IPv4 network without host bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr(Ipv4Net);

impl Cidr {
    /// The network, cutting off host bits.
    pub fn new(net: Ipv4Net) -> Self {
        Cidr(net.trunc())
    }

    /// The network.
    pub fn net(self) -> Ipv4Net {
        self.0
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Unit for Cidr {
    const PATTERN: &'static str = "^([0-9]{1,3}\\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$";
    const DOC: &'static str = "An IPv4 block in CIDR notation.";
    const EXAMPLES: &'static [&'static str] = &["10.0.0.0/16"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let bad = |message: String, help: String| Malformed::new(Code::BadBlock, message, help);
        match text.parse::<Ipv4Net>() {
            Ok(net) if net == net.trunc() => Ok(Cidr(net)),
            Ok(net) => Err(bad(
                format!("the block `{text}` has bits after its prefix"),
                format!("write the network's own address, `{}`", net.trunc()),
            )),
            Err(_) => {
                let alone = text.parse::<std::net::Ipv4Addr>();
                let help = match alone {
                    Ok(address) => format!("a single address is the block `{address}/32`"),
                    Err(_) => "write an IPv4 network and its prefix, such as `10.0.0.0/16`".into(),
                };
                Err(bad(format!("`{text}` is not an IPv4 block"), help))
            }
        }
    }
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The first port, at least 1.
    pub first: u16,
    /// The last port, at least the first.
    pub last: u16,
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl Unit for Ports {
    const PATTERN: &'static str = "^[0-9]{1,5}-[0-9]{1,5}$";
    const DOC: &'static str = "A range of ports, both ends included.";
    const EXAMPLES: &'static [&'static str] = &["8000-8100"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let port = |part: &str| digits(part).and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
        let read = text.split_once('-').and_then(|(first, last)| Some(Ports { first: port(first)?, last: port(last)? }));
        read.filter(|ports| ports.first <= ports.last).ok_or_else(|| {
            Malformed::new(
                Code::BadPorts,
                format!("`{text}` is not a range of ports"),
                "write the first and the last one, such as `\"8000-8100\"`; a single one is `port: 8000`",
            )
        })
    }
}

/// Who may talk to something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// The whole internet.
    Anywhere,
    /// A network, of IPv4 or IPv6.
    Block(IpNet),
    /// The CDN's published ranges.
    Cdn,
    /// The load balancer.
    LoadBalancer,
    /// A compute entry, a security group or a subnet tier, in that order; see `Spec::resolve`.
    Named(Name),
    /// Everything in the VPC.
    Vpc,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Anywhere => f.write_str("anywhere"),
            Peer::Block(block) => block.fmt(f),
            Peer::Cdn => f.write_str("cdn"),
            Peer::LoadBalancer => f.write_str("load_balancer"),
            Peer::Named(name) => name.fmt(f),
            Peer::Vpc => f.write_str("vpc"),
        }
    }
}

impl Unit for Peer {
    const PATTERN: &'static str = "^(load_balancer|[a-z][a-z0-9-]{0,31}|([0-9]{1,3}\\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F.:]*:[0-9a-fA-F.:]*/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$";
    const DOC: &'static str = "Who may talk: `anywhere` (over IPv4), `vpc`, `cdn`, `load_balancer`, a compute entry, a security group, a subnet tier, or a block of IPv4 or IPv6.";
    const EXAMPLES: &'static [&'static str] = &["app", "load_balancer", "203.0.113.0/24", "2001:db8::/32"];

    fn read(text: &str) -> Result<Self, Malformed> {
        match text {
            "anywhere" => return Ok(Peer::Anywhere),
            "cdn" => return Ok(Peer::Cdn),
            "load_balancer" => return Ok(Peer::LoadBalancer),
            "vpc" => return Ok(Peer::Vpc),
            _ => {}
        }
        if text.contains(':') {
            return six(text).map(|block| Peer::Block(block.into()));
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Cidr::read(text).map(|block| Peer::Block(block.net().into()));
        }
        Name::read(text).map(Peer::Named).map_err(|_| {
            Malformed::new(
                Code::BadPeer,
                format!("`{text}` does not say who may talk"),
                "write `anywhere`, `vpc`, `cdn`, `load_balancer`, the name of a compute entry, security group or subnet tier, or a block",
            )
        })
    }
}

/// A block of IPv6 without host bits.
fn six(text: &str) -> Result<Ipv6Net, Malformed> {
    let bad = |message: String, help: String| Malformed::new(Code::BadBlock, message, help);
    match text.parse::<Ipv6Net>() {
        Ok(net) if net == net.trunc() => Ok(net),
        Ok(net) => {
            Err(bad(format!("the block `{text}` has bits after its prefix"), format!("write the network's own address, `{}`", net.trunc())))
        }
        Err(_) => {
            let help = match text.parse::<std::net::Ipv6Addr>() {
                Ok(address) => format!("a single address is the block `{address}/128`"),
                Err(_) => "write a network of IPv6 and its prefix, such as `2001:db8::/32`; `::/0` is everywhere".into(),
            };
            Err(bad(format!("`{text}` is not a block of IPv6"), help))
        }
    }
}
