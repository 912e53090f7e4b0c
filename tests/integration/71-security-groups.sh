#!/bin/bash
# Security groups on Weft's own switch.
limit=200
kind=weft
. "$(dirname "$0")/security_groups.sh"
