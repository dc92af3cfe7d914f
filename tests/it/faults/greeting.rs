//! The very first answer of a registry of which it is not known whether it speaks plain HTTP.

use crate::faults::scenes::small;
use crate::peers_steps::{check, stock};
use crate::support::command::Lugger;
use crate::support::fault_proxy::{Fault, FaultProxy, Kind, on};
use crate::support::peers::distribution::Distribution;

#[test]
fn a_first_answer_that_is_lost_does_not_make_a_plain_registry_speak_tls() {
    let (registry, image) = (Distribution::open(), small());
    stock(&registry.name("team/app:1"), &image);
    for flags in [&[][..], &["--plain-http"]] {
        let proxy = FaultProxy::before(
            registry.host(),
            on(|asked| asked.kind == Kind::Manifest, 1, Fault::LoseAnswer),
        );
        let lugger = Lugger::new();
        lugger.args([&["pull"], flags, &[&proxy.name("team/app:1")]].concat()).ok();
        assert_eq!(proxy.injected().len(), 1);
        check(&lugger.store()).assert_sound();
    }
}
