#ifndef CONTROLLER_MODEL_ADDRESS_BOOK_H
#define CONTROLLER_MODEL_ADDRESS_BOOK_H

/* Which port of a network has an address, for all heads: asked before an address is given. */

#include "controller/model/ip.h"
#include "controller/model/model_priv.h"

/* The port, or NULL.  NETWORK is a network's id. */
struct resource *address_book_find(const struct model *m, uint32_t network, const struct ip *ip);
struct resource *address_book_find_mac(const struct model *m, uint32_t network,
				       const uint8_t mac[6]);

/* R has these addresses from now on; the list is kept with R. */
void address_book_add(struct model *m, struct resource *r, uint32_t network, const uint8_t mac[6],
		      const struct ip *ips, size_t n_ips);
void address_book_remove(struct model *m, struct resource *r);
void address_book_fini(struct model *m);

#endif
