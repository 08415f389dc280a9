#include "core/ports/fact.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "core/ports/fields.h"

#include <assert.h>

#define BLOB_SEED 0x626c6f62u
#define BLOB_HEAD_BYTES 32

/* The fields of heads, in the order in which they are written. */
enum field_name {
    PEER,
    LANE,
    OURS,
    URGENT,
    ENDS_BATCH,
    KIND,
    TLP,
    FLAGS,
    STATE,
    CODE,
    INDEX,
    ITEM,
    NUMBER,
    REF,
    TIME,
    STREAM,
    SEQUENCE,
    RECORD,
    GENESIS,
    CHECKPOINT,
    ANSWERS,
    TEXT,
    FIELD_COUNT
};

enum field_form {
    AS_BOOL,
    AS_STATE,
    AS_U32,
    AS_U64,
    AS_BYTES,
    AS_CHECKPOINT,
    AS_REST,
};

struct field {
    enum field_form form;
    size_t at;
    size_t size; /* of AS_BYTES */
};

#define FIELD(form, member)                                                    \
    {                                                                          \
        form, offsetof(struct fact, member),                                   \
            sizeof(((struct fact *)0)->member)                                 \
    }

static const struct field fields[FIELD_COUNT] = {
    [PEER] = FIELD(AS_U32, peer),
    [LANE] = FIELD(AS_U32, lane),
    [OURS] = FIELD(AS_BOOL, ours),
    [URGENT] = FIELD(AS_BOOL, urgent),
    [ENDS_BATCH] = FIELD(AS_BOOL, ends_batch),
    [KIND] = FIELD(AS_BYTES, kind),
    [TLP] = FIELD(AS_BYTES, tlp),
    [FLAGS] = FIELD(AS_BYTES, flags),
    [STATE] = FIELD(AS_STATE, state),
    [CODE] = FIELD(AS_U32, code),
    [INDEX] = FIELD(AS_U64, index),
    [ITEM] = FIELD(AS_U64, item),
    [NUMBER] = FIELD(AS_U64, number),
    [REF] = FIELD(AS_U64, ref),
    [TIME] = FIELD(AS_U64, time.ms),
    [STREAM] = FIELD(AS_BYTES, submission.stream),
    [SEQUENCE] = FIELD(AS_U64, submission.sequence),
    [RECORD] = FIELD(AS_BYTES, record),
    [GENESIS] = FIELD(AS_BYTES, genesis),
    [CHECKPOINT] = FIELD(AS_CHECKPOINT, checkpoint),
    [ANSWERS] = FIELD(AS_CHECKPOINT, answers),
    [TEXT] = FIELD(AS_REST, text),
};

#define HAS(name) (1u << (name))
#define BLOB (1u << 31)

