/* NXAST_EXIT (Open vSwitch's ovs-actions manual, "exit"). */

#include "proto/openflow/action_exit.h"

#include "proto/openflow/action_priv.h"

OF_ACTION_WITHOUT_ARGUMENT(exit, 6)
OF_ACTION_CLASS(exit, OF_ACTION_NICIRA(NXAST_EXIT));
