# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_lugger_global_optspecs
    string join \n store= progress= color= plain-http insecure ca-file= h/help V/version
end

function __fish_lugger_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_lugger_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_lugger_using_subcommand
    set -l cmd (__fish_lugger_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c lugger -n "__fish_lugger_needs_command" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_needs_command" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_needs_command" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_needs_command" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_needs_command" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_needs_command" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "login" -d 'Log in to a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "logout" -d 'Forget the login of a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "pull" -d 'Fetch images from a registry into the store'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "push" -d 'Send images from the store to a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "tag" -d 'Give an image another name'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "list-tags" -d 'List the tags of a repository, the newest first'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "tags" -d 'List the tags of a repository, the newest first'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "list-repos" -d 'List the repositories of a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "catalog" -d 'List the repositories of a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "delete" -d 'Delete tags or images from a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "images" -d 'List the images of the store'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "rmi" -d 'Drop names from the store, and the blobs that only they used'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "prune" -d 'Drop the blobs of the store that no name reaches'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "check" -d 'Read the whole store and say what is damaged'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "inspect" -d 'Show what an image is'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "digest" -d 'Print the digest of an image'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "copy" -d 'Copy an image between registries, the store, directories, archives and Docker Engine'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "append" -d 'Make an image from another one: further layers, other settings'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "serve" -d 'Serve the store as a registry'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "export" -d 'Write the root filesystem of an image as an archive or a folder'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "load" -d 'Put the images of an archive into the store'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "save" -d 'Write images of the store to an archive, or to stdout'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "auth" -d 'Explain which login an image gets, from where, and what it is good for'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "completion" -d 'Print the completion script of a shell'
complete -c lugger -n "__fish_lugger_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lugger -n "__fish_lugger_using_subcommand login" -s u -l username -d 'The user name' -r
complete -c lugger -n "__fish_lugger_using_subcommand login" -s p -l password -d 'The password; others on this machine may see it, --password-stdin is safer' -r
complete -c lugger -n "__fish_lugger_using_subcommand login" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand login" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand login" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand login" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand login" -l password-stdin -d 'Read the password from stdin'
complete -c lugger -n "__fish_lugger_using_subcommand login" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand login" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand login" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l all -d 'Forget all logins'
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand logout" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand logout" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l platform -d 'The platform of the image, as linux/arm64/v8; several make an index of just these' -r
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l to -d 'Put the image there instead of into the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]' -r
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l jobs -d 'Over how many connections layers are moved at once; a large one is fetched over several' -r
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l stall-timeout -d 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m' -r
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l limit-rate -d 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]' -r
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l all-platforms -d 'Fetch the images of all platforms, and keep the index'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -s a -l all-tags -d 'Fetch all tags of the repositories'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -s q -l quiet -d 'Print only HOST/REPO@DIGEST'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand pull" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand push" -l from -d 'Take the image from there instead of from the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]' -r
complete -c lugger -n "__fish_lugger_using_subcommand push" -l jobs -d 'Over how many connections layers are moved at once; a large one is fetched over several' -r
complete -c lugger -n "__fish_lugger_using_subcommand push" -l stall-timeout -d 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m' -r
complete -c lugger -n "__fish_lugger_using_subcommand push" -l limit-rate -d 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]' -r
complete -c lugger -n "__fish_lugger_using_subcommand push" -l compress -d 'How layers are compressed that are not yet' -r -f -a "gzip\t'What every registry and engine takes'
zstd\t'Smaller and faster, for newer ones'
none\t'Not at all'"
complete -c lugger -n "__fish_lugger_using_subcommand push" -l level -d 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]' -r
complete -c lugger -n "__fish_lugger_using_subcommand push" -l max-size -d 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]' -r
complete -c lugger -n "__fish_lugger_using_subcommand push" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand push" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand push" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand push" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand push" -s a -l all-tags -d 'Send all tags of the repositories that the store has'
complete -c lugger -n "__fish_lugger_using_subcommand push" -s q -l quiet -d 'Print only HOST/REPO@DIGEST'
complete -c lugger -n "__fish_lugger_using_subcommand push" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand push" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand push" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l remote -d 'Do it on the registry, without moving a layer'
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand tag" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand tag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand tag" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l sort -d 'What comes first [default: created; name for names]' -r -f -a "created\t'The newest image'
semver\t'The highest version; what is no version comes last'
name\t'The first name'"
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l filter -d 'Only tags like this, where * stands for any characters and ? for one' -r
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l semver -d 'Only tags that name a version in this range, as \'>=1.2, <2\' or \'~1.4\'; 1.2 counts as 1.2.0, and pre-releases must be meant' -r
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l limit -d 'Only the first N: images where they are sorted by age, else tags, of which no more are then looked up' -r
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'
names\t'A tag on each line'"
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -s w -l wide -d 'Show sizes and platforms too'
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand list-tags" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l sort -d 'What comes first [default: created; name for names]' -r -f -a "created\t'The newest image'
semver\t'The highest version; what is no version comes last'
name\t'The first name'"
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l filter -d 'Only tags like this, where * stands for any characters and ? for one' -r
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l semver -d 'Only tags that name a version in this range, as \'>=1.2, <2\' or \'~1.4\'; 1.2 counts as 1.2.0, and pre-releases must be meant' -r
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l limit -d 'Only the first N: images where they are sorted by age, else tags, of which no more are then looked up' -r
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'
names\t'A tag on each line'"
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand tags" -s w -l wide -d 'Show sizes and platforms too'
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand tags" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand tags" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand tags" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'"
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand list-repos" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'"
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand catalog" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l older-than -d 'Only tags of images made longer ago than this, as 30d, 12h or 8w' -r
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l keep -d 'Keep the tags of this many images, the newest' -r
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l filter -d 'Only tags like this, where * stands for any characters and ? for one' -r
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l dry-run -d 'Say what would go, and delete nothing'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -s y -l yes -d 'Delete without asking'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l ignore-missing -d 'What is not there is no failure'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand delete" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand images" -l filter -d 'Only those with a tag like this, where * stands for any characters and ? for one' -r
complete -c lugger -n "__fish_lugger_using_subcommand images" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'"
complete -c lugger -n "__fish_lugger_using_subcommand images" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand images" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand images" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand images" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand images" -l digests -d 'Show digests too'
complete -c lugger -n "__fish_lugger_using_subcommand images" -l sizes -d 'Show what of an image no other one has, and what all take together'
complete -c lugger -n "__fish_lugger_using_subcommand images" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand images" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand images" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand images" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l older-than -d 'Only tags of images made longer ago than this, as 30d, 12h or 8w' -r
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l keep -d 'Keep the tags of this many images, the newest' -r
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l filter -d 'Only tags like this, where * stands for any characters and ? for one' -r
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l dry-run -d 'Say what would go, and drop nothing'
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l ignore-missing -d 'What is not there is no failure'
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand rmi" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l dry-run -d 'Say what would go, and drop nothing'
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand prune" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand prune" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand check" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'"
complete -c lugger -n "__fish_lugger_using_subcommand check" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand check" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand check" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand check" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand check" -l repair -d 'Drop what is damaged, so that the next pull fetches it'
complete -c lugger -n "__fish_lugger_using_subcommand check" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand check" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand check" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l platform -d 'The platform to look at, where there are several' -r
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l format -d 'How the summary is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'"
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l raw -d 'Print the manifest\'s bytes'
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l config -d 'Print the config\'s bytes'
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand inspect" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand digest" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand digest" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand digest" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand digest" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand digest" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand digest" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand digest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand digest" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l platform -d 'The platform of the image, as linux/arm64/v8; several make an index of just these' -r
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l jobs -d 'Over how many connections layers are moved at once; a large one is fetched over several' -r
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l stall-timeout -d 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m' -r
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l limit-rate -d 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]' -r
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l compress -d 'How layers are compressed that are not yet' -r -f -a "gzip\t'What every registry and engine takes'
zstd\t'Smaller and faster, for newer ones'
none\t'Not at all'"
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l level -d 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]' -r
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l max-size -d 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]' -r
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l referrers -d 'Take along what refers to the image, such as signatures and bills of material'
complete -c lugger -n "__fish_lugger_using_subcommand copy" -s q -l quiet -d 'Print only the digest'
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand copy" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand copy" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand append" -s t -l tag -d 'The new image\'s name; several are several names' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l layer -d 'A further layer; several lie over each other, the last on top' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l label -d 'Set a label' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l env -d 'Set a variable' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l entrypoint -d 'Set the program, in words as a shell has them or as a JSON list; the base\'s arguments are dropped' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l cmd -d 'Set its arguments, or the program where there is no entrypoint' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l workdir -d 'Set where it starts' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l user -d 'Set as whom it runs' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l expose -d 'Say that it listens there' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l volume -d 'Say that the content of a folder outlives its containers' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l platform -d 'Only this platform of the base, as linux/arm64/v8; several make an index of just these' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l jobs -d 'Over how many connections layers are moved at once; a large one is fetched over several' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l stall-timeout -d 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l limit-rate -d 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l compress -d 'How layers are compressed that are not yet' -r -f -a "gzip\t'What every registry and engine takes'
zstd\t'Smaller and faster, for newer ones'
none\t'Not at all'"
complete -c lugger -n "__fish_lugger_using_subcommand append" -l level -d 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]' -r
complete -c lugger -n "__fish_lugger_using_subcommand append" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand append" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand append" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand append" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand append" -l push -d 'Send it to the registry that its name says, too'
complete -c lugger -n "__fish_lugger_using_subcommand append" -l keep-modes -d 'Keep the modes of files as they are'
complete -c lugger -n "__fish_lugger_using_subcommand append" -s q -l quiet -d 'Print only HOST/REPO@DIGEST'
complete -c lugger -n "__fish_lugger_using_subcommand append" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand append" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand append" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand append" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l addr -d 'Where to listen; port 0 is any that is free' -r
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l name -d 'What clients call the server, beside ADDR and localhost; the first is used for who calls it otherwise' -r
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l htpasswd -d 'Let in only the users of this file, as `htpasswd -B` writes it' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l cert -d 'Speak TLS by this certificate and its chain, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l key -d 'The certificate\'s key, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l read-only -d 'Refuse pushes and deletions'
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l access-log -d 'Write a line on stderr for each request: time, client, user or `-`, method, path, status, bytes sent and milliseconds'
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand serve" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand serve" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand export" -s o -l output -d 'Write a tar archive to this file, which is replaced [default: stdout]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand export" -l to -d 'Write a folder, which must be absent or empty; owners and device nodes need root' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand export" -l platform -d 'The platform of the image, where there are several [default: this machine\'s]' -r
complete -c lugger -n "__fish_lugger_using_subcommand export" -l max-size -d 'How large the image may be when it is unpacked, as 500M or 20G [default: 4GiB, or 100 times what it has compressed]' -r
complete -c lugger -n "__fish_lugger_using_subcommand export" -l jobs -d 'Over how many connections layers are moved at once; a large one is fetched over several' -r
complete -c lugger -n "__fish_lugger_using_subcommand export" -l stall-timeout -d 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m' -r
complete -c lugger -n "__fish_lugger_using_subcommand export" -l limit-rate -d 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]' -r
complete -c lugger -n "__fish_lugger_using_subcommand export" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand export" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand export" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand export" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand export" -l devices -d 'Make device nodes in the folder too; an archive has them anyway'
complete -c lugger -n "__fish_lugger_using_subcommand export" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand export" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand export" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand load" -s i -l input -d 'The archive or directory [default: stdin]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand load" -s t -l name -d 'The name of the image, instead of those in the archive' -r
complete -c lugger -n "__fish_lugger_using_subcommand load" -l compress -d 'How layers are compressed that are not yet' -r -f -a "gzip\t'What every registry and engine takes'
zstd\t'Smaller and faster, for newer ones'
none\t'Not at all'"
complete -c lugger -n "__fish_lugger_using_subcommand load" -l level -d 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]' -r
complete -c lugger -n "__fish_lugger_using_subcommand load" -l max-size -d 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]' -r
complete -c lugger -n "__fish_lugger_using_subcommand load" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand load" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand load" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand load" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand load" -s q -l quiet -d 'Show no progress'
complete -c lugger -n "__fish_lugger_using_subcommand load" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand load" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand load" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand load" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand save" -s o -l output -d 'The file, or the directory [default: stdout]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand save" -l format -d 'What is written' -r -f -a "docker-archive\t'For `docker load`, of one platform'
oci-archive\t'An OCI image layout in a tar, of all platforms'
oci-dir\t'An OCI image layout in a directory, of all platforms'"
complete -c lugger -n "__fish_lugger_using_subcommand save" -l platform -d 'The platform of the image, as linux/arm64/v8; several make an index of just these' -r
complete -c lugger -n "__fish_lugger_using_subcommand save" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand save" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand save" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand save" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand save" -s q -l quiet -d 'Show no progress'
complete -c lugger -n "__fish_lugger_using_subcommand save" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand save" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand save" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l format -d 'How it is printed' -r -f -a "table\t'A table for people'
json\t'JSON for programs'"
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l push -d 'Ask for the rights of a push; nothing is sent'
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand auth" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand auth" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand auth" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand completion" -l store -d 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user\'s data folder]' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand completion" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bars\t'One bar a layer and a total, on a terminal'
lines\t'A line for each change, and a summary every ten seconds'
json\t'One JSON object a line, for programs'
none\t'Nothing but warnings'"
complete -c lugger -n "__fish_lugger_using_subcommand completion" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lugger -n "__fish_lugger_using_subcommand completion" -l ca-file -d 'Trust this certificate authority too, in PEM' -r -F
complete -c lugger -n "__fish_lugger_using_subcommand completion" -l plain-http -d 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
complete -c lugger -n "__fish_lugger_using_subcommand completion" -l insecure -d 'Do not check the certificates of registries'
complete -c lugger -n "__fish_lugger_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lugger -n "__fish_lugger_using_subcommand completion" -s V -l version -d 'Print version'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "login" -d 'Log in to a registry'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "logout" -d 'Forget the login of a registry'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "pull" -d 'Fetch images from a registry into the store'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "push" -d 'Send images from the store to a registry'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "tag" -d 'Give an image another name'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "list-tags" -d 'List the tags of a repository, the newest first'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "list-repos" -d 'List the repositories of a registry'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "delete" -d 'Delete tags or images from a registry'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "images" -d 'List the images of the store'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "rmi" -d 'Drop names from the store, and the blobs that only they used'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "prune" -d 'Drop the blobs of the store that no name reaches'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "check" -d 'Read the whole store and say what is damaged'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "inspect" -d 'Show what an image is'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "digest" -d 'Print the digest of an image'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "copy" -d 'Copy an image between registries, the store, directories, archives and Docker Engine'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "append" -d 'Make an image from another one: further layers, other settings'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "serve" -d 'Serve the store as a registry'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "export" -d 'Write the root filesystem of an image as an archive or a folder'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "load" -d 'Put the images of an archive into the store'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "save" -d 'Write images of the store to an archive, or to stdout'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "auth" -d 'Explain which login an image gets, from where, and what it is good for'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "completion" -d 'Print the completion script of a shell'
complete -c lugger -n "__fish_lugger_using_subcommand help; and not __fish_seen_subcommand_from login logout pull push tag list-tags list-repos delete images rmi prune check inspect digest copy append serve export load save auth completion help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