/* What each type has: the fields of its head, and whether a blob. */
static const uint32_t layouts[FACT_TYPE_COUNT] = {
    [FACT_NODE] = HAS(TEXT),
    [FACT_PEER] = HAS(PEER) | HAS(TEXT),
    [FACT_CONFIRMED] = HAS(PEER) | HAS(TEXT) | HAS(TIME),
    [FACT_LANE] = HAS(LANE) | HAS(PEER) | HAS(OURS) | HAS(GENESIS),
    [FACT_SUBMISSION] = HAS(NUMBER) | HAS(STREAM) | HAS(TEXT) | HAS(TIME),
    [FACT_SUBMITTED] = HAS(ITEM) | HAS(PEER) | HAS(NUMBER) | HAS(STREAM) |
                       HAS(SEQUENCE) | HAS(KIND) | HAS(TLP) | HAS(FLAGS) |
                       HAS(REF) | HAS(URGENT) | HAS(TIME) | BLOB,
    [FACT_SEQUENCED] = HAS(LANE) | HAS(INDEX) | HAS(ITEM) | HAS(RECORD) |
                       HAS(ENDS_BATCH) | BLOB,
    [FACT_CHECKPOINT] = HAS(LANE) | HAS(CHECKPOINT),
    [FACT_SEEN] = HAS(LANE) | HAS(CHECKPOINT),
    [FACT_ENTRY] =
        HAS(LANE) | HAS(INDEX) | HAS(RECORD) | HAS(STATE) | HAS(CODE) | BLOB,
    [FACT_BATCH] = HAS(LANE) | HAS(INDEX) | HAS(CHECKPOINT),
    [FACT_RECEIPT_GIVEN] = HAS(LANE) | HAS(CHECKPOINT) | HAS(ANSWERS),
    [FACT_RECEIPT_TAKEN] = HAS(LANE) | HAS(CHECKPOINT) | HAS(ANSWERS),
    [FACT_FROZEN] = HAS(LANE) | HAS(CODE) | HAS(TEXT),
    [FACT_ALARM] = HAS(NUMBER) | HAS(CODE) | HAS(PEER) | HAS(LANE) |
                   HAS(INDEX) | HAS(TEXT) | HAS(TIME),
    [FACT_CANCELLED] = HAS(ITEM),
    [FACT_DECLINED] =
        HAS(LANE) | HAS(INDEX) | HAS(NUMBER) | HAS(CODE) | HAS(TEXT),
    [FACT_ERASED] = HAS(LANE) | HAS(INDEX),
    [FACT_ERASE] = HAS(LANE) | HAS(INDEX) | HAS(NUMBER) | HAS(REF),
    [FACT_RESTORED] = HAS(ITEM) | HAS(NUMBER) | HAS(CODE) | HAS(TIME),
    [FACT_RETENTION] = HAS(ITEM) | HAS(NUMBER) | HAS(CODE),
    [FACT_RESUMED] = HAS(LANE),
    [FACT_ADOPTED] = HAS(LANE) | HAS(INDEX) | HAS(RECORD) | HAS(STATE) |
                     HAS(STREAM) | HAS(SEQUENCE) | HAS(ENDS_BATCH) | BLOB,
    [FACT_LANE_KEY] = HAS(LANE) | HAS(INDEX) | HAS(NUMBER) | HAS(TEXT),
    [FACT_ROLLED] = HAS(LANE) | HAS(NUMBER) | HAS(INDEX),
    [FACT_REQUEUED] = HAS(ITEM) | HAS(PEER) | HAS(NUMBER) | HAS(STREAM) |
                      HAS(SEQUENCE) | HAS(KIND) | HAS(TLP) | HAS(FLAGS) |
                      HAS(REF) | HAS(URGENT) | HAS(TIME) | HAS(LANE) |
                      HAS(INDEX) | BLOB,
    [FACT_GRANTED] = HAS(LANE) | HAS(CHECKPOINT) | HAS(TEXT) | HAS(TIME),
    [FACT_EVIDENCE] =
        HAS(LANE) | HAS(CODE) | HAS(GENESIS) | HAS(CHECKPOINT) | HAS(ANSWERS),
    [FACT_ALARM_NOTED] =
        HAS(NUMBER) | HAS(CODE) | HAS(ITEM) | HAS(TEXT) | HAS(TIME),
    [FACT_SUBMITTER] = HAS(NUMBER) | HAS(ITEM),
    [FACT_RELEASED] = HAS(NUMBER) | HAS(ITEM) | HAS(TEXT) | HAS(TIME),
    [FACT_PAUSED] = HAS(PEER) | HAS(CODE) | HAS(ITEM) | HAS(TEXT) | HAS(TIME),
};

bool
fact_is_known(unsigned type)
{
    return type < FACT_TYPE_COUNT && layouts[type];
}

static void
field_put(struct buf *out, const struct field *field, const struct fact *f)
{
    const void *member = (const uint8_t *)f + field->at;

    switch (field->form) {
    case AS_BOOL:
        buf_put_u8(out, *(const bool *)member);
        break;
    case AS_STATE:
        buf_put_u8(out, (uint8_t)f->state);
        break;
    case AS_U32:
        buf_put_u32(out, *(const uint32_t *)member);
        break;
    case AS_U64:
        buf_put_u64(out, *(const uint64_t *)member);
        break;
    case AS_BYTES:
        buf_put(out, slice_of(member, field->size));
        break;
    case AS_CHECKPOINT:
        field_put_checkpoint(out, member);
        break;
    case AS_REST:
        buf_put(out, f->text);
        break;
    }
}

static void
state_get(struct cursor *from, struct fact *f)
{
    uint8_t state = cursor_u8(from);

    if (state > BODY_ABSENT)
        from->bad = true;
    f->state = (enum body_state)state;
}

static void
field_get(struct cursor *from, const struct field *field, struct fact *f)
{
    void *member = (uint8_t *)f + field->at;

    switch (field->form) {
    case AS_BOOL:
        *(bool *)member = field_get_bool(from, &from->bad);
        break;
    case AS_STATE:
        state_get(from, f);
        break;
    case AS_U32:
        *(uint32_t *)member = cursor_u32(from);
        break;
    case AS_U64:
        *(uint64_t *)member = cursor_u64(from);
        break;
    case AS_BYTES:
        cursor_copy(from, member, field->size);
        break;
    case AS_CHECKPOINT:
        field_get_checkpoint(from, member);
        break;
    case AS_REST:
        f->text = cursor_bytes(from, from->left);
        break;
    }
}

/* One CRC over salt and body together: over the body alone it would confirm
 * a guess after an expunge. */
static uint32_t
blob_checksum(struct slice head, struct slice body)
{
    return crc32c(crc32c(BLOB_SEED, head), body);
}

static bool
blob_size_fits(enum fact_type type, size_t size)
{
    if (size == 0)
        return true;
    return layouts[type] & BLOB && size >= BLOB_HEAD_BYTES &&
           size <= FACT_BLOB_MAX;
}

