#include "dataplane/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* FNV-1a: stable across versions and machines, which lib/hmap.h's keyed hash is not meant to be. */
static uint64_t stable_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3;
	return h;
}

void identity_host(char *name, size_t size)
{
	if (gethostname(name, size) < 0)
		snprintf(name, size, "localhost");
	name[size - 1] = '\0';
}

uint64_t identity_datapath_id(void)
{
	FILE *f = fopen("/etc/machine-id", "r");
	char text[256] = "";
	uint64_t id;

	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
	}
	text[strcspn(text, "\n")] = '\0';
	if (!text[0])
		identity_host(text, sizeof(text));
	/* 48 bits are the implementer's, the upper 16 are left alone (OF 1.3.5 section 7.3.1). */
	id = stable_hash(text) & 0xffffffffffff;
	return id ? id : 1;
}

int identity_parse(const char *text, uint64_t *id, struct status *st)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 16);
	if (!*text || *end || errno || *text == '-' || !value)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "datapath-id",
			"--datapath-id '%.40s': give 1 to 16 hexadecimal digits, not zero", text);
	*id = value;
	return 0;
}
