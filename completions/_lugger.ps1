
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'lugger' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'lugger'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'lugger' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to a registry')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login of a registry')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Fetch images from a registry into the store')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Send images from the store to a registry')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image another name')
            [CompletionResult]::new('list-tags', 'list-tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository, the newest first')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository, the newest first')
            [CompletionResult]::new('list-repos', 'list-repos', [CompletionResultType]::ParameterValue, 'List the repositories of a registry')
            [CompletionResult]::new('catalog', 'catalog', [CompletionResultType]::ParameterValue, 'List the repositories of a registry')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete tags or images from a registry')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'List the images of the store')
            [CompletionResult]::new('rmi', 'rmi', [CompletionResultType]::ParameterValue, 'Drop names from the store, and the blobs that only they used')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Drop the blobs of the store that no name reaches')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Read the whole store and say what is damaged')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what an image is')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Print the digest of an image')
            [CompletionResult]::new('exists', 'exists', [CompletionResultType]::ParameterValue, 'Tell by the exit status whether a registry has an image')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait until a registry has an image')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy an image between registries, the store, directories, archives and Docker Engine')
            [CompletionResult]::new('append', 'append', [CompletionResultType]::ParameterValue, 'Make an image from another one: further layers, other settings')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the store as a registry')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the root filesystem of an image as an archive or a folder')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Put the images of an archive into the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Write images of the store to an archive, or to stdout')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Explain which login an image gets, from where, and what it is good for')
            [CompletionResult]::new('kube-secret', 'kube-secret', [CompletionResultType]::ParameterValue, 'Print stored logins as a Secret for Kubernetes to pull with')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a page of the manual, or write all of them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lugger;login' {
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The user name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password; others on this machine may see it, --password-stdin is safer')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password; others on this machine may see it, --password-stdin is safer')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from stdin')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;logout' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Forget all logins')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;pull' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform of the image, as linux/arm64/v8; several make an index of just these')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Put the image there instead of into the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]')
            [CompletionResult]::new('--digest-file', '--digest-file', [CompletionResultType]::ParameterName, 'Write the digest to this file once all is done, a line for each image')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How that is printed')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Over how many connections layers are moved at once; a large one is fetched over several, and of those below 1 MiB up to 24 are moved at once unless N is below 8')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--all-platforms', '--all-platforms', [CompletionResultType]::ParameterName, 'Fetch the images of all platforms, and keep the index')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Fetch all tags of the repositories')
            [CompletionResult]::new('--all-tags', '--all-tags', [CompletionResultType]::ParameterName, 'Fetch all tags of the repositories')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only HOST/REPO@DIGEST')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only HOST/REPO@DIGEST')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be moved, in bytes, and move and write nothing')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;push' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Take the image from there instead of from the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]')
            [CompletionResult]::new('--also-tag', '--also-tag', [CompletionResultType]::ParameterName, 'Give the image this tag of the repository too; may be given several times')
            [CompletionResult]::new('--digest-file', '--digest-file', [CompletionResultType]::ParameterName, 'Write the digest to this file once all is done, a line for each image')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How that is printed')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Over how many connections layers are moved at once; a large one is fetched over several, and of those below 1 MiB up to 24 are moved at once unless N is below 8')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'How layers are compressed that are not yet')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Send all tags of the repositories that the store has')
            [CompletionResult]::new('--all-tags', '--all-tags', [CompletionResultType]::ParameterName, 'Send all tags of the repositories that the store has')
            [CompletionResult]::new('--semver', '--semver', [CompletionResultType]::ParameterName, 'Set the wider tags of a version too: on 1.4.2 also 1.4, 1 and latest, as far as the registry has no newer release under them; none for a pre-release')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only HOST/REPO@DIGEST')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only HOST/REPO@DIGEST')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be moved, in bytes, and move and write nothing')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;tag' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Do it on the registry, without moving a layer')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;list-tags' {
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'What comes first [default: created; name for names]')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tags like this, where * stands for any characters and ? for one')
            [CompletionResult]::new('--semver', '--semver', [CompletionResultType]::ParameterName, 'Only tags that name a version in this range, as ''>=1.2, <2'' or ''~1.4''; 1.2 counts as 1.2.0, and pre-releases must be meant')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Only the first N: images where they are sorted by age, else tags, of which no more are then looked up')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Show sizes and platforms too')
            [CompletionResult]::new('--wide', '--wide', [CompletionResultType]::ParameterName, 'Show sizes and platforms too')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;tags' {
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'What comes first [default: created; name for names]')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tags like this, where * stands for any characters and ? for one')
            [CompletionResult]::new('--semver', '--semver', [CompletionResultType]::ParameterName, 'Only tags that name a version in this range, as ''>=1.2, <2'' or ''~1.4''; 1.2 counts as 1.2.0, and pre-releases must be meant')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Only the first N: images where they are sorted by age, else tags, of which no more are then looked up')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Show sizes and platforms too')
            [CompletionResult]::new('--wide', '--wide', [CompletionResultType]::ParameterName, 'Show sizes and platforms too')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;list-repos' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;catalog' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;delete' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only tags of images made longer ago than this, as 30d, 12h or 8w')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep the tags of this many images, the newest')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tags like this, where * stands for any characters and ? for one')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would go, and delete nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Delete without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Delete without asking')
            [CompletionResult]::new('--ignore-missing', '--ignore-missing', [CompletionResultType]::ParameterName, 'What is not there is no failure')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;images' {
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only those with a tag like this, where * stands for any characters and ? for one')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--digests', '--digests', [CompletionResultType]::ParameterName, 'Show digests too')
            [CompletionResult]::new('--sizes', '--sizes', [CompletionResultType]::ParameterName, 'Show what of an image no other one has, and what all take together')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;rmi' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only tags of images made longer ago than this, as 30d, 12h or 8w')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep the tags of this many images, the newest')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only tags like this, where * stands for any characters and ? for one')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would go, and drop nothing')
            [CompletionResult]::new('--ignore-missing', '--ignore-missing', [CompletionResultType]::ParameterName, 'What is not there is no failure')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;prune' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would go, and drop nothing')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;check' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--repair', '--repair', [CompletionResultType]::ParameterName, 'Drop what is damaged, so that the next pull fetches it')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;inspect' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform to look at, where there are several')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the summary is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the manifest''s bytes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Print the config''s bytes')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;digest' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;exists' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'There must be an image for this platform; may be given several times')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;wait' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'There must be an image for this platform; may be given several times')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait, as 30s or 5m')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'How long to pause between two looks [default: from half a second to 10 s, ever longer]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;copy' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform of the image, as linux/arm64/v8; several make an index of just these')
            [CompletionResult]::new('--digest-file', '--digest-file', [CompletionResultType]::ParameterName, 'Write the digest to this file once all is done, a line for each image')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How that is printed')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Over how many connections layers are moved at once; a large one is fetched over several, and of those below 1 MiB up to 24 are moved at once unless N is below 8')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'How layers are compressed that are not yet')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--referrers', '--referrers', [CompletionResultType]::ParameterName, 'Take along what refers to the image, such as signatures and bills of material')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only the digest')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only the digest')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be moved, in bytes, and move and write nothing')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;append' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The new image''s name; several are several names')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'The new image''s name; several are several names')
            [CompletionResult]::new('--layer', '--layer', [CompletionResultType]::ParameterName, 'A further layer; several lie over each other, the last on top')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Set a label')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Set a variable')
            [CompletionResult]::new('--entrypoint', '--entrypoint', [CompletionResultType]::ParameterName, 'Set the program, in words as a shell has them or as a JSON list; the base''s arguments are dropped')
            [CompletionResult]::new('--cmd', '--cmd', [CompletionResultType]::ParameterName, 'Set its arguments, or the program where there is no entrypoint')
            [CompletionResult]::new('--workdir', '--workdir', [CompletionResultType]::ParameterName, 'Set where it starts')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Set as whom it runs')
            [CompletionResult]::new('--expose', '--expose', [CompletionResultType]::ParameterName, 'Say that it listens there')
            [CompletionResult]::new('--volume', '--volume', [CompletionResultType]::ParameterName, 'Say that the content of a folder outlives its containers')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only this platform of the base, as linux/arm64/v8; several make an index of just these')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Over how many connections layers are moved at once; a large one is fetched over several, and of those below 1 MiB up to 24 are moved at once unless N is below 8')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'How layers are compressed that are not yet')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--push', '--push', [CompletionResultType]::ParameterName, 'Send it to the registry that its name says, too')
            [CompletionResult]::new('--keep-modes', '--keep-modes', [CompletionResultType]::ParameterName, 'Keep the modes of files as they are')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only HOST/REPO@DIGEST')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only HOST/REPO@DIGEST')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;serve' {
            [CompletionResult]::new('--addr', '--addr', [CompletionResultType]::ParameterName, 'Where to listen; port 0 is any that is free')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What clients call the server, beside ADDR and localhost; the first is used for who calls it otherwise')
            [CompletionResult]::new('--htpasswd', '--htpasswd', [CompletionResultType]::ParameterName, 'Let in only the users of this file, as `htpasswd -B` writes it')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Speak TLS by this certificate and its chain, in PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The certificate''s key, in PEM')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse pushes and deletions')
            [CompletionResult]::new('--access-log', '--access-log', [CompletionResultType]::ParameterName, 'Write a line on stderr for each request: time, client, user or `-`, method, path, status, bytes sent and milliseconds')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;export' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write a tar archive to this file, which is replaced [default: stdout]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write a tar archive to this file, which is replaced [default: stdout]')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Write a folder, which must be absent or empty; owners and device nodes need root')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform of the image, where there are several [default: this machine''s]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'How large the image may be when it is unpacked, as 500M or 20G [default: 4GiB, or 100 times what it has compressed]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Over how many connections layers are moved at once; a large one is fetched over several, and of those below 1 MiB up to 24 are moved at once unless N is below 8')
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'How long a connection may be silent before it is given up and another one goes on, as 30s or 2m')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'How many bytes a second all connections may move together, as 500K or 2M [default: no limit]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--devices', '--devices', [CompletionResultType]::ParameterName, 'Make device nodes in the folder too; an archive has them anyway')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;load' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'The archive or directory [default: stdin]')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The archive or directory [default: stdin]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'The name of the image, instead of those in the archive')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the image, instead of those in the archive')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'How layers are compressed that are not yet')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;save' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The file, or the directory [default: stdout]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The file, or the directory [default: stdout]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What is written')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform of the image, as linux/arm64/v8; several make an index of just these')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;auth' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--push', '--push', [CompletionResultType]::ParameterName, 'Ask for the rights of a push; nothing is sent')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;kube-secret' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace it is for [default: that of whoever applies it]')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace it is for [default: that of whoever applies it]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;completion' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;man' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Write all pages into this folder')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user''s data folder]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust this certificate authority too, in PEM')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Let registries speak plain HTTP, which shows passwords to everyone on the way')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not check the certificates of registries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lugger;help' {
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to a registry')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login of a registry')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Fetch images from a registry into the store')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Send images from the store to a registry')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image another name')
            [CompletionResult]::new('list-tags', 'list-tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository, the newest first')
            [CompletionResult]::new('list-repos', 'list-repos', [CompletionResultType]::ParameterValue, 'List the repositories of a registry')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete tags or images from a registry')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'List the images of the store')
            [CompletionResult]::new('rmi', 'rmi', [CompletionResultType]::ParameterValue, 'Drop names from the store, and the blobs that only they used')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Drop the blobs of the store that no name reaches')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Read the whole store and say what is damaged')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what an image is')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Print the digest of an image')
            [CompletionResult]::new('exists', 'exists', [CompletionResultType]::ParameterValue, 'Tell by the exit status whether a registry has an image')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait until a registry has an image')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy an image between registries, the store, directories, archives and Docker Engine')
            [CompletionResult]::new('append', 'append', [CompletionResultType]::ParameterValue, 'Make an image from another one: further layers, other settings')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the store as a registry')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the root filesystem of an image as an archive or a folder')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Put the images of an archive into the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Write images of the store to an archive, or to stdout')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Explain which login an image gets, from where, and what it is good for')
            [CompletionResult]::new('kube-secret', 'kube-secret', [CompletionResultType]::ParameterValue, 'Print stored logins as a Secret for Kubernetes to pull with')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a page of the manual, or write all of them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lugger;help;login' {
            break
        }
        'lugger;help;logout' {
            break
        }
        'lugger;help;pull' {
            break
        }
        'lugger;help;push' {
            break
        }
        'lugger;help;tag' {
            break
        }
        'lugger;help;list-tags' {
            break
        }
        'lugger;help;list-repos' {
            break
        }
        'lugger;help;delete' {
            break
        }
        'lugger;help;images' {
            break
        }
        'lugger;help;rmi' {
            break
        }
        'lugger;help;prune' {
            break
        }
        'lugger;help;check' {
            break
        }
        'lugger;help;inspect' {
            break
        }
        'lugger;help;digest' {
            break
        }
        'lugger;help;exists' {
            break
        }
        'lugger;help;wait' {
            break
        }
        'lugger;help;copy' {
            break
        }
        'lugger;help;append' {
            break
        }
        'lugger;help;serve' {
            break
        }
        'lugger;help;export' {
            break
        }
        'lugger;help;load' {
            break
        }
        'lugger;help;save' {
            break
        }
        'lugger;help;auth' {
            break
        }
        'lugger;help;kube-secret' {
            break
        }
        'lugger;help;completion' {
            break
        }
        'lugger;help;man' {
            break
        }
        'lugger;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
