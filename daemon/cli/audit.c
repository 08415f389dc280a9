#include "cli/entry.h"
#include "cli/local.h"
#include "cli/proofs.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

struct audit {
    struct run *run;
    struct json_out *json; /* NULL: text */
    struct daemon *asks, *walks;
    uint64_t lanes, entries, bodies, hidden, faults;
};

/* What a lane's walk found. */
struct walk {
    struct slice name;
    uint64_t entries, bodies, hidden, erased;
    const char *roots;   /* NULL: good; else what is wrong */
    const char *receipt; /* the same; "none" is no fault */
    const char *body;
};

/* ---- roots and signatures ----------------------------------------------- */

static bool
signed_by(struct audit *a, const struct control_record *r, enum key_role role,
          const struct checkpoint *c)
{
    bool is_receipt = role == KEY_ROLE_RECEIPT;
    struct slice signer = control_text(r, is_receipt ? "holder" : "origin");
    struct team_name origin, team;
    struct slice id = control_bytes(r, "lane-id");
    struct known_card card;
    struct lane_id lane;
    struct vkey key;
    bool good;

    if (!team_name_parse(control_text(r, "origin"), &origin) ||
        !team_name_parse(signer, &team) || id.size != sizeof lane.b ||
        !known_card_fetch(a->walks, team.text, &card))
        return false;
    memcpy(lane.b, id.data, sizeof lane.b);
    good = known_card_key(&card, role, &c->key, &key);
    if (good) {
        struct signatory by = {&team, role, &key.key};
        good = checkpoint_verify(c, &origin, &lane, &by) == OK;
    }
    known_card_clear(&card);
    return good;
}

/* Hold a signed (size, root) against the leaves. */
static const char *
check_signed(struct audit *a, const struct control_record *r,
             enum key_role role, const struct leaves *l)
{
    struct checkpoint c;
    struct hash root;
    bool there = role == KEY_ROLE_RECEIPT ? proof_receipt(r, &c)
                                          : proof_checkpoint(r, &c);

    if (!there)
        return record_u64(r, "signed-size") == 0 || role == KEY_ROLE_RECEIPT
                   ? "none"
                   : "the checkpoint is missing";
    if (c.size > l->size)
        return "it covers entries that are not there";
    leaves_root(l, c.size, &root);
    if (!hash_equal(&root, &c.root))
        return "its root is not that of the entries";
    return signed_by(a, r, role, &c) ? NULL : "its signature is not good";
}

/* ---- bodies ------------------------------------------------------------- */

static void
check_body(struct walk *w, const struct control_record *r,
           const struct leaves *l)
{
    struct slice record = control_bytes(r, "record");
    struct slice salt = control_bytes(r, "salt");
    uint64_t index = record_u64(r, "index");
    struct hash hash;
    struct leaf leaf;

    if (!control_find(r, "index"))
        return;
    if (slice_is(control_text(r, "state"), "damaged") ||
        leaf_decode(record, index, &leaf) != OK || index >= l->size) {
        w->body = "an entry is damaged";
        return;
    }
    leaf_hash(record.data, &hash);
    if (!hash_equal(&hash, &l->hashes[index]))
        w->body = "a record changed between two reads";
    if (slice_is(control_text(r, "state"), "expunged")) {
        w->erased++;
        if (salt.size || control_find(r, "body"))
            w->body = "what is expunged is still there";
        return;
    }
    if (salt.size != SALT_BYTES) {
        w->hidden++;
        return;
    }
    w->bodies++;
    leaf_commit(salt.data, control_bytes(r, "body"), &hash);
    if (!hash_equal(&hash, &leaf.commitment))
        w->body = "a body does not match its commitment";
}

static bool
walk_bodies(struct audit *a, uint32_t lane, const struct leaves *l,
            struct walk *w)
{
    struct buf cursor = {0};
    struct control_answer page;
    struct ask ask;
    bool good, more;

    do {
        ask_begin(&ask, "list");
        control_add_number(&ask.b, "lane", lane);
        control_add_truth(&ask.b, "whole", true);
        if (cursor.size)
            control_add_text(&ask.b, "cursor", buf_slice(&cursor));
        good = link_call(a->walks, &ask, &page);
        ask_clear(&ask);
        buf_reset(&cursor);
        for (size_t i = 0; good && i < page.record_count; i++) {
            check_body(w, &page.records[i], l);
            buf_put(&cursor, control_text(&page.records[i], "cursor"));
        }
        more = good && cursor.size > 0;
    } while (more);
    buf_clear(&cursor);
    return good;
}

/* ---- a lane ------------------------------------------------------------- */

