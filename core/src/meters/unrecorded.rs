//! Nothing is counted.
#![allow(clippy::unused_self, reason = "the same calls as where something is counted")]

use std::sync::Arc;

use crate::error::{AuthError, AuthErrorKind};
use crate::key_demand::MissKind;
use crate::meters::KeyMeasures;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IssuerMeters {}

#[derive(Debug)]
pub(crate) struct TenantMeters {
    pub(crate) issuer: IssuerMeters,
}

impl IssuerMeters {
    pub(crate) fn configured(_: &Arc<str>) -> Self {
        IssuerMeters {}
    }

    pub(crate) fn nobody() -> Self {
        IssuerMeters {}
    }

    pub(crate) fn decided<T>(&self, _: &Result<T, AuthError>) {}

    pub(crate) fn accepted(&self) {}

    pub(crate) fn anonymous(&self) {}

    pub(crate) fn refused(&self, _: AuthErrorKind) {}

    pub(crate) fn fetched(&self, _: &'static str) {}

    pub(crate) fn spent(&self, _: MissKind) {}

    pub(crate) fn keys(&self, _: impl FnOnce() -> KeyMeasures) {}

    pub(crate) fn retire(&self) {}
}

impl TenantMeters {
    pub(crate) fn new() -> Self {
        TenantMeters { issuer: IssuerMeters {} }
    }

    pub(crate) fn known(&self, _: impl FnOnce() -> usize) {}

    pub(crate) fn spent(&self) {}
}

pub(crate) fn describe() {}
