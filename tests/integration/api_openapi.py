"""Is a document on standard input sound OpenAPI 3.0?  References lead somewhere, each path's
parameters are declared, no operation's name stands twice."""
import json
import re
import sys

document = json.load(sys.stdin)
assert document["openapi"] == "3.0.3"
schemas = document["components"]["schemas"]


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            assert len(node) == 1, f"siblings of a reference: {node}"
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


for reference in references(document):
    assert reference.removeprefix("#/components/schemas/") in schemas, reference
for name in schemas:
    assert re.fullmatch(r"[a-zA-Z0-9._-]+", name), name
seen = set()
for path, operations in document["paths"].items():
    for verb, operation in operations.items():
        assert verb in ("get", "put", "post", "patch", "delete"), verb
        assert operation["operationId"] not in seen, operation["operationId"]
        seen.add(operation["operationId"])
        declared = [(p["in"], p["name"]) for p in operation["parameters"]]
        assert len(declared) == len(set(declared)), f"{path}: a parameter stands twice"
        in_path = [name for place, name in declared if place == "path"]
        assert in_path == re.findall(r"{([^}]*)}", path), f"{path}: {in_path}"
        assert operation["responses"]["200"] and operation["responses"]["default"]
assert seen, "no operation at all"
