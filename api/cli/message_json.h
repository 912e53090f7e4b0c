#ifndef API_CLI_MESSAGE_JSON_H
#define API_CLI_MESSAGE_JSON_H

/* Any protobuf-c message as JSON, by its descriptor alone: for messages that are not part of the
 * API's schema, such as the switch's.  Names in lowerCamelCase, 64-bit numbers as numbers, bytes as
 * hexadecimal digits; messages that are not set are left out. */

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/* Given to the caller. */
json_t *message_json(const ProtobufCMessage *message);

#endif
