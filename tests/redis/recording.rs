//! A server that records what it does: in an append-only file, and for whoever watches with MONITOR.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ekv_roundtrip::command::{Command, Reply, UserKey};

use crate::server::{RedisClient, RedisServer};
use crate::view::questions;

/// Polls of something that a server does in the background.
const POLLS: usize = 1000;
const POLL_PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// Items and expiry (-1 for none) of every list.
pub type Lists = BTreeMap<Vec<u8>, (Vec<Vec<u8>>, i64)>;

pub struct Recording {
    pub client: RedisClient,
    monitor: RedisClient,
    server: RedisServer,
    folder: tempfile::TempDir,
    markers: u64,
}

impl Recording {
    /// Without the RDB form unless `flags` ask for it.
    pub fn start(flags: &[&str]) -> Recording {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_str().unwrap();
        let mut all = vec!["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir", dir];
        all.extend(["--aof-use-rdb-preamble", "no"]);
        all.extend(flags);
        let server = RedisServer::start_with(&all);
        let mut monitor = server.connect();
        assert_eq!(monitor.command(&["MONITOR"]), Reply::OK);
        Recording { client: server.connect(), monitor, server, folder, markers: 0 }
    }

    /// The folder of the append-only file.
    pub fn aof_folder(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }

    /// A place in the same temporary folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn connect(&self) -> RedisClient {
        self.server.connect()
    }

    /// All that MONITOR has shown since the last call.
    pub fn monitored(&mut self) -> Vec<u8> {
        self.markers += 1;
        let marker = format!("marker {}", self.markers);
        self.client.command(&["ECHO", &marker]);
        let end = format!("\"ECHO\" \"{marker}\"\r\n");
        let mut text = Vec::new();
        loop {
            let line = self.monitor.raw_line();
            if line.ends_with(end.as_bytes()) {
                return text;
            }
            text.extend(line);
        }
    }

    /// Waits for a rewrite of the append-only file, which `BGREWRITEAOF` begins.
    pub fn rewrite(&mut self) {
        self.client.command(&["BGREWRITEAOF"]);
        self.poll("aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0");
    }

    fn poll(&mut self, wanted: &str) {
        for _ in 0..POLLS {
            let Reply::Bulk(info) = self.client.command(&["INFO", "persistence"]) else { panic!("INFO is text") };
            if String::from_utf8(info).unwrap().contains(wanted) {
                return;
            }
            std::thread::sleep(POLL_PAUSE);
        }
        panic!("the server never came to {wanted}");
    }

    /// Waits until the key has expired, without writing anything to it.
    pub fn await_expiry(&mut self, key: &str) {
        for _ in 0..POLLS {
            if self.client.command(&["EXISTS", key]) == Reply::Integer(0) {
                return;
            }
            std::thread::sleep(POLL_PAUSE);
        }
        panic!("{key} never expires");
    }

    /// The lists of the database that the client has selected.
    pub fn lists(&mut self) -> Lists {
        let mut lists = Lists::new();
        for key in self.client.keys() {
            if let Some(list) = self.list(&key) {
                lists.insert(key.0, list);
            }
        }
        lists
    }

    fn list(&mut self, key: &UserKey) -> Option<(Vec<Vec<u8>>, i64)> {
        let asked = questions(key).map(|question: Command| question.args());
        let [items, kind, expiry] = self.client.pipeline(&asked).try_into().unwrap();
        match (items, kind, expiry) {
            (Reply::Array(items), Reply::Status(kind), Reply::Integer(expiry)) if kind == "list" => {
                let item = |reply| if let Reply::Bulk(item) = reply { item } else { panic!("no item: {reply:?}") };
                Some((items.into_iter().map(item).collect(), expiry))
            }
            _ => None,
        }
    }
}
