"""The API's gRPC server as python3-grpcio sees it.  Arguments: HOST:PORT, URL of its metrics."""
import sys
import threading
import time
import urllib.request

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2, message_factory
from proto.google.rpc import error_details_pb2, status_pb2
from proto.grpc import reflection_pb2
from tests.unit.api import testing_pb2 as pb

channel = grpc.insecure_channel(sys.argv[1])


def unary(name, request, response, service="Library", **options):
    call = channel.unary_unary(
        f"/weft.testing.{service}/{name}",
        request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
        response_deserializer=response.FromString,
    )
    return call(request, timeout=options.pop("timeout", 100), **options)


def stream(request, timeout=300):
    call = channel.unary_stream(
        "/weft.testing.Library/WatchBooks",
        request_serializer=pb.WatchBooksRequest.SerializeToString,
        response_deserializer=pb.BookEvent.FromString,
    )
    return call(request, timeout=timeout)


def fails(code, function):
    try:
        function()
    except grpc.RpcError as e:
        assert e.code() == code, f"expected {code}, got {e.code()}: {e.details()}"
        return e
    raise AssertionError(f"expected {code}, got success")


def details(error):
    data = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(data)
    assert status.code == error.code().value[0]
    found = {}
    for any_ in status.details:
        for kind in (error_details_pb2.BadRequest, error_details_pb2.ResourceInfo):
            if any_.Is(kind.DESCRIPTOR):
                found[kind.__name__] = kind.FromString(any_.value)
    return found


def wait_until_nobody_watches():
    line = b'weft_api_calls_under_way{method="weft.testing.Library/WatchBooks"} 0\n'
    end = time.monotonic() + 100
    while line not in urllib.request.urlopen(sys.argv[2], timeout=100).read():
        assert time.monotonic() < end, "the server waits for a slow reader"
        time.sleep(0.05)


# unary
book = pb.Book(title="Moby Dick", n_pages=635, labels={"sea": "yes"})
made = unary("CreateBook", pb.CreateBookRequest(parent="shelves/g", book_id="1", book=book), pb.Book)
book.name = "shelves/g/books/1"
assert made == book
assert unary("GetBook", pb.GetBookRequest(name=book.name), pb.Book) == book
everything = pb.Everything(f_string="\u00fc\U0001f40b", r_int64=[-1, 2**62], o_inner={"i": 7})
assert unary("Echo", everything, pb.Everything, service="Echo") == everything
big = pb.Everything(f_bytes=b"x" * (4 << 20))
big.f_bytes = big.f_bytes[: (4 << 20) - 16]
assert unary("Echo", big, pb.Everything, service="Echo") == big

# errors and their details
name = "shelves/g/books/\u00fc %\n"
e = fails(grpc.StatusCode.NOT_FOUND, lambda: unary("GetBook", pb.GetBookRequest(name=name), pb.Book))
assert e.details() == f"there is no book {name}: list the books of its shelf"
assert details(e)["ResourceInfo"].resource_name == name
no_title = pb.CreateBookRequest(parent="shelves/g", book={"n_pages": 1})
e = fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: unary("CreateBook", no_title, pb.Book))
assert details(e)["BadRequest"].field_violations[0].field == "book.title"
fails(grpc.StatusCode.UNIMPLEMENTED, lambda: unary("BurnBook", pb.GetBookRequest(), pb.Book))
fails(grpc.StatusCode.UNIMPLEMENTED, lambda: unary("Nothing", pb.GetBookRequest(), pb.Book))
fails(grpc.StatusCode.UNIMPLEMENTED, lambda: unary("X" * 5000, pb.GetBookRequest(), pb.Book))

