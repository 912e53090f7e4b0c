"""The API by gRPC from python3-grpcio, with classes made from the .proto files by protoc."""

import glob
import subprocess
import sys
import threading

root, tmp, server = sys.argv[1:4]
out = tmp + "/python"
subprocess.run(["mkdir", "-p", out], check=True)
protos = sorted(glob.glob("proto/google/api/*.proto", root_dir=root) +
                glob.glob("proto/weft/v1/*.proto", root_dir=root))
subprocess.run(["protoc", "-I.", f"--python_out={out}", *protos], cwd=root, check=True)
sys.path.insert(0, out)

import grpc  # noqa: E402
from google.protobuf import empty_pb2, field_mask_pb2  # noqa: E402
from proto.weft.v1 import address_group_pb2 as ag_pb2, security_group_pb2 as sg_pb2  # noqa: E402
from proto.weft.v1 import network_pb2, port_pb2, project_pb2, subnet_pb2, watch_pb2  # noqa: E402

channel = grpc.insecure_channel(server)


def call(service, method, request, answer):
    return channel.unary_unary(
        f"/weft.v1.{service}/{method}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=answer.FromString,
    )(request, timeout=100)


def refused(code, words, *args):
    try:
        call(*args)
    except grpc.RpcError as e:
        assert e.code() == code, (e.code(), e.details())
        assert words in e.details(), e.details()
        return
    raise AssertionError(f"{args[1]} should have been refused")


# A watch from now on, read by another thread while this one writes.
seen, watching = [], threading.Event()
watch = channel.unary_stream(
    "/weft.v1.WatchService/Watch",
    request_serializer=watch_pb2.WatchRequest.SerializeToString,
    response_deserializer=watch_pb2.WatchEvent.FromString,
)(watch_pb2.WatchRequest(parent="projects/py"))


def read_watch():
    try:
        for event in watch:
            seen.append(event)
            if event.type == watch_pb2.WatchEvent.SYNCED:
                watching.set()
            if event.type == watch_pb2.WatchEvent.DELETED:
                return
    except grpc.RpcError:
        pass


# Its parent need not exist yet, only be well named.
reader = threading.Thread(target=read_watch, daemon=True)
reader.start()
assert watching.wait(100)

p = call("ProjectService", "CreateProject", project_pb2.CreateProjectRequest(project_id="py"), project_pb2.Project)
assert p.name == "projects/py" and p.state == project_pb2.Project.ACTIVE and p.create_time.seconds
for i in range(25):
    call("NetworkService", "CreateNetwork",
         network_pb2.CreateNetworkRequest(parent="projects/py", network_id=f"n{i:02}"), network_pb2.Network)

names, token = [], ""
while True:
    page = call("NetworkService", "ListNetworks",
                network_pb2.ListNetworksRequest(parent="projects/py", page_size=10, page_token=token),
                network_pb2.ListNetworksResponse)
    names += [n.name for n in page.networks]
    token = page.next_page_token
    if not token:
        break
assert names == [f"projects/py/networks/n{i:02}" for i in range(25)], names

n = call("NetworkService", "UpdateNetwork",
         network_pb2.UpdateNetworkRequest(
             network=network_pb2.Network(name="projects/py/networks/n00", mtu=1400, display_name="ignored"),
             update_mask=field_mask_pb2.FieldMask(paths=["mtu"])),
         network_pb2.Network)
assert n.mtu == 1400 and not n.display_name

s = call("SubnetService", "CreateSubnet",
         subnet_pb2.CreateSubnetRequest(parent=n.name, subnet_id="s", subnet=subnet_pb2.Subnet(cidr="10.0.0.0/24")),
         subnet_pb2.Subnet)
port = call("PortService", "CreatePort",
            port_pb2.CreatePortRequest(parent="projects/py", port_id="p", port=port_pb2.Port(network=n.name)),
            port_pb2.Port)
