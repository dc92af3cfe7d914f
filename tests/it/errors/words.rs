//! What was typed is wrong, before anything is asked of anybody: exit status 2.

use crate::support::command::Lugger;

#[test]
fn a_reference_that_is_none_says_which_argument() {
    let expected = "error: invalid value 'ubuntu:@' for '<REF>...': invalid reference format; \
        write [HOST[:PORT]/]NAME[:TAG][@DIGEST], as in ghcr.io/acme/app:1.2\n\nFor more information, try '--help'.\n";
    assert_eq!(refused(&["pull", "ubuntu:@"]), expected);
}

#[test]
fn a_pasted_address_is_shown_without_its_prefix() {
    for prefix in ["https://", "http://", "docker://", "oci://"] {
        let typed = format!("{prefix}ghcr.io/acme/app:1");
        let expected = format!(
            "error: invalid value '{typed}' for '<REF>...': invalid reference format: a reference has no `{prefix}`; \
             write `ghcr.io/acme/app:1`\n\nFor more information, try '--help'.\n"
        );
        assert_eq!(refused(&["pull", &typed]), expected);
    }
}

#[test]
fn upper_case_is_shown_in_lower_case() {
    let said = refused(&["inspect", "ghcr.io/Acme/App:V1"]);
    assert!(said.contains("must be lowercase; write `ghcr.io/acme/app:V1`"), "{said}");
}

#[test]
fn a_port_out_of_range_is_refused() {
    let said = refused(&["pull", "localhost:70000/app"]);
    assert!(said.contains("70000"), "{said}");
}

#[test]
fn a_tag_where_a_repository_is_meant_is_said_so() {
    let said = refused(&["list-tags", "app:1"]);
    assert!(said.contains("a repository is meant here; leave out `:1`"), "{said}");
}

#[test]
fn a_platform_that_is_none_is_refused() {
    let said = refused(&["pull", "--platform", "linux", "app"]);
    assert!(said.contains("--platform"), "{said}");
}

#[test]
fn a_tag_beside_all_tags_is_refused() {
    let said = refused(&["pull", "--all-tags", "app:1"]);
    assert_eq!(said, "error: a tag or digest cannot be used with --all-tags\n");
}

fn refused(arguments: &[&str]) -> String {
    let lugger = Lugger::new();
    let run = lugger.args(arguments).fails(2);
    assert_eq!(run.stdout, "");
    assert!(!lugger.store().exists());
    run.stderr
}
