//! Makes Rust of the proto file, without `protoc`: protox is a compiler in Rust.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["proto/pizzashack.proto"], ["proto"])?;
    Ok(tonic_prost_build::compile_fds(files)?)
}