assert port.ip_addresses[0].address == "10.0.0.1" and port.ip_addresses[0].subnet == s.name

refused(grpc.StatusCode.FAILED_PRECONDITION, port.name, "NetworkService", "DeleteNetwork",
        network_pb2.DeleteNetworkRequest(name=n.name), empty_pb2.Empty)
refused(grpc.StatusCode.NOT_FOUND, "projects/py/networks/none", "NetworkService", "GetNetwork",
        network_pb2.GetNetworkRequest(name="projects/py/networks/none"), network_pb2.Network)
refused(grpc.StatusCode.INVALID_ARGUMENT, "subnet.cidr", "SubnetService", "CreateSubnet",
        subnet_pb2.CreateSubnetRequest(parent=n.name, subnet_id="t", subnet=subnet_pb2.Subnet(cidr="10.0.0.0/8")),
        subnet_pb2.Subnet)
assert list(port.security_groups) == ["projects/py/securityGroups/default"]
rules = [sg_pb2.SecurityRule(direction=sg_pb2.INGRESS, protocol="icmp", icmp_type=0),
         sg_pb2.SecurityRule(direction=sg_pb2.INGRESS, protocol="icmp")]
g = call("SecurityGroupService", "CreateSecurityGroup",
         sg_pb2.CreateSecurityGroupRequest(parent="projects/py", security_group_id="web",
                                           security_group=sg_pb2.SecurityGroup(rules=rules)),
         sg_pb2.SecurityGroup)
assert g.rules[0].HasField("icmp_type") and not g.rules[1].HasField("icmp_type"), g
g = call("SecurityGroupService", "ReplaceRules",
         sg_pb2.ReplaceRulesRequest(name=g.name, rules=reversed(rules)), sg_pb2.SecurityGroup)
assert not g.rules[0].HasField("icmp_type") and g.rules[0].number == g.rules[1].number + 1, g
a = call("AddressGroupService", "CreateAddressGroup",
         ag_pb2.CreateAddressGroupRequest(parent="projects/py", address_group_id="bad"), ag_pb2.AddressGroup)
a = call("AddressGroupService", "AddAddresses",
         ag_pb2.AddAddressesRequest(name=a.name, addresses=["2001:DB8::/32", "10.0.0.1"]), ag_pb2.AddressGroup)
assert a.address_count == 2
got = call("AddressGroupService", "ListAddresses", ag_pb2.ListAddressesRequest(name=a.name),
           ag_pb2.ListAddressesResponse)
assert list(got.addresses) == ["2001:db8::/32", "10.0.0.1/32"] and got.revision >= a.revision
refused(grpc.StatusCode.INVALID_ARGUMENT, "rules[0].protocol", "SecurityGroupService", "AddRules",
        sg_pb2.AddRulesRequest(name=g.name, rules=[sg_pb2.SecurityRule(direction=sg_pb2.EGRESS, protocol="tpc")]),
        sg_pb2.SecurityGroup)
refused(grpc.StatusCode.FAILED_PRECONDITION, "goes with projects/py", "SecurityGroupService", "DeleteSecurityGroup",
        sg_pb2.DeleteSecurityGroupRequest(name=port.security_groups[0]), empty_pb2.Empty)
call("PortService", "DeletePort", port_pb2.DeletePortRequest(name=port.name), empty_pb2.Empty)

reader.join(100)
assert not reader.is_alive()
added = [e.network.name for e in seen if e.type == watch_pb2.WatchEvent.ADDED and e.HasField("network")]
assert added == names, added
changes = [list(e.address_change.added) for e in seen if e.HasField("address_change")]
assert changes == [["2001:db8::/32", "10.0.0.1/32"]], changes
revisions = [e.revision for e in seen if e.revision]
assert revisions == sorted(revisions)
assert seen[-1].type == watch_pb2.WatchEvent.DELETED and seen[-1].port.name == port.name
print(f"python3-grpcio {grpc.__version__}: {len(seen)} events, all as they should be")
