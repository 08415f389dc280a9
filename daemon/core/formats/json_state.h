/*
 * json_state - the insides of json_stream, for json.c, json_token.c and
 *              json_nest.c alone.
 *
 * Holds:      json.c reads what stands between tokens; it or json_nest.c
 *             decides where bytes go; json_token.c reads strings, numbers and
 *             words.
 */
#ifndef CORE_FORMATS_JSON_STATE_H
#define CORE_FORMATS_JSON_STATE_H

#include "core/formats/json.h"

/* What is being read. */
enum mode {
    IN_STRUCTURE,
    IN_STRING,
    IN_UTF8, /* a character that the piece before cut */
    IN_ESCAPE,
    IN_HEX,
    IN_LITERAL,
    IN_NUMBER,
    MODE_COUNT
};

/* What may stand next, outside of strings, numbers and words. */
enum {
    CAN_VALUE = 1,
    CAN_KEY = 2,
    CAN_COLON = 4,
    CAN_COMMA = 8,
    CAN_END = 16,
};

/* Where in a number we are: RFC 8259, section 6. */
enum number {
    NUMBER_MINUS,
    NUMBER_ZERO,
    NUMBER_INTEGER,
    NUMBER_POINT,
    NUMBER_FRACTION,
    NUMBER_E,
    NUMBER_SIGN,
    NUMBER_EXPONENT,
};

struct json_nest; /* json_nest.c */

struct json_stream {
    struct json_handler handler;
    const char *key;
    struct json_nest *nest; /* decides instead where there is one */
    struct json_fault fault;

    enum mode mode;
    unsigned can;
    bool in_key;
    unsigned escape_digits, escape_value, escape_high;
    uint8_t cut[4]; /* the character that the piece before cut */
    size_t cut_size;
    uint64_t cut_column;
    const char *word; /* what is left of null, true, false */
    enum number number;

    size_t depth;
    uint8_t is_object[JSON_BRACKETS_MAX / 8];

    size_t list_depth; /* elements stand in so many brackets; 0: no list */
    bool in_element, had_list, had_key;
    uint64_t position;
    uint32_t mark; /* the last key of `doc` */
    struct json_doc around, element;
    struct json_doc *doc; /* where bytes go; NULL: nowhere */

    uint8_t first[4]; /* of the document, until the encoding is clear */
    size_t first_size;
    bool started;
    const uint8_t *piece;
    uint64_t before; /* bytes in earlier pieces */
    uint64_t line, line_start;
};

/* Read on from `p`, which is before `end`; gives where it stopped, or NULL
 * after a fault. */
typedef const uint8_t *json_step(struct json_stream *s, const uint8_t *p,
                                 const uint8_t *end);

json_step json_step_string, json_step_utf8, json_step_escape, json_step_hex;
json_step json_step_literal, json_step_number;

/* End the value that is being read: count it, hand it over. */
void json_value_end(struct json_stream *s);

/* Give the column of `p`, which is in the piece. */
uint64_t json_column(const struct json_stream *s, const uint8_t *p);

/* Keep the fault and its place; gives NULL. */
const uint8_t *json_fail(struct json_stream *s, const uint8_t *p, enum err code,
                         const char *text);

/* What json_nest.c decides: where a value that begins goes (false: its key
 * stood before), that a bracket is about to close, that a value ended. */
bool json_nest_begin(struct json_stream *s, uint64_t column,
                     enum json_kind kind);
void json_nest_close(struct json_stream *s);
void json_nest_end(struct json_stream *s);

/* Free it, begin anew; NULL is nothing. */
void json_nest_free(struct json_nest *n);
void json_nest_restart(struct json_nest *n);

/* Keep the bytes from `from` to `to`, if anybody wants them. */
void json_keep(struct json_stream *s, const uint8_t *from, const uint8_t *to);

#endif
