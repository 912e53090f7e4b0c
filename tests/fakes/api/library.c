#include "tests/fakes/api/library.h"

#include <errno.h>
#include <stdlib.h>
#include "api/transcode/message.h"
#include "lib/list.h"
#include "tests/unit/api/testing.pb-c.h"

struct book {
	struct list in_library;
	struct arena arena;
	Weft__Testing__Book *message;
};

struct library {
	struct loop *loop;
	struct list books;
	size_t n_waiting;
};

struct library *library_create(struct loop *loop)
{
	struct library *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	list_init(&l->books);
	return l;
}

static void book_destroy(struct book *b)
{
	list_remove(&b->in_library);
	arena_clear(&b->arena);
	free(b);
}

void library_destroy(struct library *l)
{
	struct book *b, *next;

	LIST_FOREACH_SAFE (b, next, &l->books, in_library)
		book_destroy(b);
	free(l);
}

size_t library_n_waiting(const struct library *l)
{
	return l->n_waiting;
}

static struct book *find(struct library *l, const char *name)
{
	struct book *b;

	LIST_FOREACH (b, &l->books, in_library) {
		if (strcmp(b->message->name, name) == 0)
			return b;
	}
	return NULL;
}

static struct book *find_or_fail(struct library *l, struct api_call *call, const char *name)
{
	struct book *b = find(l, name);
	struct status st = STATUS_INIT;

	if (b)
		return b;
	status_set_resource(&st, STATUS_NOT_FOUND, "name", name,
			    "there is no book %s: list the books of its shelf", name);
	api_fail(call, &st);
	return NULL;
}

static void create_book(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__Testing__CreateBookRequest *q = (const void *)request;
	struct library *l = ctx;
	struct status st = STATUS_INIT;
	struct book *b;
	char *name;

	if (!q->book || !*q->book->title) {
		status_set(&st, STATUS_INVALID_ARGUMENT, "book.title",
			   "book.title: give the book a title");
		api_fail(call, &st);
		return;
	}
	name = arena_printf(api_arena(call), "%s/books/%s", q->parent, q->book_id);
	if (find(l, name)) {
		status_set_resource(&st, STATUS_ALREADY_EXISTS, NULL, name, "%s exists", name);
		api_fail(call, &st);
		return;
	}
	b = xcalloc(1, sizeof(*b));
	b->message = (void *)message_copy(&b->arena, &q->book->base);
	b->message->name = arena_strdup(&b->arena, name);
	list_insert(&l->books, &b->in_library);
	api_reply(call, &b->message->base);
}

static void get_book(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct book *b =
		find_or_fail(ctx, call, ((const Weft__Testing__GetBookRequest *)request)->name);

	if (b)
		api_reply(call, &b->message->base);
}

static void delete_book(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct book *b =
		find_or_fail(ctx, call, ((const Weft__Testing__GetBookRequest *)request)->name);
	Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;

	if (!b)
		return;
	book_destroy(b);
	api_reply(call, &empty.base);
}

static void list_books(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__Testing__ListBooksRequest *q = (const void *)request;
	Weft__Testing__ListBooksResponse response = WEFT__TESTING__LIST_BOOKS_RESPONSE__INIT;
	const ProtobufCFieldDescriptor *books = &response.base.descriptor->fields[0];
	struct library *l = ctx;
	size_t n = strlen(q->parent);
	struct book *b;

	LIST_FOREACH (b, &l->books, in_library) {
		if (strncmp(b->message->name, q->parent, n) == 0 && b->message->name[n] == '/')
			*(Weft__Testing__Book **)field_append(&response.base, books,
							      api_arena(call)) = b->message;
	}
	api_reply(call, &response.base);
}

static void update_book(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__Testing__UpdateBookRequest *q = (const void *)request;
	struct status st = STATUS_INIT;
	struct book *b;

	if (field_mask_check(q->update_mask, &weft__testing__book__descriptor, "update_mask",
			     &st) != 0) {
		api_fail(call, &st);
		return;
	}
	b = find_or_fail(ctx, call, q->book ? q->book->name : "");
	if (!b)
		return;
	message_merge(&b->message->base, &q->book->base, q->update_mask, &b->arena);
	api_reply(call, &b->message->base);
}

