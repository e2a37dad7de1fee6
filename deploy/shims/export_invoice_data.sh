#!/usr/bin/env bash
# In place of the Bash exporter: the variables EXPORT_MODE=incremental, DRY_RUN=true, TENANT_ID=…
# and OUTPUT_DIR, its tree ../context/{tenant}/{country}, its state in ../context/.export_state, and
# its lines. Runs the program export_invoice_data beside this file; further options are passed on.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

options=(--report lines --output-dir "${OUTPUT_DIR:-../context}")
case ${EXPORT_MODE:-full} in
  full) ;;
  incremental) options+=(--incremental) ;;
  *)
    printf '[ERROR] EXPORT_MODE=%s: full or incremental / 应为 full 或 incremental\n' "$EXPORT_MODE" >&2
    exit 2
    ;;
esac
case ${DRY_RUN:-false} in
  false) ;;
  true) options+=(--dry-run) ;;
  *)
    # A misspelt dry run must not become a real one.
    printf '[ERROR] DRY_RUN=%s: true or false / 应为 true 或 false\n' "$DRY_RUN" >&2
    exit 2
    ;;
esac
[[ -n ${TENANT_ID:-} ]] && options+=("--tenant=$TENANT_ID")

exec "$here/export_invoice_data" "${options[@]}" "$@"
