#!/bin/sh
# The files are gone.
set -e
if [ "$1" = remove ]; then
  systemctl daemon-reload 2>/dev/null || true
fi
