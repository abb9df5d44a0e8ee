//! The pages, and the blocks of code in them.

use std::path::{Path, PathBuf};

/// README.md or a page of `docs/`.
pub struct Page {
    /// The path below the repository.
    pub name: String,
    pub text: String,
}

/// What stands between two lines of three backticks.
pub struct Block<'a> {
    pub language: &'a str,
    pub lines: Vec<&'a str>,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page by its path below the repository.
pub fn page(name: &str) -> Page {
    Page { name: name.to_owned(), text: std::fs::read_to_string(root().join(name)).unwrap() }
}

/// README.md, and the pages of `docs/` in the order of their names.
pub fn pages() -> Vec<Page> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    let mut names: Vec<String> =
        docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_string_lossy())).collect();
    names.retain(|name| name.ends_with(".md"));
    names.sort();
    names.insert(0, "README.md".to_owned());
    names.iter().map(|name| page(name)).collect()
}

impl Page {
    pub fn folder(&self) -> PathBuf {
        root().join(&self.name).parent().unwrap().to_owned()
    }

    fn parts(&self) -> (Vec<Block<'_>>, Vec<&str>) {
        let (mut blocks, mut prose): (Vec<Block<'_>>, Vec<&str>) = (Vec::new(), Vec::new());
        let mut is_open = false;
        for line in self.text.lines() {
            match line.strip_prefix("```") {
                Some("") if is_open => is_open = false,
                Some(language) if !is_open => {
                    blocks.push(Block { language, lines: Vec::new() });
                    is_open = true;
                }
                _ if is_open => blocks.last_mut().unwrap().lines.push(line),
                _ => prose.push(line),
            }
        }
        assert!(!is_open, "{}: a block does not end", self.name);
        (blocks, prose)
    }

    pub fn blocks(&self) -> Vec<Block<'_>> {
        self.parts().0
    }

    pub fn blocks_of(&self, language: &str) -> Vec<Block<'_>> {
        self.blocks().into_iter().filter(|block| block.language == language).collect()
    }

    /// The lines outside of blocks.
    pub fn prose(&self) -> Vec<&str> {
        self.parts().1
    }
}

impl Block<'_> {
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}
