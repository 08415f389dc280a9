/*
 * json_nest - reads a JSON document whose parts stand in lists within lists.
 *
 * Holds:      constant memory: what somebody asks for is handed over part by
 *             part, each with its own bytes and without the parts within it.
 *             A list that is handed over by parts stays where it stood as
 *             [], an object that is handed over alone as {}.
 * Trusts:     nothing; checks are those of json.h, whose json_stream_feed,
 *             _finish, _restart and _free serve here too.
 * Leaves out: which parts to ask for (misp.h); keys that stand twice, but for
 *             those that are asked for.
 */
#ifndef CORE_FORMATS_JSON_NEST_H
#define CORE_FORMATS_JSON_NEST_H

#include "core/formats/json.h"

/* Parts within parts: the document, what is around an event, the event, an
 * object in it, an attribute of that. */
#define JSON_NEST_MAX 5

/* What becomes of a value that begins. */
enum json_way {
    JSON_KEEP,  /* it stays in the part that it stands in */
    JSON_ALONE, /* an object: a part of its own */
    JSON_PARTS, /* a list: each value in it is a part */
    JSON_PASS,  /* a list: nobody wants what is in it now */
    JSON_TWICE, /* the key stood before: the document ends here */
};

/*
 * Documents are lent for the call. Level 0 is the document, 1 a part of it,
 * and so on; while a part of level n is open, so are those above it.
 */
struct json_nest_handler {
    void *context;
    /* Choose for the value under the key of token `key`, in an object that
     * has been read so far; for the document itself `open` is NULL. */
    enum json_way (*way)(void *context, unsigned level,
                         const struct json_doc *open, uint32_t key,
                         enum json_kind kind);
    void (*began)(void *context, unsigned level);
    /* A part ended; one whose `fault` is set was given up and has no bytes. */
    void (*ended)(void *context, unsigned level, const struct json_doc *part);
};

struct json_stream *json_nest_new(const struct json_nest_handler *handler);

/* Give the level of the innermost part that is open; false: none is. */
bool json_nest_level(const struct json_stream *s, unsigned *level);

/* Write the path of an open part: "Event.Attribute[3]"; nothing for level
 * 0. */
void json_nest_path(const struct json_stream *s, unsigned level,
                    struct buf *out);

#endif
