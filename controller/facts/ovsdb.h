#ifndef CONTROLLER_FACTS_OVSDB_H
#define CONTROLLER_FACTS_OVSDB_H

/* A client of Open vSwitch's database (RFC 7047) that watches table Interface: which interface
 * has which external_ids:iface-id, and which OpenFlow port number it got.
 *
 * One per host that has an address for it.  It dials, monitors, answers echo requests, dials again
 * with a growing pause when the connection is lost, and keeps what it knew until the new
 * connection has told anew.  The peer's bytes are not trusted: a message, the number of rows and
 * the length of names are bounded. */

#include "lib/addr.h"
#include "lib/loop.h"
#include "lib/rng.h"
#include "lib/stream.h"

struct ovsdb_interface {
	const char *name;
	const char *iface_id; /* external_ids:iface-id; "" if it has none */
	uint32_t of_port;     /* 0: none (yet, or the interface is in error) */
	const char *error;    /* column `error`; "" if it has none */
};

struct ovsdb_events {
	/* An interface came or changed. */
	void (*interface)(void *arg, const struct ovsdb_interface *i);
	/* It is gone.  NAME and IFACE_ID as told last. */
	void (*interface_gone)(void *arg, const char *name, const char *iface_id);
};

/* How to reach a database; injected, so that tests need no socket.  DIAL calls
 * ovsdb_connected() once, later, with a stream that is given, or with NULL and why. */
struct ovsdb;
struct ovsdb_dialer {
	void (*dial)(void *ctx, const struct addr *addr, struct ovsdb *o);
	void (*cancel)(void *ctx, struct ovsdb *o);
	void *ctx;
};

#define OVSDB_RETRY_MIN_NS   (200 * NS_PER_MS)
#define OVSDB_RETRY_MAX_NS   (8 * NS_PER_SEC)
#define OVSDB_PROBE_NS	     (5 * NS_PER_SEC) /* silence before an echo; twice that: the peer is dead */
#define OVSDB_MAX_MESSAGE    (16u << 20)      /* bytes */
#define OVSDB_MAX_INTERFACES 65536

struct ovsdb *ovsdb_create(struct loop *loop, const struct ovsdb_dialer *dialer,
			   const struct addr *addr, const struct ovsdb_events *events, void *arg);
void ovsdb_destroy(struct ovsdb *o); /* no event for what is forgotten */
void ovsdb_connected(struct ovsdb *o, struct stream *s, const char *why);

/* In words: "connected", "cannot reach unix:/run/...: ...; trying again". */
const char *ovsdb_state(const struct ovsdb *o);

/* The dialer of a real program, on lib/stream_uv.h. */
struct ovsdb_uv;
struct ovsdb_uv *ovsdb_uv_create(struct loop *loop);
void ovsdb_uv_destroy(struct ovsdb_uv *u);
const struct ovsdb_dialer *ovsdb_uv_dialer(struct ovsdb_uv *u);

#endif
