#ifndef DATAPLANE_OFAGENT_DATAPATH_PRIV_H
#define DATAPLANE_OFAGENT_DATAPATH_PRIV_H

/* The datapath's state, for the files of this directory. */

#include "dataplane/ofagent/async.h"
#include "dataplane/ofagent/datapath.h"

struct conn;
struct snoop;

struct datapath {
	struct loop *loop;
	const struct datapath_ops *ops;
	void *arg;
	uint64_t id;
	char *host;
	uint64_t started_ns;
	uint32_t versions; /* bit per OF_VERSION_* */

	struct tables *tables;
	struct table_settings *table_settings;
	struct timer expiry;
	struct conntrack *conntrack;
	struct timer tend; /* of its connections; not armed while there are none */

	struct of_port *ports; /* [n_ports], by number */
	unsigned n_ports, ports_capacity;

	struct pipeline *pipeline; /* published */
	bool is_changed;	   /* since that was compiled */
	struct timer publish;
	struct timer link; /* makes links, see pipeline/links.h */
	uint64_t link_cost_ns;
	struct timer clean;		       /* frees rules that no pipeline has any more */
	uint64_t compiled_ns, compile_cost_ns; /* when last, and how long it took */
	struct list graces;		       /* waiting for workers */
	unsigned over_budget;		       /* cycles of what was published last; 0: within it */
	uint64_t n_refused;		       /* flows for the budget's sake, as was told last */

	struct throttle *throttle; /* of packet-ins */
	bool is_watched;	   /* by a flow monitor, now or before */
	uint64_t newest_serial;	   /* of flows that monitors were told of */
	uint64_t n_left_out;	   /* packet-ins, for a slow reader */
	struct list conns, dead;
	struct timer reap;
	bool has_generation; /* a master or slave has told one */
	uint64_t generation;
	size_t n_bundle_bytes; /* kept by all connections */
	struct snoop *snoop;   /* NULL: nobody listens */
	struct buf scratch;    /* one message being encoded */
};

/* datapath_publish.c */
void datapath_publish_init(struct datapath *dp);
void datapath_publish_fini(struct datapath *dp);
/* datapath_budget.c: of what was published just now. */
void datapath_budget_check(struct datapath *dp);
/* WHO's flow was refused; for whatever reason. */
void datapath_budget_refused(struct datapath *dp, const char *who);
/* handle_table.c: who hears of tables that get full. */
void datapath_tables_init(struct datapath *dp);
void datapath_tables_fini(struct datapath *dp);
/* datapath_expiry.c */
void datapath_expiry_init(struct datapath *dp);
/* A flow may have come that times out before all others. */
void datapath_expiry_update(struct datapath *dp);
/* datapath_conntrack.c */
void datapath_conntrack_init(struct datapath *dp);
/* datapath_ports.c: change config bits of the port that PM names; check only: do not. */
int datapath_port_mod(struct datapath *dp, const struct of_port_mod *pm, bool is_check_only,
		      struct of_error *err);

#endif