# requests that are none
fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: unary("GetBook", b"\xff\xff\xff", pb.Book))
e = fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: unary("GetBook", b"\x0a\x02\xff\xfe", pb.Book))
assert details(e)["BadRequest"].field_violations[0].field == "name"
fails(
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    lambda: unary("Echo", pb.Everything(f_bytes=b"x" * (5 << 20)), pb.Everything, service="Echo"),
)
many = pb.ListBooksResponse(books=[pb.Book()] * (1 << 20)).SerializeToString().replace(b"\x0a", b"\xaa\x02")
fails(
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    lambda: unary("Echo", many, pb.Everything, service="Echo"),
)
fails(
    grpc.StatusCode.UNIMPLEMENTED,
    lambda: unary("GetBook", pb.GetBookRequest(name="x" * 5000), pb.Book, compression=grpc.Compression.Gzip),
)

# deadlines
began = time.monotonic()
e = fails(
    grpc.StatusCode.DEADLINE_EXCEEDED,
    lambda: unary("Sleep", pb.SleepRequest(delay={"seconds": 20}), empty_pb2.Empty, timeout=0.3),
)
assert 0.25 < time.monotonic() - began < 15

# streams: whole and in order, cancelled, ended by a deadline, by a reader that is too slow
events = list(stream(pb.WatchBooksRequest(count=20000, padding=300)))
assert [e.index for e in events] == list(range(20000))
call = stream(pb.WatchBooksRequest(count=1000000))
for event in call:
    if event.index == 10:
        call.cancel()
        break
call = stream(pb.WatchBooksRequest(), timeout=0.3)
fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(call))
call = stream(pb.WatchBooksRequest(count=50000, padding=2000, is_impatient=True))
next(call)
wait_until_nobody_watches()
fails(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(call))

# both ways
converse = channel.stream_stream(
    "/weft.testing.Echo/Converse",
    request_serializer=pb.Everything.SerializeToString,
    response_deserializer=pb.Everything.FromString,
)
sent = [pb.Everything(f_int32=i) for i in range(100)]
assert list(converse(iter(sent), timeout=100)) == sent

# reflection: with nothing but the server's own description, call it
for version in ("v1", "v1alpha"):
    ask = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    Ask = reflection_pb2.ServerReflectionRequest
    questions = [
        Ask(list_services=""),
        Ask(file_containing_symbol="weft.testing.Library.GetBook"),
        Ask(file_containing_symbol="weft.testing.Everything.Inner.i"),
        Ask(file_by_filename="proto/google/api/http.proto"),
        Ask(all_extension_numbers_of_type="google.protobuf.MethodOptions"),
        Ask(file_containing_extension={"containing_type": "google.protobuf.FieldOptions", "extension_number": 1052}),
        Ask(file_containing_symbol="weft.testing.Libra"),
        Ask(),
    ]
    answers = list(ask(iter(questions), timeout=100))
    assert [a.original_request for a in answers] == questions
    names = [s.name for s in answers[0].list_services_response.service]
    assert names == ["weft.testing.Library", "weft.testing.Echo"], names
    assert answers[4].all_extension_numbers_response.extension_number == [72295728]
    assert answers[6].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert answers[7].error_response.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    pool = descriptor_pool.DescriptorPool()
    for data in reversed(answers[1].file_descriptor_response.file_descriptor_proto):
        pool.AddSerializedFile(data)
    method = pool.FindMethodByName("weft.testing.Library.GetBook")
    factory = message_factory.MessageFactory(pool)
    Request, Book = factory.GetPrototype(method.input_type), factory.GetPrototype(method.output_type)
    assert unary("GetBook", Request(name=book.name), Book).title == book.title
    for a, name in ((2, "weft/testing"), (3, "http"), (5, "field_behavior")):
        first = descriptor_pb2.FileDescriptorProto.FromString(
            answers[a].file_descriptor_response.file_descriptor_proto[0]
        )
        assert name.split("/")[-1] in first.name, first.name

# many callers at once
errors = []


def caller(number):
    try:
        for i in range(100):
            m = pb.Everything(f_int32=number, f_int64=i)
            assert unary("Echo", m, pb.Everything, service="Echo") == m
    except Exception as error:  # told below, in the main thread
        errors.append(error)


threads = [threading.Thread(target=caller, args=(n,)) for n in range(16)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert not errors, errors[0]
channel.close()
print("gRPC: ok")
