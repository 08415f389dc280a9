/*
 * control - requests and answers on the control socket.
 *
 * Holds:      a request has a verb and named values; an answer has records of
 *             named values. Names stand in docs/man/sealane.1 and
 *             edge/control.
 * Trusts:     nothing.
 * Spec:       proto/control.proto
 */
#ifndef CORE_WIRE_CONTROL_H
#define CORE_WIRE_CONTROL_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/limits.h"

#define CONTROL_HEADER_BYTES 4
/* A request may name every peer, and says some things besides. */
#define CONTROL_VALUES_MAX (PEERS_MAX + 64)
#define CONTROL_MESSAGES_MAX 65536
#define CONTROL_RECORDS_MAX 65536

/* Protobuf fields of one frame: a request has its messages and values; an
 * answer comes from our own daemon, 16 fields a record (three for each
 * value). */
#define CONTROL_REQUEST_FIELDS_MAX (CONTROL_MESSAGES_MAX + 4096)
#define CONTROL_ANSWER_FIELDS_MAX (CONTROL_RECORDS_MAX * 16)

enum control_value_kind {
    CONTROL_TEXT,
    CONTROL_NUMBER,
    CONTROL_TRUTH,
    CONTROL_BYTES,
};

struct control_value {
    const char *key;
    enum control_value_kind kind;
    struct slice text; /* of TEXT and BYTES */
    int64_t number;    /* of NUMBER and TRUTH */
};

struct control_record {
    const struct control_value *values;
    size_t count;
};

struct control_request {
    uint64_t id;
    const char *verb;
    struct control_record values;
    const struct slice *messages;
    size_t message_count;
};

struct control_answer {
    uint64_t id;
    enum err code;
    struct slice text;
    const struct control_record *records;
    size_t record_count;
    bool more;
};

/* Find a value by its key; NULL if it is not there. */
const struct control_value *control_find(const struct control_record *r,
                                         const char *key);

/* Give a value's text, bytes, number or truth; empty, `otherwise` or false
 * where it is missing or of another kind. */
struct slice control_text(const struct control_record *r, const char *key);
struct slice control_bytes(const struct control_record *r, const char *key);
int64_t control_number(const struct control_record *r, const char *key,
                       int64_t otherwise);
bool control_truth(const struct control_record *r, const char *key);

/* Append a whole frame: u32 length, then the message. A text with a NUL is
 * our bug. */
void control_request_put(struct buf *out, const struct control_request *r);
void control_answer_put(struct buf *out, const struct control_answer *a);

/* Read a payload, without its length. The pre-scan's errors, ERR_MISSING
 * (id, verb or code, a value's key or content), ERR_VALUE (a value with two
 * contents), ERR_LIMIT (counts). */
MUST_USE enum err control_request_get(struct slice payload, struct arena *arena,
                                      struct control_request *out);
MUST_USE enum err control_answer_get(struct slice payload, struct arena *arena,
                                     struct control_answer *out);

/* Builds the records of an answer, or the values of a request: those of the
 * record being built. Texts are copied into the arena, whose budget must hold
 * them (our own bytes: beyond it is our bug); keys must outlive it. */
struct control_builder {
    struct arena *arena;
    struct control_record *records;
    struct control_value *values; /* of the record being built */
    size_t record_count, record_capacity;
    size_t value_count, value_capacity;
};

void control_begin(struct control_builder *b, struct arena *arena);
void control_add_text(struct control_builder *b, const char *key,
                      struct slice text);
void control_add_bytes(struct control_builder *b, const char *key,
                       struct slice bytes);
void control_add_number(struct control_builder *b, const char *key,
                        int64_t number);
void control_add_truth(struct control_builder *b, const char *key, bool truth);

/* End a record and begin the next. */
void control_end_record(struct control_builder *b);

#endif
