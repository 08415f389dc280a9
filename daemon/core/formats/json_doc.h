/*
 * json_doc - one JSON value that was read: its bytes and where each part is.
 *
 * Holds:      `text` is the value without insignificant white space, numbers
 *             and strings as they stood; tokens stand in reading order, a
 *             container before its parts, a key before its value.
 * Trusts:     that json_stream checked every byte; only it writes one.
 * Leaves out: reading bytes (json.h), what the value means (stix_check.h).
 * Spec:       RFC 8259
 */
#ifndef CORE_FORMATS_JSON_DOC_H
#define CORE_FORMATS_JSON_DOC_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/limits.h"

/* One value: no deeper than any real one (MISP galaxies reach 12), no more
 * bytes than a body takes, and parts for 28 MiB of tokens. */
#define JSON_DEPTH_MAX 64
#define JSON_BYTES_MAX BODY_MAX
#define JSON_TOKENS_MAX (1024u * 1024u)

/* A value that is an object with no more keys than half of this finds them by
 * their hashes: all objects of STIX and MISP do. */
#define JSON_SLOTS 64u

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_token {
    uint32_t offset, size; /* in the text, with quotes and brackets */
    uint32_t line, column; /* in the document, from 1; columns are bytes */
    uint32_t next;         /* behind the value; its parent while open */
    uint8_t kind;          /* enum json_kind */
    bool open;
    bool escaped; /* a string with a backslash in it */
};

struct json_doc {
    struct buf text;
    struct json_token *tokens;
    uint32_t count, capacity;
    uint32_t open; /* the innermost container that is open */
    uint32_t depth;
    const char *fault; /* why the value was given up; NULL: it is whole */
    uint32_t fault_line, fault_column;
    bool is_indexed;            /* the two below hold */
    uint16_t slots[JSON_SLOTS]; /* keys of the whole value; 0: none */
    uint32_t repeated;          /* the first of them that stood before, or 0 */
};

/* For writing, by json_stream alone: begin a part, add bytes to it, end it.
 * Brackets and the quote that opens a string are written by themselves.
 * A value that breaks a limit sets `fault` and keeps nothing more. */
void json_doc_begin(struct json_doc *doc, enum json_kind kind, uint64_t line,
                    uint64_t column);
void json_doc_put(struct json_doc *doc, struct slice bytes);
void json_doc_end(struct json_doc *doc);

/* Fill the slots of a value that is whole, if it is an object and has few keys
 * without escapes. */
void json_doc_index(struct json_doc *doc);

/* Find a key of a value whose slots are filled: the token, or 0. */
uint32_t json_doc_key(const struct json_doc *doc, struct slice key);

/* Forget everything from token `token` on. */
void json_doc_cut(struct json_doc *doc, uint32_t token);

void json_doc_reset(struct json_doc *doc);
void json_doc_clear(struct json_doc *doc);

/* Give where a container's parts end, for walks:
 * for (i = c + 1; i < json_end(doc, c); i = doc->tokens[i].next)
 * In an object these are keys and values in turn. */
uint32_t json_end(const struct json_doc *doc, uint32_t container);

/* Find the value under `key` in an object; 0 if there is none (0 is the
 * whole value, never a part). */
uint32_t json_member(const struct json_doc *doc, uint32_t object,
                     const char *key);

/* See a part's bytes as they stand, quotes and all. */
struct slice json_raw(const struct json_doc *doc, uint32_t token);

/* Tell whether a part is a string that says exactly `text`. */
bool json_is(const struct json_doc *doc, uint32_t token, const char *text);

/* Give what a string says. It points into the document, or into the arena
 * where escapes had to be undone. ERR_VALUE: no string. ERR_BUDGET. */
MUST_USE enum err json_text(const struct json_doc *doc, uint32_t token,
                            struct arena *arena, struct slice *out);

/* Give where byte `at` of what a string says stands in its raw bytes: 1 for the
 * first, behind the quote. */
size_t json_text_place(const struct json_doc *doc, uint32_t token, size_t at);

/* Read a whole number from 0 to `max`; false for anything else. */
MUST_USE bool json_number(const struct json_doc *doc, uint32_t token,
                          uint64_t max, uint64_t *out);

/* Find a key that stands twice in its object, anywhere: the token of the
 * second, or 0. ERR_BUDGET. */
MUST_USE enum err json_repeated(const struct json_doc *doc, struct arena *arena,
                                uint32_t *token);

/* Write the path of a part: "labels[2]"; nothing for the whole value. */
void json_path(const struct json_doc *doc, uint32_t token, struct buf *out);

#endif
