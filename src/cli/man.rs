//! `man`: manual pages.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::ended::{Ended, Failure, Verdict};
use super::output::{Output, write_failure};

const AFTER_HELP: &str = "\
Examples:
  ekv-roundtrip man | man -l -
  ekv-roundtrip man verify > /usr/local/share/man/man1/ekv-roundtrip-verify.1";

/// Write a manual page to standard output, as roff
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The command that the page is about [default: the whole tool]
    #[arg(hide_possible_values = true)]
    command: Option<String>,
}

/// The same tool, whose `man` takes the names of its commands: parsers and completions then know them.
pub(super) fn with_names(tool: Command) -> Command {
    let names: Vec<String> = tool.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    tool.mut_subcommand("man", |man| man.mut_arg("command", |arg| arg.value_parser(PossibleValuesParser::new(names))))
}

pub(super) fn run(arguments: &Arguments, command: Command) -> Ended {
    let mut tool = command.disable_help_subcommand(true);
    // Gives the subcommands their full names.
    tool.build();
    let about = match &arguments.command {
        None => tool,
        Some(name) => {
            let found = tool.find_subcommand(name).cloned();
            found.ok_or_else(|| Failure::Input(format!("there is no command {name:?}")))?
        }
    };
    let page = page(&about).map_err(|error| Failure::Defect(format!("manual page: {error}")))?;
    Output::standard().write_all(|out| out.write_all(&page).map_err(write_failure))?;
    Ok(Verdict::Holds)
}

fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let (man, mut page) = (Man::new(command.clone()).manual("ekv-roundtrip"), Vec::new());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let help = command.get_after_long_help().or(command.get_after_help());
    after_help(&help.map(ToString::to_string).unwrap_or_default()).to_writer(&mut page)?;
    Ok(page)
}

/// What follows the flags in the help. A block under a line such as "Examples:" keeps its line breaks, and is a section of
/// that name; a block without is text.
fn after_help(help: &str) -> Roff {
    let mut roff = Roff::new();
    let mut in_notes = false;
    for block in help.split("\n\n") {
        match block.split_once(":\n") {
            Some((title, lines)) if !title.contains('\n') => {
                roff.control("SH", [title.to_uppercase().as_str()]);
                roff.control("nf", []);
                for line in lines.lines() {
                    roff.text([roman(line)]);
                }
                roff.control("fi", []);
                in_notes = false;
            }
            _ => {
                roff.control(if in_notes { "PP" } else { "SH" }, (!in_notes).then_some("NOTES"));
                roff.text([roman(block)]);
                in_notes = true;
            }
        }
    }
    roff
}
