#ifndef CONTROLLER_FLOWS_COOKIE_H
#define CONTROLLER_FLOWS_COOKIE_H

/* What a flow's cookie says: which app made it, for which resource, to what purpose.
 *
 *	 63    56 55                            8 7       0
 *	+--------+-------------------------------+---------+
 *	|  app   | resource id, 0: for no one's  | purpose |
 *	+--------+-------------------------------+---------+
 *
 * Purposes are the app's own; 0 is a flow that needs no explanation. */

#include "lib/util.h"

#define COOKIE_MAX_RESOURCE ((1ull << 48) - 1)

static inline uint64_t cookie_make(uint8_t app, uint64_t resource, uint8_t purpose)
{
	return (uint64_t)app << 56 | (resource & COOKIE_MAX_RESOURCE) << 8 | purpose;
}

static inline uint8_t cookie_app(uint64_t cookie)
{
	return cookie >> 56;
}

static inline uint64_t cookie_resource(uint64_t cookie)
{
	return cookie >> 8 & COOKIE_MAX_RESOURCE;
}

static inline uint8_t cookie_purpose(uint64_t cookie)
{
	return cookie & 0xff;
}

/* App and resource: all flows that are replaced together. */
static inline uint64_t cookie_owner(uint64_t cookie)
{
	return cookie & ~0xffull;
}

#endif
