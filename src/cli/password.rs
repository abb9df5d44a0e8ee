//! The password of a server: in its address, or better in the environment, where no list of processes shows it.

use std::os::unix::ffi::OsStringExt as _;

use crate::server::{Password, ServerAddress};

/// The environment variable of the password for servers whose addresses hold none.
pub(super) const VARIABLE: &str = "EKV_ROUNDTRIP_PASSWORD";

/// The address with the password that is to be used, if there is one.
pub(super) fn with_password(address: &ServerAddress) -> ServerAddress {
    let from_environment = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let from_environment = || from_environment().map(|value| Password::new(value.into_vec()));
    ServerAddress { password: address.password.clone().or_else(from_environment), ..address.clone() }
}

/// What stands behind a command for the shell that needs a password, which is not part of it; empty where none is needed.
pub(super) fn reminder<'a>(addresses: impl IntoIterator<Item = &'a ServerAddress>) -> String {
    let needs_one = addresses.into_iter().any(|address| with_password(address).password.is_some());
    if needs_one { format!(" # set {VARIABLE} first") } else { String::new() }
}
