"""Where our verdicts differ from the kernel's on purpose: each is a paragraph of
docs/connections.md ("Differences from Linux") under the same name.  What no rule here explains is
an error."""

import packets as p

SYN, ACK, RST = p.SYN, p.ACK, p.RST


def is_same_state(theirs, ours):
    """After an INIT the kernel says CLOSED, we what RFC 9260 calls it."""
    return theirs == ours or (theirs, ours) == (("CLOSED", False), ("COOKIE_WAIT", False))


def tcp(case):
    """CASE: flags, side; kernel, ours: the verdicts; and the states before and after, kernel_was,
    kernel_is, ours_was, ours_is: (name, is assured); had_reset: a reset was let pass before."""
    flags = case.flags & (SYN | ACK | RST | p.FIN)
    was, theirs, mine = case.ours_was[0], case.kernel_is[0], case.ours_is[0]
    if flags & RST and case.kernel != "inv" and (case.ours == "inv" or mine == was != theirs):
        return "exact resets"
    if flags & RST and mine == "CLOSE" != was:
        return "exact resets"
    if case.had_reset:
        return "learning from resets"
    if flags & RST and theirs == "-" and mine == "CLOSE" and case.ours == case.kernel:
        return "reset connections stay"
    if flags == SYN and was == "CLOSE" and (case.ours, mine) == ("new", "SYN_SENT"):
        return "anew after a reset"
    if (flags == SYN and was == mine == "TIME_WAIT"
            and (case.kernel, theirs, case.ours) == ("new", "SYN_SENT", "est")):
        return "anew by number"
    if (flags == SYN | ACK and case.ours_was == ("ESTABLISHED", True) and theirs == "SYN_RECV"
            and mine == "ESTABLISHED" and case.ours == case.kernel):
        return "doubt"
    if (flags == ACK and was == mine == "SYN_RECV" and theirs == "ESTABLISHED"
            and case.ours == case.kernel):
        return "exact handshake"
    if case.kernel == "inv" and case.ours in ("est", "est+rpl") and case.has_scale:
        return "windows in units"
    if case.kernel == case.ours and mine == was != theirs and case.has_wide and not flags & RST:
        return "windows in units"
    return None


def error(case):
    """What errors quote is believed only if it is sound."""
    if case.ours != "inv":
        return None
    what, damage = case.packet.words.removeprefix("error ").split(", ")
    if what.split("/")[0] in ("100", "127", "0"):
        return "errors without a meaning"
    return "quoted headers" if damage in ("version", "cut", "header length") else None


def sctp(case):
    was, mine = case.ours_was[0], case.ours_is[0]
    if case.ours == "inv" and case.packet.words in ("heartbeat", "heartbeat ack", "shutdown ack"):
        return "SCTP out of the blue"
    if was == "HEARTBEAT_SENT" and case.packet.words in ("shutdown ack", "reflected abort"):
        return "SCTP out of the blue"
    if was == mine == "CLOSED" and case.kernel == case.ours:
        return "SCTP closed stays closed"
    return None
