//! The shape of requests and answers: one table gives the paths, the checks of what is asked, and the OpenAPI document.

mod openapi;
mod operation;
mod problem;
mod query;
mod reply;
mod schemas;
mod table;

pub(super) use openapi::document;
#[cfg(test)]
pub(super) use openapi::problems;
#[cfg(test)]
pub(super) use operation::{Answers, Body};
pub(super) use operation::{Operation, Page, Verb};
pub(super) use problem::Problem;
pub(super) use query::{Query, is_name};
pub(super) use reply::Reply;
pub(super) use table::OPERATIONS;
