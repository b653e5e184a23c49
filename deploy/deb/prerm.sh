#!/bin/sh
# The files are about to go. Of an upgrade nothing ends.
set -e
if [ "$1" = remove ]; then
  systemctl --quiet disable --now towpath.socket towpath.service 2>/dev/null || true
fi
