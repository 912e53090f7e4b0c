"""An application for os-ken, a foreign controller, run by osken-manager: it asks the switch for
everything there is, programs it, and learns addresses as a hub of its own.  OF_VERSION is 3, 4 or 5
(of OpenFlow 1.x); what went well is written to RESULT, a line each, the last one "done"."""
import os
import traceback

import os_ken.app.ofctl.api as ofctl
from os_ken.app.ofctl.exception import OFError
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_3, ofproto_v1_4, ofproto_v1_5

VERSION = int(os.environ["OF_VERSION"])
OFP = {3: ofproto_v1_3, 4: ofproto_v1_4, 5: ofproto_v1_5}[VERSION]


def mend(parser):
    """os-ken 2.5 has one class for four kinds of flow updates, and takes only the last registered."""
    kinds = parser.OFPFlowUpdateHeader._EVENT
    for event, cls in list(kinds.items()):
        kinds[event] = type(cls.__name__, (cls,), {"cls_flow_update_event": event})
    if VERSION == 5:  # and looks for a bucket's properties in the buckets behind it as well
        parse = parser.OFPBucket.parser
        parser.OFPBucket.parser = staticmethod(
            lambda buf, at: parse(buf[:at + int.from_bytes(buf[at:at + 2], "big")], at))


