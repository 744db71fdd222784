# What bash proposes for the last word of a line, a word a line: `bash complete.bash SCRIPT LINE`. SCRIPT is what `infra completions bash` prints.
source "$1"
read -ra COMP_WORDS <<<"$2"
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=9 COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
named=$(complete -p infra)
named=${named#*-F }
"${named%% *}" infra "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
for word in "${COMPREPLY[@]}"; do
    printf '%s\n' "${word% }"
done
