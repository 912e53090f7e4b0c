#ifndef API_UTF8_H
#define API_UTF8_H

/* Text from outside: strings of messages are UTF-8, which protobuf-c does not check. */

#include "lib/util.h"

/* Well-formed as of RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.  NUL is
 * text here. */
bool utf8_is_valid(const void *text, size_t size);

#endif
