//! BigQuery's REST API as a warehouse's runner needs it: jobs that run once however often they are sent, uploads that go
//! on where they were cut, datasets and tables. It must know nothing of models, plans or state.

mod access;
mod catalog;
mod client;
mod credentials;
mod failure;
mod jobs;
mod results;
mod retry;
mod storage;
mod transport;
mod upload;

pub use access::{Access, RowPolicy};
pub use catalog::{Column, TableFacts};
pub use client::{Client, Connection, Settings};
pub use credentials::{Credentials, Source};
pub use failure::{Failure, Kind};
pub use jobs::{Done, Job, Load, Work};
pub use results::Rows;
pub use retry::Pace;
