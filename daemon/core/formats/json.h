/*
 * json - a strict reader of a JSON document that comes in pieces.
 *
 * Holds:      constant memory: the values of one list (the elements of a
 *             list at the top, or of the list under one key of an object at
 *             the top) are handed over one by one, each with its own bytes;
 *             what is around them comes last. Every fault has its place.
 * Trusts:     nothing: UTF-8, escapes, control bytes, numbers, brackets and
 *             depth are checked as RFC 8259 has them, without recursion.
 *             UTF-16, NaN, comments and two documents in one are refused.
 * Leaves out: keys that stand twice (json_doc.h: per value), meaning.
 */
#ifndef CORE_FORMATS_JSON_H
#define CORE_FORMATS_JSON_H

#include "core/formats/json_doc.h"

/* Deeper than this brackets are not even counted. */
#define JSON_BRACKETS_MAX 65536u

struct json_fault {
    enum err code;
    const char *text;      /* a sentence for a person; constant */
    uint64_t line, column; /* from 1; columns are bytes */
};

/* Documents are lent for the call. A document whose `fault` is set was given
 * up for its size or depth and has no bytes. */
struct json_handler {
    void *context;
    /* The list begins; what stood before it is in `around`, still open. */
    void (*opened)(void *context, const struct json_doc *around);
    void (*element)(void *context, const struct json_doc *element,
                    uint64_t position);
    /* The object at the top ended: without its list if it had one. */
    void (*closed)(void *context, const struct json_doc *object, bool had_list);
};

struct json_stream;

/* Make a reader that splits the list under `key`; both are lent. NULL: it
 * splits no object. */
struct json_stream *json_stream_new(const struct json_handler *handler,
                                    const char *key);

/* Free it; NULL is nothing. */
void json_stream_free(struct json_stream *s);

/* Begin a new document. */
void json_stream_restart(struct json_stream *s);

/* Read the next bytes of the document. On an error the rest is lost, the
 * fault says why and where, and further calls give the same error. */
MUST_USE enum err json_stream_feed(struct json_stream *s, struct slice bytes);

/* Say that the document ends here; errors as above. */
MUST_USE enum err json_stream_finish(struct json_stream *s);

const struct json_fault *json_stream_fault(const struct json_stream *s);

/* Tell whether an element is being read, and which. */
bool json_stream_in_element(const struct json_stream *s, uint64_t *position);

#endif
