//! Servers that lie: replies that are too large, too deep, too slow, or no replies.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use ekv_roundtrip::case::{Access, Servers};
use ekv_roundtrip::server::{ServerAddress, ServerError};

use super::tool::{Tool, ended, refused};

type Args = Vec<Vec<u8>>;
type Answer = dyn Fn(&Args, &mut TcpStream) -> std::io::Result<()> + Send + Sync;

/// A server on a port of its own; each command of each connection is answered by `answer`. Its threads end with the test.
fn start(answer: impl Fn(&Args, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer: &'static Answer = Box::leak(Box::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut commands = BufReader::new(stream.try_clone().unwrap());
                let mut stream = stream;
                while let Some(args) = read_command(&mut commands) {
                    if answer(&args, &mut stream).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn read_command(commands: &mut impl BufRead) -> Option<Args> {
    let number = |commands: &mut dyn BufRead| {
        let mut line = String::new();
        commands.read_line(&mut line).ok()?;
        line.get(1..)?.trim_end().parse::<usize>().ok()
    };
    let count = number(commands)?;
    (0..count)
        .map(|_| {
            let mut bytes = vec![0; number(commands)? + 2];
            commands.read_exact(&mut bytes).ok()?;
            bytes.truncate(bytes.len() - 2);
            Some(bytes)
        })
        .collect()
}

/// A server that knows every command and holds nothing, but for what it says to one of them.
fn liar(name: &'static str, lie: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    start(move |args, stream| match args[0].as_slice() {
        asked if asked == name.as_bytes() => lie(stream),
        b"SCAN" => stream.write_all(b"*2\r\n$1\r\n0\r\n*0\r\n"),
        b"TIME" => stream.write_all(b"*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n"),
        b"LRANGE" => stream.write_all(b"*0\r\n"),
        _ => stream.write_all(b"+OK\r\n"),
    })
}

/// A beginning, and then the same for ever.
fn for_ever(start: &'static [u8], again: &'static [u8]) -> impl Fn(&mut TcpStream) -> std::io::Result<()> {
    move |stream| {
        stream.write_all(start)?;
        let again = again.repeat((1 << 16) / again.len());
        loop {
            stream.write_all(&again)?;
        }
    }
}

#[test]
fn a_reply_that_is_too_much_is_refused_in_one_line() {
    let tool = Tool::new();
    for (start, again, expected) in [
        (&b"$8589934592\r\n"[..], &b"\0"[..], "is a string of more than 512 MiB, which is not taken"),
        (b"$9223372036854775807\r\n", b"\0", "is a string of more than 512 MiB"),
        (b"$536870912\r\n", b"\0", "in RESP2 (a string ends in CR LF, not in"),
        (
            b"$99999999999999999999\r\n",
            b"\0",
            "in RESP2 (a number of 64 bits is expected, not \"99999999999999999999\")",
        ),
        (b"$-2\r\n", b"\0", "in RESP2 (a length is -1 or not negative, not \"-2\")"),
        (b"*-5\r\n", b"\0", "in RESP2 (a length is -1 or not negative, not \"-5\")"),
        (b"*1000000000\r\n", b":1\r\n", "is an array of more elements than fit into 4 GiB"),
        (b"*9223372036854775807\r\n", b":1\r\n", "is an array of more elements than fit into 4 GiB"),
        (b"*100000000\r\n", b":1\r\n", "is more than there is memory for"),
        (b"*100000000\r\n", b"$3\r\nabc\r\n", "is more than there is memory for"),
        (b"*100000000\r\n", b"*0\r\n", "is more than there is memory for"),
        (b"*9\r\n", b"$400000000\r\n\r\n", "in RESP2 ("),
        (b"", b"*1\r\n", "is arrays within arrays, more than 8 deep"),
        (b"+", b"a", "is a status, an error or a number of more than 64 KiB"),
        (b"-", b"a", "is a status, an error or a number of more than 64 KiB"),
        (b":", b"1", "is a status, an error or a number of more than 64 KiB"),
        (b"$", b"1", "is a status, an error or a number of more than 64 KiB"),
        (b"", b"\0", "is a status, an error or a number of more than 64 KiB"),
        (b"", b"\r\n", "in RESP2 (a reply begins with +, -, :, $ or *, not as in \"\")"),
        (b"%1\r\n", b"+a\r\n", "in RESP2 (a reply begins with +, -, :, $ or *, not as in \"%1\")"),
        (b"HTTP/1.1 400 Bad Request\r\n", b"\x1b[2J\r\n", "not as in \"HTTP/1.1 400 Bad Request\")"),
        (b"+\x1b[2J\x07\xe2\x80\xa8\n", b"x", "as in \"+\\u{1b}[2J\\u{7}\\u{2028}\")"),
    ] {
        let port = self::start(move |_, stream| for_ever(start, again)(stream));
        // What takes all the memory takes a while.
        let commands = if start == b"*100000000\r\n" { 1 } else { 3 };
        for words in ["state", "verify --store", "probe --store"].into_iter().take(commands) {
            tool.refuses(&format!("{words} redis://127.0.0.1:{port}"), expected);
        }
    }
}

#[test]
fn keys_without_end_are_refused() {
    let tool = Tool::new();
    let counter = std::sync::atomic::AtomicU64::new(1);
    let empty_pages = liar("SCAN", move |stream| {
        let next = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        stream.write_all(format!("*2\r\n${}\r\n{next}\r\n*0\r\n", next.len()).as_bytes())
    });
    tool.refuses(&format!("state redis://127.0.0.1:{empty_pages}"), "without a new key, which is not taken");
    let same_page = liar("SCAN", |stream| stream.write_all(b"*2\r\n$1\r\n7\r\n*1\r\n$1\r\nk\r\n"));
    tool.refuses(
        &format!("state redis://127.0.0.1:{same_page}"),
        "to SCAN 7 COUNT it says an array of 2 (\"7\", an array of 1 (\"k\"))",
    );
}

#[test]
fn a_list_without_end_is_refused() {
    let tool = Tool::new();
    let port = start(|args, stream| match args[0].as_slice() {
        b"SCAN" => stream.write_all(b"*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n"),
        b"TIME" => stream.write_all(b"*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n"),
        b"LRANGE" if args[1] == b"k" => for_ever(b"*120000000\r\n", b"$9\r\nan item..\r\n")(stream),
        _ => stream.write_all(b"+OK\r\n"),
    });
    tool.refuses(
        &format!("state redis://127.0.0.1:{port}"),
        "its answer to LRANGE k 0 is more than there is memory for",
    );
}

#[test]
fn what_a_server_says_stays_on_the_line() {
    let tool = Tool::new();
    for (reply, expected) in [
        (
            &b"-ERR \x1b[31mno\x07 \xc2\x9b such \xe2\x80\xa9thing\r\n"[..],
            "it says ERR \\u{1b}[31mno\\u{7} \\u{9b} such \\u{2029}thing, which is not expected",
        ),
        (b"$11\r\na\nb\rc\x1b[2Jde\r\n", "it says \"a%0Ab%0Dc%1B[2Jde\", which is not expected"),
        (b"-OOM \x1b]0;x\x07\r\n", "it says OOM \\u{1b}]0;x\\u{7}; mend the server"),
    ] {
        let port = liar("DBSIZE", move |stream| stream.write_all(reply));
        tool.refuses(&format!("verify --store redis://127.0.0.1:{port}"), expected);
    }
    let long: &'static [u8] = Box::leak([b"-ERR ", "é".repeat(30_000).as_bytes(), b"\r\n"].concat().into_boxed_slice());
    let port = liar("DBSIZE", move |stream| stream.write_all(long));
    tool.refuses(&format!("probe --store redis://127.0.0.1:{port}"), "éé..., which is not expected");
}

fn error_of(port: u16, timeout: Duration) -> ServerError {
    let address: ServerAddress = format!("redis://127.0.0.1:{port}").parse().unwrap();
    Servers::open(Some(&address), None, &Access { timeout, ..Access::CAUTIOUS }).expect_err("it is too slow")
}

/// The time is short here; the program waits for half a minute.
#[test]
fn a_byte_now_and_then_does_not_keep_us() {
    let timeout = Duration::from_millis(600);
    for start in [&b"+"[..], b"$100000\r\n", b"*100\r\n+"] {
        let drip = self::start(move |_, stream| {
            stream.set_nodelay(true)?;
            stream.write_all(start)?;
            loop {
                std::thread::sleep(Duration::from_millis(100));
                stream.write_all(b"x")?;
            }
        });
        let started = Instant::now();
        let error = error_of(drip, timeout);
        assert!(matches!(error, ServerError::Slow { .. }), "{error}");
        assert!(error.to_string().contains("no whole answer to LPUSH within 0.6 s, though something came"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
    let silent = start(|_, _| Ok(()));
    let error = error_of(silent, timeout);
    assert!(matches!(error, ServerError::Silent { .. }), "{error}");
}

/// A server that is silent from its first command on.
#[test]
fn who_interrupts_a_stall_is_heard() {
    let tool = Tool::new();
    let port = start(|_, _| Ok(()));
    for words in ["verify --store", "shrink trace --store"] {
        tool.write("trace", "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n");
        let words = format!("{words} redis://127.0.0.1:{port}");
        let child = tool.start(&words);
        std::thread::sleep(Duration::from_secs(2));
        let started = Instant::now();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), nix::sys::signal::Signal::SIGINT)
            .unwrap();
        let output = ended(&words, child);
        assert!(started.elapsed() < Duration::from_secs(8), "{words}: {:?}", started.elapsed());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("interrupted"), "{words}: {said}");
        assert!(!output.status.success(), "{words}");
        assert_eq!(said.lines().filter(|line| !line.starts_with("seed: ")).count(), 1, "{words}: {said}");
    }
    refused("state", &tool.run("state redis://127.0.0.1:1"), "Connection refused");
}
