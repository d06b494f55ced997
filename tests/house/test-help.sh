#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# test-help.sh PFNHUNT MAN_PAGE COMPLETION: what the program says of itself is the same everywhere.
# The manual page is fit to print, and --help, page and completion know each command and option.
set -u
exe=$1 page=$2 completion=$3
count=0

# ok CONDITION TITLE: a line of TAP.
ok() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

commands=$("$exe" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')

if command -v mandoc >/dev/null; then
	# Which pages are installed beside it is not the page's business.
	complaints=$(mandoc -Tlint -Wstyle "$page" 2>&1 | grep -vE 'mandoc.db|manual not found')
	[ -z "$complaints" ]
	ok $? "mandoc -Tlint"
	[ -z "$complaints" ] || printf '# %s\n' "$complaints"
else
	count=$((count + 1))
	echo "ok $count - mandoc -Tlint # SKIP no mandoc"
fi

bash -n "$completion"
ok $? "the completion is bash"

PATH=$(dirname "$exe"):$PATH
. "$completion"
for command in $commands; do
	missing=
	COMP_WORDS=(pfnhunt "$command" --) COMP_CWORD=2 COMPREPLY=()
	_pfnhunt
	for option in $("$exe" "$command" --help | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
		grep -q -- "\\\\-${option#--}" "$page" || missing="$missing $option(page)"
		printf '%s\n' "${COMPREPLY[@]}" | grep -qx -- "$option" ||
			missing="$missing $option(completion)"
	done
	[ -z "$missing" ]
	ok $? "$command: page and completion know what --help has$missing"
done

COMP_WORDS=(pfnhunt run qui) COMP_CWORD=2
_pfnhunt
printf '%s\n' "${COMPREPLY[@]}" | grep -qx quick
ok $? "a scenario is completed"

"$exe" help run | diff -q - <("$exe" run --help) >/dev/null
ok $? "help COMMAND is COMMAND --help"
"$exe" help nonsense >/dev/null 2>&1
[ $? -eq 2 ]
ok $? "help of no command is a usage error"
echo "1..$count"
