#include "core/wire/control.h"

#include "control.pb-c.h"
#include "core/wire/pack.h"
#include "core/wire/take.h"

#include <assert.h>

#define BUILDER_FIRST 8

const struct control_value *
control_find(const struct control_record *r, const char *key)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->values[i].key, key) == 0)
            return &r->values[i];
    return NULL;
}

static const struct control_value *
find_kind(const struct control_record *r, const char *key,
          enum control_value_kind kind)
{
    const struct control_value *v = control_find(r, key);

    return v && v->kind == kind ? v : NULL;
}

struct slice
control_text(const struct control_record *r, const char *key)
{
    const struct control_value *v = find_kind(r, key, CONTROL_TEXT);

    return v ? v->text : (struct slice){0};
}

struct slice
control_bytes(const struct control_record *r, const char *key)
{
    const struct control_value *v = find_kind(r, key, CONTROL_BYTES);

    return v ? v->text : (struct slice){0};
}

int64_t
control_number(const struct control_record *r, const char *key,
               int64_t otherwise)
{
    const struct control_value *v = find_kind(r, key, CONTROL_NUMBER);

    return v ? v->number : otherwise;
}

bool
control_truth(const struct control_record *r, const char *key)
{
    const struct control_value *v = find_kind(r, key, CONTROL_TRUTH);

    return v && v->number;
}

static void
value_fill(struct pack *p, const struct control_value *v,
           Sealane__Control__Value *m)
{
    *m = (Sealane__Control__Value)SEALANE__CONTROL__VALUE__INIT;
    m->key = (char *)v->key;
    switch (v->kind) {
    case CONTROL_TEXT:
        m->text = pack_texts(p, &v->text, 1)[0];
        break;
    case CONTROL_NUMBER:
        PACK_SET(*m, number, v->number);
        break;
    case CONTROL_TRUTH:
        PACK_SET(*m, truth, v->number != 0);
        break;
    case CONTROL_BYTES:
        PACK_SET(*m, bytes, pack_bytes(v->text));
        break;
    }
}

static Sealane__Control__Value **
pack_values(struct pack *p, const struct control_record *r)
{
    if (!r->count)
        return NULL;
    Sealane__Control__Value **list =
        pack_array(p, r->count, sizeof(Sealane__Control__Value *));
    Sealane__Control__Value *values = pack_array(p, r->count, sizeof *values);
    for (size_t i = 0; i < r->count; i++) {
        value_fill(p, &r->values[i], &values[i]);
        list[i] = &values[i];
    }
    return list;
}

static void
pack_sized(struct buf *out, const ProtobufCMessage *m)
{
    size_t start = out->size;

    buf_put_u32(out, 0);
    pack_message(out, m);
    size_t size = out->size - start - CONTROL_HEADER_BYTES;
    assert(size <= UINT32_MAX);
    buf_set_u32(out, start, (uint32_t)size);
}

void
control_request_put(struct buf *out, const struct control_request *r)
{
    Sealane__Control__Request m = SEALANE__CONTROL__REQUEST__INIT;
    struct pack p;

    pack_init(&p);
    PACK_SET(m, id, r->id);
    m.verb = (char *)r->verb;
    m.n_values = r->values.count;
    m.values = pack_values(&p, &r->values);
    m.n_messages = r->message_count;
    if (r->message_count)
        m.messages = pack_array(&p, r->message_count, sizeof *m.messages);
    for (size_t i = 0; i < r->message_count; i++)
        m.messages[i] = pack_bytes(r->messages[i]);
    pack_sized(out, &m.base);
    pack_clear(&p);
}

static Sealane__Control__Record **
pack_records(struct pack *p, const struct control_answer *a)
{
    if (!a->record_count)
        return NULL;
    Sealane__Control__Record **list =
        pack_array(p, a->record_count, sizeof(Sealane__Control__Record *));
    Sealane__Control__Record *records =
        pack_array(p, a->record_count, sizeof *records);
    for (size_t i = 0; i < a->record_count; i++) {
        records[i] = (Sealane__Control__Record)SEALANE__CONTROL__RECORD__INIT;
        records[i].n_values = a->records[i].count;
        records[i].values = pack_values(p, &a->records[i]);
        list[i] = &records[i];
    }
    return list;
}

void
control_answer_put(struct buf *out, const struct control_answer *a)
{
    Sealane__Control__Answer m = SEALANE__CONTROL__ANSWER__INIT;
    struct pack p;

    pack_init(&p);
    PACK_SET(m, id, a->id);
    PACK_SET(m, code, err_code(a->code));
    m.text = pack_text(&p, a->text);
    m.n_records = a->record_count;
    m.records = pack_records(&p, a);
    if (a->more)
        PACK_SET(m, more, 1);
    pack_sized(out, &m.base);
    pack_clear(&p);
}

static void
take_value(struct take *t, const Sealane__Control__Value *m,
           struct control_value *out)
{
    int contents =
        !!m->text + !!m->has_number + !!m->has_truth + !!m->has_bytes;

    if (!m->key || contents == 0)
        take_fail(t, ERR_MISSING);
    if (contents > 1)
        take_fail(t, ERR_VALUE);
    out->key = m->key;
    if (m->text) {
        out->kind = CONTROL_TEXT;
        out->text = slice_str(m->text);
    } else if (m->has_bytes) {
        out->kind = CONTROL_BYTES;
        out->text = slice_of(m->bytes.data, m->bytes.len);
    } else {
        out->kind = m->has_number ? CONTROL_NUMBER : CONTROL_TRUTH;
        out->number = m->has_number ? m->number : m->truth;
    }
}

