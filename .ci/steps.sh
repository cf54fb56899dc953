# The steps of .ci/run: each one's output, verdict and seconds, and the sum at the end. Meant to be sourced.

# begin SECONDS: starts the clock for all steps together.
begin() {
  ends_at=$((SECONDS + $1))
  passed=0 failed=0 skipped=0
  rows=()
  step_log=$(mktemp)
  trap 'rm -f "$step_log"' EXIT
}

# check NAME LIMIT COMMAND...: one passed or one failed.
check() {
  run_step "$@"
  if [ "$code" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# tests NAME LIMIT COMMAND...: adds what its closing line counts. A run that fails without a failed test, or ends
# without the line, is one more failure.
tests() {
  run_step "$@"
  local line p=0 f=0 s=0
  line=$(sed $'s/\x1b\\[[0-9;]*m//g' "$step_log" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' | tail -n 1)
  if [ -n "$line" ]; then read -r p _ f _ s _ <<<"$line"; fi
  if [ -z "$line" ] || { [ "$code" != 0 ] && [ "$f" = 0 ]; }; then f=$((f + 1)); fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# finish: prints the table and the closing line, alone and last, and exits.
finish() {
  printf '\n%-12s %8s %8s  %s\n' step seconds limit result
  printf '%s\n' "${rows[@]}"
  printf '%-12s %8d\n\n' total "$SECONDS"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  exit $((failed > 0))
}

run_step() {
  local name=$1 limit=$2 started=$SECONDS left=$((ends_at - SECONDS)) verdict
  shift 2
  printf '\n== %s: %s\n' "$name" "$*"
  : >"$step_log"
  if [ "$left" -lt 1 ]; then
    code=124
  else
    # Into a file first: a process left behind by a step would hold a pipe open.
    timeout -k 10 "$((left < limit ? left : limit))" "$@" >"$step_log" 2>&1 &
    local pid=$!
    # Indented, so that only the last line of the whole run reads as a closing line.
    tail -n +1 -s 0.2 -f --pid=$pid "$step_log" | sed -u 's/^/  | /'
    wait "$pid"
    code=$?
  fi
  case $code in
    0) verdict=passed ;;
    124 | 137) verdict='failed: out of time' ;;
    *) verdict="failed: exit code $code" ;;
  esac
  printf '== %s %s (%d s)\n' "$name" "$verdict" $((SECONDS - started))
  rows+=("$(printf '%-12s %8d %8d  %s' "$name" $((SECONDS - started)) "$limit" "$verdict")")
}
