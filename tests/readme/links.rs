//! Links and the form of the pages.

use crate::pages::{Page, page, pages};

/// Pages and guides that people read.
fn documents() -> Vec<Page> {
    let mut documents = pages();
    documents.extend(["ARCHITECTURE.md", "CONTRIBUTING.md"].map(page));
    documents
}

/// The targets of the links outside of code.
fn links(page: &Page) -> Vec<String> {
    let prose = page.prose().join("\n");
    let text: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("``");
    text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchors that GitHub makes of the headings.
fn anchors(page: &Page) -> Vec<String> {
    let headings = page.prose().into_iter().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(slug).collect()
}

#[test]
fn the_links_lead_somewhere() {
    let mut count = 0;
    for document in documents() {
        for link in links(&document) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').map_or((&*link, None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { document.name.clone() } else { path.to_owned() };
            let file = document.folder().join(if path.is_empty() { "." } else { path });
            assert!(file.exists(), "{} links to {link}, which is not there", document.name);
            if let Some(anchor) = anchor {
                let text = if path.is_empty() { document.text.clone() } else { std::fs::read_to_string(file).unwrap() };
                let anchors = anchors(&Page { name: target, text });
                assert!(anchors.iter().any(|found| found == anchor), "{}: no {link} in {anchors:?}", document.name);
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count} links");
}

#[test]
fn the_readme_is_short_and_links_every_page() {
    let readme = page("README.md");
    let lines = readme.text.lines().count();
    assert!(lines <= 200, "README.md has {lines} lines");
    let links = links(&readme);
    for page in pages().iter().skip(1) {
        assert!(links.contains(&page.name), "README.md has no link to {}", page.name);
    }
}

/// Not those of docs/mutants.md, which quotes the code.
#[test]
fn lines_are_at_most_130_columns_wide() {
    for document in documents().into_iter().filter(|document| document.name != "docs/mutants.md") {
        for line in document.prose().into_iter().filter(|line| !line.starts_with('|')) {
            assert!(line.chars().count() <= 130, "{}: {} columns: {line}", document.name, line.chars().count());
        }
    }
}

/// What a reader would copy is run: it stands in blocks that the other tests take.
#[test]
fn no_block_holds_commands_that_nothing_runs() {
    for page in pages() {
        for block in page.blocks() {
            let is_run = ["console", "sh", "yaml"].contains(&block.language);
            let is_read = ["json", "python", "rust"].contains(&block.language);
            let is_shown = ["diff", "go", "text", "toml"].contains(&block.language);
            assert!(is_run || is_read || is_shown, "{}: a block of {:?}", page.name, block.language);
            for line in block.lines.iter().filter(|_| !is_run && block.language != "toml") {
                let is_command =
                    ["ekv-roundtrip ", "make ", "cargo ", "$ "].iter().any(|start| line.starts_with(start));
                assert!(!is_command, "{}: nothing runs {line:?}", page.name);
            }
        }
    }
}
