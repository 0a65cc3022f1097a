//! Build script of every package that links the DuckDB library: writes the library's folder into the
//! binary, so that it starts from any working directory without LD_LIBRARY_PATH.
//! It decides nothing: the folder is the one that `tools/setup` filled, or the caller's DUCKDB_LIB_DIR.

fn main() {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    let Ok(folder) = std::env::var("DUCKDB_LIB_DIR") else {
        return;
    };
    let folder = std::fs::canonicalize(&folder).unwrap_or_else(|_| folder.into());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
}
