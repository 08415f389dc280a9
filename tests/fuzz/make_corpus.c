/*
 * make_corpus - writes the first inputs of the binary targets with our own
 *               encoders.
 *
 * Usage: make_corpus FOLDER ; inputs go to FOLDER/TARGET/made-NAME. Inputs of
 * other names (texts, what was found) are kept as they are.
 */
#include "make_corpus.h"

#include "certs.h"
#include "core/crypto/base64.h"
#include "core/lane/evidence.h"
#include "core/lane/gate.h"
#include "core/wire/card.h"
#include "core/wire/control.h"
#include "core/wire/frames.h"
#include "core/wire/message.h"
#include "edge/signer/signer.h"
#include "script.h"
#include "teams.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static const char *corpus;

void
seed(const char *target, const char *name, struct slice bytes)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s/made-%s", corpus, target, name);
    FILE *file = fopen(path, "we");
    if (!file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

void
seed_behind(const char *target, const char *name, struct slice head,
            struct slice bytes)
{
    struct buf b = {0};

    buf_put(&b, head);
    buf_put(&b, bytes);
    seed(target, name, buf_slice(&b));
    buf_clear(&b);
}

static struct slice
payload_of(const struct buf *frame)
{
    return slice_of(frame->data + FRAME_HEADER_BYTES,
                    frame->size - FRAME_HEADER_BYTES);
}

/* ---- frames that a quiet run does not show ----------------------------------
 */

static void
frames(void)
{
    static const uint8_t bytes[40] = {1, 2, 3};
    uint8_t genesis[GENESIS_BYTES];
    struct lane_id lane;
    struct buf f = {0};

    team_genesis(KRCERT, genesis, &lane);
    frame_genesis_put(&f, &(struct frame_genesis){lane, SLICE_ARRAY(genesis)});
    seed("frame", "genesis", buf_slice(&f));
    buf_reset(&f);
    frame_piece_put(&f,
                    &(struct frame_piece){lane, 3, 65536, SLICE_ARRAY(bytes)});
    seed("frame", "piece", buf_slice(&f));
    for (int type = FRAME_GONE; type <= FRAME_HELD; type++) {
        buf_reset(&f);
        frame_mark_put(&f, (enum frame_type)type,
                       &(struct frame_mark){lane, 3});
        seed("frame", frame_name((unsigned)type), buf_slice(&f));
    }
    buf_reset(&f);
    frame_fetch_put(&f, &(struct frame_fetch){lane, 1, 9});
    seed("frame", "fetch", buf_slice(&f));
    buf_reset(&f);
    frame_ping_put(&f, &(struct frame_ping){7, false});
    seed("frame", "ping", buf_slice(&f));
    buf_reset(&f);
    frame_close_put(&f, &(struct frame_close){17, slice_str("duplicate")});
    seed("frame", "close", buf_slice(&f));
    buf_clear(&f);
}

static struct frame_signed
checkpoint(enum key_role role, const struct team *by, uint64_t size)
{
    uint8_t genesis[GENESIS_BYTES];
    struct lane_id lane;
    struct checkpoint c = {.size = size, .time_s = 1790000000};

    team_genesis(KRCERT, genesis, &lane);
    crypto_hash_one(&c.root, SLICE_ARRAY(genesis));
    team_sign(by, role, &team_of(KRCERT)->name, &lane, &c);
    return (struct frame_signed){c.size, c.root, c.time_s, c.key, c.signature};
}

static void
resume(void)
{
    static const uint8_t knowledge[8] = {0x3c, 0, 5, 0, 5};
    static const uint8_t restored[8] = {0x3c, 1, 2, 0, 5};
    const struct team *o = team_of(KRCERT), *h = team_of(AUSCERT);
    uint8_t genesis[GENESIS_BYTES];
    struct buf f = {0};
    struct frame_lane_state s = {
        .genesis = SLICE_ARRAY(genesis),
        .size = 5,
        .has_checkpoint = true,
        .has_seen = true,
        .has_receipt = true,
        .has_receipt_answers = true,
        .checkpoint = checkpoint(KEY_ROLE_CHECKPOINT, o, 5),
        .seen = checkpoint(KEY_ROLE_CHECKPOINT, o, 7),
        .receipt = checkpoint(KEY_ROLE_RECEIPT, h, 5),
        .receipt_answers = checkpoint(KEY_ROLE_CHECKPOINT, o, 5)};

    team_genesis(KRCERT, genesis, &s.lane);
    s.root = s.checkpoint.root;
    frame_resume_put(&f, &(struct frame_resume){&s, 1});
    seed_behind("resume", "normal", SLICE_ARRAY(knowledge), payload_of(&f));
    seed_behind("resume", "restored", SLICE_ARRAY(restored), payload_of(&f));
    seed("frame", "every-field", buf_slice(&f));
    buf_clear(&f);
}

/* ---- messages ---------------------------------------------------------------
 */

static void
body(const char *name, const struct message *m)
{
    static const struct submission_id id = {{1, 2, 3}, 4};
    static const uint8_t which[] = {0};
    struct buf b = {0};

    message_put(&b, m);
    seed_behind("prescan", name, SLICE_ARRAY(which), buf_slice(&b));
    buf_reset(&b);
    submission_id_put(&b, &id);
    message_put(&b, m);
    seed("message", name, buf_slice(&b));
    buf_clear(&b);
}

void
message_samples(struct message *indicator, struct message *decline)
{
    static const struct slice labels[] = {{(const uint8_t *)"botnet", 6}};
    static const struct slice named[] = {{(const uint8_t *)"duty officer", 12}};

    *indicator = (struct message){
        .kind = MESSAGE_INDICATOR,
        .has_submission = true,
        .submission = {1, slice_str("CASE-7"), slice_str("a title"),
                       slice_str("a note")},
        .has_package = true,
        .package = {.id = slice_str("bundle--1"),
                    .source = slice_str("stix"),
                    .position = 2,
                    .count = 9},
        .has_head = true,
        .head = {.rules = HEAD_RULES,
                 .object_id = slice_str("indicator--1"),
                 .object_type = slice_str("indicator"),
                 .observable = OBSERVABLE_DOMAIN,
                 .value = slice_str("c2.example.net"),
                 .pattern = slice_str("[domain-name:value = 'c2.example.net']"),
                 .pattern_language = slice_str("stix"),
                 .role = slice_str("c2"),
                 .has_valid_from = true,
                 .valid_from = {1790000000000},
                 .has_confidence = true,
                 .confidence = 80,
                 .labels = labels,
                 .label_count = 1,
                 .producer = slice_str("krcert.or.kr"),
                 .marking = {.tlp = TLP_AMBER,
                             .pap = PAP_GREEN,
                             .exercise = slice_str("drill"),
                             .recipients = named,
                             .recipient_count = 1},
                 .created = slice_str("2026-11-23T17:04:11Z"),
                 .modified = slice_str("2026-11-23T17:04:11.120Z")},
        .content = slice_str("{\"type\":\"indicator\"}"),
        .content_type = slice_str("stix-2.1")};
    *decline = (struct message){.kind = MESSAGE_DECLINE,
                                .has_decline = true,
                                .decline = {.entry = {.first = 0, .count = 1},
                                            .code = 52,
                                            .text = slice_str("policy")}};
}

static void
messages(void)
{
    struct message indicator, decline;

    message_samples(&indicator, &decline);
    body("indicator", &indicator);
    body("decline", &decline);
}

/* ---- cards ------------------------------------------------------------------
 */

static void
cards(void)
{
    static const uint8_t which[] = {2};
    struct buf bytes = {0}, payload = {0}, next = {0};

    team_card(team_of(KRCERT), 1, &bytes, &payload);
    seed("card", "krcert", buf_slice(&bytes));
    seed("signed_card", "krcert", buf_slice(&payload));
    seed_behind("prescan", "card", SLICE_ARRAY(which), buf_slice(&bytes));
    buf_reset(&payload);
    team_card(team_of(AUSCERT), 9, &next, &payload);
    seed("card", "auscert", buf_slice(&next));
    seed("signed_card", "auscert", buf_slice(&payload));
    buf_clear(&bytes);
    buf_clear(&payload);
    buf_clear(&next);
}

/* A verifier key as `sealane evidence` reads it: name, key id, key. */
static void
verifier_key(void)
{
    static const uint8_t which[] = {0};
    const struct team *t = team_of(KRCERT);
    uint8_t key[1 + PUBLIC_KEY_BYTES] = {KEY_TYPE_COSIGNATURE};
    struct buf text = {0};

    memcpy(key + 1, t->keys[1].b, PUBLIC_KEY_BYTES);
    key_name(&t->name, KEY_ROLE_CHECKPOINT, &text);
    buf_put_u8(&text, '+');
    buf_put_hex(&text, SLICE_ARRAY(t->ids[1].b));
    buf_put_u8(&text, '+');
    base64_put(&text, SLICE_ARRAY(key));
    seed_behind("words", "key", SLICE_ARRAY(which), buf_slice(&text));
    buf_clear(&text);
}

/* ---- evidence ---------------------------------------------------------------
 */

static bool
leaf_give(void *record, uint64_t index, struct hash *out)
{
    static const uint8_t other[LEAF_BYTES] = {1};

    leaf_hash(index == 1 ? record : other, out);
    return true;
}

static void
evidence(void)
{
    struct evidence e = {.index = 1,
                         .has_body = true,
                         .body = slice_str("a body of some bytes"),
                         .origin = team_of(KRCERT)->name,
                         .holder = team_of(AUSCERT)->name,
                         .size = 3,
                         .has_receipt = true};
    struct leaf l = {.index = 1, .ref = LEAF_REF_NONE, .body_bytes = 20};
    uint8_t genesis[GENESIS_BYTES];
    struct frontier f;
    struct hash h;
    struct buf out = {0};

    leaf_commit(e.salt, e.body, &l.commitment);
    leaf_encode(&l, e.record);
    team_genesis(KRCERT, genesis, &e.lane);
    frontier_init(&f);
    for (uint64_t i = 0; i < e.size; i++) {
        leaf_give(e.record, i, &h);
        frontier_append(&f, &h);
    }
    frontier_root(&f, &e.root);
    enum err bad = merkle_prove(leaf_give, e.record, 1, e.size, &e.proof);
    assert(bad == OK);
    e.checkpoint = e.receipt = (struct checkpoint){
        .size = e.size, .root = e.root, .time_s = 1790000000};
    team_sign(team_of(KRCERT), KEY_ROLE_CHECKPOINT, &e.origin, &e.lane,
              &e.checkpoint);
    team_sign(team_of(AUSCERT), KEY_ROLE_RECEIPT, &e.origin, &e.lane,
              &e.receipt);
    evidence_write(&e, &out);
    seed("evidence", "whole", buf_slice(&out));
    buf_reset(&out);
    e.has_body = e.has_receipt = false;
    e.body = (struct slice){0};
    e.holder = (struct team_name){{0}};
    evidence_write(&e, &out);
    seed("evidence", "bare", buf_slice(&out));
    buf_clear(&out);
}

/* ---- the signer -------------------------------------------------------------
 */

static void
request_of(uint64_t turn, const struct sign_request_op *op, struct buf *script)
{
    struct buf b = {0};

    sign_request_begin(&b, turn);
    sign_request_add(&b, op);
    script_put(script, 0, (uint8_t)turn, buf_slice(&b));
    buf_clear(&b);
}

/* The journal that the requests leave, its records as steps. */
static void
gate_of(struct slice script)
{
    struct cursor c = cursor_of(script);
    struct signer *s =
        signer_new(&team_of(KRCERT)->name, team_of(KRCERT)->seeds);
    struct buf journal = {0}, answer = {0}, out = {0};
    struct step step;

    while (script_next(&c, &step))
        if (step.what == 0 &&
            signer_answer(s, step.bytes, 1790000000, &journal, &answer) != OK)
            assert(false);
    seed("sign_answer", "all", buf_slice(&answer));
    struct cursor j = cursor_of(buf_slice(&journal));
    while (!cursor_done(&j)) {
        uint32_t size = cursor_u32(&j);
        (void)cursor_u32(&j);
        struct slice record = cursor_bytes(&j, size);
        /* The number and the length of the one entry go. */
        script_put(&out, 0, 0, slice_of(record.data + 12, record.size - 12));
    }
    seed("gate", "records", buf_slice(&out));
    signer_free(s);
    buf_clear(&journal);
    buf_clear(&answer);
    buf_clear(&out);
}

static void
sign_requests(void)
{
    struct sign_request_op op = {.op = SIGN_OPEN,
                                 .role = KEY_ROLE_CHECKPOINT,
                                 .origin = team_of(KRCERT)->name,
                                 .audience = team_of(AUSCERT)->name,
                                 .peer = team_of(AUSCERT)->name};
    struct hash leaves[3] = {{{1}}, {{2}}, {{3}}};
    struct buf script = {0};

    team_genesis(KRCERT, op.genesis, &op.lane);
    request_of(1, &op, &script);
    op.op = SIGN_EXTEND;
    op.leaves = leaves;
    op.leaf_count = ARRAY_SIZE(leaves);
    request_of(2, &op, &script);
    op.op = SIGN_FIND;
    op.from = 3;
    request_of(3, &op, &script);
    op.op = SIGN_SESSION;
    op.role = KEY_ROLE_SESSION;
    request_of(4, &op, &script);
    op.op = SIGN_CARD;
    op.version = 2;
    request_of(5, &op, &script);
    op.op = SIGN_KEYS;
    op.action = SIGN_KEYS_MAKE;
    op.role = KEY_ROLE_CHECKPOINT;
    request_of(9, &op, &script);
    op.action = SIGN_KEYS_LIST;
    op.role = KEY_ROLE_NONE;
    request_of(10, &op, &script);
    op.op = SIGN_SWITCH;
    op.key = team_of(AUSCERT)->keys[1];
    request_of(11, &op, &script);
    op.op = SIGN_OPEN;
    op.role = KEY_ROLE_RECEIPT;
    op.origin = team_of(AUSCERT)->name;
    op.audience = team_of(KRCERT)->name;
    team_genesis(AUSCERT, op.genesis, &op.lane);
    request_of(6, &op, &script);
    op.op = SIGN_EXTEND;
    op.from = 0;
    request_of(7, &op, &script);
    script_put(&script, 1, 0, (struct slice){0});
    op.from = 3;
    request_of(8, &op, &script);
    seed("signer", "every-operation", buf_slice(&script));
    gate_of(buf_slice(&script));
    buf_clear(&script);
}

/* ---- certificates -----------------------------------------------------------
 */

static void
chain_of(const char *name, uint8_t how, const struct buf *leaf)
{
    struct buf script = {0};

    script_put(&script, 0, how, buf_slice(leaf));
    seed("certificate", name, buf_slice(&script));
    buf_clear(&script);
}

static void
certificates(void)
{
    const struct certs *c = certs_all();
    struct buf script = {0};

    chain_of("honest", 0, &c->leaf);
    chain_of("client", 3, &c->leaf);
    chain_of("later", 4, &c->leaf);
    chain_of("server-only", 1, &c->server_only);
    chain_of("expired", 0, &c->expired);
    chain_of("revoked", 0, &c->revoked);
    chain_of("stranger", 0, &c->stranger);
    script_put(&script, 0, 0, buf_slice(&c->leaf));
    script_put(&script, 1, 0, buf_slice(&c->root));
    script_put(&script, 2, 0, buf_slice(&c->root));
    script_put(&script, 3, 0, buf_slice(&c->list));
    script_put(&script, 4, 0, buf_slice(&c->leaf));
    seed("certificate", "every-part", buf_slice(&script));
    buf_clear(&script);
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fputs("usage: make_corpus FOLDER\n", stderr);
        return 2;
    }
    corpus = argv[1];
    frames();
    resume();
    messages();
    cards();
    verifier_key();
    evidence();
    sign_requests();
    certificates();
    make_controls();
    make_sessions();
    make_nodes();
    return 0;
}
