//! `completions`: what a shell needs to complete our command lines.

use clap::{Args, Command};
use clap_complete::Shell;

use super::ended::{Ended, Verdict};
use super::output::{Output, write_failure};

const AFTER_HELP: &str = "\
Examples:
  ekv-roundtrip completions bash > ~/.local/share/bash-completion/completions/ekv-roundtrip
  ekv-roundtrip completions zsh > \"${fpath[1]}/_ekv-roundtrip\"
  ekv-roundtrip completions fish > ~/.config/fish/completions/ekv-roundtrip.fish";

/// Write the completions of a shell to standard output
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, mut command: Command) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "ekv-roundtrip", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if arguments.shell == Shell::Bash {
        // The generator takes the hyphen in our name for the border of a subcommand in some places and not in others
        // (clap_complete 4.6.11), and then bash knows no flag of any subcommand. A test asks bash.
        script = script.replace("ekv__subcmd__roundtrip", "ekv__roundtrip");
    }
    Output::standard().write_all(|out| out.write_all(script.as_bytes()).map_err(write_failure))?;
    Ok(Verdict::Holds)
}