size_t
fact_put(struct buf *out, const struct fact *f)
{
    assert(fact_is_known(f->type));
    size_t start = out->size;
    size_t blob = f->blob_head.size + f->blob_body.size;
    assert(blob_size_fits(f->type, blob));
    assert(blob == 0 || f->blob_head.size == BLOB_HEAD_BYTES);

    uint8_t *header = buf_extend(out, FACT_HEADER_BYTES);
    memset(header, 0, FACT_HEADER_BYTES);
    header[0] = (uint8_t)f->type;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (layouts[f->type] & HAS(i))
            field_put(out, &fields[i], f);
    size_t head = out->size - start;
    assert(head - FACT_HEADER_BYTES <= FACT_HEAD_MAX);
    buf_set_u32(out, start + 4, (uint32_t)(head - FACT_HEADER_BYTES));
    buf_set_u32(out, start + 8, (uint32_t)blob);
    buf_set_u32(out, start + 12, blob_checksum(f->blob_head, f->blob_body));
    buf_put(out, f->blob_head);
    buf_put(out, f->blob_body);
    return head;
}

enum err
fact_size(struct slice bytes, struct fact_size *out)
{
    struct cursor c = cursor_of(bytes);
    uint32_t type = cursor_u32(&c);
    uint32_t head = cursor_u32(&c);
    uint32_t blob = cursor_u32(&c);

    if (bytes.size < FACT_HEADER_BYTES)
        return ERR_TRUNCATED;
    bool left_out = (type & 0xff) == FACT_LEFT_OUT;
    type = left_out ? type - FACT_LEFT_OUT : type;
    if (type & 0xffffff || !fact_is_known(type >> 24))
        return ERR_DAMAGED;
    if (head > FACT_HEAD_MAX || (left_out && !blob) ||
        !blob_size_fits((enum fact_type)(type >> 24), blob))
        return ERR_DAMAGED;
    *out = (struct fact_size){.head = FACT_HEADER_BYTES + head,
                              .blob = left_out ? 0 : blob,
                              .left_out = left_out ? blob : 0};
    return OK;
}

/* Read the head whose size is known; `f` is spoilt where it is not good. */
static enum err
head_get(struct slice head, struct fact *f)
{
    struct cursor c = cursor_of(head);
    const struct field *field = fields;

    memset(f, 0, sizeof *f);
    f->type = (enum fact_type)head.data[0];
    cursor_bytes(&c, FACT_HEADER_BYTES);
    for (uint32_t left = layouts[f->type] & ~BLOB; left; left >>= 1, field++)
        if (left & 1)
            field_get(&c, field, f);
    return cursor_done(&c) ? OK : ERR_DAMAGED;
}

enum err
fact_get_head(struct slice head, struct fact *out)
{
    struct fact_size size;
    struct fact f;
    enum err e = fact_size(head, &size);

    if (e)
        return e;
    if (head.size < size.head)
        return ERR_TRUNCATED;
    if (head.size > size.head)
        return ERR_DAMAGED;
    e = head_get(head, &f);
    if (e == OK)
        *out = f;
    return e;
}

static bool
is_zeros(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i])
            return false;
    return true;
}

static enum err
blob_get(struct slice whole, const struct fact_size *size, struct fact *f)
{
    if (size->left_out)
        return ERR_GONE;
    struct cursor c = cursor_of(whole);
    cursor_bytes(&c, size->head);
    struct slice head = cursor_bytes(&c, size->blob ? BLOB_HEAD_BYTES : 0);
    struct slice body = cursor_bytes(&c, size->blob - head.size);
    if (c.bad)
        return ERR_TRUNCATED;
    if (blob_checksum(head, body) != get_be32(whole.data + 12))
        return size->blob && is_zeros(head) && is_zeros(body) ? ERR_GONE
                                                              : ERR_DAMAGED;
    f->blob_head = head;
    f->blob_body = body;
    return OK;
}

enum err
fact_get_blob(struct slice whole, struct fact *f)
{
    struct fact_size size;
    enum err e = fact_size(whole, &size);

    return e ? e : blob_get(whole, &size, f);
}

enum err
fact_get(struct slice *bytes, struct fact *out, bool *erased)
{
    struct fact_size size;
    struct fact f;
    enum err e = fact_size(*bytes, &size);

    if (e)
        return e;
    if (size.left_out)
        return ERR_DAMAGED;
    if (bytes->size < size.head || bytes->size - size.head < size.blob)
        return ERR_TRUNCATED;
    e = head_get(slice_of(bytes->data, size.head), &f);
    if (e)
        return e;
    e = blob_get(*bytes, &size, &f);
    if (e && e != ERR_GONE)
        return e;
    *erased = e == ERR_GONE;
    *out = f;
    bytes->data += size.head + size.blob;
    bytes->size -= size.head + size.blob;
    return OK;
}
