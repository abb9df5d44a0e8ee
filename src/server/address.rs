//! Where a server listens: `redis://HOST:PORT`, with `/DB` for another database than 0, `rediss://` for TLS, and who asks:
//! `USER:PASSWORD@` or `PASSWORD@` before the host, each percent-encoded where it holds what has a meaning there.
//!
//! Addresses stand in reports, repeat commands and errors, so a password is never printed, and neither is text that was
//! meant to be an address and may hold one.

use std::str::FromStr;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The address of one database of a server, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// A name or an IP address, the latter without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The number of the database, as `SELECT` takes it.
    pub database: u32,
    /// Whether the connection is made with TLS.
    pub is_tls: bool,
    /// The user; the server's default user if none is named.
    pub user: Option<Box<str>>,
    /// The password, if one is known.
    pub password: Option<Password>,
}

/// A password, which nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Box<[u8]>);

impl Password {
    /// A password of these bytes.
    pub fn new(bytes: Vec<u8>) -> Password {
        Password(bytes.into_boxed_slice())
    }

    /// What the server is told.
    pub(super) fn secret(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

impl ServerAddress {
    /// What an address begins with.
    pub const SCHEME: &str = "redis://";
    /// What one begins with that is connected to with TLS.
    pub const TLS_SCHEME: &str = "rediss://";
    /// What follows it.
    pub const OPERAND: &str = "HOST:PORT[/DB]";

    /// Text for people without what may be a password in it: of each address that it holds only what is printed of one, and
    /// nothing at all of what is none but may be meant as one, whatever its scheme.
    pub fn redacted(text: &str) -> String {
        text.split('\n').map(redacted_line).collect::<Vec<_>>().join("\n")
    }
}

fn redacted_line(line: &str) -> String {
    const SLASHES: &str = "://";
    let Some(slashes) = line.find(SLASHES) else { return line.to_owned() };
    let (named, _) = line.split_at(slashes);
    let begins = named.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')).len();
    let after = slashes + SLASHES.len();
    let (before, from) = line.split_at(begins);
    let is_server = [ServerAddress::SCHEME, ServerAddress::TLS_SCHEME].iter().any(|ours| from.starts_with(ours));
    let ends_address = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | ',' | ';' | ')');
    let word = from.split(ends_address).next().unwrap_or_default().trim_end_matches(':');
    let (length, shown) = match word.parse::<ServerAddress>() {
        // A page of the web, or any other address without a login.
        _ if !is_server && !from.contains('@') => {
            (after - begins, from.get(..after - begins).unwrap_or_default().to_owned())
        }
        // What is quoted is what somebody typed, and may go on.
        Ok(address) if !before.ends_with(['\'', '"', '`']) => (word.len(), address.to_string()),
        // The documented form is no address, and holds nothing to hide.
        Err(_) if word.ends_with(ServerAddress::OPERAND) && !word.contains('@') => (word.len(), word.to_owned()),
        _ => {
            // A password may hold blanks and quotes, but what follows the last @ of the line holds none.
            let login = from.rfind('@').unwrap_or_default().max(after - begins);
            let rest = from.get(login..).unwrap_or_default();
            let length = login + rest.find(ends_address).unwrap_or(rest.len());
            let scheme = from.get(..after - begins).unwrap_or_default();
            let address = from.get(..length).and_then(|address| address.parse::<ServerAddress>().ok());
            (length, address.map_or_else(|| format!("{scheme}..."), |address| address.to_string()))
        }
    };
    let rest = from.get(length..).unwrap_or_default();
    format!("{before}{shown}{}", redacted_line(rest))
}

impl FromStr for ServerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<ServerAddress, String> {
        let malformed = || {
            let (plain, tls, operand) = (ServerAddress::SCHEME, ServerAddress::TLS_SCHEME, ServerAddress::OPERAND);
            format!(
                "a server is {plain}{operand}, or {tls}{operand} with TLS; a user and a password may stand before HOST"
            )
        };
        let schemes = [(ServerAddress::SCHEME, false), (ServerAddress::TLS_SCHEME, true)];
        let (rest, is_tls) = schemes
            .into_iter()
            .find_map(|(scheme, is_tls)| Some((text.strip_prefix(scheme)?, is_tls)))
            .ok_or_else(malformed)?;
        let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.rsplit_once(':').ok_or_else(malformed)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if bare.is_none() && host.contains([':', '[', ']']) {
            return Err(format!("{}; an IPv6 address stands in brackets", malformed()));
        }
        let host = bare.unwrap_or(host);
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(malformed)?;
        let database = if database.is_empty() { Ok(0) } else { database.parse() };
        let database = database.map_err(|_| format!("{}; DB is a number", malformed()))?;
        if host.is_empty() {
            return Err(malformed());
        }
        // As redis-cli has it: a login without a colon is a password.
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or(("", login))) {
            None => (None, None),
            // Half of a password, perhaps, and a user is printed.
            Some((user, _)) if user.contains('@') => return Err(format!("{}; an @ in USER is %40", malformed())),
            Some((user, password)) => {
                let user = percent_decode_str(user).decode_utf8();
                let user = user.map_err(|_| format!("{}; USER is UTF-8", malformed()))?.into_owned();
                let password: Vec<u8> = percent_decode_str(password).collect();
                (Some(user).filter(|user| !user.is_empty()), Some(password).filter(|password| !password.is_empty()))
            }
        };
        let (user, password) = (user.map(String::into_boxed_str), password.map(Password::new));
        Ok(ServerAddress { host: host.to_owned(), port, database, is_tls, user, password })
    }
}

