/*
 * take - from unpacked protobuf to values: what every *_get here shares.
 *
 * Holds:      the first error stays; what is taken after it is zero or
 *             empty. Check `err` once at the end.
 * Trusts:     that the bytes passed the pre-scan (take_message does it).
 * Leaves out: the way there (pack.h).
 */
#ifndef CORE_WIRE_TAKE_H
#define CORE_WIRE_TAKE_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/model/ids.h"
#include "core/wire/prescan.h"

struct take {
    enum err err;
    struct arena *arena;
};

/* Keep the first error. */
void take_fail(struct take *t, enum err e);

/* Pre-scan and unpack; NULL with the error set. Cast the result to the struct
 * of `type`. */
const void *take_message(struct take *t, struct slice bytes,
                         const ProtobufCMessageDescriptor *type);

/* Allocate `count` zeroed items; NULL with ERR_BUDGET set. */
void *take_array(struct take *t, size_t count, size_t size);

/* Take a required number or truth of message `m`. ERR_MISSING. */
uint32_t take_u32(struct take *t, protobuf_c_boolean has, uint32_t value);
uint64_t take_u64(struct take *t, protobuf_c_boolean has, uint64_t value);
bool take_bool(struct take *t, protobuf_c_boolean has,
               protobuf_c_boolean value);
#define TAKE_U32(t, m, field) take_u32((t), (m)->has_##field, (m)->field)
#define TAKE_U64(t, m, field) take_u64((t), (m)->has_##field, (m)->field)
#define TAKE_BOOL(t, m, field) take_bool((t), (m)->has_##field, (m)->field)

/* Take required bytes of any size. ERR_MISSING. */
struct slice take_bytes(struct take *t, protobuf_c_boolean has,
                        const ProtobufCBinaryData *value);
#define TAKE_BYTES(t, m, field) take_bytes((t), (m)->has_##field, &(m)->field)

/* Take required bytes of exactly `size`. ERR_MISSING, ERR_VALUE. */
struct slice take_sized(struct take *t, protobuf_c_boolean has,
                        const ProtobufCBinaryData *value, size_t size);
#define TAKE_SIZED(t, m, field, size)                                          \
    take_sized((t), (m)->has_##field, &(m)->field, (size))

/* Copy required bytes of exactly `size` to `out`. ERR_MISSING, ERR_VALUE. */
void take_fixed(struct take *t, protobuf_c_boolean has,
                const ProtobufCBinaryData *value, void *out, size_t size);
#define TAKE_FIXED(t, m, field, array)                                         \
    take_fixed((t), (m)->has_##field, &(m)->field, (array), sizeof(array))

/* Take a required signature. ERR_MISSING; ERR_LIMIT beyond the field's
 * bound, ERR_VALUE for another size than version 1 knows. */
void take_signature(struct take *t, protobuf_c_boolean has,
                    const ProtobufCBinaryData *value, struct signature *out);
#define TAKE_SIGNATURE(t, m, field, out)                                       \
    take_signature((t), (m)->has_##field, &(m)->field, (out))

/* Take a required team name. ERR_MISSING, ERR_VALUE. */
void take_team(struct take *t, const char *text, struct team_name *out);

/* Take an array of texts of at most `count_max`. ERR_LIMIT, ERR_BUDGET. */
const struct slice *take_texts(struct take *t, char *const *texts, size_t count,
                               size_t count_max);

#endif
