//! lugger
