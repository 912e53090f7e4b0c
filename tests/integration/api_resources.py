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
reader = threading.Thread(target=read_watch)
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
call("PortService", "DeletePort", port_pb2.DeletePortRequest(name=port.name), empty_pb2.Empty)

reader.join(100)
assert not reader.is_alive()
added = [e.network.name for e in seen if e.type == watch_pb2.WatchEvent.ADDED and e.HasField("network")]
assert added == names, added
revisions = [e.revision for e in seen if e.revision]
assert revisions == sorted(revisions)
assert seen[-1].type == watch_pb2.WatchEvent.DELETED and seen[-1].port.name == port.name
print(f"python3-grpcio {grpc.__version__}: {len(seen)} events, all as they should be")
