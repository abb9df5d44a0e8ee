//! Where a server listens: `redis://HOST:PORT`, and `/DB` for another database than 0.
//!
//! Addresses are printed in reports and repeat commands, so they hold no password.

use std::str::FromStr;

/// The address of one database of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// A name or an IP address, the latter without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The number of the database, as `SELECT` takes it.
    pub database: u32,
}

impl ServerAddress {
    /// What an address begins with.
    pub const SCHEME: &str = "redis://";
    /// What follows it.
    pub const OPERAND: &str = "HOST:PORT[/DB]";
}

impl FromStr for ServerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<ServerAddress, String> {
        let malformed = || format!("a server is {}{}", ServerAddress::SCHEME, ServerAddress::OPERAND);
        let rest = text.strip_prefix(ServerAddress::SCHEME).ok_or_else(malformed)?;
        if rest.contains('@') {
            return Err(format!("{}; user names and passwords are not taken", malformed()));
        }
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
        Ok(ServerAddress { host: host.to_owned(), port, database })
    }
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ServerAddress { host, port, database } = self;
        let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{}{open}{host}{close}:{port}", ServerAddress::SCHEME)?;
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
            "redis://user:secret@host:1",
            "rediss://host:1",
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text);
            assert!(error.contains("redis://HOST:PORT[/DB]"), "{text}: {error}");
        }
    }
}
