#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the compiler that stands in the arguments, with what json-glib needs.
exec "$@" $(pkg-config --cflags json-glib-1.0 glib-2.0)
