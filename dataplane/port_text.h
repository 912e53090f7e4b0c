#ifndef DATAPLANE_PORT_TEXT_H
#define DATAPLANE_PORT_TEXT_H

/* A port as the option `port` writes it: "name=vm1,type=vhost-user,number=4,mtu=9000". */

#include "dataplane/port/port.h"

#define PORT_TEXT_MAX_SETTINGS 32

struct port_text {
	struct port_request request; /* points into the rest */
	struct port_setting settings[PORT_TEXT_MAX_SETTINGS];
	char *words;
};

/* 0, or -1 with ST filled. */
int port_text_parse(struct port_text *t, const char *text, struct status *st);
void port_text_fini(struct port_text *t);

#endif
