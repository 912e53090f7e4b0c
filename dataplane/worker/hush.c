#include "dataplane/worker/hush.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

void hush_begin(struct hush *h)
{
	*h = (struct hush){ -1, -1, memfd_create("weft-hush", MFD_CLOEXEC) };
	if (h->kept < 0)
		return; /* then it is only louder */
	fflush(NULL);
	h->out = dup(STDOUT_FILENO);
	h->err = dup(STDERR_FILENO);
	dup2(h->kept, STDOUT_FILENO);
	dup2(h->kept, STDERR_FILENO);
}

static void restore(int *saved, int fd)
{
	if (*saved < 0)
		return;
	dup2(*saved, fd);
	close(*saved);
	*saved = -1;
}

static void first_line(const char *text, char *line, size_t size)
{
	const char *prefix = program_invocation_short_name;
	size_t n = strlen(prefix);

	if (!strncmp(text, prefix, n) && !strncmp(text + n, ": ", 2))
		text += n + 2;
	snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
}

void hush_end(struct hush *h, bool is_told, char *line, size_t size)
{
	char text[4096];
	ssize_t n;

	line[0] = '\0';
	if (h->kept < 0)
		return;
	fflush(NULL);
	restore(&h->out, STDOUT_FILENO);
	restore(&h->err, STDERR_FILENO);
	lseek(h->kept, 0, SEEK_SET);
	while ((n = read(h->kept, text, sizeof(text) - 1)) > 0) {
		text[n] = '\0';
		if (!line[0])
			first_line(text, line, size);
		if (is_told && write(STDERR_FILENO, text, n) < 0)
			break;
	}
	close(h->kept);
	h->kept = -1;
}
