#!/bin/bash
# Security groups on an Open vSwitch of somebody else.
limit=200
kind=ovs
. "$(dirname "$0")/security_groups.sh"