/// Everything but the password.
impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ServerAddress { host, port, database, is_tls, user, password: _ } = self;
        f.write_str(if *is_tls { ServerAddress::TLS_SCHEME } else { ServerAddress::SCHEME })?;
        if let Some(user) = user {
            write!(f, "{}:@", utf8_percent_encode(user, NON_ALPHANUMERIC))?;
        }
        let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{open}{host}{close}:{port}")?;
        if *database != 0 { write!(f, "/{database}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_given_back() {
        for (text, printed) in [
            ("redis://127.0.0.1:7001", "redis://127.0.0.1:7001"),
            ("redis://localhost:6379/", "redis://localhost:6379"),
            ("redis://localhost:6379/0", "redis://localhost:6379"),
            ("redis://[::1]:6379/3", "redis://[::1]:6379/3"),
            ("rediss://[fe80::1]:6379", "rediss://[fe80::1]:6379"),
            ("redis://app:@host:1", "redis://app:@host:1"),
            ("redis://a%40b%3A:@host:1", "redis://a%40b%3A:@host:1"),
        ] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), printed);
            assert_eq!(printed.parse(), Ok(address));
        }
    }

    #[test]
    fn other_addresses_are_refused_with_the_right_form() {
        for text in [
            "",
            "127.0.0.1:7001",
            "redis://",
            "redis://host",
            "redis://:7001",
            "redis://host:",
            "redis://host:0",
            "redis://host:65536",
            "redis://host:1/x",
            "redis://host:1/-1",
            "redis://::1:6379",
            "redis://user:secret@host",
            "redis://:secret@",
            "redis://::1:6379:secret",
            "redis+unix:///tmp/redis.sock",
            "unix:///tmp/redis.sock",
            "redis://host:1?password=secret",
            "redis://se@cret:secret@host:1",
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text);
            assert!(error.contains("redis://HOST:PORT[/DB]"), "{text}: {error}");
            assert!(!error.contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn a_login_is_read_and_its_password_not_printed() {
        for (text, user, password, printed) in [
            ("redis://:secret@host:1", None, "secret", "redis://host:1"),
            ("rediss://app:secret@[::1]:1/2", Some("app"), "secret", "rediss://app:@[::1]:1/2"),
            ("redis://app:p%40s%2Fs%3A%25@host:1", Some("app"), "p@s/s:%", "redis://app:@host:1"),
            ("redis://secret@host:1", None, "secret", "redis://host:1"),
            ("redis://:p@ss/w:ord@host:1", None, "p@ss/w:ord", "redis://host:1"),
            ("redis://:100%@host:1", None, "100%", "redis://host:1"),
        ] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!(address.user.as_deref(), user, "{text}");
            assert_eq!(address.password.as_ref().expect(text).secret(), password.as_bytes(), "{text}");
            assert_eq!(address.to_string(), printed);
            assert!(!format!("{address:?}").contains(password), "{address:?}");
        }
    }

    #[test]
    fn text_that_holds_an_address_shows_no_password() {
        for (text, shown) in [
            ("value 'redis://u:secret@h:1' for --store", "value 'redis://u:@h:1' for --store"),
            ("'redis://:se cr'et@h:1/x' is bad\nwrite redis://HOST:PORT", "'redis://...' is bad\nwrite redis://..."),
            ("write redis://HOST:PORT[/DB]", "write redis://HOST:PORT[/DB]"),
            ("redis://:secret", "redis://..."),
            ("compare rediss://:secret@[::1]:7 redis://h:2", "compare rediss://[::1]:7 redis://h:2"),
            ("one redis://u:secret@h:1 two redis://:secret@h:2", "one redis://u:@h:1 two redis://h:2"),
            ("'redis://u:1 secret@h:2' is bad", "'redis://u:@h:2' is bad"),
            ("redis://u:a secret@h:2 is bad", "redis://u:@h:2 is bad"),
            ("redis://[::1]:1: the key \"a@b\", someone's", "redis://[::1]:1: the key \"a@b\", someone's"),
            ("nothing to hide @all", "nothing to hide @all"),
            ("'valkey://u:secret@h:1' is no server", "'valkey://...' is no server"),
            ("REDIS://u:se cret@h:1, redis+tls://h:1", "REDIS://..., redis+tls://h:1"),
            ("see https://redis.io/ or redis://:secret@h:1", "see https://..."),
            ("see https://redis.io/ or redis://h:1", "see https://redis.io/ or redis://h:1"),
        ] {
            assert_eq!(ServerAddress::redacted(text), shown);
        }
    }
}