class App(app_manager.OSKenApp):
    OFP_VERSIONS = [OFP.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.result = open(os.environ["RESULT"], "a", buffering=1)
        self.macs = {}
        self.removed, self.status, self.updates = [], [], []
        self.started = False

    def say(self, text):
        self.result.write(text + "\n")

    @set_ev_cls(ofp_event.EventOFPStateChange, MAIN_DISPATCHER)
    def on_switch(self, ev):
        if not self.started:
            self.started = True
            self.dp, self.p = ev.datapath, ev.datapath.ofproto_parser
            if VERSION >= 4:
                mend(self.p)
            hub.spawn(self.scenario)

    def scenario(self):
        try:
            self.look()
            self.groups()
            self.meters()
            self.tables()
            self.roles()
            if VERSION >= 4:
                self.bundles()
                self.monitors()
            self.be_a_switch()
            self.say("done")
        except Exception:
            self.say("FAILED\n" + traceback.format_exc())

    def ask(self, message, reply=None):
        """The reply's body, of all its parts."""
        if reply is None:
            return ofctl.send_msg(self, message)
        parts = ofctl.send_msg(self, message, reply_cls=reply, reply_multi=True)
        body = [p.body for p in parts]
        return sum(body, []) if isinstance(body[0], list) else body[0]

    def get(self, kind, *args, **kwargs):
        """A multipart: OFP<kind>StatsRequest and its reply."""
        return self.ask(getattr(self.p, "OFP%sStatsRequest" % kind)(self.dp, *args, **kwargs),
                        getattr(self.p, "OFP%sStatsReply" % kind))

    def refused(self, message, error, code):
        try:
            self.ask(message)
        except OFError as e:
            got = e.result[0]
            assert (got.type, got.code) == (error, code), \
                "%s: error %d/%d, not %d/%d" % (message, got.type, got.code, error, code)
            return
        raise AssertionError("the switch accepted %s" % message)

    def flow(self, match, actions, priority=1, **more):
        ins = [self.p.OFPInstructionActions(OFP.OFPIT_APPLY_ACTIONS, actions)]
        return self.p.OFPFlowMod(self.dp, priority=priority, match=match, instructions=ins, **more)

    def delete_all(self):
        return self.p.OFPFlowMod(self.dp, command=OFP.OFPFC_DELETE, table_id=OFP.OFPTT_ALL,
                                 out_port=OFP.OFPP_ANY, out_group=OFP.OFPG_ANY)

    def flows(self):
        return self.get("FlowDesc" if VERSION == 5 else "Flow")

    def look(self):
        assert self.dp.id == 0xBEEF, "datapath id %x" % self.dp.id
        assert self.get("Desc").mfr_desc == b"Weft"
        ports = {p.port_no: p for p in self.get("PortDesc")}
        assert ports[1].name == b"p1" and ports[2].name == b"p2", ports
        assert {s.port_no for s in self.get("Port", 0, OFP.OFPP_ANY)} == set(ports)
        one = self.get("Port", 0, 1)
        assert [s.port_no for s in one] == [1]
        tables = self.get("Table", 0)
        assert len(tables) == len(self.get("TableFeatures")) > 200
        group = self.get("GroupFeatures")
        group = group[0] if isinstance(group, list) else group
        assert group.types == 15 and group.max_groups[0] > 1000, group
        meter = self.get("MeterFeatures")[0]
        assert meter.max_meter > 1000 and meter.max_bands > 1, meter
        config = ofctl.send_msg(self, self.p.OFPGetConfigRequest(self.dp),
                                reply_cls=self.p.OFPGetConfigReply)
        self.ask(self.p.OFPSetConfig(self.dp, OFP.OFPC_FRAG_NORMAL, 200))
        now = ofctl.send_msg(self, self.p.OFPGetConfigRequest(self.dp),
                             reply_cls=self.p.OFPGetConfigReply)
        assert now.miss_send_len == 200 != config.miss_send_len
        self.ask(self.p.OFPSetConfig(self.dp, OFP.OFPC_FRAG_NORMAL, config.miss_send_len))
        if VERSION >= 4:
            assert len(self.get("TableDesc")) == len(tables)
        if VERSION == 5:
            assert [p.port_no for p in self.get("PortDesc", 0, 2)] == [2]
            mine = self.get("ControllerStatus")
            assert len(mine) >= 1, mine
            self.ask(self.p.OFPBundleFeaturesStatsRequest(self.dp, 0, OFP.OFPBF_TIMESTAMP),
                     self.p.OFPBundleFeaturesStatsReply)
        self.say("looked: %d ports, %d tables" % (len(ports), len(tables)))

    def bucket(self, port, **more):
        actions = [self.p.OFPActionOutput(port)]
        if VERSION < 5:
            return self.p.OFPBucket(more.get("weight", 0), OFP.OFPP_ANY, OFP.OFPG_ANY, actions)
        props = []
        if "weight" in more:
            props = [self.p.OFPGroupBucketPropWeight(
                type_=OFP.OFPGBPT_WEIGHT, length=8, weight=more["weight"])]
        return self.p.OFPBucket(bucket_id=more.get("id", 0), actions=actions, properties=props)

    def group_mod(self, command, number, kind, buckets, **more):
        return self.p.OFPGroupMod(self.dp, command, kind, number, buckets=buckets, **more)

    def groups(self):
        select = [self.bucket(1, weight=3, id=1), self.bucket(2, weight=1, id=2)]
        add = self.group_mod(OFP.OFPGC_ADD, 7, OFP.OFPGT_SELECT, select)
        self.ask(add)
        self.refused(self.group_mod(OFP.OFPGC_ADD, 7, OFP.OFPGT_SELECT, select),
                     OFP.OFPET_GROUP_MOD_FAILED, OFP.OFPGMFC_GROUP_EXISTS)
        self.refused(self.group_mod(OFP.OFPGC_MODIFY, 8, OFP.OFPGT_SELECT, select),
                     OFP.OFPET_GROUP_MOD_FAILED, OFP.OFPGMFC_UNKNOWN_GROUP)
        desc, = self.get("GroupDesc")
        assert desc.group_id == 7 and len(desc.buckets) == 2, desc
        self.ask(self.flow(self.p.OFPMatch(in_port=9), [self.p.OFPActionGroup(7)]))
        stats, = self.get("Group", 0, OFP.OFPG_ALL)
        assert stats.ref_count == 1 and len(stats.bucket_stats) == 2, stats
        if VERSION == 5:
            more = [self.bucket(2, weight=5, id=9)]
            self.ask(self.group_mod(OFP.OFPGC_INSERT_BUCKET, 7, OFP.OFPGT_SELECT, more,
                                    command_bucket_id=OFP.OFPG_BUCKET_LAST))
            desc, = self.get("GroupDesc")
            assert [b.bucket_id for b in desc.buckets] == [1, 2, 9], desc
            self.ask(self.group_mod(OFP.OFPGC_REMOVE_BUCKET, 7, OFP.OFPGT_SELECT, [],
                                    command_bucket_id=2))
            desc, = self.get("GroupDesc")
            assert [b.bucket_id for b in desc.buckets] == [1, 9], desc
        self.ask(self.group_mod(OFP.OFPGC_DELETE, 7, OFP.OFPGT_SELECT, []))
        assert self.get("GroupDesc") == [] and self.flows() == []
        self.refused(self.flow(self.p.OFPMatch(), [self.p.OFPActionGroup(7)]),
                     OFP.OFPET_BAD_ACTION, OFP.OFPBAC_BAD_OUT_GROUP)
        self.say("groups")

    def meters(self):
        bands = [self.p.OFPMeterBandDrop(1000, 77),
                 self.p.OFPMeterBandDscpRemark(500, 33, 1)]
        mod = lambda command, n: self.p.OFPMeterMod(
            self.dp, command, OFP.OFPMF_KBPS | OFP.OFPMF_BURST | OFP.OFPMF_STATS, n, bands)
        self.ask(mod(OFP.OFPMC_ADD, 3))
        self.refused(mod(OFP.OFPMC_ADD, 3), OFP.OFPET_METER_MOD_FAILED, OFP.OFPMMFC_METER_EXISTS)
        self.refused(mod(OFP.OFPMC_MODIFY, 4), OFP.OFPET_METER_MOD_FAILED,
                     OFP.OFPMMFC_UNKNOWN_METER)
        config, = self.get("MeterDesc" if VERSION == 5 else "MeterConfig")
        told = [(b.type, b.rate, b.burst_size) for b in config.bands]
        assert told == [(1, 1000, 77), (2, 500, 33)] and config.bands[1].prec_level == 1, config
        stats, = self.get("Meter", 0, 3)
        assert len(stats.band_stats) == 2, stats
        self.ask(mod(OFP.OFPMC_DELETE, 3))
        assert self.get("Meter", 0, OFP.OFPM_ALL) == []
        self.say("meters")

    def tables(self):
        p = self.p
        self.ask(self.flow(p.OFPMatch(eth_type=0x800, ipv4_dst=("10.0.0.0", "255.0.0.0")),
                           [p.OFPActionSetField(eth_dst="02:00:00:00:00:09"),
                            p.OFPActionOutput(2)], 77, cookie=0x1234, idle_timeout=60))
        f, = self.flows()
        assert (f.priority, f.cookie, f.idle_timeout) == (77, 0x1234, 60), f
        assert f.match["ipv4_dst"] == ("10.0.0.0", "255.0.0.0"), f.match
        total = self.get("Aggregate", 0, OFP.OFPTT_ALL, OFP.OFPP_ANY, OFP.OFPG_ANY, 0, 0,
                         p.OFPMatch())
        if VERSION < 5:
            assert total.flow_count == 1, total
        self.refused(self.flow(p.OFPMatch(ipv4_dst="10.0.0.1"), []),
                     OFP.OFPET_BAD_MATCH, OFP.OFPBMC_BAD_PREREQ)
        self.refused(self.flow(p.OFPMatch(), [p.OFPActionOutput(0)]),
                     OFP.OFPET_BAD_ACTION, OFP.OFPBAC_BAD_OUT_PORT)
        if VERSION >= 4:
            props = [p.OFPTableModPropEviction(OFP.OFPTMPT_EVICTION, 8,
                                               OFP.OFPTMPEF_IMPORTANCE)]
            self.ask(p.OFPTableMod(self.dp, 5, OFP.OFPTC_EVICTION, props))
            desc = [d for d in self.get("TableDesc") if d.table_id == 5][0]
            assert desc.config & OFP.OFPTC_EVICTION, desc
            self.ask(p.OFPTableMod(self.dp, 5, 0, []))
        self.ask(self.delete_all())
        assert self.flows() == []
        self.say("tables")

    def roles(self):
        p = self.p
        more = (0xFFFF,) if VERSION == 5 else ()

        def request(role, generation):
            return p.OFPRoleRequest(self.dp, role, *more, generation) if more else \
                p.OFPRoleRequest(self.dp, role, generation)

        reply = ofctl.send_msg(self, request(OFP.OFPCR_ROLE_MASTER, 5),
                               reply_cls=p.OFPRoleReply)
        assert reply.role == OFP.OFPCR_ROLE_MASTER
        self.refused(request(OFP.OFPCR_ROLE_SLAVE, 4), OFP.OFPET_ROLE_REQUEST_FAILED,
                     OFP.OFPRRFC_STALE)
        ofctl.send_msg(self, request(OFP.OFPCR_ROLE_EQUAL, 0), reply_cls=p.OFPRoleReply)
        got = ofctl.send_msg(self, p.OFPGetAsyncRequest(self.dp), reply_cls=p.OFPGetAsyncReply)
        assert got is not None
        self.say("roles")

    def bundles(self):
        p = self.p
        control = lambda kind: p.OFPBundleCtrlMsg(self.dp, 1, kind, OFP.OFPBF_ATOMIC, [])
        send = lambda kind: ofctl.send_msg(self, control(kind), reply_cls=p.OFPBundleCtrlMsg)
        send(OFP.OFPBCT_OPEN_REQUEST)
        for i in range(3):
            inner = self.flow(p.OFPMatch(in_port=10 + i), [p.OFPActionOutput(2)])
            self.dp.set_xid(inner)
            add = p.OFPBundleAddMsg(self.dp, 1, OFP.OFPBF_ATOMIC, inner, [])
            add.set_xid(inner.xid)
            self.dp.send_msg(add)
        assert self.flows() == [], "the bundle showed before its commit"
        send(OFP.OFPBCT_COMMIT_REQUEST)
        assert len(self.flows()) == 3
        self.refused(control(OFP.OFPBCT_COMMIT_REQUEST), OFP.OFPET_BUNDLE_FAILED,
                     OFP.OFPBFC_BAD_ID)
        self.ask(self.delete_all())
        self.say("bundles")

    def monitors(self):
        p = self.p
        flags = OFP.OFPFMF_INITIAL | OFP.OFPFMF_ADD | OFP.OFPFMF_REMOVED | OFP.OFPFMF_NO_ABBREV
        self.ask(self.flow(p.OFPMatch(in_port=3), []))
        request = p.OFPFlowMonitorRequest(self.dp, 0, 1, monitor_flags=flags)
        first = self.ask(request, p.OFPFlowMonitorReply)
        assert [u.event for u in first] == [OFP.OFPFME_INITIAL], first
        self.ask(self.flow(p.OFPMatch(in_port=4), []))
        self.ask(self.delete_all())
        for _ in range(600):
            if len(self.updates) >= 3:
                break
            hub.sleep(0.1)
        events = [u.event for u in self.updates]
        assert events.count(OFP.OFPFME_ADDED) == 1 and events.count(OFP.OFPFME_REMOVED) == 2, events
        self.say("monitors")

    @set_ev_cls(ofp_event.EventOFPFlowStatsReply, MAIN_DISPATCHER)
    def on_nothing(self, ev):
        pass

    def be_a_switch(self):
        p = self.p
        miss = [p.OFPActionOutput(OFP.OFPP_CONTROLLER, OFP.OFPCML_NO_BUFFER)]
        self.ask(self.flow(p.OFPMatch(), miss, 0))
        self.say("forwarding")
        for _ in range(1200):
            if len(self.removed) >= 2:
                break
            hub.sleep(0.1)
        assert set(self.removed) == {OFP.OFPRR_IDLE_TIMEOUT}, self.removed
        assert len(self.macs) == 2, self.macs

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def on_packet(self, ev):
        m, p = ev.msg, self.p
        eth = packet.Packet(m.data).get_protocol(ethernet.ethernet)
        in_port = m.match["in_port"]
        self.macs[eth.src] = in_port
        out = self.macs.get(eth.dst, OFP.OFPP_FLOOD)
        actions = [p.OFPActionOutput(out)]
        if out != OFP.OFPP_FLOOD:
            self.dp.send_msg(self.flow(p.OFPMatch(in_port=in_port, eth_dst=eth.dst), actions,
                                       idle_timeout=1, flags=OFP.OFPFF_SEND_FLOW_REM))
        if VERSION == 5:
            send = p.OFPPacketOut(self.dp, OFP.OFP_NO_BUFFER, p.OFPMatch(in_port=in_port),
                                  actions, m.data)
        else:
            send = p.OFPPacketOut(self.dp, OFP.OFP_NO_BUFFER, in_port, actions, m.data)
        self.dp.send_msg(send)

    @set_ev_cls(ofp_event.EventOFPFlowRemoved, MAIN_DISPATCHER)
    def on_removed(self, ev):
        self.removed.append(ev.msg.reason)


if VERSION >= 4:
    @set_ev_cls(ofp_event.EventOFPFlowMonitorReply, MAIN_DISPATCHER)
    def on_update(self, ev):
        if ev.msg.xid == 0 or self.updates is not None:
            self.updates += [u for u in ev.msg.body if u.event != OFP.OFPFME_INITIAL]

    App.on_update = on_update
