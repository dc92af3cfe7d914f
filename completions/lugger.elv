
use builtin;
use str;

set edit:completion:arg-completer[lugger] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'lugger'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'lugger'= {
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand login 'Log in to a registry'
            cand logout 'Forget the login of a registry'
            cand pull 'Fetch images from a registry into the store'
            cand push 'Send images from the store to a registry'
            cand tag 'Give an image another name'
            cand list-tags 'List the tags of a repository, the newest first'
            cand tags 'List the tags of a repository, the newest first'
            cand list-repos 'List the repositories of a registry'
            cand catalog 'List the repositories of a registry'
            cand delete 'Delete tags or images from a registry'
            cand images 'List the images of the store'
            cand rmi 'Drop names from the store, and the blobs that only they used'
            cand prune 'Drop the blobs of the store that no name reaches'
            cand check 'Read the whole store and say what is damaged'
            cand inspect 'Show what an image is'
            cand digest 'Print the digest of an image'
            cand copy 'Copy an image between registries, the store, directories, archives and Docker Engine'
            cand append 'Make an image from another one: further layers, other settings'
            cand serve 'Serve the store as a registry'
            cand export 'Write the root filesystem of an image as an archive or a folder'
            cand load 'Put the images of an archive into the store'
            cand save 'Write images of the store to an archive, or to stdout'
            cand auth 'Explain which login an image gets, from where, and what it is good for'
            cand completion 'Print the completion script of a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'lugger;login'= {
            cand -u 'The user name'
            cand --username 'The user name'
            cand -p 'The password; others on this machine may see it, --password-stdin is safer'
            cand --password 'The password; others on this machine may see it, --password-stdin is safer'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --password-stdin 'Read the password from stdin'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;logout'= {
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --all 'Forget all logins'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;pull'= {
            cand --platform 'The platform of the image, as linux/arm64/v8; several make an index of just these'
            cand --to 'Put the image there instead of into the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]'
            cand --jobs 'Over how many connections layers are moved at once; a large one is fetched over several'
            cand --stall-timeout 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m'
            cand --limit-rate 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --all-platforms 'Fetch the images of all platforms, and keep the index'
            cand -a 'Fetch all tags of the repositories'
            cand --all-tags 'Fetch all tags of the repositories'
            cand -q 'Print only HOST/REPO@DIGEST'
            cand --quiet 'Print only HOST/REPO@DIGEST'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;push'= {
            cand --from 'Take the image from there instead of from the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]'
            cand --jobs 'Over how many connections layers are moved at once; a large one is fetched over several'
            cand --stall-timeout 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m'
            cand --limit-rate 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]'
            cand --compress 'How layers are compressed that are not yet'
            cand --level 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]'
            cand --max-size 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand -a 'Send all tags of the repositories that the store has'
            cand --all-tags 'Send all tags of the repositories that the store has'
            cand -q 'Print only HOST/REPO@DIGEST'
            cand --quiet 'Print only HOST/REPO@DIGEST'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;tag'= {
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --remote 'Do it on the registry, without moving a layer'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;list-tags'= {
            cand --sort 'What comes first [default: created; name for names]'
            cand --filter 'Only tags like this, where * stands for any characters and ? for one'
            cand --semver 'Only tags that name a version in this range, as ''>=1.2, <2'' or ''~1.4''; 1.2 counts as 1.2.0, and pre-releases must be meant'
            cand --limit 'Only the first N: images where they are sorted by age, else tags, of which no more are then looked up'
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand -w 'Show sizes and platforms too'
            cand --wide 'Show sizes and platforms too'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;tags'= {
            cand --sort 'What comes first [default: created; name for names]'
            cand --filter 'Only tags like this, where * stands for any characters and ? for one'
            cand --semver 'Only tags that name a version in this range, as ''>=1.2, <2'' or ''~1.4''; 1.2 counts as 1.2.0, and pre-releases must be meant'
            cand --limit 'Only the first N: images where they are sorted by age, else tags, of which no more are then looked up'
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand -w 'Show sizes and platforms too'
            cand --wide 'Show sizes and platforms too'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;list-repos'= {
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;catalog'= {
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;delete'= {
            cand --older-than 'Only tags of images made longer ago than this, as 30d, 12h or 8w'
            cand --keep 'Keep the tags of this many images, the newest'
            cand --filter 'Only tags like this, where * stands for any characters and ? for one'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --dry-run 'Say what would go, and delete nothing'
            cand -y 'Delete without asking'
            cand --yes 'Delete without asking'
            cand --ignore-missing 'What is not there is no failure'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;images'= {
            cand --filter 'Only those with a tag like this, where * stands for any characters and ? for one'
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --digests 'Show digests too'
            cand --sizes 'Show what of an image no other one has, and what all take together'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;rmi'= {
            cand --older-than 'Only tags of images made longer ago than this, as 30d, 12h or 8w'
            cand --keep 'Keep the tags of this many images, the newest'
            cand --filter 'Only tags like this, where * stands for any characters and ? for one'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --dry-run 'Say what would go, and drop nothing'
            cand --ignore-missing 'What is not there is no failure'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;prune'= {
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --dry-run 'Say what would go, and drop nothing'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;check'= {
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --repair 'Drop what is damaged, so that the next pull fetches it'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;inspect'= {
            cand --platform 'The platform to look at, where there are several'
            cand --format 'How the summary is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --raw 'Print the manifest''s bytes'
            cand --config 'Print the config''s bytes'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;digest'= {
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;copy'= {
            cand --platform 'The platform of the image, as linux/arm64/v8; several make an index of just these'
            cand --jobs 'Over how many connections layers are moved at once; a large one is fetched over several'
            cand --stall-timeout 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m'
            cand --limit-rate 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]'
            cand --compress 'How layers are compressed that are not yet'
            cand --level 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]'
            cand --max-size 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --referrers 'Take along what refers to the image, such as signatures and bills of material'
            cand -q 'Print only the digest'
            cand --quiet 'Print only the digest'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;append'= {
            cand -t 'The new image''s name; several are several names'
            cand --tag 'The new image''s name; several are several names'
            cand --layer 'A further layer; several lie over each other, the last on top'
            cand --label 'Set a label'
            cand --env 'Set a variable'
            cand --entrypoint 'Set the program, in words as a shell has them or as a JSON list; the base''s arguments are dropped'
            cand --cmd 'Set its arguments, or the program where there is no entrypoint'
            cand --workdir 'Set where it starts'
            cand --user 'Set as whom it runs'
            cand --expose 'Say that it listens there'
            cand --volume 'Say that the content of a folder outlives its containers'
            cand --platform 'Only this platform of the base, as linux/arm64/v8; several make an index of just these'
            cand --jobs 'Over how many connections layers are moved at once; a large one is fetched over several'
            cand --stall-timeout 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m'
            cand --limit-rate 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]'
            cand --compress 'How layers are compressed that are not yet'
            cand --level 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --push 'Send it to the registry that its name says, too'
            cand --keep-modes 'Keep the modes of files as they are'
            cand -q 'Print only HOST/REPO@DIGEST'
            cand --quiet 'Print only HOST/REPO@DIGEST'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;serve'= {
            cand --addr 'Where to listen; port 0 is any that is free'
            cand --name 'What clients call the server, beside ADDR and localhost; the first is used for who calls it otherwise'
            cand --htpasswd 'Let in only the users of this file, as `htpasswd -B` writes it'
            cand --cert 'Speak TLS by this certificate and its chain, in PEM'
            cand --key 'The certificate''s key, in PEM'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --read-only 'Refuse pushes and deletions'
            cand --access-log 'Write a line on stderr for each request: time, client, user or `-`, method, path, status, bytes sent and milliseconds'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;export'= {
            cand -o 'Write a tar archive to this file, which is replaced [default: stdout]'
            cand --output 'Write a tar archive to this file, which is replaced [default: stdout]'
            cand --to 'Write a folder, which must be absent or empty; owners and device nodes need root'
            cand --platform 'The platform of the image, where there are several [default: this machine''s]'
            cand --max-size 'How large the image may be when it is unpacked, as 500M or 20G [default: 4GiB, or 100 times what it has compressed]'
            cand --jobs 'Over how many connections layers are moved at once; a large one is fetched over several'
            cand --stall-timeout 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m'
            cand --limit-rate 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --devices 'Make device nodes in the folder too; an archive has them anyway'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;load'= {
            cand -i 'The archive or directory [default: stdin]'
            cand --input 'The archive or directory [default: stdin]'
            cand -t 'The name of the image, instead of those in the archive'
            cand --name 'The name of the image, instead of those in the archive'
            cand --compress 'How layers are compressed that are not yet'
            cand --level 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]'
            cand --max-size 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand -q 'Show no progress'
            cand --quiet 'Show no progress'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;save'= {
            cand -o 'The file, or the directory [default: stdout]'
            cand --output 'The file, or the directory [default: stdout]'
            cand --format 'What is written'
            cand --platform 'The platform of the image, as linux/arm64/v8; several make an index of just these'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand -q 'Show no progress'
            cand --quiet 'Show no progress'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;auth'= {
            cand --format 'How it is printed'
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --push 'Ask for the rights of a push; nothing is sent'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;completion'= {
            cand --store 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]'
            cand --progress 'How progress is shown'
            cand --color 'When to use colours'
            cand --ca-file 'Trust this certificate authority too, in PEM'
            cand --plain-http 'Let registries speak plain HTTP, which shows passwords to everyone on the way'
            cand --insecure 'Do not check the certificates of registries'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lugger;help'= {
            cand login 'Log in to a registry'
            cand logout 'Forget the login of a registry'
            cand pull 'Fetch images from a registry into the store'
            cand push 'Send images from the store to a registry'
            cand tag 'Give an image another name'
            cand list-tags 'List the tags of a repository, the newest first'
            cand list-repos 'List the repositories of a registry'
            cand delete 'Delete tags or images from a registry'
            cand images 'List the images of the store'
            cand rmi 'Drop names from the store, and the blobs that only they used'
            cand prune 'Drop the blobs of the store that no name reaches'
            cand check 'Read the whole store and say what is damaged'
            cand inspect 'Show what an image is'
            cand digest 'Print the digest of an image'
            cand copy 'Copy an image between registries, the store, directories, archives and Docker Engine'
            cand append 'Make an image from another one: further layers, other settings'
            cand serve 'Serve the store as a registry'
            cand export 'Write the root filesystem of an image as an archive or a folder'
            cand load 'Put the images of an archive into the store'
            cand save 'Write images of the store to an archive, or to stdout'
            cand auth 'Explain which login an image gets, from where, and what it is good for'
            cand completion 'Print the completion script of a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'lugger;help;login'= {
        }
        &'lugger;help;logout'= {
        }
        &'lugger;help;pull'= {
        }
        &'lugger;help;push'= {
        }
        &'lugger;help;tag'= {
        }
        &'lugger;help;list-tags'= {
        }
        &'lugger;help;list-repos'= {
        }
        &'lugger;help;delete'= {
        }
        &'lugger;help;images'= {
        }
        &'lugger;help;rmi'= {
        }
        &'lugger;help;prune'= {
        }
        &'lugger;help;check'= {
        }
        &'lugger;help;inspect'= {
        }
        &'lugger;help;digest'= {
        }
        &'lugger;help;copy'= {
        }
        &'lugger;help;append'= {
        }
        &'lugger;help;serve'= {
        }
        &'lugger;help;export'= {
        }
        &'lugger;help;load'= {
        }
        &'lugger;help;save'= {
        }
        &'lugger;help;auth'= {
        }
        &'lugger;help;completion'= {
        }
        &'lugger;help;help'= {
        }
    ]
    $completions[$command]
}
