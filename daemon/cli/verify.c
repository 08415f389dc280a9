#include "cli/entry.h"
#include "cli/files.h"
#include "cli/vkeys.h"
#include "core/base/limits.h"
#include "core/lane/evidence.h"

#define FILE_MAX MIB(32)
#define KEYS_MAX 64

struct keys {
    struct vkey list[KEYS_MAX];
    struct vkey_span spans[KEYS_MAX];
    bool has_span[KEYS_MAX];
    size_t count;
};

/* ---- keys --------------------------------------------------------------- */

static bool
add_key(struct keys *keys, struct slice text, const char *where)
{
    size_t n = keys->count;
    enum err e = n == KEYS_MAX
                     ? ERR_LIMIT
                     : vkey_span_parse(text, &keys->list[n], &keys->spans[n],
                                       &keys->has_span[n]);

    if (e == OK) {
        keys->count++;
        return true;
    }
    (void)complain("%s: not a verifier key of a team (%s); `sealane card "
                   "show --vkeys` prints them",
                   where, err_text(e));
    return false;
}

/* Read a file of keys, one a line; # begins a remark. */
static bool
read_keys(struct keys *keys, const char *path)
{
    struct buf file = {0};
    bool good = file_read(path, MIB(1), &file);
    struct slice rest = buf_slice(&file);

    while (good && rest.size > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        if (size > 0 && rest.data[0] != '#')
            good = add_key(keys, slice_of(rest.data, size), path);
        size += end != NULL;
        rest = slice_of(rest.data + size, rest.size - size);
    }
    buf_clear(&file);
    return good;
}

static bool
take_keys(struct keys *keys, const struct run *run)
{
    static const char *const given[] = {"origin-key", "holder-key"};

    for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
        const char *text = option_text(&run->options, given[i]);
        if (text && !add_key(keys, slice_str(text), given[i]))
            return false;
    }
    const char *path = option_text(&run->options, "keys");
    if (path && !read_keys(keys, path))
        return false;
    if (keys->count == 0)
        (void)complain("say whose keys to trust: --keys FILE, or "
                       "--origin-key and --holder-key");
    return keys->count > 0;
}

/* Find the key of a team in a role that made a signature, by its id. */
static const struct vkey *
find_key(const struct keys *keys, const struct team_name *team,
         enum key_role role, const struct key_id *id)
{
    struct key_id own;

    for (size_t i = 0; i < keys->count; i++) {
        const struct vkey *k = &keys->list[i];
        key_id_of(&k->team, k->role, &k->key, &own);
        if (k->role == role && team_name_equal(&k->team, team) &&
            key_id_equal(&own, id))
            return k;
    }
    return NULL;
}

/* PROTOCOL evidence: "Where positions are given for a key in the lane, a
 * verifier MUST refuse its signature of any other size." */
static bool
signs_size(const struct keys *keys, const struct vkey *key,
           const struct evidence *e)
{
    bool any = false;

    for (size_t i = 0; i < keys->count; i++) {
        const struct vkey_span *s = &keys->spans[i];
        if (!keys->has_span[i] || !lane_id_equal(&s->lane, &e->lane) ||
            memcmp(keys->list[i].key.b, key->key.b, PUBLIC_KEY_BYTES) != 0)
            continue;
        if (s->above < e->size && e->size <= s->upto)
            return true;
        any = true;
    }
    return !any;
}

/* ---- what is proven ----------------------------------------------------- */

struct finding {
    struct evidence evidence;
    const struct vkey *origin, *holder;
    bool wants_holder; /* a holder's key was given */
};

static void
print_signed(const char *what, const struct team_name *team,
             const struct checkpoint *c)
{
    struct buf when = {0};

    text_put_time(&when, c->time_s > UINT64_MAX / 1000 ? UINT64_MAX
                                                       : c->time_s * 1000);
    (void)printf(" %s %s, over %llu entries, by its clock at %.*s\n", what,
                 team->text, (unsigned long long)c->size, (int)when.size,
                 (const char *)when.data);
    buf_clear(&when);
}

static void
put_message(struct buf *out, struct slice bytes, bool defang)
{
    struct control_record none = {0};
    struct entry e = {.record = &none};
    struct arena arena;

    arena_init(&arena, ENTRY_BUDGET);
    e.has_message = message_get(bytes, &arena, &e.message) == OK;
    if (e.has_message) {
        entry_put_what(out, &e);
        buf_put_u8(out, ' ');
        entry_put_value(out, &e.message, defang);
        if (e.message.has_head) {
            buf_put_str(out, "  ");
            marking_put(out, &e.message.head.marking);
        }
    } else {
        buf_put_str(out, "a message that cannot be read");
    }
    arena_clear(&arena);
}

