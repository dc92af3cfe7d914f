# Completion of lugger for fish. The words come from the program itself.
function __lugger_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l word (commandline --current-token --cut-at-cursor)
    for line in (command lugger completion fish -- $words "$word" 2>/dev/null)
        if not string match --quiet \t'*' -- $line
            echo $line
            continue
        end
        # The files or folders that begin like the word, behind what stands before the path in it: as for a command
        # that fish knows nothing of.
        set -l said (string split \t -- $line)
        set -l path (string sub --start (math (string length -- $said[3]) + 1) -- "$word")
        set -l found (complete --do-complete "__lugger_unknown $path" | string replace --regex '\t.*' '')
        if test $said[2] = folders
            set found (string match -- '*/' $found)
        end
        for one in $found
            echo $said[3]$one
        end
    end
end

complete -c lugger --no-files --keep-order --arguments '(__lugger_complete)'
