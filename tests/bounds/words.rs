//! What a file or a decoder says, within an error: one line of bounded length.

use super::tool::Tool;

#[test]
fn what_a_file_says_stays_on_the_line() {
    let tool = Tool::new();
    let odd = "\u{1b}[2J\u{2028}\\n\u{202e}".repeat(10_000);
    let json = serde_json::to_string(&odd).unwrap();
    tool.dump("dump");
    let manifest = std::fs::read_to_string(tool.path("dump/MANIFEST.json")).unwrap();
    let spoilt = manifest.replace("\"phase\": \"phase0-snapshot-decode\"", &format!("\"phase\": {json}"));
    assert_ne!(manifest, spoilt);
    tool.write("dump/MANIFEST.json", &spoilt);
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&spoilt);
    let sums = std::fs::read_to_string(tool.path("dump/CHECKSUMS")).unwrap();
    let sums = sums.lines().map(|line| match line.strip_suffix("  MANIFEST.json") {
        Some(_) => format!("{}  MANIFEST.json\n", hex::encode(digest)),
        None => format!("{line}\n"),
    });
    tool.write("dump/CHECKSUMS", sums.collect::<String>());
    tool.write("line", format!("{{{json}:1}}\n"));
    tool.write("known", format!("{odd}: why\n"));
    tool.write("report", format!("{{\"format_version\":{json}}}"));
    tool.write("parts/a.manifest", format!("file {json} seq 1 type i\n"));
    for (words, expected) in [
        ("state dump:dump", "MANIFEST.json: phase \""),
        ("state state:line", "state line: line 1: unknown field `\\u{1b}[2J\\u{2028}"),
        ("state trace:line", "trace line: line 1: unknown field `\\u{1b}[2J\\u{2028}"),
        ("verify --store redis://127.0.0.1:1 --known known", "--known known: line 1: \"\\u{1b}[2J"),
        ("merge report", "report report: it is no report of verify or merge (invalid type: string"),
        ("state trace:parts", "manifest line 1: the line is too long"),
        ("state trace:\u{1b}[2J\u{9b}absent", "read \\u{1b}[2J\\u{9b}absent: No such file"),
    ] {
        tool.refuses(words, expected);
    }
}
