#!/usr/bin/env bash
# One scan of the GitHub Action. Inputs come by the environment, never by the text of a command: nothing in them is run.
# With --findings-pass findings are no failure; an error of use or an internal one (exit code 2) always is.
set -u

arguments=(scan)
pass=false
for argument in "$@"; do
  if [ "$argument" = "--findings-pass" ]; then pass=true; else arguments+=("$argument"); fi
done
if [ "${SESSIONFIX_STRICT:-false}" = "true" ]; then arguments+=(--strict); fi
if [ -n "${SESSIONFIX_BASELINE:-}" ]; then arguments+=(--baseline "$SESSIONFIX_BASELINE"); fi
arguments+=(--)
while IFS= read -r path; do
  if [ -n "$path" ]; then arguments+=("$path"); fi
done <<< "${SESSIONFIX_PATHS:-}"

package=sessionfix
if [ -n "${SESSIONFIX_VERSION:-}" ]; then package="sessionfix@$SESSIONFIX_VERSION"; fi
npx --yes "$package" "${arguments[@]}"
code=$?
if [ "$code" -eq 1 ] && [ "$pass" = "true" ]; then exit 0; fi
exit "$code"
