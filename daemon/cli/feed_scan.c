#include "cli/feed_scan.h"

#include "core/base/hex.h"
#include "core/crypto/crypto.h"
#include "core/crypto/md5.h"
#include "core/formats/ascii.h"
#include "core/formats/json_nest.h"
#include "core/formats/json_put.h"
#include "core/formats/misp_said.h"
#include "core/formats/uuid.h"

#include <sys/mman.h>
#include <sys/stat.h>

enum role { ROLE_DOCUMENT, ROLE_EVENT, ROLE_OBJECT, ROLE_ATTRIBUTE };

struct scan {
    struct feed_about *about;
    struct hash hash; /* of the file */
    struct arena arena;
    enum role roles[JSON_NEST_MAX], child[JSON_NEST_MAX];
    bool has_event;
};

/* ---- hashes of values -----------------------------------------------------
 */

static void
put_md5(struct scan *s, struct slice text)
{
    uint8_t md5[MD5_BYTES];

    if (crypto_md5(text, md5))
        buf_put(&s->about->hashes, SLICE_ARRAY(md5));
}

/* Of a pair each side is looked for by itself. */
static void
attribute_take(struct scan *s, const struct json_doc *doc)
{
    struct slice type = {0}, value = {0};
    struct misp_fault fault;

    arena_reset(&s->arena);
    if (!misp_text(doc, json_member(doc, 0, "type"), &s->arena, &type,
                   &fault) ||
        !misp_text(doc, json_member(doc, 0, "value"), &s->arena, &value,
                   &fault) ||
        misp_truth(doc, json_member(doc, 0, "deleted")) == MISP_YES)
        return;
    bool is_pair =
        slice_find(type, '|') < type.size || slice_is(type, "malware-sample");
    while (is_pair && slice_find(value, '|') < value.size) {
        size_t bar = slice_find(value, '|');
        put_md5(s, slice_first(value, bar));
        value = slice_from(value, bar + 1);
    }
    put_md5(s, value);
}

/* ---- the entry of the manifest --------------------------------------------
 */

/* Write some members of an object, as they stand. */
static void
put_members(struct buf *out, const struct json_doc *doc, uint32_t object,
            const char *const *keys, size_t count)
{
    const char *before = "";

    for (size_t i = 0; i < count; i++) {
        uint32_t token = json_member(doc, object, keys[i]);
        if (!token)
            continue;
        buf_put_str(out, before);
        buf_put_u8(out, '"');
        buf_put_str(out, keys[i]);
        buf_put_str(out, "\":");
        buf_put(out, json_raw(doc, token));
        before = ",";
    }
}

static void
put_owner(struct buf *out, const struct json_doc *doc)
{
    static const char *const keys[] = {"name", "uuid"};
    uint32_t owner = json_member(doc, 0, "Orgc");

    if (!owner)
        return;
    buf_put_str(out, ",\"Orgc\":{");
    put_members(out, doc, owner, keys, ARRAY_SIZE(keys));
    buf_put_u8(out, '}');
}

static void
put_tags(struct buf *out, const struct json_doc *doc)
{
    static const char *const keys[] = {"name", "colour"};
    uint32_t list = json_member(doc, 0, "Tag");

    buf_put_str(out, ",\"Tag\":[");
    for (uint32_t i = list + 1; list && i < json_end(doc, list);
         i = doc->tokens[i].next) {
        buf_put_str(out, i == list + 1 ? "{" : ",{");
        put_members(out, doc, i, keys, ARRAY_SIZE(keys));
        buf_put_u8(out, '}');
    }
    buf_put_u8(out, ']');
}

static void
put_entry(struct scan *s, const struct json_doc *doc)
{
    static const char *const keys[] = {"info",      "date",
                                       "timestamp", "threat_level_id",
                                       "analysis",  "distribution"};
    struct buf *out = &s->about->entry;

    buf_put_u8(out, '"');
    buf_put(out, buf_slice(&s->about->uuid));
    buf_put_str(out, "\":{");
    put_members(out, doc, 0, keys, ARRAY_SIZE(keys));
    put_owner(out, doc);
    put_tags(out, doc);
    buf_put_str(out, ",\"integrity:sha256\":\"");
    buf_put_hex(out, SLICE_ARRAY(s->hash.b));
    buf_put_str(out, "\"}");
}

