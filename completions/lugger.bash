# Completion of lugger for bash. The words come from the program itself.
_lugger() {
    # Bash breaks words at colons and the like; what stands without a gap on the line is one word.
    local rest=$COMP_LINE word gap line n=-1 i
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        gap=${rest%%"$word"*}
        rest=${rest#*"$word"}
        if ((i == COMP_CWORD)); then
            # What stands behind the cursor does not count.
            if [[ -n $2 && $word == "$2"* ]]; then
                word=$2
            elif [[ -z $2 && $word == *[!@=:]* ]]; then
                word=
            fi
        fi
        if ((n >= 0)) && [[ -n $word && -z $gap ]]; then
            words[n]+=$word
        else
            words[++n]=$word
        fi
    done
    # Only what is behind the last break is replaced.
    local before=${words[n]%"$2"}
    before=${before//[\"\'\\]/}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == $'\t'* ]]; then
            _lugger_paths "${line#$'\t'}" "$2"
        else
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$before"}")
        fi
    done < <(command lugger completion bash -- "${words[@]}" 2>/dev/null)
    # Whatever leads on to more gets no blank behind it.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# The files or folders that begin like a word, behind what stands before the path in it.
_lugger_paths() {
    local before=${1#*$'\t'} path=${2//\\/} action=-f line
    [[ $1 == folders$'\t'* ]] && action=-d
    if [[ -n $before && $path == "$before"* ]]; then
        path=${path#"$before"}
    else
        before=
        compopt -o filenames 2>/dev/null
    fi
    while IFS= read -r line; do
        [[ -n $before && -d $line ]] && line+=/
        COMPREPLY+=("$before$line")
    done < <(compgen $action -- "$path")
}

complete -F _lugger lugger
