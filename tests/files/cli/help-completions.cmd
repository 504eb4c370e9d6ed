;@ lang: completions --help
;= stdout
;| Print a script that completes this command's words in a shell
;|
;| Usage: lang completions <SHELL>
;|
;| Arguments:
;|   <SHELL>  [possible values: bash, elvish, fish, powershell, zsh]
;|
;| Options:
;|   -h, --help  Print help
;|
;| Examples:
;|   lang completions bash > ~/.local/share/bash-completion/completions/lang
;|   lang completions zsh > ~/.zfunc/_lang
;|   lang completions fish > ~/.config/fish/completions/lang.fish
