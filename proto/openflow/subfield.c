/* Some consecutive bits of a field, as the Nicira actions name them. */

#include "proto/openflow/subfield.h"

#include "proto/openflow/field_text.h"
#include "proto/openflow/oxm.h"

#define CLASS_EXPERIMENTER 0xffff
#define HAS_MASK	   0x100u
#define VARIABLE_LENGTH	   124 /* of a field of variable size, here without a value */

uint32_t of_subfield_header(const struct of_subfield *sf)
{
	const struct of_field *f = sf->field;

	if (of_field_is_variable(f))
		return (f->nxm_header & ~0xffu) | VARIABLE_LENGTH;
	if (f->nxm_header)
		return f->nxm_header;
	return f->oxm_header >> 16 == CLASS_EXPERIMENTER ? 0 : f->oxm_header;
}

/* A mask or another length is another type. */
static bool is_header_of(const struct of_field *f, uint32_t header, uint32_t experimenter)
{
	return f && !(header & HAS_MASK) &&
	       (of_field_is_variable(f) || (header & 0xff) == f->n_bytes + (experimenter ? 4u : 0));
}

int of_subfield_set_bits(struct of_subfield *sf, unsigned ofs, unsigned n_bits,
			 struct of_error *err)
{
	if (n_bits == 0 || ofs + n_bits > sf->field->n_bits)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_LEN);
	sf->ofs = ofs;
	sf->n_bits = n_bits;
	return 0;
}

int of_subfield_init(struct of_subfield *sf, uint32_t header, unsigned ofs, unsigned n_bits,
		     struct of_error *err)
{
	const struct of_field *f = of_field_by_header(header, 0);

	if (!is_header_of(f, header, 0))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_TYPE);
	*sf = (struct of_subfield){ .field = f };
	return of_subfield_set_bits(sf, ofs, n_bits, err);
}

int of_subfield_read(struct of_subfield *sf, struct cursor *c, struct of_error *err)
{
	struct oxm_header h;

	if (oxm_read_header(c, &h) != 0)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_LEN);
	if (!is_header_of(h.field, h.header, h.experimenter))
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_SET_TYPE);
	*sf = of_subfield_whole(h.field->id);
	return 0;
}

void of_subfield_write(const struct of_subfield *sf, uint8_t version, struct buf *out)
{
	if (version == 0 && of_subfield_header(sf))
		buf_be32(out, of_subfield_header(sf));
	else
		oxm_put_header(sf->field, version, out);
}

struct of_subfield of_subfield_whole(enum of_field_id id)
{
	return (struct of_subfield){ .field = of_field(id), .n_bits = of_field(id)->n_bits };
}

/* "[]", "[3]" or "[0..15]". */
static int parse_range(struct of_subfield *sf, const char *text, size_t size)
{
	const char *dots;
	uint64_t first, last;

	if (size < 2 || text[0] != '[' || text[size - 1] != ']')
		return -1;
	text++;
	size -= 2;
	if (size == 0) {
		sf->ofs = 0;
		sf->n_bits = sf->field->n_bits;
		return 0;
	}
	dots = memmem(text, size, "..", 2);
	if (of_number_parse(text, dots ? (size_t)(dots - text) : size, &first) != 0)
		return -1;
	last = first;
	if (dots && of_number_parse(dots + 2, text + size - dots - 2, &last) != 0)
		return -1;
	if (first > last || last >= sf->field->n_bits)
		return -1;
	sf->ofs = first;
	sf->n_bits = last - first + 1;
	return 0;
}

int of_subfield_parse(struct of_subfield *sf, const char *text, size_t size, const char *action,
		      struct status *st)
{
	const char *bracket = memchr(text, '[', size);
	size_t name_size = bracket ? (size_t)(bracket - text) : size;

	*sf = (struct of_subfield){ .field = of_field_in_action(text, name_size) };
	if (!sf->field)
		return status_set(st, STATUS_INVALID_ARGUMENT, action, "%s: no field \"%.*s\"",
				  action, (int)MIN_OF(name_size, 60), text);
	sf->n_bits = sf->field->n_bits;
	if (bracket && parse_range(sf, bracket, size - name_size) != 0)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, action,
			"%s: \"%.*s\" are no bits of %s: write [FIRST..LAST] within 0..%u, "
			"or [] for all",
			action, (int)MIN_OF(size - name_size, 60), bracket, sf->field->name,
			sf->field->n_bits - 1);
	return 0;
}

void of_subfield_print(const struct of_subfield *sf, struct buf *out)
{
	const struct of_field *f = sf->field;

	buf_puts(out, f->nxm_name ? f->nxm_name : f->oxm_name);
	/* "[]" of a field of variable size is more elsewhere. */
	if (sf->ofs == 0 && sf->n_bits == f->n_bits && !of_field_is_variable(f))
		buf_puts(out, "[]");
	else if (sf->n_bits == 1)
		buf_printf(out, "[%u]", sf->ofs);
	else
		buf_printf(out, "[%u..%u]", sf->ofs, sf->ofs + sf->n_bits - 1);
}