static void move_book(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__Testing__MoveBookRequest *q = (const void *)request;
	struct book *b = find_or_fail(ctx, call, q->name);

	if (!b)
		return;
	b->message->name = arena_printf(&b->arena, "%s%s", q->to_shelf, strstr(q->name, "/books/"));
	api_reply(call, &b->message->base);
}

/* A stream under way. */
struct watch {
	struct library *library;
	struct api_call *call;
	const Weft__Testing__WatchBooksRequest *request;
	uint32_t next;
	uint8_t *padding;
};

static void watch_gone(void *arg)
{
	struct watch *w = arg;

	w->library->n_waiting--;
}

static void watch_more(void *arg)
{
	struct watch *w = arg;
	struct status st = STATUS_INIT;

	for (; w->next < w->request->count; w->next++) {
		Weft__Testing__BookEvent event = WEFT__TESTING__BOOK_EVENT__INIT;
		int err;

		event.index = w->next;
		event.padding.len = w->request->padding;
		event.padding.data = w->padding;
		err = api_send(w->call, &event.base);
		if (err == -ENOBUFS && !w->request->is_impatient)
			return; /* watch_more() is called again */
		if (err) {
			status_set(&st, STATUS_RESOURCE_EXHAUSTED, NULL,
				   "the reader is too slow: read faster or watch less");
			break;
		}
	}
	/* without a count the stream stays open for ever */
	if (w->request->count == 0)
		return;
	watch_gone(w);
	api_fail(w->call, &st);
}

static void watch_books(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct watch *w = arena_alloc(api_arena(call), sizeof(*w));

	w->library = ctx;
	w->call = call;
	w->request = (const void *)request;
	w->padding = arena_alloc(api_arena(call), w->request->padding);
	w->library->n_waiting++;
	api_on_cancel(call, watch_gone, w);
	api_on_ready(call, watch_more, w);
	watch_more(w);
}

struct sleep {
	struct library *library;
	struct api_call *call;
	struct timer timer;
};

static void sleep_gone(void *arg)
{
	struct sleep *s = arg;

	s->library->n_waiting--;
	timer_cancel(s->library->loop, &s->timer);
}

static void sleep_over(struct timer *t, void *arg)
{
	Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
	struct sleep *s = arg;

	(void)t;
	s->library->n_waiting--;
	api_reply(s->call, &empty.base);
}

static void sleep_for(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__Testing__SleepRequest *q = (const void *)request;
	struct sleep *s = arena_alloc(api_arena(call), sizeof(*s));

	s->library = ctx;
	s->call = call;
	s->library->n_waiting++;
	timer_init(&s->timer, sleep_over, s);
	timer_arm(s->library->loop, &s->timer,
		  q->delay ? q->delay->seconds * NS_PER_SEC + q->delay->nanos : 0);
	api_on_cancel(call, sleep_gone, s);
}

static void echo(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	(void)ctx;
	api_reply(call, request);
}

static void converse(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	(void)ctx;
	if (request)
		api_send(call, request);
	else
		api_finish(call);
}

void library_add_to(struct library *l, struct api_dispatch *d)
{
	static const struct api_method_handler handlers[] = {
		{"/weft.testing.Library/CreateBook", create_book},
		{"/weft.testing.Library/GetBook", get_book},
		{"/weft.testing.Library/ListBooks", list_books},
		{"/weft.testing.Library/UpdateBook", update_book},
		{"/weft.testing.Library/DeleteBook", delete_book},
		{"/weft.testing.Library/MoveBook", move_book},
		{"/weft.testing.Library/WatchBooks", watch_books},
		{"/weft.testing.Library/Sleep", sleep_for},
		{"/weft.testing.Echo/Echo", echo},
		{"/weft.testing.Echo/Converse", converse},
	};

	api_dispatch_add(d, handlers, ARRAY_LENGTH(handlers), l);
}
