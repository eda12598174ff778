#!/bin/sh
# Puts the tables of docs/benchmarks into README.md, each between "<!-- NAME.md -->" and "<!-- end -->".
set -eu
cd "$(dirname "$0")/../.."
awk '
	/^<!-- [a-z0-9]+\.md -->$/ {
		print
		file = "docs/benchmarks/" $2
		while ((getline line < file) > 0) print line
		close(file)
		skip = 1
	}
	/^<!-- end -->$/ { skip = 0 }
	!skip { print }
' README.md >README.md.new
mv README.md.new README.md
