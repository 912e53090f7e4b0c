#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int parse_unix(struct addr *a, const char *path, const char *field, struct status *st)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&a->sa;

	if (path[0] == '\0' || strlen(path) >= sizeof(un->sun_path))
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s '%s': a Unix socket's path has 1 to %zu characters", field, path,
				  sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	a->sa_len = sizeof(*un);
	return 0;
}

static int parse_tcp(struct addr *a, const char *text, const char *field, struct status *st)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->sa;
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	unsigned long port;

	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host))
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s '%s': give HOST:PORT, such as 127.0.0.1:6653, or unix:PATH", field,
				  text);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	port = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end || port > 65535)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s '%s': the port is a number from 0 to 65535", field, text);
	if (strcmp(host, "localhost") == 0)
		strcpy(host, "127.0.0.1");
	if (inet_pton(AF_INET, host, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		a->sa_len = sizeof(*in4);
		return 0;
	}
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		memmove(host, host + 1, strlen(host));
		host[strlen(host) - 1] = '\0';
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		a->sa_len = sizeof(*in6);
		return 0;
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, field,
			  "%s '%s': give HOST:PORT or unix:PATH; the host is a numeric address or "
			  "localhost",
			  field, text);
}

int addr_parse(struct addr *a, const char *text, const char *field, struct status *st)
{
	*a = (struct addr){ 0 };
	if (strlen(text) >= sizeof(a->text))
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s '%.40s...': an address has at most %zu characters, and a Unix "
				  "socket's path %zu",
				  field, text, sizeof(a->text) - 1,
				  sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	strcpy(a->text, text);
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(a, text + 5, field, st);
	return parse_tcp(a, strncmp(text, "tcp:", 4) == 0 ? text + 4 : text, field, st);
}

int addr_parse_tls(struct addr *a, const char *text, const char *field, struct status *st)
{
	bool is_tls = strncmp(text, "ssl:", 4) == 0 || strncmp(text, "pssl:", 5) == 0;

	if (addr_parse(a, is_tls ? strchr(text, ':') + 1 : text, field, st) < 0)
		return -1;
	a->is_tls = is_tls;
	if (is_tls && a->sa.ss_family == AF_UNIX)
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "%s '%s': TLS is spoken over TCP: give ssl:HOST:PORT", field,
				  text);
	if (is_tls)
		snprintf(a->text, sizeof(a->text), "%s", text);
	return 0;
}

/* connect() to a file that is no socket is refused as well, so its kind is looked at first. */
void addr_remove_stale(const struct addr *a)
{
	const char *path = ((const struct sockaddr_un *)&a->sa)->sun_path;
	struct stat info;
	int fd;

	if (a->sa.ss_family != AF_UNIX || lstat(path, &info) < 0 || !S_ISSOCK(info.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&a->sa, a->sa_len) < 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}