static void
print_walk(struct audit *a, const struct walk *w)
{
    struct buf line = {0};

    text_put_clean(&line, w->name);
    buf_put_str(&line, "  ");
    text_put_counted(&line, w->entries, "entry", "entries");
    buf_put_str(&line, "  checkpoint ");
    buf_put_str(&line, w->roots ? w->roots : "GOOD");
    buf_put_str(&line, "  receipt ");
    buf_put_str(&line, w->receipt ? w->receipt : "GOOD");
    if (option_is(&a->run->options, "bodies")) {
        buf_put_str(&line, "  bodies ");
        text_put_count(&line, w->bodies);
        buf_put_u8(&line, ' ');
        buf_put_str(&line, w->body ? w->body : "GOOD");
        if (w->erased) {
            buf_put_str(&line, ", expunged ");
            text_put_count(&line, w->erased);
        }
        if (w->hidden) {
            buf_put_str(&line, ", not readable ");
            text_put_count(&line, w->hidden);
        }
    }
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

static void
walk_json(struct audit *a, const struct walk *w)
{
    json_out_open(a->json, NULL);
    json_out_text(a->json, "lane", w->name);
    json_out_number(a->json, "entries", w->entries);
    json_out_str(a->json, "checkpoint", w->roots ? w->roots : "good");
    json_out_str(a->json, "receipt", w->receipt ? w->receipt : "good");
    if (option_is(&a->run->options, "bodies")) {
        json_out_number(a->json, "bodies", w->bodies);
        json_out_number(a->json, "expunged", w->erased);
        json_out_number(a->json, "not_readable", w->hidden);
        json_out_str(a->json, "body", w->body ? w->body : "good");
    }
    json_out_close(a->json);
}

static bool
is_fault(const char *finding)
{
    return finding && strcmp(finding, "none") != 0;
}

static bool
audit_lane(struct audit *a, const struct control_record *r)
{
    uint32_t lane = (uint32_t)record_u64(r, "lane");
    struct walk w = {.name = control_text(r, "lane-name")};
    struct leaves l = {0};
    bool good = leaves_fetch(a->walks, lane, record_u64(r, "size"), &l);

    if (good && option_is(&a->run->options, "bodies"))
        good = walk_bodies(a, lane, &l, &w);
    if (good) {
        w.entries = l.size;
        w.roots = check_signed(a, r, KEY_ROLE_CHECKPOINT, &l);
        w.receipt = check_signed(a, r, KEY_ROLE_RECEIPT, &l);
        a->lanes++;
        a->entries += w.entries;
        a->bodies += w.bodies;
        a->hidden += w.hidden;
        a->faults += is_fault(w.roots);
        a->faults += is_fault(w.receipt);
        a->faults += is_fault(w.body);
        if (a->json)
            walk_json(a, &w);
        else
            print_walk(a, &w);
    }
    leaves_clear(&l);
    return good;
}

static void
print_total(const struct audit *a)
{
    struct buf line = {0};

    text_put_counted(&line, a->lanes, "lane", "lanes");
    buf_put_str(&line, ", ");
    text_put_counted(&line, a->entries, "entry", "entries");
    buf_put_str(&line, ", ");
    text_put_counted(&line, a->faults, "fault", "faults");
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

static int
audit_lanes(struct audit *a)
{
    struct control_answer answer;
    struct ask ask;
    bool good;

    ask_begin(&ask, "lanes");
    good = link_call(a->asks, &ask, &answer);
    ask_clear(&ask);
    for (size_t i = 0; good && i < answer.record_count; i++)
        good = audit_lane(a, &answer.records[i]);
    if (!good)
        return FAILED;
    if (!a->json)
        print_total(a);
    return a->faults ? FAILED : DONE;
}

/* Link to the daemon, or to what reads the backup. */
static struct daemon *
link_to(const struct run *run, struct local *backup)
{
    return backup ? local_link(backup) : link_open(run);
}

int
command_audit(struct run *run)
{
    const char *path = option_text(&run->options, "backup");
    struct audit a = {.run = run};
    struct local *backup = NULL;
    int code = FAILED;

    if (run->options.word_count > 0)
        return command_usage(run);
    if (path && !local_open(path, &backup))
        return FAILED;
    a.json = run->json ? json_out_new(stdout) : NULL;
    a.asks = link_to(run, backup);
    a.walks = a.asks ? link_to(run, backup) : NULL;
    if (a.walks)
        code = audit_lanes(&a);
    daemon_close(a.walks);
    daemon_close(a.asks);
    local_close(backup);
    json_out_free(a.json);
    return code;
}
