# What zsh proposes for the last word of a line, a word a line: `zsh -f complete.zsh ZSH FUNCTIONS MODULES SCRIPT LINE`.
#
# ZSH is zsh itself, FUNCTIONS and MODULES are its own folders, SCRIPT is what `infra completions zsh` prints. The line is typed on the terminal of another
# zsh, whose completion says what it adds.
zsh=$1 own=$2 loaded=$3 script=$4 line=$5
module_path=($loaded)
zmodload zsh/zpty zsh/parameter
zpty terminal "MODULES=${(q)loaded} FUNCTIONS=${(q)own} SCRIPT=${(q)script} TERM=dumb ${(q)zsh} -f -i"
# The words of a command are quoted apart, so that their echo isn't taken for what they say.
typed() { zpty -w terminal $1 }
typed 'PROMPT= RPROMPT= PS2=; unsetopt zle_bracketed_paste prompt_sp 2>/dev/null'
typed 'module_path=($MODULES); fpath=($FUNCTIONS $FUNCTIONS/**/*(N/)); unset zle_bracketed_paste'
typed 'autoload -U compinit && compinit -u -D && source $SCRIPT'
typed 'compadd () { typeset -a __hits; builtin compadd -A __hits "$@"; (( $#__hits )) && printf "H""IT %s\n" $__hits; builtin compadd "$@" }'
typed 'ended () { print "E""ND"; exit }; comppostfuncs=(ended); bindkey "^I" complete-word'
typed 'print "REA""DY"'
zpty -r terminal said '*READY*'
zpty -n -w terminal "$line"$'\t'
zpty -r terminal said '*END*'
for word in ${(f)${said//$'\r'/}}; do
    [[ $word == *'HIT '* ]] && print -r -- ${word##*HIT }
done
zpty -d terminal
