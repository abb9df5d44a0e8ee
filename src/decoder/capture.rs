//! What a command writes, up to a bound: its beginning and its end.

use std::collections::VecDeque;
use std::io::{PipeReader, Read as _};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How much of the beginning is kept, and how much of the end.
pub(super) const KEPT_BYTES: usize = 4 << 10;

/// A pipe that is being read until nobody writes to it any more.
pub(super) struct Capture {
    captured: Arc<Mutex<Captured>>,
    /// Hangs up at the end of the pipe.
    ended: Receiver<()>,
}

#[derive(Default)]
struct Captured {
    start: Vec<u8>,
    end: VecDeque<u8>,
    left_out_bytes: u64,
}

impl Capture {
    pub(super) fn begin(mut pipe: PipeReader) -> Capture {
        let captured = Arc::new(Mutex::new(Captured::default()));
        let (hang_up, ended) = channel();
        let shared = Arc::clone(&captured);
        std::thread::spawn(move || {
            let _hang_up: std::sync::mpsc::Sender<()> = hang_up;
            let mut buffer = [0; KEPT_BYTES];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let bytes = buffer.get(..count).unwrap_or_default();
                shared.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
            }
        });
        Capture { captured, ended }
    }

    /// What was written. Whoever still holds the pipe open is waited for no longer than `patience`; the thread that reads
    /// is then left to itself.
    pub(super) fn end(self, patience: Duration) -> String {
        let _ = self.ended.recv_timeout(patience);
        self.captured.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

impl Captured {
    fn push(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES.saturating_sub(self.start.len()).min(bytes.len());
        let (start, rest) = bytes.split_at(room);
        self.start.extend_from_slice(start);
        self.end.extend(rest);
        let excess = self.end.len().saturating_sub(KEPT_BYTES);
        self.end.drain(..excess);
        self.left_out_bytes += excess as u64;
    }

    fn text(&self) -> String {
        let end: Vec<u8> = self.end.iter().copied().collect();
        let middle = match self.left_out_bytes {
            0 => String::new(),
            bytes => format!("\n[... {bytes} bytes left out ...]\n"),
        };
        String::from_utf8_lossy(&[&self.start, middle.as_bytes(), &end].concat()).into_owned()
    }
}
