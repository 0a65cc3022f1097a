//! What mends a problem: time, or a person. Exit codes follow from it, and with them what a scheduler does. It must not know
//! the numbers of exit codes.

use super::Code;

/// What mends a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Somebody changes the project, its data, an account or a setting: the same command fails again until then.
    Change,
    /// The same command may do later what it could not do now.
    Retry,
}

impl Code {
    /// What mends a problem of this code.
    #[must_use]
    pub fn remedy(self) -> Remedy {
        match self {
            Code::WarehouseInUse
            | Code::FileChanging
            | Code::SourceUnreachable
            | Code::BigQueryQuota
            | Code::BigQueryCancelled
            | Code::BigQueryUnreachable
            | Code::WarehouseMoved => Remedy::Retry,
            _ => Remedy::Change,
        }
    }

    /// Whether the problem is one source's own: others are landed all the same.
    #[must_use]
    pub fn is_of_one_source(self) -> bool {
        matches!(
            self,
            Code::BrokenPrimaryKey
                | Code::FileMissing
                | Code::FileUnreadable
                | Code::FileColumns
                | Code::TooManyRejected
                | Code::TooManyDeleted
                | Code::FileChanging
                | Code::SourceUnreachable
                | Code::SourceRefused
                | Code::SourceColumns
                | Code::SourceAddress
                | Code::MissingVariable
                | Code::SourceFrozen
                | Code::MissingSetting
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_mends_what_is_tried_again() {
        let retried: Vec<&str> =
            Code::ALL.iter().filter(|code| code.remedy() == Remedy::Retry).map(|code| code.id()).collect();
        assert_eq!(retried, ["DW0920", "DW0922", "DW0930", "DW0953", "DW0956", "DW0957", "DW0958"]);
    }
}
