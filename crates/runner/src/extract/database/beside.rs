//! The landed side of a comparison, asked from the thread that reads the source: a warehouse that is asked by requests of its own
//! cannot wait for them within the reading. It must not know what is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};

use dwc_compiler::plan::Cut;
use dwc_compiler::sql::{Only, Part};

use super::reconcile::{Extent, Landed, Sums};
use crate::Error;
use crate::extract::meter::Meter;

enum Ask {
    Extent(usize, Only, BTreeMap<String, String>),
    Sums(usize, Cut, Vec<(Cut, BTreeSet<i64>)>, Only, BTreeMap<String, String>),
    Tell(String),
}

enum Answer {
    Extent(Result<Extent, Error>),
    Sums(Result<Sums, Error>),
}

/// The landed side as the reading thread sees it.
struct Far {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
}

impl Far {
    /// Asks, and waits. Nobody answers once the asking thread has gone, which ends by what has made it go.
    fn ask(&self, ask: Ask) -> Result<Answer, Error> {
        let gone = || Error {
            code: None,
            message: "the comparison has ended".to_owned(),
            help: None,
            span: None,
            cause: None,
        };
        self.asks.send(ask).map_err(|_| gone())?;
        self.answers.recv().map_err(|_| gone())
    }
}

impl Landed for Far {
    fn extent(&mut self, at: usize, only: &Only, zones: &BTreeMap<String, String>) -> Result<Extent, Error> {
        match self.ask(Ask::Extent(at, only.clone(), zones.clone()))? {
            Answer::Extent(extent) => extent,
            Answer::Sums(_) => unreachable!("an extent was asked for"),
        }
    }

    fn sums(&mut self, at: usize, cut: &Cut, part: &Part<'_>, zones: &BTreeMap<String, String>) -> Result<Sums, Error> {
        let segments = part.segments.iter().map(|(cut, some)| ((*cut).clone(), some.clone())).collect();
        match self.ask(Ask::Sums(at, cut.clone(), segments, part.only.clone(), zones.clone()))? {
            Answer::Sums(sums) => sums,
            Answer::Extent(_) => unreachable!("sums were asked for"),
        }
    }
}

/// Runs a reading on a thread of its own, and answers what it asks of what is landed.
pub(super) fn read_beside<T: Send>(
    landed: &mut dyn Landed,
    tell: &mut dyn FnMut(&str),
    read: impl FnOnce(&mut dyn Landed, &mut Meter<'_>) -> T + Send,
) -> T {
    std::thread::scope(|scope| {
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let reader = scope.spawn(move || {
            let words = asks.clone();
            // Where nobody listens any more, there is nothing to tell.
            let mut tell = move |text: &str| drop(words.send(Ask::Tell(text.to_owned())));
            read(&mut Far { asks, answers }, &mut Meter::new(&mut tell))
        });
        for ask in asked {
            let made = match ask {
                Ask::Tell(text) => {
                    tell(&text);
                    continue;
                }
                Ask::Extent(at, only, zones) => Answer::Extent(landed.extent(at, &only, &zones)),
                Ask::Sums(at, cut, segments, only, zones) => {
                    let segments = segments.iter().map(|(cut, some)| (cut, some.clone())).collect();
                    Answer::Sums(landed.sums(at, &cut, &Part { segments, only }, &zones))
                }
            };
            // The reading may have ended meanwhile: nobody waits for the answer then.
            let _ = answer.send(made);
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
