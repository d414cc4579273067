//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use crate::fetches::Settings;
use crate::size::Size;

pub(crate) enum Command {
    Serve(Trusted),
    Measure(Args),
}

pub(crate) struct Args {
    pub(crate) size: Size,
    pub(crate) report: Option<PathBuf>,
}

/// The issuer that the server trusts, and how it fetches keys.
pub(crate) struct Trusted {
    pub(crate) issuer: String,
    pub(crate) jwks_uri: String,
    pub(crate) settings: Settings,
}

impl Command {
    pub(crate) fn from_env() -> Result<Self, lexopt::Error> {
        let (mut size, mut report) = (Size::full(), None);
        let (mut runs, mut rate) = (None, None);
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("serve") => return Ok(Command::Serve(Trusted::parse(&mut parser)?)),
                Arg::Long("small") => size = Size::small(),
                Arg::Long("runs") => runs = Some(parser.value()?.parse::<usize>()?.max(1)),
                Arg::Long("rate") => rate = Some(parser.value()?.parse::<u32>()?.max(2)),
                Arg::Long("report") => report = Some(parser.value()?.into()),
                other => return Err(other.unexpected()),
            }
        }
        size.runs = runs.unwrap_or(size.runs);
        size.rate = rate.unwrap_or(size.rate);
        Ok(Command::Measure(Args { size, report }))
    }
}

impl Trusted {
    /// What [`parse`](Self::parse) reads.
    pub(crate) fn arguments(&self) -> [String; 5] {
        let Settings { interval, cooldown } = self.settings;
        let milliseconds = |duration: Duration| duration.as_millis().to_string();
        let (issuer, jwks_uri) = (self.issuer.clone(), self.jwks_uri.clone());
        ["--serve".to_owned(), issuer, jwks_uri, milliseconds(interval), milliseconds(cooldown)]
    }

    fn parse(parser: &mut Parser) -> Result<Self, lexopt::Error> {
        let (issuer, jwks_uri) = (parser.value()?.string()?, parser.value()?.string()?);
        let mut duration = || Ok::<_, lexopt::Error>(Duration::from_millis(parser.value()?.parse()?));
        let settings = Settings { interval: duration()?, cooldown: duration()? };
        Ok(Trusted { issuer, jwks_uri, settings })
    }
}