static struct control_record
take_values(struct take *t, Sealane__Control__Value *const *list, size_t count)
{
    if (count > CONTROL_VALUES_MAX)
        take_fail(t, ERR_LIMIT);
    if (!count || count > CONTROL_VALUES_MAX)
        return (struct control_record){0};
    struct control_value *values = take_array(t, count, sizeof *values);
    for (size_t i = 0; values && i < count; i++)
        take_value(t, list[i], &values[i]);
    return (struct control_record){values, count};
}

static const struct slice *
take_messages(struct take *t, const Sealane__Control__Request *m)
{
    if (m->n_messages > CONTROL_MESSAGES_MAX)
        take_fail(t, ERR_LIMIT);
    if (!m->n_messages || m->n_messages > CONTROL_MESSAGES_MAX)
        return NULL;
    struct slice *out = take_array(t, m->n_messages, sizeof *out);
    for (size_t i = 0; out && i < m->n_messages; i++)
        out[i] = slice_of(m->messages[i].data, m->messages[i].len);
    return out;
}

enum err
control_request_get(struct slice payload, struct arena *arena,
                    struct control_request *out)
{
    struct take t = {.arena = arena};
    ProtobufCMessage *base = NULL;
    enum err e =
        prescan_unpack_within(payload, &sealane__control__request__descriptor,
                              CONTROL_REQUEST_FIELDS_MAX, arena, &base);

    if (e)
        return e;
    const Sealane__Control__Request *m =
        (const Sealane__Control__Request *)base;
    struct control_request r = {.verb = m->verb};
    r.id = TAKE_U64(&t, m, id);
    if (!m->verb)
        take_fail(&t, ERR_MISSING);
    r.values = take_values(&t, m->values, m->n_values);
    r.messages = take_messages(&t, m);
    r.message_count = m->n_messages;
    if (!t.err)
        *out = r;
    return t.err;
}

static const struct control_record *
take_records(struct take *t, const Sealane__Control__Answer *m)
{
    if (m->n_records > CONTROL_RECORDS_MAX)
        take_fail(t, ERR_LIMIT);
    if (!m->n_records || m->n_records > CONTROL_RECORDS_MAX)
        return NULL;
    struct control_record *out = take_array(t, m->n_records, sizeof *out);
    for (size_t i = 0; out && i < m->n_records; i++)
        out[i] = take_values(t, m->records[i]->values, m->records[i]->n_values);
    return out;
}

enum err
control_answer_get(struct slice payload, struct arena *arena,
                   struct control_answer *out)
{
    struct take t = {.arena = arena};
    ProtobufCMessage *base = NULL;
    enum err e =
        prescan_unpack_within(payload, &sealane__control__answer__descriptor,
                              CONTROL_ANSWER_FIELDS_MAX, arena, &base);

    if (e)
        return e;
    const Sealane__Control__Answer *m = (const Sealane__Control__Answer *)base;
    struct control_answer a = {.text = slice_str(m->text)};
    a.id = TAKE_U64(&t, m, id);
    a.code = err_from_code(TAKE_U32(&t, m, code));
    a.records = take_records(&t, m);
    a.record_count = m->n_records;
    a.more = m->has_more && m->more;
    if (!t.err)
        *out = a;
    return t.err;
}

void
control_begin(struct control_builder *b, struct arena *arena)
{
    *b = (struct control_builder){.arena = arena};
}

/* Move an array that is full to one of twice its size. */
static void *
grown(struct arena *arena, const void *old, size_t item, size_t *capacity)
{
    size_t count = *capacity;

    *capacity = count ? count * 2 : BUILDER_FIRST;
    void *at = arena_alloc(arena, *capacity * item);
    assert(at);
    if (count)
        memcpy(at, old, count * item);
    return at;
}

static struct control_value *
value_add(struct control_builder *b, const char *key,
          enum control_value_kind kind)
{
    assert(b->value_count < CONTROL_VALUES_MAX);
    if (b->value_count == b->value_capacity)
        b->values =
            grown(b->arena, b->values, sizeof *b->values, &b->value_capacity);
    struct control_value *v = &b->values[b->value_count++];
    *v = (struct control_value){.key = key, .kind = kind};
    return v;
}

static void
slice_add(struct control_builder *b, const char *key,
          enum control_value_kind kind, struct slice bytes)
{
    struct control_value *v = value_add(b, key, kind);
    bool copied = arena_copy(b->arena, bytes, &v->text);

    assert(copied);
}

void
control_add_text(struct control_builder *b, const char *key, struct slice text)
{
    slice_add(b, key, CONTROL_TEXT, text);
}

void
control_add_bytes(struct control_builder *b, const char *key,
                  struct slice bytes)
{
    slice_add(b, key, CONTROL_BYTES, bytes);
}

void
control_add_number(struct control_builder *b, const char *key, int64_t number)
{
    value_add(b, key, CONTROL_NUMBER)->number = number;
}

void
control_add_truth(struct control_builder *b, const char *key, bool truth)
{
    value_add(b, key, CONTROL_TRUTH)->number = truth;
}

void
control_end_record(struct control_builder *b)
{
    assert(b->record_count < CONTROL_RECORDS_MAX);
    if (b->record_count == b->record_capacity)
        b->records = grown(b->arena, b->records, sizeof *b->records,
                           &b->record_capacity);
    b->records[b->record_count++] =
        (struct control_record){b->values, b->value_count};
    b->values = NULL;
    b->value_count = 0;
    b->value_capacity = 0;
}
