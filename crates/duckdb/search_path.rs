//! Build script of every package that links the DuckDB library: writes the folders into the binary where it looks for the
//! library, so that it starts from any working directory without LD_LIBRARY_PATH.
//! It decides no version and fetches nothing: the library is the one that `tools/setup` put in its folder, or that of the
//! caller's DUCKDB_LIB_DIR.

fn main() {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rerun-if-env-changed=DWC_PACKAGED");
    let is_macos = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos");
    let beside = if is_macos { "@loader_path" } else { "$ORIGIN" };
    // Where `tools/package` puts the library, then next to the binary. Both move with the binary.
    let mut folders = vec![format!("{beside}/../lib/dwc"), beside.to_owned()];
    // The folder of the build, which a binary for other machines must not know.
    let is_packaged = std::env::var("DWC_PACKAGED").is_ok_and(|value| value == "1");
    if let (false, Ok(folder)) = (is_packaged, std::env::var("DUCKDB_LIB_DIR")) {
        let folder = std::fs::canonicalize(&folder).unwrap_or_else(|_| folder.into());
        folders.push(folder.display().to_string());
    }
    for folder in folders {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
