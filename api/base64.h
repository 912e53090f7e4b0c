#ifndef API_BASE64_H
#define API_BASE64_H

/* Base64, RFC 4648: bytes in JSON and in gRPC's "-bin" headers. */

#include <sys/types.h>
#include "lib/buf.h"

/* Standard alphabet; padded to a multiple of four if IS_PADDED. */
void base64_write(struct buf *out, const void *data, size_t size, bool is_padded);
/* Either alphabet, padded or not.  Returns how many bytes were written to TO, which has room for
 * SIZE * 3 / 4, or -1 if TEXT is not base64. */
ssize_t base64_read(uint8_t *to, const char *text, size_t size);

#endif
