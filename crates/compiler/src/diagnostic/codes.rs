//! The one table of codes: id, name, level, summary, page. A code without its page in `docs/diagnostics` does not compile.

use super::Severity;

/// The documentation of a code, as Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page(pub &'static str);

macro_rules! codes {
    ($($variant:ident = $id:literal, $name:literal, $severity:ident, $summary:literal;)*) => {
        /// A kind of problem. Ids are never used again for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, by id.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// `DW0101`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id,)* }
            }

            /// The name of the bad pattern, such as `unknown-key`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The level where neither project nor model says otherwise.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// One sentence on the problem.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* }
            }

            /// The page that `dwc explain` prints.
            #[must_use]
            pub fn page(self) -> Page {
                match self {
                    $(Code::$variant => Page(include_str!(concat!("../../../../docs/diagnostics/", $id, ".md"))),)*
                }
            }

            /// The code of an id as a user types it, in either case.
            #[must_use]
            pub fn of(id: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
            }
        }
    };
}

codes! {
    UnknownKey = "DW0101", "unknown-key", Error, "A key that the file's kind does not have.";
}
