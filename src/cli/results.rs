//! The files that `verify` and `merge` write results to.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::ended::Failure;
use super::input;
use super::output::{Output, write_failure};
use super::style;
use crate::report::Report;
use crate::report::html::page;
use crate::report::junit::write_junit;

/// Where results go beside the lines for people.
#[derive(Clone, Debug, Args)]
pub(super) struct ResultFlags {
    /// Write the results as JSON
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// Write the results as JUnit XML, a test case for each profile and size of base metas
    #[arg(long, value_name = "FILE.xml")]
    junit: Option<PathBuf>,
    /// Write the results as one HTML page that needs no other file
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
}

/// A form that results are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Junit,
    Html,
}

/// The outputs, asked for before the work, so that a bad path does not cost an hour.
pub(super) struct ResultFiles(Vec<(Form, PathBuf, Output)>);

impl ResultFlags {
    fn named(&self) -> [(Form, &'static str, Option<&Path>); 3] {
        [
            (Form::Json, "--report", self.report.as_deref()),
            (Form::Junit, "--junit", self.junit.as_deref()),
            (Form::Html, "--html", self.html.as_deref()),
        ]
    }

    /// As [`for_people`].
    pub(super) fn for_people(&self) -> Box<dyn Write> {
        for_people(&self.named())
    }

    /// Opens the outputs; none may take the place of another or of the trace.
    pub(super) fn create(&self, trace: Option<&Path>) -> Result<ResultFiles, Failure> {
        ResultFiles::create(&self.named(), trace.as_slice())
    }
}

impl ResultFiles {
    /// Opens outputs, each with the flag that names it; none may take the place of another or of an input.
    pub(super) fn create(
        named: &[(Form, &'static str, Option<&Path>)],
        inputs: &[&Path],
    ) -> Result<ResultFiles, Failure> {
        let mut outputs: Vec<(Form, PathBuf, Output)> = Vec::new();
        let mut before: Vec<(&str, &Path)> = Vec::new();
        for (form, flag, path) in named.iter().filter_map(|(form, flag, path)| Some((*form, *flag, (*path)?))) {
            inputs.iter().try_for_each(|input| input::refuse_to_overwrite(input, Some(path), flag))?;
            if let Some((other, _)) = before.iter().find(|(_, named)| *named == path) {
                let shown = path.display();
                return Err(Failure::Input(format!("{other} and {flag} both name {shown}; name two files")));
            }
            before.push((flag, path));
            outputs.push((form, path.to_owned(), Output::create(path)?));
        }
        Ok(ResultFiles(outputs))
    }

    /// Writes them all, the others also when one fails.
    pub(super) fn write(self, report: &Report) -> Result<(), Failure> {
        let written: Vec<Result<(), Failure>> = self
            .0
            .into_iter()
            .map(|(form, path, output)| {
                // Into memory first: what fails there is not the file's fault.
                let bytes = rendered(form, &path, report)?;
                output.write_all(|out| out.write_all(&bytes).map_err(write_failure))
            })
            .collect();
        written.into_iter().collect()
    }
}

/// Where lines for people go: not to standard output if that is for a program, which they would confuse.
pub(super) fn for_people(named: &[(Form, &'static str, Option<&Path>)]) -> Box<dyn Write> {
    people(named.iter().filter_map(|(_, _, path)| *path))
}

/// The same, of the files that a command writes for programs.
pub(super) fn people<'a>(files: impl IntoIterator<Item = &'a Path>) -> Box<dyn Write> {
    match files.into_iter().any(|path| path == Path::new("-")) {
        true => Box::new(style::on_stderr()),
        false => Box::new(Output::people()),
    }
}

/// A value as JSON to be read by people too, with a line feed at the end.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Failure::Defect(format!("JSON: {error}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn rendered(form: Form, path: &Path, report: &Report) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match form {
        Form::Json => {
            let sealed = report.sealed().map_err(|error| Failure::Defect(format!("JSON: {error}")))?;
            bytes = json(&sealed)?;
        }
        Form::Junit => {
            write_junit(report, &mut bytes).map_err(|error| Failure::Defect(format!("JUnit XML: {error}")))?;
        }
        // Who reads it from standard output keeps it where they like.
        Form::Html => bytes = page(report, Some(path).filter(|path| *path != Path::new("-"))).into_bytes(),
    }
    Ok(bytes)
}
