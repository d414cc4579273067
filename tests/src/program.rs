//! Programs that make what users have: the key stores of Java and of OpenSSL.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::HarnessError;

/// Java's `keytool`.
pub const KEYTOOL: Program = Program("keytool");
/// The command line of OpenSSL.
pub const OPENSSL: Program = Program("openssl");

/// A program of the machine.
pub struct Program(&'static str);

impl Program {
    /// Runs it in `folder` and gives what it printed. A program that is missing or fails is an error that says so.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, HarnessError> {
        let output = Command::new(self.0)
            .args(arguments)
            .current_dir(folder)
            // Messages in the language of this file, and no settings of the machine's user.
            .env("LC_ALL", "C")
            .env_remove("JAVA_TOOL_OPTIONS")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                HarnessError::new(format!(
                    "{} does not start ({error}); `cargo xtask test` installs what the tests need",
                    self.0
                ))
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // keytool tells its errors on the one, openssl on the other.
        let printed = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Err(HarnessError::new(format!(
            "{} ended with {}: {}",
            self.0,
            output.status,
            printed.concat().trim()
        )))
    }
}
