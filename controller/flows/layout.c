#include "controller/flows/layout.h"

#include "controller/flows/cookie.h"

static const struct layout_table_info tables[] = {
#define LAYOUT_APP(ID, NUMBER, NAME)
#define LAYOUT_TABLE(ID, NUMBER, APP, SHAPE, SENTENCE) { NUMBER, APP_##APP, #ID, SHAPE, SENTENCE },
#include "controller/flows/layout.def"
#undef LAYOUT_APP
#undef LAYOUT_TABLE
};

static const struct {
	uint8_t number;
	const char *name;
} apps[] = {
#define LAYOUT_APP(ID, NUMBER, NAME) { NUMBER, NAME },
#define LAYOUT_TABLE(ID, NUMBER, APP, SHAPE, SENTENCE)
#include "controller/flows/layout.def"
#undef LAYOUT_APP
#undef LAYOUT_TABLE
};

const struct layout_table_info *layout_tables(size_t *n)
{
	*n = ARRAY_LENGTH(tables);
	return tables;
}

const struct layout_table_info *layout_table(uint8_t number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		if (tables[i].number == number)
			return &tables[i];
	}
	return NULL;
}

const char *layout_table_name(uint8_t number)
{
	const struct layout_table_info *info = layout_table(number);

	return info ? info->name : NULL;
}

const char *layout_app_name(uint8_t app)
{
	for (size_t i = 0; i < ARRAY_LENGTH(apps); i++) {
		if (apps[i].number == app)
			return apps[i].name;
	}
	return NULL;
}

bool layout_owns(uint8_t table, uint64_t cookie)
{
	return layout_table(table) || layout_app_name(cookie_app(cookie));
}
