# Completion of lugger for elvish. The words come from the program itself.
use str

set edit:completion:arg-completer[lugger] = {|@words|
    for line [(e:lugger completion elvish -- $@words 2>/dev/null)] {
        var @said = (str:split "\t" $line)
        if (!=s $said[0] '') {
            var suffix = ' '
            # Whatever leads on to more gets no blank behind it.
            if (or (str:has-suffix $said[0] '/') (str:has-suffix $said[0] ':') (str:has-suffix $said[0] '=')) {
                set suffix = ''
            }
            edit:complex-candidate $said[0] &code-suffix=$suffix
        } elif (==s $said[2] '') {
            edit:complete-filename $words[-1]
        }
    }
}
