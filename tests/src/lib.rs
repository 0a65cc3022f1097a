//! The harness of the suites: real servers, Google's analyzer, projects in temporary folders.
//!
//! A missing server or oracle fails the test with the command that installs it; nothing is skipped
//! and nothing is mocked. It must not know any statement that dwc generates.

pub mod answers;
pub mod bigquery_emulator;
pub mod bigquery_server;
mod certificate;
pub mod checked;
pub mod collated;
pub mod crm;
pub mod dice;
pub mod googlesql;
pub mod http;
pub mod mariadb;
pub mod paper;
pub mod parcels;
pub mod postgres;
pub mod project;
pub mod proxy;
pub mod questions;
pub mod sample_data;
pub mod screened;
pub mod script;
pub mod shop;
pub mod values;
pub mod visits;
pub mod warehouse;
pub mod webhook;