/* What the reader of an event has checked already stands as it should. */
static void
event_take(struct scan *s, const struct json_doc *doc)
{
    struct feed_about *about = s->about;
    uint8_t bytes[UUID_BYTES];
    struct misp_fault fault;
    struct slice uuid = {0};

    s->has_event = true;
    arena_reset(&s->arena);
    if (doc->fault ||
        !misp_text(doc, json_member(doc, 0, "uuid"), &s->arena, &uuid,
                   &fault) ||
        !uuid_parse(uuid, bytes)) {
        about->trouble = "it has no UUID";
        return;
    }
    if (!misp_member(doc, 0, "info")) {
        about->trouble = "its info is not among what is written";
        return;
    }
    for (size_t i = 0; i < uuid.size; i++)
        buf_put_u8(&about->uuid, ascii_lower(uuid.data[i]));
    (void)!misp_number(doc, json_member(doc, 0, "timestamp"), UINT32_MAX,
                       &about->timestamp);
    put_entry(s, doc);
}

/* ---- the file --------------------------------------------------------------
 */

static enum json_way
on_way(void *context, unsigned level, const struct json_doc *open, uint32_t key,
       enum json_kind kind)
{
    struct scan *s = context;

    if (!open)
        return JSON_KEEP;
    enum role role = s->roles[level];
    if (role == ROLE_DOCUMENT && json_is(open, key, "Event") &&
        kind == JSON_OBJECT) {
        s->child[level] = ROLE_EVENT;
        return JSON_ALONE;
    }
    if (kind != JSON_ARRAY || role == ROLE_DOCUMENT || role == ROLE_ATTRIBUTE)
        return JSON_KEEP;
    if (json_is(open, key, "Attribute")) {
        s->child[level] = ROLE_ATTRIBUTE;
        return JSON_PARTS;
    }
    if (role == ROLE_EVENT && json_is(open, key, "Object")) {
        s->child[level] = ROLE_OBJECT;
        return JSON_PARTS;
    }
    return JSON_KEEP;
}

static void
on_began(void *context, unsigned level)
{
    struct scan *s = context;

    s->roles[level] = level ? s->child[level - 1] : ROLE_DOCUMENT;
}

static void
on_ended(void *context, unsigned level, const struct json_doc *part)
{
    struct scan *s = context;

    switch (s->roles[level]) {
    case ROLE_EVENT:
        event_take(s, part);
        break;
    case ROLE_ATTRIBUTE:
        if (!part->fault)
            attribute_take(s, part);
        break;
    case ROLE_DOCUMENT:
    case ROLE_OBJECT:
        break;
    }
}

static bool
scan(struct scan *s, struct slice bytes)
{
    const struct json_nest_handler handler = {s, on_way, on_began, on_ended};
    struct json_stream *json = json_nest_new(&handler);
    enum err e = json_stream_feed(json, bytes);

    if (e == OK)
        e = json_stream_finish(json);
    json_stream_free(json);
    if (e && !s->about->trouble)
        s->about->trouble = "it cannot be read again";
    return !e && s->has_event && !s->about->trouble;
}

bool
feed_scan(int fd, struct feed_about *out)
{
    struct scan s = {.about = out};
    struct stat about;
    bool good = false;
    void *bytes = MAP_FAILED;

    *out = (struct feed_about){.trouble = "its file cannot be read again"};
    if (fstat(fd, &about) == 0 && about.st_size > 0)
        bytes =
            mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    out->trouble = NULL;
    struct slice text = slice_of(bytes, (size_t)about.st_size);
    crypto_hash_one(&s.hash, text);
    arena_init(&s.arena, 4 * JSON_BYTES_MAX);
    good = scan(&s, text);
    arena_clear(&s.arena);
    (void)munmap(bytes, (size_t)about.st_size);
    return good;
}

void
feed_about_clear(struct feed_about *about)
{
    buf_clear(&about->uuid);
    buf_clear(&about->entry);
    buf_clear(&about->hashes);
    *about = (struct feed_about){0};
}