static void
print_content(const struct run *run, const struct evidence *e)
{
    struct submission_id id;
    struct slice bytes;
    struct buf line = {0};

    if (!e->has_body)
        buf_put_str(&line, "not shown: the leaf record alone is proven");
    else if (body_split(e->body, &id, &bytes) == OK)
        put_message(&line, bytes, run->terminal);
    else
        buf_put_str(&line, "no message");
    (void)printf(" content      %.*s\n", (int)line.size,
                 (const char *)line.data);
    buf_clear(&line);
}

static void
print_proven(const struct run *run, const struct finding *f)
{
    const struct evidence *e = &f->evidence;
    struct buf lane = {0};

    buf_put_hex(&lane, slice_of(e->lane.b, 8));
    (void)printf("GOOD  entry %llu of lane %.*s... of %s\n",
                 (unsigned long long)e->index, (int)lane.size,
                 (const char *)lane.data, e->origin.text);
    buf_clear(&lane);
    print_signed("signed by   ", &e->origin, &e->checkpoint);
    if (f->holder)
        print_signed("receipted by", &e->holder, &e->receipt);
    else if (e->has_receipt)
        (void)printf(" receipt      of %s, NOT checked: its key was not "
                     "given\n",
                     e->holder.text);
    else
        (void)printf(" receipt      none in the file\n");
    print_content(run, e);
}

static void
proven_json(const struct finding *f)
{
    const struct evidence *e = &f->evidence;
    struct json_out *j = json_out_new(stdout);
    struct submission_id id;
    struct slice bytes;

    json_out_open(j, NULL);
    json_out_truth(j, "good", true);
    json_out_str(j, "origin", e->origin.text);
    json_out_hex(j, "lane", SLICE_ARRAY(e->lane.b));
    json_out_number(j, "index", e->index);
    json_out_number(j, "size", e->size);
    json_out_hex(j, "root", SLICE_ARRAY(e->root.b));
    json_out_number(j, "signed_s", e->checkpoint.time_s);
    json_out_truth(j, "receipted", f->holder != NULL);
    if (f->holder) {
        json_out_str(j, "holder", e->holder.text);
        json_out_number(j, "receipted_s", e->receipt.time_s);
    }
    json_out_hex(j, "record", SLICE_ARRAY(e->record));
    if (e->has_body && body_split(e->body, &id, &bytes) == OK)
        json_out_base64(j, "message", bytes);
    json_out_close(j);
    json_out_free(j);
}

/* ---- the command -------------------------------------------------------- */

static enum err
check(struct finding *f, const struct keys *keys)
{
    struct evidence *e = &f->evidence;

    f->origin =
        find_key(keys, &e->origin, KEY_ROLE_CHECKPOINT, &e->checkpoint.key);
    if (!f->origin)
        return ERR_KEY;
    if (!signs_size(keys, f->origin, e))
        return ERR_STALE;
    if (e->has_receipt)
        f->holder =
            find_key(keys, &e->holder, KEY_ROLE_RECEIPT, &e->receipt.key);
    /* Whoever names a holder wants its receipt proven, not passed over. */
    if (f->wants_holder && !f->holder)
        return e->has_receipt ? ERR_KEY : ERR_MISSING;
    struct signatory origin = {&e->origin, KEY_ROLE_CHECKPOINT,
                               &f->origin->key};
    struct signatory holder = {&e->holder, KEY_ROLE_RECEIPT,
                               f->holder ? &f->holder->key : NULL};
    return evidence_verify(e, &origin, f->holder ? &holder : NULL);
}

/* Errors that say something else of a file than of a frame. */
static const char *
fault_text(enum err e)
{
    switch ((int)e) {
    case ERR_RANGE:
        return "its leaf record belongs to another index";
    case ERR_KEY:
        return "it is signed with a key that was not given";
    case ERR_STALE:
        return "its origin's key does not sign that size of the lane";
    case ERR_MISSING:
        return "a receipt is asked for, and there is none in it";
    default:
        return err_text(e);
    }
}

static int
verify_file(struct run *run, struct slice file, const struct keys *keys)
{
    struct finding f = {0};
    struct buf memory = {0};
    int code = DONE;
    enum err e = evidence_read(file, &memory, &f.evidence);

    f.wants_holder = option_text(&run->options, "holder-key") != NULL;
    if (e == OK)
        e = check(&f, keys);
    if (e != OK)
        code =
            complain("%s: NOT GOOD: %s", run->options.words[0], fault_text(e));
    else if (run->json)
        proven_json(&f);
    else
        print_proven(run, &f);
    buf_clear(&memory);
    return code;
}

int
command_verify(struct run *run)
{
    struct keys keys = {0};
    struct buf file = {0};
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    if (take_keys(&keys, run) &&
        file_read(run->options.words[0], FILE_MAX, &file))
        code = verify_file(run, buf_slice(&file), &keys);
    buf_clear(&file);
    return code;
}
