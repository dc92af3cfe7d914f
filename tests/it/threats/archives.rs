//! Archives: layers that are unpacked, and images in a tar.

use super::Threat;
use crate::proof::Proof::{Later, Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "E1",
        "names and links that lead out",
        &[
            Test("export_hostile::nothing_breaks_out_of_the_folder"),
            Test("export_hostile::what_leads_outside_in_the_image_leads_to_the_same_place_inside"),
            Test("archives::hostile::members_that_climb_or_lead_elsewhere_are_refused"),
            Unit("rootfs::tests::links_on_the_way_are_followed_inside_the_root"),
            Unit("archive::member::tests::names_that_leave_the_archive_or_are_none_are_refused"),
        ],
    ),
    (
        "E2",
        "hard links to what lies outside",
        &[
            Test("export_hostile::nothing_breaks_out_of_the_folder"),
            Unit("rootfs::tests::what_cannot_be_is_refused_with_its_name_escaped"),
        ],
    ),
    (
        "E3",
        "rights and times that go through a link",
        &[Test("export_hostile::nothing_breaks_out_of_the_folder")],
    ),
    (
        "E4",
        "a root that is no folder",
        &[
            Test("export_hostile::nothing_breaks_out_of_the_folder"),
            Unit("rootfs::tests::what_cannot_be_is_refused_with_its_name_escaped"),
        ],
    ),
    (
        "E5",
        "headers that two programs read differently",
        &[
            Test("peers_tar::what_is_read_of_a_layer_is_what_others_read_of_it"),
            Test("peers_tar::the_image_that_is_loaded_is_the_one_that_others_find_in_the_archive"),
            Test("export_hostile::what_programs_read_differently_is_refused"),
            Test("archives::hostile::what_other_readers_could_take_for_something_else_is_refused"),
            Unit("archive::tar::tests::what_could_be_read_in_two_ways_is_refused"),
            Unit("tarball::field::tests::numbers_that_programs_read_differently_are_refused"),
            Unit("tarball::pax::tests::what_is_malformed_is_refused"),
        ],
    ),
    (
        "E6",
        "names, headers and maps without end",
        &[
            Test("export_hostile::what_programs_read_differently_is_refused"),
            Test("archives::hostile::what_is_larger_than_sensible_is_refused_before_it_is_read"),
            Test("export::an_image_that_unpacks_to_more_than_it_may_ends_early"),
            Unit("archive::tar::tests::a_long_name_of_a_gigabyte_is_refused_at_its_header"),
            Unit("tarball::tests::a_map_of_a_million_pieces_is_given_up_after_one_mebibyte"),
            Unit("rootfs::limits::tests::maps_of_holes_count_as_what_is_held_in_memory"),
        ],
    ),
    (
        "E7",
        "devices, programs that run as somebody else, attributes",
        &[
            Test("export::devices_are_made_only_for_root_who_asks"),
            Test("export::who_is_not_root_gets_the_files_as_their_own_and_is_told"),
        ],
    ),
    (
        "E8",
        "owners out of range",
        &[
            Test("export_hostile::what_programs_read_differently_is_refused"),
            Unit("tarball::field::tests::owners_end_where_the_systems_do"),
        ],
    ),
    (
        "E9",
        "whiteouts of what is no file",
        &[
            Test("export_hostile::nothing_breaks_out_of_the_folder"),
            Unit("rootfs::tests::what_cannot_be_is_refused_with_its_name_escaped"),
        ],
    ),
    (
        "E10",
        "names that are one to the file system",
        &[
            Test("export_hostile::what_the_file_system_has_already_under_a_name_is_not_touched"),
            Later("a file system that takes `A` for `a` is played by its answer: the usual kernels are built without one"),
        ],
    ),
    (
        "E11",
        "names of any bytes",
        &[
            Test("peers_tar::what_is_read_of_a_layer_is_what_others_read_of_it"),
            Test("export_hostile::what_programs_read_differently_is_refused"),
            Test("export_hostile::the_name_of_what_is_refused_is_shown_escaped"),
        ],
    ),
    (
        "E12",
        "archives that are not what their documents say",
        &[
            Test("archives::hostile::a_layer_that_is_not_the_one_in_the_config_is_refused"),
            Test("archives::hostile::a_config_that_is_not_what_it_is_called_is_refused"),
            Test("archives::hostile::what_other_readers_could_take_for_something_else_is_refused"),
            Test("archives::hostile::links_in_a_circle_are_refused"),
            Test("archives::hostile::a_manifest_that_names_what_is_not_there_is_refused"),
            Test("archives::hostile::a_layout_in_an_archive_is_held_to_its_digests"),
            Test("archives::hostile::nothing_of_several_images_is_loaded_if_one_is_bad"),
        ],
    ),
    (
        "E13",
        "bytes behind the end of an archive",
        &[
            Test("export::a_layer_with_other_bytes_than_its_digest_is_a_mismatch_and_leaves_nothing"),
            Test("archives::hostile::a_layer_that_is_not_the_one_in_the_config_is_refused"),
        ],
    ),
    (
        "E14",
        "half a folder, and a folder that is in use",
        &[
            Test("export::a_folder_that_is_in_use_stays_as_it_is"),
            Test("export::an_interrupt_leaves_nothing_of_a_folder_or_a_file"),
            Test("archives::saving::a_file_is_replaced_by_a_whole_archive_or_not_at_all"),
        ],
    ),
];
