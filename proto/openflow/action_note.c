/* NXAST_NOTE (Open vSwitch's ovs-actions manual, "note"). */

#include "proto/openflow/action_note.h"

#include "proto/openflow/action_priv.h"

#define HEADER_SIZE 10 /* the data begins there, and ends at a multiple of 8 */
#define MAX_BYTES   8192

struct of_action_note *of_action_note(struct arena *a, const void *data, uint16_t n)
{
	size_t padded = ((HEADER_SIZE + n + 7) & ~7u) - HEADER_SIZE;
	struct of_action_note *note;

	padded = MAX_OF(padded, (size_t)16 - HEADER_SIZE);
	note = of_action_new(a, &of_action_note_class, sizeof(*note) + padded);
	note->n = padded;
	if (n)
		memcpy(note->data, data, n);
	return note;
}

static struct of_action *note_decode(struct cursor *body, uint8_t version, struct arena *a,
				     struct of_error *err)
{
	size_t n = cursor_left(body);

	(void)version;
	(void)err;
	return &of_action_note(a, cursor_take(body, n), n)->base;
}

static void note_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_note *note = (const struct of_action_note *)act;

	(void)version;
	buf_add(out, note->data, note->n);
}

static void note_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_note *note = (const struct of_action_note *)act;

	buf_puts(out, "note:");
	of_hex_print(note->data, note->n, out);
}

static struct of_action *note_parse(const char *args, struct arena *a, struct status *st)
{
	uint8_t data[MAX_BYTES];
	int n = of_hex_parse(args, data, sizeof(data));

	if (n < 0)
		return of_action_refuse_text(st, "note", args,
					     "write bytes as 01.02.ff, at most 8192");
	return &of_action_note(a, data, n)->base;
}

static size_t note_size(const struct of_action *act)
{
	return sizeof(struct of_action_note) + ((const struct of_action_note *)act)->n;
}

OF_ACTION_CLASS(note, OF_ACTION_NICIRA(NXAST_NOTE), .struct_size = note_size);
