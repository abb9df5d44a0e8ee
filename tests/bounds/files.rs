//! Files that are too large, and what is none.

use super::tool::Tool;

/// More than any limit of what is held in memory.
const HUGE: u64 = 20 << 30;
/// Less than the largest of them, and more than the memory there is.
const LARGE: u64 = 10 << 30;

/// The list in the dump of the fixture whose file has a plain name.
fn body(tool: &Tool, dump: &str) -> String {
    let lists = format!("{dump}/redis/db_0/lists");
    let mut names: Vec<_> =
        std::fs::read_dir(tool.path(&lists)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    format!("{lists}/{}", names[0].to_str().unwrap())
}

/// What is read whole: where it lies, the command that reads it, and what its limit is of.
fn read_whole(tool: &Tool) -> Vec<(String, &'static str, &'static str)> {
    for dump in ["manifest", "checksums", "keymap", "body"] {
        tool.dump(dump);
    }
    tool.write("finding/shrunk.jsonl", "");
    vec![
        ("manifest/MANIFEST.json".to_owned(), "state dump:manifest", "manifests, "),
        ("checksums/CHECKSUMS".to_owned(), "state dump:checksums", "bodies of lists, CHECKSUMS"),
        ("keymap/redis/db_0/KEYMAP.jsonl".to_owned(), "compare dump:keymap dump:keymap", "bodies of lists, CHECKSUMS"),
        (body(tool, "body"), "restore dump:body --fsm new.fsm", "bodies of lists, CHECKSUMS"),
        ("finding/finding.json".to_owned(), "verify --engine memory --trace finding", "manifests, finding.json"),
        ("report.json".to_owned(), "merge report.json", "reports"),
        ("known".to_owned(), "verify --store redis://127.0.0.1:1 --known known", "manifests, "),
        ("waivers".to_owned(), "probe --store redis://127.0.0.1:1 --waive waivers", "manifests, "),
    ]
}

#[test]
fn what_is_read_whole_is_refused_by_its_size() {
    let tool = Tool::new();
    for (path, words, what) in read_whole(&tool) {
        tool.zeros(&path, b"", HUGE);
        tool.refuses(words, &format!("{path}: it has {HUGE} bytes; the limit of {what}"));
    }
}

#[test]
fn what_is_within_its_limit_and_not_within_memory_is_refused() {
    let tool = Tool::new();
    for (path, words, what) in read_whole(&tool) {
        let bytes = match what {
            "reports" => 3 << 30,
            what if what.starts_with("bodies") => LARGE,
            _ => continue,
        };
        tool.zeros(&path, b"{", bytes);
        tool.refuses(words, &format!("{path}: there is no memory for {bytes} bytes of it"));
    }
}

/// Streams are as long as they like, but none of their parts is.
#[test]
fn what_streams_is_refused_at_its_first_part_that_is_none() {
    let tool = Tool::new();
    tool.zeros("zeros", b"", HUGE);
    tool.zeros("brace", b"{", HUGE);
    tool.zeros("monitor", b"1339518083.107412 [0 127.0.0.1:6] \"LLEN\" \"k\"\n", HUGE);
    tool.zeros("argument", b"*1\r\n$500000000\r\n", HUGE);
    tool.zeros("rdb", b"REDIS0011\xfe\x00\x01\x01k\x01\x81\x00\x00\x00\x04\x00\x00\x00\x00", HUGE);
    tool.zeros(
        "packed",
        b"REDIS0011\xfe\x00\x01\x01k\x01\xc3\x81\x00\x00\x00\x00\x10\x00\x00\x00\x81\x00\x00\x00\x04\x00\x00\x00\x00",
        HUGE,
    );
    tool.zeros("aof/a.manifest", b"file a.aof seq 1 type i\n", HUGE);
    tool.write("part/a.manifest", "file a.aof seq 1 type i\n");
    tool.zeros("part/a.aof", b"", HUGE);
    tool.zeros("row.fsm", b"EKVPBBL1\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0keykeyke\0\0\0\x10\0\0\0\0", HUGE);
    for (words, expected) in [
        ("state trace:zeros", "trace zeros: it is in none of the forms that are taken"),
        ("state trace:brace", "read brace: there is no memory for "),
        ("verify --engine memory --trace brace", "brace: "),
        ("shrink zeros", "zeros: it is in none of the forms"),
        ("state trace:monitor", "there is no memory for "),
        ("state trace:argument", "trace argument: byte 500000016: expected CR LF after the argument"),
        ("state trace:rdb", "a string has at most 512 MiB, not 17179869184 bytes"),
        ("state trace:packed", "a string has at most 512 MiB, not 17179869184 bytes"),
        ("state trace:aof", "manifest line 2: the line is too long for a manifest"),
        ("state trace:part", "trace part: a.aof: byte 0: expected '*'"),
        ("state state:zeros", "state zeros: line 1: expected one JSON object a line"),
        ("state state:brace", "state brace: there is no memory for "),
        ("state fsm:zeros", "snapshot zeros: offset 0: unknown magic"),
        ("state fsm:row.fsm", "row 2 at offset 268435496: the key has 0 bytes"),
    ] {
        tool.refuses(words, expected);
    }
}

#[test]
fn what_must_be_a_file_is_one() {
    let tool = Tool::new();
    for (path, words, _) in read_whole(&tool) {
        let full = tool.path(&path);
        let fresh = || drop(std::fs::remove_file(&full));
        // A dump's files are told by the listing of their folder, and a finding's folder by its file.
        let (is_of_dump, is_finding) = (words.contains("dump:"), path.starts_with("finding"));
        fresh();
        tool.fifo(&path);
        match (is_of_dump, is_finding) {
            (true, _) => tool.refuses(words, &format!("{}: neither a file nor a folder", below_dump(&path))),
            (_, true) => tool.refuses(words, "it is a folder without the manifest of an append-only file"),
            _ => tool.refuses(words, &format!("{path}: it is a FIFO, not a file")),
        }
        fresh();
        std::os::unix::fs::symlink("/dev/zero", &full).unwrap();
        match (is_of_dump, is_finding) {
            (true, _) => tool.refuses(words, &format!("{}: a symbolic link", below_dump(&path))),
            (_, true) => tool.refuses(words, "it is a folder without the manifest of an append-only file"),
            _ => tool.refuses(words, &format!("{path}: it is a device, not a file")),
        }
        fresh();
        std::os::unix::fs::symlink(&full, &full).unwrap();
        match (is_of_dump, is_finding) {
            (true, _) => tool.refuses(words, &format!("{}: a symbolic link", below_dump(&path))),
            (_, true) => tool.refuses(words, "it is a folder without the manifest of an append-only file"),
            _ => tool.refuses(words, &format!("{path}: Too many levels of symbolic links")),
        }
    }
}

fn below_dump(path: &str) -> &str {
    path.split_once('/').unwrap().1
}

#[test]
fn sources_that_lead_nowhere_or_never_end_are_named() {
    let tool = Tool::new();
    tool.round("round");
    tool.fifo("fifo");
    tool.write("parts/a.manifest", "file a.aof seq 1 type i\n");
    tool.fifo("parts/a.aof");
    std::fs::create_dir(tool.path("manifests")).unwrap();
    tool.fifo("manifests/a.manifest");
    for (words, expected) in [
        ("state trace:round", "read round: Too many levels of symbolic links"),
        ("state state:round", "read round: Too many levels of symbolic links"),
        ("state fsm:round", "snapshot round: Too many levels of symbolic links"),
        ("state dump:round", "dump round: round: Too many levels of symbolic links"),
        ("verify --engine memory --trace round", "read round: Too many levels of symbolic links"),
        ("merge round", "report round: Too many levels of symbolic links"),
        ("state trace:/dev/zero", "read /dev/zero: it is a device, not a file"),
        ("state state:/dev/urandom", "read /dev/urandom: it is a device, not a file"),
        ("state fsm:/dev/zero", "/dev/zero: it is a device, not a file"),
        ("dump fsm:/dev/zero --out new", "/dev/zero: it is a device, not a file"),
        ("merge /dev/zero", "report /dev/zero: it is a device, not a file"),
        ("verify --engine memory --trace /dev/zero", "/dev/zero: it is a device, not a file"),
        ("state trace:parts", "reading a.aof: it is a FIFO, not a file"),
        ("state trace:manifests", "read manifests: manifests/a.manifest: it is a FIFO, not a file"),
    ] {
        tool.refuses(words, expected);
    }
    // Without the prefix of its kind, what is there is looked at, for a hint.
    for words in ["state fifo", "state round", "inspect fifo", "inspect round", "restore fifo --db new"] {
        let output = tool.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("source"), "{words}: {output:?}");
    }
    assert!(!tool.path("new").exists());
}
