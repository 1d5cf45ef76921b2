#!/bin/bash
# The web console in Debian's chromium (test/console), accessibility included:
# axe-core comes from npm for the test alone and is not part of amqpd.
. "$(dirname "$0")/common.sh"
debian chromium

axe=axe-core@4.14.1
sum=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
if ! (cd "$work" && timeout 120 npm pack --silent "$axe" >/dev/null 2>&1); then
	skip "accessibility: npm is missing, or cannot fetch $axe"
elif ! sha256sum --status -c <<<"$sum  $work/${axe/@/-}.tgz"; then
	fail "$axe is not the file that it was"
else
	tar xzf "$work/${axe/@/-}.tgz" -C "$work" package/axe.min.js
	export AXE=$work/package/axe.min.js
fi

cd "$top" || give_up "no $top"
export CONSOLE_TESTS=required
go_tests -timeout 9m ./test/console
summary
