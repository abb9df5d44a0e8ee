//! Dump trees: what the reader takes is, to the byte, what the encoder makes of it again; a body says the same to a JSON
//! parser that knows nothing of the canonical form.
//!
//! The input is files, each after a byte 1e and a line with its path. Checksums are made for them, unless they are among
//! them. Each file is looked at by itself too, as every kind of file that it may be.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ekv_roundtrip::encoder::DumpOptions;
use ekv_roundtrip::format::dump_tree::{CHECKSUMS, KeymapLine, MANIFEST, Manifest, parse_checksum_line};
use ekv_roundtrip::format::list::{self, BodyWriter};
use ekv_roundtrip::format::{Family, key_text, segment};
use ekv_roundtrip::reader::{self, Dump, MadeBy, ReadError, read_manifest};
use ekv_roundtrip::restore;
use sha2::{Digest as _, Sha256};

use super::tree::Tree;

/// Checks an input.
pub fn check(data: &[u8]) {
    let mut files: BTreeMap<String, &[u8]> = BTreeMap::new();
    for part in data.split(|byte| *byte == 0x1e) {
        let line_end = part.iter().position(|byte| *byte == b'\n');
        let (path, content) = line_end.map_or((&b""[..], part), |end| (&part[..end], &part[end + 1..]));
        check_alone(content);
        check_name(&String::from_utf8_lossy(path));
        files.insert(String::from_utf8_lossy(path).into_owned(), content);
    }
    let tree = Tree::new();
    let mut checksums = String::new();
    for (path, content) in &files {
        let written = tree.dir.create_dir_all(path.rsplit_once('/').map_or("", |(folder, _)| folder));
        // A path may lead out of the folder or through a file, or be no name.
        let _ = written.or_else(|_| tree.dir.create_dir("empty"));
        if tree.dir.write(path, content).is_ok() && path != CHECKSUMS {
            checksums.push_str(&format!("{}  {path}\n", hex::encode(Sha256::digest(content))));
        }
    }
    if !files.contains_key(CHECKSUMS) {
        // Not where a path has made it a folder.
        let _ = tree.dir.write(CHECKSUMS, &checksums);
    }
    let of_any = reader::read(tree.path(), MadeBy::AnyDecoder);
    match reader::read(tree.path(), MadeBy::OurEncoder) {
        Ok(dump) => {
            check_encoded_again(&tree, &dump);
            assert_eq!(of_any.expect("any decoder's dump may be as strict"), dump);
        }
        Err(error) => {
            check_finding(&error);
            if let Err(error) = of_any {
                check_finding(&error);
            }
        }
    }
}

fn check_finding(error: &ReadError) {
    assert!(error.is_finding() && !error.to_string().contains(char::is_control), "{error}");
}

fn check_encoded_again(tree: &Tree, dump: &Dump) {
    let files = tree.files();
    let whole = dump.databases.len() <= 1;
    let manifest = Manifest::parse(&files[MANIFEST]).expect("it was read");
    if dump.databases.is_empty() {
        let options = DumpOptions { db_index: 0, manifest: manifest.clone() };
        let (again, _) = Tree::of(&BTreeMap::new(), &options).unwrap();
        assert_eq!(again.files(), files);
    }
    for (db_index, state) in &dump.databases {
        let records = restore::records(&state.keys).expect("a small list");
        let options = DumpOptions { db_index: *db_index, manifest: manifest.clone() };
        let (again, summary) = Tree::of(&records, &options).expect("records of our own");
        assert!(summary.warnings.is_empty() && summary.of(Family::List).keys == state.keys.len() as u64, "{summary:?}");
        let (mut again, mut files) = (again.files(), files.clone());
        if !whole {
            let folder = format!("redis/db_{db_index}/");
            again.retain(|path, _| path.starts_with(&folder));
            files.retain(|path, _| path.starts_with(&folder));
        }
        assert_eq!(again, files);
    }
}

/// A file's content, as each kind of file.
fn check_alone(content: &[u8]) {
    if let Ok(parsed) = list::parse_body(content) {
        let (mut writer, mut again) = (BodyWriter::default(), Vec::new());
        parsed.items.iter().for_each(|item| writer.item(item, &mut again));
        writer.finish(parsed.expire_at, &mut again);
        assert_eq!(again, content, "{}", String::from_utf8_lossy(content));
        let json: serde_json::Value = serde_json::from_slice(content).expect("JSON");
        assert_eq!(json["format_version"], 1);
        assert_eq!(json["expire_at_ms"].as_u64(), parsed.expire_at.map(|expire_at| expire_at.0));
        let item = |item: &serde_json::Value| match item.as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => URL_SAFE_NO_PAD.decode(item["base64"].as_str().unwrap()).unwrap(),
        };
        let items: Vec<Vec<u8>> = json["items"].as_array().unwrap().iter().map(item).collect();
        assert_eq!(items, parsed.items);
    }
    let of_any = read_manifest(content, MadeBy::AnyDecoder);
    if let Ok(time) = read_manifest(content, MadeBy::OurEncoder) {
        assert_eq!(Manifest::parse(content).expect("it was read").to_json().as_bytes(), content);
        assert_eq!(of_any.expect("any decoder's may be as strict"), time);
    }
    let Ok(text) = std::str::from_utf8(content) else { return };
    for line in text.lines() {
        if let Ok(parsed) = KeymapLine::parse(line) {
            assert_eq!(parsed.to_line(), format!("{line}\n"));
        }
        if let Some((digest, path)) = parse_checksum_line(line) {
            assert_eq!(format!("{digest}  {path}"), line);
        }
    }
}

/// A name of a file is that of one user key, or of none.
fn check_name(name: &str) {
    let name = name.rsplit('/').next().unwrap().trim_end_matches(".json");
    if let segment::Decoded::UserKey(user_key) = segment::decode(name) {
        assert_eq!(segment::encode(&user_key).text, name);
    }
    let segment = segment::encode(name.as_bytes());
    assert!(segment.text.len() <= segment::SEGMENT_LIMIT_BYTES);
    if segment.reversible {
        assert!(matches!(segment::decode(&segment.text), segment::Decoded::UserKey(key) if key == name.as_bytes()));
    }
    if let Ok(key) = key_text::parse(name) {
        assert_eq!(key_text::parse(&key_text::escaped(&key)), Ok(key));
    }
}
