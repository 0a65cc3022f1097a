//! GoogleSQL: parsed, resolved with types and lineage, and translated to DuckDB.
