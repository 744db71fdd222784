//! Names: of entries, groups, outputs, environment variables, accounts and ARNs.
use super::{Malformed, Unit};
use crate::diag::Code;
use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// As written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a stack or of an entry: it is the identity of what it names.
    Name
}
name! {
    /// The name of a security group: an own name, or the entry whose group it extends.
    GroupName
}
name! {
    /// The name of an output.
    OutputName
}
name! {
    /// The name of an environment variable.
    EnvName
}
name! {
    /// An AWS account's number.
    Account
}
name! {
    /// An Amazon Resource Name.
    Arn
}

fn is_name(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The nearest text that is a name.
fn proposal(text: &str) -> String {
    let lower: String = text.trim().to_lowercase().chars().map(latin).collect();
    let start = lower.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let plain = |c: char| {
        if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }
    };
    let dashed: String = start.chars().map(plain).collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(32).collect()
}

/// A letter of the languages of Europe as one writes it without its marks.
fn latin(c: char) -> String {
    let plain = match c {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ț' | 'ţ' => "t",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        // A mark by itself, as some keyboards write them.
        '\u{300}'..='\u{36f}' => "",
        other => return other.into(),
    };
    plain.into()
}

fn bad_name(text: &str) -> Malformed {
    let near = proposal(text);
    let rule = "lower-case letters, digits and `-`, first a letter, at most 32 characters";
    let help = if near.is_empty() { format!("write {rule}") } else { format!("write {rule}, such as `{near}`") };
    Malformed::new(Code::BadName, format!("`{text}` is not a name"), help)
}

impl Unit for Name {
    const PATTERN: &'static str = "^[a-z][a-z0-9-]{0,31}$";
    const DOC: &'static str = "A name: lower-case letters, digits and `-`, first a letter, at most 32 characters.";
    const EXAMPLES: &'static [&'static str] = &["app", "web-1"];

    fn read(text: &str) -> Result<Self, Malformed> {
        if is_name(text) { Ok(Name(text.into())) } else { Err(bad_name(text)) }
    }
}

impl Unit for GroupName {
    const PATTERN: &'static str = "^(load_balancer|[a-z][a-z0-9-]{0,31})$";
    const DOC: &'static str = "A security group's name: an own one, or the entry (or `load_balancer`) whose group is extended.";
    const EXAMPLES: &'static [&'static str] = &["bastion", "load_balancer"];

    fn read(text: &str) -> Result<Self, Malformed> {
        if text == "load_balancer" || is_name(text) { Ok(GroupName(text.into())) } else { Err(bad_name(text)) }
    }
}

impl Unit for OutputName {
    const PATTERN: &'static str = "^[a-zA-Z][a-zA-Z0-9_-]{0,63}$";
    const DOC: &'static str = "An output's name: letters, digits, `_` and `-`, first a letter, at most 64 characters.";
    const EXAMPLES: &'static [&'static str] = &["url", "database_host"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let good = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if good {
            return Ok(OutputName(text.into()));
        }
        Err(Malformed::new(
            Code::BadName,
            format!("`{text}` is not an output's name"),
            "write letters, digits, `_` and `-`, first a letter, at most 64 characters",
        ))
    }
}

impl Unit for EnvName {
    const PATTERN: &'static str = "^[A-Za-z_][A-Za-z0-9_]{0,127}$";
    const DOC: &'static str = "An environment variable's name: letters, digits and `_`, not first a digit.";
    const EXAMPLES: &'static [&'static str] = &["DATABASE_HOST"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let good = text.len() <= 128
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if good {
            return Ok(EnvName(text.into()));
        }
        Err(Malformed::new(
            Code::BadEnvName,
            format!("`{text}` is not an environment variable's name"),
            "write letters, digits and `_`, not first a digit, such as `DATABASE_HOST`",
        ))
    }
}

impl Unit for Account {
    const PATTERN: &'static str = "^[0-9]{12}$";
    const DOC: &'static str = "An AWS account: twelve digits in quotes.";
    const EXAMPLES: &'static [&'static str] = &["123456789012"];

    fn read(text: &str) -> Result<Self, Malformed> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Account(text.into()));
        }
        Err(Malformed::new(
            Code::BadAccount,
            format!("`{text}` is not an AWS account"),
            "write its twelve digits in quotes, such as `\"123456789012\"`; `aws sts get-caller-identity` prints them",
        ))
    }
}

impl Unit for Arn {
    const PATTERN: &'static str = "^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[!-~]+$";
    const DOC: &'static str = "An Amazon Resource Name.";
    const EXAMPLES: &'static [&'static str] = &["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let good = match parts.as_slice() {
            ["arn", partition, service, region, account, rest] => {
                let letters = partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
                letters
                    && !partition.is_empty()
                    && !service.is_empty()
                    && word(service)
                    && word(region)
                    && (account.is_empty() || *account == "aws" || digits)
                    && !rest.is_empty()
                    && rest.bytes().all(|b| b.is_ascii_graphic())
            }
            _ => false,
        };
        if good {
            return Ok(Arn(text.into()));
        }
        Err(Malformed::new(
            Code::BadArn,
            format!("`{text}` is not an ARN"),
            format!("write it as AWS prints it, such as `{}`", Self::EXAMPLES[0]),
        ))
    }
}
